import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BarColumns, type Bars, createBars } from '../core/bars.ts';
import { intervalName } from '../core/interval.ts';
import { writeAtomically } from './atomic-file.ts';
import { DataError } from './data-error.ts';
import { formatInstant } from './instant.ts';

/** What the store holds of one market and interval. */
export interface StoredBars {
  readonly market: string;
  readonly intervalMs: number;
  readonly bars: number;
  /** First and last opening time, ms UTC. */
  readonly from: number;
  readonly to: number;
  readonly file: string;
}

/** What a write changed: bars now stored, bars that were new, bars that took the place of different ones. */
export interface StoreChange {
  readonly bars: number;
  readonly added: number;
  readonly replaced: number;
}

export interface BarStore {
  /** Everything stored, by market and interval; every file is checked. */
  list(): Promise<readonly StoredBars[]>;
  /** The bars of a market. Throws a DataError where there are none, or the file is damaged. */
  read(market: string, intervalMs: number): Promise<Bars>;
  /**
   * Adds bars to those stored. Bars of the same time must be equal, or a DataError tells how many are not; with `replace` the new ones win.
   */
  write(bars: Bars, options?: { readonly replace?: boolean }): Promise<StoreChange>;
}

const SCHEMA = 'paperwalk/bars@1';
const COLUMNS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;
const CHECKSUM_BYTES = 32;

/**
 * The bars of a workspace, in its folder `bars`: one file per market and interval, replaced as a whole (see `writeAtomically`).
 *
 * A file is one line of JSON (schema, market, intervalMs, length), padded with blanks to a multiple of 8 bytes, then the columns openTime,
 * open, high, low, close, volume as little-endian 64-bit floats, then the SHA-256 of all before.
 */
export function openBarStore(workspaceDirectory: string): BarStore {
  const folder = join(workspaceDirectory, 'bars');

  const load = async (file: string): Promise<Bars | undefined> => {
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return content && decode(content, file);
  };

  const list = async () => {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const stored: StoredBars[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith('.bars')).sort()) {
      const file = join(folder, name);
      const bars = await load(file);
      if (!bars) continue;
      const { market, intervalMs, length, openTime } = bars;
      stored.push({ market, intervalMs, bars: length, from: openTime[0]!, to: openTime[length - 1]!, file });
    }
    return stored.sort((a, b) => (a.market < b.market ? -1 : a.market > b.market ? 1 : a.intervalMs - b.intervalMs));
  };

  const read = async (market: string, intervalMs: number) => {
    const file = join(folder, fileName(market, intervalMs));
    const bars = await load(file);
    if (bars && (bars.market !== market || bars.intervalMs !== intervalMs)) {
      throw new DataError(`${file}: Expected bars of ${market}, received those of ${bars.market}; give the file its former name back`, {
        file,
      });
    }
    if (bars) return bars;
    const interval = intervalName(intervalMs);
    const held = (await list()).map((entry) => `${entry.market} ${intervalName(entry.intervalMs)}`);
    throw new DataError(
      `Expected stored bars of ${market} at ${interval}, received none (stored: ${held.join(', ') || 'nothing'}); ` +
        `paperwalk import FILE --market ${market} --interval ${interval} stores them`,
    );
  };

  const write = async (bars: Bars, { replace = false }: { readonly replace?: boolean } = {}) => {
    if (bars.length === 0) throw new DataError(`Expected bars of ${bars.market} to store, received none`);
    const file = join(folder, fileName(bars.market, bars.intervalMs));
    const stored = await load(file);
    const { merged, added, replaced, first } = stored
      ? merge(stored, bars)
      : { merged: bars, added: bars.length, replaced: 0, first: undefined };
    if (first !== undefined && !replace) {
      throw new DataError(
        `Expected bars that agree with those stored of ${bars.market}, received ${replaced} that differ, the first at ${formatInstant(first)}; ` +
          'replace the stored ones explicitly if the new ones are right',
        { file },
      );
    }
    await mkdir(folder, { recursive: true });
    await writeAtomically(file, encode(merged));
    return { bars: merged.length, added, replaced };
  };

  return { list, read, write };
}

/** SHA-256 (hex) of the columns openTime, open, high, low, close, volume as 64-bit floats: what a result says it was computed from. */
export function columnsHash(bars: BarColumns): string {
  const hash = createHash('sha256');
  for (const name of COLUMNS) hash.update(bytesOf(bars[name]));
  return hash.digest('hex');
}

/** Readable, and safe on every file system: the hash tells markets apart that look alike, differ in case only, or are cut. */
function fileName(market: string, intervalMs: number): string {
  const readable = market.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  return `${readable}.${createHash('sha256').update(market).digest('hex').slice(0, 12)}.${intervalName(intervalMs)}.bars`;
}

function encode(bars: Bars): Uint8Array {
  const { market, intervalMs, length } = bars;
  const header = Buffer.from(JSON.stringify({ schema: SCHEMA, market, intervalMs, length }));
  const padding = Buffer.alloc(8 - (header.length % 8), ' ');
  padding[padding.length - 1] = 10;
  const body = Buffer.concat([header, padding, ...COLUMNS.map((name) => bytesOf(bars[name]))]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function decode(content: Buffer, file: string): Bars {
  const body = content.subarray(0, Math.max(0, content.length - CHECKSUM_BYTES));
  if (!createHash('sha256').update(body).digest().equals(content.subarray(body.length))) {
    throw new DataError(
      `${file}: Expected the content that was stored, received other bytes (checksum differs); remove the file and import it again`,
      {
        file,
      },
    );
  }
  const headerEnd = body.indexOf(10) + 1;
  const { schema, market, intervalMs, length } = JSON.parse(body.toString('utf8', 0, headerEnd)) as {
    schema: string;
    market: string;
    intervalMs: number;
    length: number;
  };
  if (schema !== SCHEMA) {
    throw new DataError(`${file}: Expected the schema ${SCHEMA}, received ${schema}; use the version of paperwalk that wrote it`, { file });
  }
  // A copy, since a Buffer may begin at any byte and floats may not.
  const memory = new Uint8Array(body.subarray(headerEnd)).buffer;
  const [openTime, open, high, low, close, volume] = COLUMNS.map((_, i) => new Float64Array(memory, i * length * 8, length));
  return createBars(market, intervalMs, { openTime: openTime!, open: open!, high: high!, low: low!, close: close!, volume: volume! });
}

function bytesOf(column: Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

/** Both in order of time; at equal times the incoming bar. `replaced` counts the stored bars that differ, `first` is the time of the first. */
function merge(stored: Bars, incoming: Bars): { merged: Bars; added: number; replaced: number; first: number | undefined } {
  const capacity = stored.length + incoming.length;
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(capacity)])) as Record<keyof BarColumns, Float64Array>;
  let a = 0;
  let b = 0;
  let length = 0;
  let replaced = 0;
  let first: number | undefined;
  while (a < stored.length || b < incoming.length) {
    const left = a < stored.length ? stored.openTime[a]! : Infinity;
    const right = b < incoming.length ? incoming.openTime[b]! : Infinity;
    if (left === right && COLUMNS.some((name) => stored[name][a] !== incoming[name][b])) {
      replaced++;
      first ??= left;
    }
    const source = right <= left ? incoming : stored;
    const row = right <= left ? b : a;
    for (const name of COLUMNS) columns[name][length] = source[name][row]!;
    length++;
    if (left <= right) a++;
    if (right <= left) b++;
  }
  for (const name of COLUMNS) columns[name] = columns[name].slice(0, length);
  return { merged: createBars(stored.market, stored.intervalMs, columns), added: length - stored.length, replaced, first };
}
