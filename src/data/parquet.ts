import type { FileHandle } from 'node:fs/promises';
import { type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema, type SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Bars } from '../core/bars.ts';
import { writeAtomically } from './atomic-file.ts';
import { FIELDS, isOneTicker, NO_VOLUME, placeFields, refuseTickers } from './csv-header.ts';
import type { RowOptions, TableRows } from './csv-rows.ts';
import { DataError } from './data-error.ts';
import { withFile } from './file-blocks.ts';
import { readTime, type WrittenTime } from './instant.ts';
import { createOpeningTimes, type OpeningTimes } from './opening-times.ts';
import { createRowColumns } from './row-columns.ts';

const TICKER = FIELDS.indexOf('ticker');

/** Timestamps as ms, with parts where a file has finer ones; the library would give Dates, which drop the parts. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => Number(value),
  timestampFromMicroseconds: (value: bigint) => Number(value) / 1000,
  timestampFromNanoseconds: (value: bigint) => Number(value / 1000n) / 1000,
  dateFromDays: (days: number) => days * 86_400_000,
};

/**
 * The rows of a Parquet file, one row group at a time. The columns have the names that a CSV file's have; times are timestamps, dates,
 * text or epoch numbers, prices and volumes any type of number. Throws a DataError that names the file, and the row from 0.
 */
export async function readParquetRows(path: string, options: RowOptions): Promise<TableRows> {
  return withFile(path, 'a Parquet file', async ({ handle }) => {
    const { size } = await handle.stat();
    const file = { byteLength: size, slice: (start: number, end = size) => bytesOf(handle, start, end) };
    const metadata = await parquetMetadataAsync(file, { parsers }).catch((error: Error) => {
      throw new DataError(`${path}: Expected a Parquet file, received something else (${error.message}); check the path`, { file: path });
    });
    const elements = parquetSchema(metadata).children.map(({ element }) => element);
    const { fieldOf, volume } = placeFields(
      elements.map(({ name }) => name),
      [],
      options,
      (expected, received, mend) => {
        const names = elements.map(({ name }) => name).join(', ');
        throw new DataError(`${path}: Expected ${expected}, received ${received || names}; ${mend.replace(' in the first line', '')}`, {
          file: path,
        });
      },
    );
    const rows = await readGroups({ path, file, metadata, elements, fieldOf, options });
    return { ...rows, notes: volume ? [] : [NO_VOLUME] };
  });
}

interface Source {
  readonly path: string;
  readonly file: Parameters<typeof parquetMetadataAsync>[0];
  readonly metadata: FileMetaData;
  readonly elements: readonly SchemaElement[];
  readonly fieldOf: Int8Array;
  readonly options: RowOptions;
}

async function readGroups({ path, file, metadata, elements, fieldOf, options }: Source): Promise<Omit<TableRows, 'notes'>> {
  const length = Number(metadata.num_rows);
  if (length === 0) throw new DataError(`${path}: Expected at least one bar, received none`, { file: path });
  const table = createRowColumns(path, options.adjusted ?? false, length);
  const values = table.values();
  const wanted = elements
    .map((element, k) => ({ element, field: fieldOf[k]! }))
    .filter(({ field }) => field === TICKER || (field >= 0 && field < values.length));
  const fieldNamed = new Map(wanted.map(({ element, field }) => [element.name, field]));
  const timeElement = wanted.find(({ field }) => field === 0)!.element;
  let row = 0;
  let cell: unknown;
  const refuse = (expected: string, at: number, received: unknown): never => {
    const words =
      received === null || received === undefined ? 'null' : JSON.stringify(typeof received === 'bigint' ? String(received) : received);
    throw new DataError(`${path}, row ${at}: Expected ${expected}, received ${words}; correct or remove the row`, { file: path });
  };
  const times = createOpeningTimes({
    zone: options.zone,
    refuse: (expected, earlier) => refuse(expected, earlier?.row ?? row, earlier?.received ?? cell),
  });
  let ticker = '';
  const readTicker = (value: unknown, at: number) => {
    if (value === ticker || value === null || value === undefined) return undefined;
    const [before, text] = [ticker, String(value)];
    if (text !== '') ticker = text;
    return isOneTicker(before, text) ? undefined : () => refuseTickers(path, [before, text], undefined, at);
  };
  const readTimeCell = timeReader(timeElement, times, (expected) => refuse(expected, row, cell));

  for (const { num_rows } of metadata.row_groups) {
    const [rowStart, rowEnd] = [row, row + Number(num_rows)];
    const cells: unknown[] = [];
    // Nothing may be thrown where the library calls, so the first problem waits until the group is read.
    let problem: (() => never) | undefined;
    await parquetRead({
      file,
      metadata,
      rowStart,
      rowEnd,
      columns: wanted.map(({ element }) => element.name),
      compressors,
      parsers,
      onChunk: ({ columnName, columnData, rowStart: at }) => {
        const field = fieldNamed.get(columnName)!;
        for (let k = 0; k < columnData.length; k++) {
          const value: unknown = columnData[k];
          if (field === TICKER) problem ??= readTicker(value, at + k);
          else if (field === 0) cells[at - rowStart + k] = value;
          else if (typeof value === 'number' || typeof value === 'bigint') values[field]![at + k] = Number(value);
          else problem ??= () => refuse(`a finite number for ${FIELDS[field]}`, at + k, value);
        }
      },
    }).catch((error: Error) => {
      throw new DataError(
        `${path}: Expected a whole Parquet file, received one that cannot be read (${error.message}); write or copy it again`,
        {
          file: path,
        },
      );
    });
    problem?.();
    for (; row < rowEnd; row++) {
      cell = cells[row - rowStart];
      values[0]![row] = readTimeCell(cell);
    }
  }
  for (const { element, field } of wanted) if (element.converted_type === 'DECIMAL' && field < values.length) shorten(values[field]!);
  return { columns: table.finish(length), times };
}

/** How a cell of the column of times becomes an instant, ms UTC. */
function timeReader(element: SchemaElement, times: OpeningTimes, refuse: (expected: string) => never): (cell: unknown) => number {
  const { type, converted_type: converted, logical_type: logical } = element;
  const isDate = converted === 'DATE' || logical?.type === 'DATE';
  const isTimestamp = type === 'INT96' || converted?.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP';
  const local = logical?.type === 'TIMESTAMP' && !logical.isAdjustedToUTC;
  const written: WrittenTime = { local: 0, offset: Number.NaN, clock: false };
  return (cell) => {
    if (typeof cell === 'string') {
      const bytes = Buffer.from(cell);
      return readTime(bytes, 0, bytes.length, written) ? times.fromWritten(written) : refuse('a time in ISO 8601');
    }
    if (typeof cell !== 'number' && typeof cell !== 'bigint') return refuse('a time');
    const value = Number(cell);
    if (!isDate && !isTimestamp) return times.fromEpoch(value);
    if (!Number.isInteger(value)) refuse('a time in whole milliseconds');
    if (isTimestamp && !local) return times.fromInstant(value);
    written.local = value;
    written.offset = Number.NaN;
    written.clock = isTimestamp === true;
    return times.fromWritten(written);
  };
}

/** Numbers of a few decimal digits that went through a product with a power of ten, as these digits say. */
function shorten(column: Float64Array): void {
  for (let i = 0; i < column.length; i++) column[i] = Number(column[i]!.toPrecision(15));
}

async function bytesOf(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  await handle.read(bytes, 0, bytes.length, start);
  return bytes.buffer;
}

/** Bars as the content of a Parquet file: `timestamp` in ms UTC, open, high, low, close and volume as 64-bit floats, compressed by snappy. */
export function writeParquet({ openTime, open, high, low, close, volume }: Bars): Uint8Array {
  const numbers = { open, high, low, close, volume };
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'timestamp', data: openTime, type: 'TIMESTAMP', nullable: false },
        ...Object.entries(numbers).map(([name, data]) => ({ name, data, type: 'DOUBLE' as const, nullable: false })),
      ],
    }),
  );
}

/** Writes bars as a Parquet file; whatever happens, the path holds the whole old or the whole new file. */
export async function saveParquet(path: string, bars: Bars): Promise<void> {
  await writeAtomically(path, writeParquet(bars));
}
