import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface NodeBinary {
  readonly version: string;
  readonly path: string;
}

/**
 * The newest Node of a line such as 22, from the package registry; kept in the user's cache folder, never in the project. Where the
 * registry cannot be asked, the newest of the line that is kept. Throws an Error where there is none.
 */
export async function nodeBinary(line: number): Promise<NodeBinary> {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'paperwalk', 'nodes');
  await mkdir(cache, { recursive: true });
  const { versions, reason } = await published(name, line);
  const candidates = versions.length > 0 ? versions : await kept(cache, name, line);
  const version = candidates.toSorted(byVersion).at(-1);
  if (version === undefined)
    throw new Error(`Expected ${name}@${line} from the package registry, received: ${reason || 'no such version'}`);
  const folder = join(cache, `${name}-${version}`);
  const path = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) await fetchInto(folder, cache, `${name}@${version}`);
  if (!existsSync(path)) throw new Error(`Expected ${name}@${version} to hold ${path}, it does not`);
  return { version, path };
}

async function published(name: string, line: number): Promise<{ readonly versions: readonly string[]; readonly reason: string }> {
  try {
    const said = JSON.parse(await npm(['view', `${name}@${line}`, 'version', '--json'])) as string | string[];
    return { versions: [said].flat(), reason: '' };
  } catch (error) {
    return { versions: [], reason: (error as Error).message.trim().split('\n')[0] ?? '' };
  }
}

async function kept(cache: string, name: string, line: number): Promise<readonly string[]> {
  const start = `${name}-`;
  const folders = await readdir(cache);
  return folders.filter((folder) => folder.startsWith(`${start}${line}.`)).map((folder) => folder.slice(start.length));
}

/** Unpacks a package beside its place first, so that the folder is there as a whole or not at all. */
async function fetchInto(folder: string, cache: string, specification: string): Promise<void> {
  const work = await mkdtemp(join(cache, '.work-'));
  try {
    const [packed] = JSON.parse(await npm(['pack', specification, '--json', '--pack-destination', work])) as { filename: string }[];
    if (!packed) throw new Error(`Expected npm pack ${specification} to name its file, it did not`);
    await run('tar', ['-xzf', packed.filename], { cwd: work });
    await rename(join(work, 'package'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function npm(args: readonly string[]): Promise<string> {
  const { stdout } = await run('npm', args, { maxBuffer: 1 << 24, shell: process.platform === 'win32' });
  return stdout;
}

function byVersion(a: string, b: string): number {
  const [one, other] = [a, b].map((version) => version.split('.').map(Number));
  for (let k = 0; k < 3; k++) {
    const difference = (one![k] ?? 0) - (other![k] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
