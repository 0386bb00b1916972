import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

let written = 0;

/**
 * Writes a file such that, whatever stops the process or the machine, `path` holds the whole old or the whole new content: a temporary
 * file in the same folder, flushed to disk, then renamed. Throws what the file system throws; the old file is then untouched.
 */
export async function writeAtomically(path: string, content: Uint8Array | string | readonly Uint8Array[]): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${written++}.tmp`);
  try {
    await writeSynced(
      temporary,
      typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content,
    );
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Writes a file in pieces and flushes it to disk. */
export async function writeSynced(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const handle = await open(path, 'w');
  try {
    // Each piece as a whole: a single call may write less than it was given.
    for (const piece of pieces) await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes renames in a folder durable; some systems cannot open a folder, there is nothing to do then. */
export async function syncFolder(folder: string): Promise<void> {
  const directory = await open(folder, 'r').catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
