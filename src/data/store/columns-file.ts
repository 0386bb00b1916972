import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { DataError } from '../data-error.ts';

/** Bytes of a block, and how many blocks are read while one is hashed. */
const BLOCK = 1 << 21;
const AHEAD = 3;

/** Equally long columns by name, in the order in which a file holds them. */
export type Columns = Readonly<Record<string, Float64Array>>;

/** A file of columns as a manifest names it. */
export interface ColumnsFile {
  /** Path from the folder of the series. */
  readonly file: string;
  readonly length: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
}

/**
 * Columns as the bytes of a file, in pieces that share the columns' memory: one line of JSON padded with blanks to a multiple of 8 bytes,
 * then each column as little-endian 64-bit floats.
 */
export function encodeColumns(columns: Columns): {
  readonly pieces: readonly Uint8Array[];
  readonly sha256: string;
  readonly length: number;
} {
  const names = Object.keys(columns);
  const length = columns[names[0]!]!.length;
  const text = JSON.stringify({ schema: 'paperwalk/columns@1', columns: names, length });
  const header = Buffer.from(`${text.padEnd(8 * Math.ceil((text.length + 1) / 8) - 1)}\n`);
  const pieces = [header, ...names.map((name) => bytesOf(columns[name]!))];
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return { pieces, sha256: hash.digest('hex'), length };
}

/**
 * The columns of a file, as views of one block of memory. Throws a DataError where its bytes are not those that the manifest speaks of, and
 * the file system's ENOENT where the file is gone.
 */
export async function readColumns(path: string, expected: ColumnsFile): Promise<Columns> {
  const handle = await open(path, 'r');
  const hash = createHash('sha256');
  const underWay: Promise<Uint8Array>[] = [];
  let bytes: Buffer;
  try {
    const { size } = await handle.stat();
    // Of its own memory, whose first byte lies where floats may begin; not filled with zeros before it is read.
    bytes = Buffer.allocUnsafeSlow(size);
    const block = async (at: number) => {
      const end = Math.min(at + BLOCK, size);
      for (let from = at; from < end; ) {
        const { bytesRead } = await handle.read(bytes, from, end - from, from);
        if (bytesRead === 0) break;
        from += bytesRead;
      }
      return bytes.subarray(at, end);
    };
    for (let asked = 0, hashed = 0; hashed < size; hashed += BLOCK) {
      for (; asked < size && underWay.length < AHEAD; asked += BLOCK) underWay.push(block(asked));
      hash.update(await underWay.shift()!);
    }
  } finally {
    await Promise.allSettled(underWay);
    await handle.close();
  }
  if (hash.digest('hex') !== expected.sha256) throw changedContent(path);
  const headerEnd = bytes.indexOf(10) + 1;
  const { columns: names, length } = JSON.parse(bytes.toString('utf8', 0, headerEnd)) as {
    readonly columns: readonly string[];
    readonly length: number;
  };
  return Object.fromEntries(names.map((name, k) => [name, new Float64Array(bytes.buffer, headerEnd + k * length * 8, length)]));
}

export function changedContent(file: string): DataError {
  return new DataError(
    `${file}: Expected the content that was stored, received other bytes (checksum differs); restore it from a copy, or remove its folder and fetch or import it again`,
    { file },
  );
}

/** A column's memory as bytes. */
export function bytesOf(column: Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
