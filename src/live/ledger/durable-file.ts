import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a file such that, whatever stops the process or the machine, `path` holds all of it or is as before: `make` writes it under another
 * name in the same folder, from where it is flushed and renamed. Throws what `make` and the file system throw.
 */
export function makeWhole(path: string, make: (temporary: string) => void): void {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}`);
  try {
    make(temporary);
    sync(temporary, 'r+');
    renameSync(temporary, path);
  } catch (error) {
    for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(temporary + rest, { force: true });
    throw error;
  }
  try {
    sync(dirname(path), 'r');
  } catch {
    // Some systems cannot open a folder; there is nothing to do then.
  }
}

function sync(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
