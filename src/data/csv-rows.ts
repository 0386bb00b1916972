import type { BarColumns } from '../core/bars.ts';
import { FIELDS, parseHeader } from './csv-header.ts';
import { DataError } from './data-error.ts';
import { parseDecimal } from './decimal.ts';
import { parseInstant } from './instant.ts';

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const ADJUSTED = FIELDS.indexOf('adjusted close');

/** Epoch numbers below are seconds, from here on milliseconds: as seconds this is the year 5138, as milliseconds March 1973. */
const FIRST_MILLISECONDS = 1e11;
/** Seconds before (March 1973) are taken for something else, such as the date 20240131 without dashes; so are ms from the year 5138 on. */
const FIRST_SECONDS = 1e8;
const LAST_MILLISECONDS = 1e14;

/**
 * The columns of a CSV file, as its rows stand: finite numbers, otherwise unchecked. Row r is line r + 2 of the file.
 * One pass over the bytes without an object per row. Throws a DataError naming `file:line`.
 */
export function parseRows(bytes: Buffer, file: string, adjusted: boolean): BarColumns {
  const text = (from: number, to: number) => bytes.toString('utf8', from, to);
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const headerEnd = lineEnd(bytes, begin);
  const { separator, fieldOf } = parseHeader(text(begin, headerEnd).replace(/\r$/, ''), file, adjusted);
  const width = fieldOf.length;
  const capacity = countLines(bytes, headerEnd + 1);
  const values = FIELDS.map((_, field) => new Float64Array(field === ADJUSTED && !adjusted ? 0 : capacity));
  let timeUnit = 0; // ms per unit of an epoch time; NaN for ISO 8601; 0 until the first row tells
  let row = 0;

  const fail = (expected: string, from: number, to: number): never => {
    const line = row + 2;
    throw new DataError(`${file}:${line}: Expected ${expected}, received ${JSON.stringify(text(from, to))}; correct or remove the line`, {
      file,
      line,
    });
  };
  const readTime = (from: number, to: number): number => {
    const epoch = Number.isNaN(timeUnit) ? Number.NaN : parseDecimal(bytes, from, to);
    if (timeUnit === 0) timeUnit = Number.isNaN(epoch) ? Number.NaN : epoch < FIRST_MILLISECONDS ? 1000 : 1;
    if (Number.isNaN(timeUnit)) {
      const time = parseInstant(bytes, from, to);
      return Number.isNaN(time) ? fail('a time in ISO 8601 (or all times as epoch seconds or milliseconds)', from, to) : time;
    }
    const [first, end] = timeUnit === 1000 ? [FIRST_SECONDS, FIRST_MILLISECONDS] : [FIRST_MILLISECONDS, LAST_MILLISECONDS];
    if (!(epoch >= first && epoch < end)) {
      fail(`a time in epoch ${timeUnit === 1000 ? 'seconds' : 'milliseconds'} as the first row has or should have`, from, to);
    }
    const time = epoch * timeUnit;
    return Number.isInteger(time) ? time : fail('a time in whole milliseconds', from, to);
  };

  let at = headerEnd + 1;
  while (at < bytes.length && !(bytes[at]! <= SPACE && blankFrom(bytes, at))) {
    const lineStart = at;
    let column = 0;
    for (let ended = false; !ended; column++) {
      while (bytes[at] === SPACE) at++;
      let from = at;
      let to: number;
      if (bytes[from] === QUOTE) {
        to = ++from;
        while (to < bytes.length && bytes[to] !== NEWLINE && (bytes[to] !== QUOTE || bytes[to + 1] === QUOTE))
          to += bytes[to] === QUOTE ? 2 : 1;
        if (bytes[to] !== QUOTE) fail('a closing quote before the end of the line', from - 1, to);
        at = to + 1;
        while (bytes[at] === SPACE || bytes[at] === RETURN) at++;
        if (at < bytes.length && bytes[at] !== separator && bytes[at] !== NEWLINE) {
          fail('a separator after a closing quote', from - 1, lineEnd(bytes, at));
        }
      } else {
        while (at < bytes.length && bytes[at] !== separator && bytes[at] !== NEWLINE) at++;
        to = at;
        while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === RETURN)) to--;
      }
      ended = at >= bytes.length || bytes[at] === NEWLINE;
      at++;
      const field = column < width ? fieldOf[column]! : -1;
      if (field === 0) values[0]![row] = readTime(from, to);
      else if (field > 0) {
        const value = parseDecimal(bytes, from, to);
        if (!Number.isFinite(value)) fail(`a finite number for ${FIELDS[field]}`, from, to);
        values[field]![row] = value;
      }
    }
    if (column !== width) fail(`${width} fields as the header has, not ${column}`, lineStart, lineEnd(bytes, lineStart));
    row++;
  }
  if (row === 0) throw new DataError(`${file}:2: Expected at least one bar after the header, received none`, { file, line: 2 });

  const [openTime, open, high, low, close, volume, adjustedClose] = values.map((column) => column.subarray(0, row));
  const columns = { openTime: openTime!, open: open!, high: high!, low: low!, close: close!, volume: volume! };
  if (adjusted) adjust(columns, adjustedClose!);
  return columns;
}

/** Scales the prices in place by adjusted close / close. One factor for all four keeps their order, since rounding is monotone. */
function adjust({ open, high, low, close }: BarColumns, adjustedClose: Float64Array): void {
  for (let i = 0; i < close.length; i++) {
    const factor = adjustedClose[i]! / close[i]!;
    for (const prices of [open, high, low, close]) prices[i] = prices[i]! * factor;
  }
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end < 0 ? bytes.length : end;
}

function countLines(bytes: Buffer, from: number): number {
  let lines = 0;
  for (let at = from; at < bytes.length; at = lineEnd(bytes, at) + 1) lines++;
  return lines;
}

function blankFrom(bytes: Buffer, from: number): boolean {
  for (let i = from; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte !== SPACE && byte !== RETURN && byte !== NEWLINE) return false;
  }
  return true;
}
