import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** A disk of 2 MB within a folder, where the right to mount one is given. */
export interface SmallDisk {
  readonly disk: string;
  readonly mounted: boolean;
  resize(bytes: number): void;
  /** Options such as `--lazy`, where files may still be open. */
  unmount(...options: readonly string[]): void;
}

export const DISK_BYTES = 2 << 20;

export function mountSmallDisk(folder: string): SmallDisk {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  let mounted = true;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    mounted = false;
  }
  return {
    disk,
    mounted,
    resize: (bytes) => void execFileSync('mount', ['-o', `remount,size=${bytes}`, disk]),
    unmount: (...options) => void (mounted && execFileSync('umount', [...options, disk])),
  };
}
