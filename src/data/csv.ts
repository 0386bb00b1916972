import { gzipSync } from 'node:zlib';
import type { Bars } from '../core/bars.ts';
import { writeAtomically } from './atomic-file.ts';
import { createCsvParser } from './csv-rows.ts';
import { unpack } from './file-blocks.ts';
import { formatInstant } from './instant.ts';
import { type InspectedBars, inspectRows, readTable, type TableOptions } from './table.ts';

export interface CsvOptions extends TableOptions {
  readonly intervalMs: number;
}

/** Bars from a CSV file, plain or gzip. See `parseCsv`. Throws a DataError that names file and line, and what to do. */
export async function readCsv(path: string, options: CsvOptions): Promise<InspectedBars> {
  return readTable(path, options);
}

/**
 * Bars from the content of a CSV file: bytes (plain or gzip) or text; `file` names it in errors.
 *
 * The first lines name the columns in any order and case, see `parseHead`. Times are ISO 8601 (no zone = UTC, or the zone given), dates
 * such as 2024.01.31 with a column for the time of day, or epoch seconds to nanoseconds, one form for the whole file; prices in quote
 * currency, volume in base currency. Separator `,` `;` or tab; quoted fields, CRLF, a byte order mark, extra columns and blank lines at the
 * end are fine, and rows may all stand newest first. Throws a DataError naming `file:line` for anything that cannot be read, and for bars
 * out of order, duplicates and impossible prices; its `quality` then has the exact counts.
 */
export function parseCsv(content: Uint8Array | string, file: string, options: CsvOptions): InspectedBars {
  const bytes = bytesOf(content, file);
  const parser = createCsvParser(file, options, bytes.length);
  parser.parse(bytes, true);
  return inspectRows(parser.finish(), options.intervalMs, file, options);
}

/** Bars as CSV text: `timestamp,open,high,low,close,volume`, ISO 8601 UTC, the shortest numbers that read back exactly. */
export function writeCsv(bars: Bars): string {
  return Buffer.concat([...csvPieces(bars)]).toString();
}

/** As many rows as are text at once. */
const ROWS = 10_000;

function* csvPieces({ length, openTime, open, high, low, close, volume }: Bars): Generator<Buffer> {
  yield Buffer.from('timestamp,open,high,low,close,volume\n');
  for (let from = 0; from < length; from += ROWS) {
    let text = '';
    for (let i = from; i < Math.min(from + ROWS, length); i++) {
      text += `${formatInstant(openTime[i]!)},${open[i]},${high[i]},${low[i]},${close[i]},${volume[i]}\n`;
    }
    yield Buffer.from(text);
  }
}

/** Writes bars as a CSV file, packed where its name ends in `.gz`; whatever happens, the path holds the whole old or the whole new file. */
export async function saveCsv(path: string, bars: Bars): Promise<void> {
  const pieces = [...csvPieces(bars)];
  await writeAtomically(path, /\.gz$/i.test(path) ? gzipSync(Buffer.concat(pieces)) : pieces);
}

function bytesOf(content: Uint8Array | string, file: string): Buffer {
  if (typeof content === 'string') return Buffer.from(content);
  if (content[0] === 0x1f && content[1] === 0x8b) return unpack(content, file);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}
