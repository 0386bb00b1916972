import type { BarColumns, Bars } from '../core/bars.ts';
import { createCsvParser, type TableRows } from './csv-rows.ts';
import { expectUtf8, readBlocks, readWhole, withFile } from './file-blocks.ts';
import { parseJsonRows } from './json-rows.ts';
import { type Calendar, inspect, type ProblemKind, problemRows, type Quality, refusal, WARNINGS } from './quality.ts';
import { settleInterval } from './row-distance.ts';
import { applySplits, type Split } from './splits.ts';
import type { TimeZone } from './time-zone.ts';

export interface TableOptions {
  readonly market: string;
  /** Absent: the most common distance of rows. */
  readonly intervalMs?: number | undefined;
  /** Which missing bars are gaps; default `24/7`. */
  readonly calendar?: Calendar | undefined;
  /** Scale open, high, low and close by `Adj Close / Close`; default false, the column is then ignored. */
  readonly adjusted?: boolean | undefined;
  /** A table without any column of volumes has the volume 0 throughout; default false: it is refused. */
  readonly volumeOptional?: boolean | undefined;
  /** The clock of times that name no zone; default UTC. */
  readonly zone?: TimeZone | undefined;
  /** Splits and dividends that the prices do not take into account yet; they then do. */
  readonly splits?: readonly Split[] | undefined;
  /** Whose dates count for the splits of bars shorter than a day; default `zone`. */
  readonly splitZone?: TimeZone | undefined;
  /** Rows with such problems are left out; default none. */
  readonly drop?: readonly ProblemKind[] | undefined;
}

export type TableFormat = 'csv' | 'json' | 'parquet';

/** Bars fit for trading, the warnings about them, and in words what was taken for granted. */
export interface InspectedBars {
  readonly bars: Bars;
  readonly quality: Quality;
  readonly notes: readonly string[];
  /** Rows left out because `drop` says so. */
  readonly dropped: number;
}

/**
 * Bars from a file: Parquet where its name ends in `.parquet`, JSON (`.json`, `.json.gz`) as freqtrade writes it, else CSV, plain or gzip;
 * see `parseCsv`. Throws a DataError that names the file, the line or row, and what to do.
 */
export async function readTable(path: string, options: TableOptions, format = formatOf(path)): Promise<InspectedBars> {
  const rows = await readRows(path, options, format);
  return inspectRows(rows, settleInterval(rows.columns.openTime, options.intervalMs, path), path, options);
}

function formatOf(path: string): TableFormat {
  if (/\.parquet$/i.test(path)) return 'parquet';
  return /\.json(\.gz)?$/i.test(path) ? 'json' : 'csv';
}

async function readRows(path: string, options: TableOptions, format: TableFormat): Promise<TableRows> {
  if (format === 'parquet') {
    const { readParquetRows } = await import('./parquet.ts');
    return readParquetRows(path, options);
  }
  return withFile(path, format === 'json' ? 'a JSON file' : 'a CSV file', async (file) => {
    if (format === 'json') {
      const content = await readWhole(file, path);
      expectUtf8(content, path);
      return parseJsonRows(content.toString('utf8'), path, options);
    }
    const parser = createCsvParser(path, options, file.size);
    await readBlocks(file, path, parser);
    return parser.finish();
  });
}

/** Bars from the rows of a table; times, splits and order are settled in the columns themselves. Throws a DataError where they cannot be. */
export function inspectRows(rows: TableRows, intervalMs: number, file: string, options: TableOptions): InspectedBars {
  const { firstLine, times } = rows;
  let { columns } = rows;
  const { calendar = '24/7', splits = [], drop = [] } = options;
  const notes = [...rows.notes];
  if (times.finish(columns.openTime, intervalMs))
    notes.push('the bars of a day stand at midnight of their place and are stamped at midnight UTC of that day');
  const reversed = isDescending(columns.openTime);
  if (reversed) {
    for (const column of Object.values(columns) as Float64Array[]) column.reverse();
    notes.push('the rows stand newest first and were read from the end');
  }
  notes.push(
    ...applySplits(columns, splits, { file, intervalMs, zone: options.splitZone ?? options.zone, adjusted: options.adjusted ?? false }),
  );
  const before = columns.openTime.length;
  for (const kinds of DROPPED_TOGETHER) {
    const asked = drop.filter((kind) => kinds.includes(kind));
    const faulty = () => (asked.length > 0 ? problemRows(columns, intervalMs, asked, calendar) : new Set<number>());
    for (let rows = faulty(); rows.size > 0; rows = kinds.includes('disorder') ? faulty() : new Set()) columns = without(columns, rows);
  }
  const dropped = before - columns.openTime.length;
  if (dropped > 0) notes.push(`${dropped} row${dropped === 1 ? '' : 's'} left out (${drop.join(', ')})`);
  // Lines are told of rows that still stand as in the file.
  const line = reversed || dropped > 0 ? undefined : firstLine;
  const inspected = inspect(columns, intervalMs, calendar, line);
  const quality = reversed && firstLine !== undefined && dropped === 0 ? withLines(inspected, firstLine) : inspected;
  const refused = refusal(quality, file);
  if (refused) throw refused;
  // What createBars would check again, row by row, has just been found in order.
  return {
    bars: { market: options.market, intervalMs, length: columns.openTime.length, ...columns },
    quality,
    notes,
    dropped,
  };
}

/**
 * In this order, since the ones hide the others: an impossible row may stand at the time of a good one, rows out of order are found one after
 * the other, and what is merely odd is looked for among sound rows only.
 */
const DROPPED_TOGETHER: readonly (readonly ProblemKind[])[] = [['impossible'], ['disorder'], ['duplicate', 'conflict'], WARNINGS];

function without(columns: BarColumns, rows: ReadonlySet<number>): BarColumns {
  const kept = (column: Float64Array) => column.filter((_, row) => !rows.has(row));
  const { openTime, open, high, low, close, volume } = columns;
  return { openTime: kept(openTime), open: kept(open), high: kept(high), low: kept(low), close: kept(close), volume: kept(volume) };
}

function isDescending(openTime: BarColumns['openTime']): boolean {
  for (let i = 1; i < openTime.length; i++) if (!(openTime[i]! < openTime[i - 1]!)) return false;
  return openTime.length > 1;
}

/** Lines of rows that were read from the end of the file. */
function withLines(quality: Quality, firstLine: number): Quality {
  const last = firstLine + quality.bars - 1;
  return { ...quality, problems: quality.problems.map((problem) => ({ ...problem, line: last - problem.row })) };
}
