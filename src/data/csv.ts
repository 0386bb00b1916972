import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type Bars, createBars } from '../core/bars.ts';
import { writeAtomically } from './atomic-file.ts';
import { parseRows } from './csv-rows.ts';
import { DataError } from './data-error.ts';
import { formatInstant } from './instant.ts';
import { type Calendar, inspect, type Quality, refusal } from './quality.ts';

export interface CsvOptions {
  readonly market: string;
  readonly intervalMs: number;
  /** Which missing bars are gaps; default `24/7`. */
  readonly calendar?: Calendar;
  /** Scale open, high, low and close by `Adj Close / Close`; default false, the column is then ignored. */
  readonly adjusted?: boolean;
}

/** Bars fit for trading, and the warnings about them. */
export interface InspectedBars {
  readonly bars: Bars;
  readonly quality: Quality;
}

/**
 * Bars from a CSV file, plain or gzip. See `parseCsv`. Throws a DataError that names file and line, and what to do.
 */
export async function readCsv(path: string, options: CsvOptions): Promise<InspectedBars> {
  let content: Uint8Array;
  try {
    content = await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR' && code !== 'EACCES') throw error;
    const received = { ENOENT: 'no such file', ENOTDIR: 'no such file', EISDIR: 'a folder', EACCES: 'a file that may not be read' }[code];
    throw new DataError(`${path}: Expected a CSV file, received ${received}; check the path`, { file: path });
  }
  return parseCsv(content, path, options);
}

/**
 * Bars from the content of a CSV file: bytes (plain or gzip) or text; `file` names it in errors.
 *
 * The first line names the columns in any order and case. Times are ISO 8601 (no zone = UTC) or epoch seconds or milliseconds, one form
 * for the whole file; prices in quote currency, volume in base currency. Separator `,` `;` or tab; quoted fields, CRLF, a byte order
 * mark, extra columns and blank lines at the end are fine. Throws a DataError naming `file:line` for anything that cannot be read, and
 * for bars out of order, duplicates and impossible prices; its `quality` then has the exact counts.
 */
export function parseCsv(content: Uint8Array | string, file: string, options: CsvOptions): InspectedBars {
  const columns = parseRows(unpack(content, file), file, options.adjusted ?? false);
  const quality = inspect(columns, options.intervalMs, options.calendar, 2);
  const refused = refusal(quality, file);
  if (refused) throw refused;
  return { bars: createBars(options.market, options.intervalMs, columns), quality };
}

/** Bars as CSV text: `timestamp,open,high,low,close,volume`, ISO 8601 UTC, the shortest numbers that read back exactly. */
export function writeCsv(bars: Bars): string {
  const lines = ['timestamp,open,high,low,close,volume'];
  for (let i = 0; i < bars.length; i++) {
    const time = formatInstant(bars.openTime[i]!);
    lines.push(`${time},${bars.open[i]},${bars.high[i]},${bars.low[i]},${bars.close[i]},${bars.volume[i]}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Writes bars as a CSV file; whatever happens, the path holds the whole old or the whole new file. */
export async function saveCsv(path: string, bars: Bars): Promise<void> {
  await writeAtomically(path, writeCsv(bars));
}

function unpack(content: Uint8Array | string, file: string): Buffer {
  if (typeof content === 'string') return Buffer.from(content);
  if (content[0] !== 0x1f || content[1] !== 0x8b) return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  try {
    return gunzipSync(content);
  } catch (error) {
    const reason = (error as Error).message;
    throw new DataError(`${file}: Expected a whole gzip file, received a damaged one (${reason}); fetch or copy it again`, { file });
  }
}
