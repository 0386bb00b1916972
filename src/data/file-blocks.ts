import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, gunzipSync } from 'node:zlib';
import { DataError } from './data-error.ts';

const BLOCK_BYTES = 1 << 20;
/** Text hardly packs better than this, so a larger size in the trailer of a gzip file is not believed. */
const LARGEST_PACKING = 50;

/** So many bytes tell the encoding of a text. */
const FIRST_BYTES = 512;
/** Largest file that is read as a whole, unpacked; a text of JavaScript is hardly longer, and a table of JSON needs ten times as much memory. */
const LARGEST_WHOLE = 1 << 28;

/** Where the blocks of a file go. `parse` answers how many bytes it took; the rest comes again at the start of the next block. */
export interface BlockReader {
  parse(bytes: Buffer, ended: boolean): number;
}

/** A file that was opened: its bytes as they lie on disk, or unpacked where it is gzip. */
export interface OpenedFile {
  readonly gzip: boolean;
  readonly handle: FileHandle;
  /** How many bytes are expected of it, unpacked. */
  readonly size: number;
}

/** Runs `use` on a file. Throws a DataError saying what was expected (`a CSV file`) where there is no such file. */
export async function withFile<T>(path: string, expected: string, use: (file: OpenedFile) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const { size } = await handle.stat();
    const word = Buffer.alloc(4);
    await handle.read(word, 0, 2, 0);
    const gzip = word.readUInt16BE() === 0x1f8b;
    // A gzip file ends with its size unpacked.
    if (gzip) await handle.read(word, 0, 4, Math.max(0, size - 4));
    return await use({ handle, gzip, size: gzip ? Math.min(word.readUInt32LE(), size * LARGEST_PACKING) : size });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    const received = { ENOENT: 'no such file', ENOTDIR: 'no such file', EISDIR: 'a folder', EACCES: 'a file that may not be read' }[code];
    throw new DataError(`${path}: Expected ${expected}, received ${received}; check the path`, { file: path });
  } finally {
    await handle?.close();
  }
}

/**
 * Hands the content of a file to `reader` in blocks of 1 MiB, so that a long file needs little memory. Throws a DataError for a damaged
 * gzip file, and for a line that is longer than a block.
 */
export async function readBlocks({ handle, gzip }: OpenedFile, path: string, reader: BlockReader): Promise<void> {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let filled = 0;
  const hand = (ended: boolean) => {
    const used = reader.parse(block.subarray(0, filled), ended);
    if (used === 0 && !ended) {
      throw new DataError(`${path}: Expected lines of less than ${BLOCK_BYTES} bytes, received a longer one; is it a table of bars?`, {
        file: path,
      });
    }
    block.copy(block, 0, used, filled);
    filled -= used;
  };
  for await (const piece of gzip ? unpacked(handle, path) : pieces(handle)) {
    for (let at = 0; at < piece.length; ) {
      const copied = piece.copy(block, filled, at);
      at += copied;
      filled += copied;
      if (filled === block.length) hand(false);
    }
  }
  hand(true);
}

/** The whole content of a file, unpacked. */
export async function readWhole({ handle, gzip }: OpenedFile, path: string): Promise<Buffer> {
  const { size } = await handle.stat();
  if (size > LARGEST_WHOLE) throw tooLarge(path);
  const content = Buffer.allocUnsafe(size);
  const { bytesRead } = await handle.read(content, 0, size, 0);
  return gzip ? unpack(content.subarray(0, bytesRead), path) : content.subarray(0, bytesRead);
}

/** The bytes of a file; every piece is gone when the next is asked for. */
async function* pieces(handle: FileHandle): AsyncGenerator<Buffer> {
  const piece = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await handle.read(piece, 0, BLOCK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

async function* unpacked(handle: FileHandle, path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  const source = handle.createReadStream({ start: 0, autoClose: false });
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of source.pipe(gunzip)) yield piece as Buffer;
  } catch (error) {
    throw damaged(path, error);
  } finally {
    source.destroy();
  }
}

/** Refuses text in UTF-16, which spreadsheets and MetaTrader write, by its first bytes. Throws a DataError. */
export function expectUtf8(bytes: Uint8Array, path: string): void {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const marked = mark === 0xfffe || mark === 0xfeff;
  if (!marked && !bytes.subarray(0, FIRST_BYTES).includes(0)) return;
  const received = marked ? 'UTF-16' : 'a file with zero bytes, as UTF-16 has them';
  throw new DataError(`${path}: Expected text in UTF-8, received ${received}; save it as UTF-8`, { file: path });
}

/** The content of a gzip file. */
export function unpack(content: Uint8Array, path: string): Buffer {
  try {
    return gunzipSync(content, { maxOutputLength: LARGEST_WHOLE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(path);
    throw damaged(path, error);
  }
}

function tooLarge(path: string): DataError {
  const most = `${LARGEST_WHOLE >> 20} MB`;
  return new DataError(`${path}: Expected at most ${most} of content, received more; write it as CSV or Parquet, or in parts`, {
    file: path,
  });
}

function damaged(path: string, error: unknown): DataError {
  const reason = (error as Error).message;
  return new DataError(`${path}: Expected a whole gzip file, received a damaged one (${reason}); fetch or copy it again`, { file: path });
}
