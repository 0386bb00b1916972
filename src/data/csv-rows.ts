import type { BarColumns } from '../core/bars.ts';
import { type CsvHead, FIELDS, type FieldOptions, isOneTicker, NO_VOLUME, parseHead, refuseTickers } from './csv-header.ts';
import { DataError, quoted } from './data-error.ts';
import { parseDecimal } from './decimal.ts';
import { parseClock, parseDate, readTime, type WrittenTime } from './instant.ts';
import { createOpeningTimes, type OpeningTimes } from './opening-times.ts';
import { createRowColumns, MOST_ROWS } from './row-columns.ts';
import type { TimeZone } from './time-zone.ts';

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const VOLUME = FIELDS.indexOf('volume');
const LAST_NUMBER = FIELDS.indexOf('adjusted close');
const CLOCK = FIELDS.indexOf('clock');
const TICKER = FIELDS.indexOf('ticker');
const TICKS = FIELDS.indexOf('ticks');
/** Later rows may be a little shorter than those of the first block. */
const MARGIN = 1.05;

export interface RowOptions extends FieldOptions {
  /** The clock of times that name no zone; without it they are UTC. */
  readonly zone?: TimeZone | undefined;
}

/** A table as its rows stand: finite numbers, otherwise unchecked. */
export interface TableRows {
  readonly columns: BarColumns;
  /** Line of row 0, from 1; absent where the table has no lines. */
  readonly firstLine?: number;
  readonly times: OpeningTimes;
  /** What was taken for granted, in words. */
  readonly notes: readonly string[];
}

/** Reads a CSV file block by block. */
export interface CsvParser {
  /** Reads the whole lines of `bytes`, and with `ended` also a last one without its end; answers how many bytes it took. */
  parse(bytes: Buffer, ended: boolean): number;
  finish(): TableRows;
}

/**
 * A parser of one file. The first block must hold the first lines, and every block a whole line, or all there is.
 * One pass over the bytes without an object per row. `size` is how many bytes are expected in all. Throws DataErrors naming `file:line`.
 */
export function createCsvParser(file: string, options: RowOptions, size: number): CsvParser {
  const { adjusted = false, zone } = options;
  const table = createRowColumns(file, adjusted, 0);
  const written: WrittenTime = { local: Number.NaN, offset: Number.NaN, clock: false };
  let head: CsvHead | undefined;
  let epoch: boolean | undefined;
  let row = 0;
  let blankLine = 0;
  let ticker = '';
  /** Whether the ticks stand in for the volume: for as long as all volumes are 0. */
  let ticking = false;
  let ticked = false;
  // What is being read, for messages about it.
  let bytes: Buffer = Buffer.alloc(0);
  let timeFrom = 0;
  let timeTo = 0;

  const refuse = (expected: string, line: number, received: string, mend: string): never => {
    throw new DataError(`${file}:${line}: Expected ${expected}, received ${quoted(received)}; ${mend}`, { file, line });
  };
  const fail = (expected: string, from: number, to: number, mend = 'correct or remove the line'): never =>
    refuse(expected, (head?.line ?? 1) + row, bytes.toString('utf8', from, to), mend);
  const failNumber = (field: number, from: number, to: number): never => {
    const received = bytes.toString('utf8', from, to);
    const expected = `a finite number for ${FIELDS[field]}`;
    if (/^(null|nan|none|n\/a|-?)$/i.test(received))
      fail(expected, from, to, 'what was not recorded is no bar: correct or remove the line');
    if (/\d[,' \u00a0]\d/.test(received)) fail(expected, from, to, 'write numbers with a decimal point and without thousands separators');
    return fail(expected, from, to);
  };
  const failWidth = (width: number, columns: number, from: number): never => {
    const comma = columns > width && head?.separator === 44 ? ' (a comma separates: write decimal points, no thousands separators)' : '';
    return fail(`${width} fields as the header has, not ${columns}`, from, lineEnd(bytes, from), `correct or remove the line${comma}`);
  };
  const readTicker = (from: number, to: number) => {
    let at = 0;
    while (from + at < to && at < ticker.length && bytes[from + at] === ticker.charCodeAt(at)) at++;
    if (from + at === to && at === ticker.length) return;
    const text = bytes.toString('utf8', from, to);
    if (!isOneTicker(ticker, text)) refuseTickers(file, [ticker, text], (head?.line ?? 1) + row);
    if (text !== '') ticker = text;
  };
  const readTicks = (volumes: Float64Array, from: number, to: number) => {
    if (volumes[row] !== 0) {
      ticking = false;
      volumes.fill(0, 0, row);
      return;
    }
    const ticks = parseDecimal(bytes, from, to);
    if (!Number.isFinite(ticks)) failNumber(TICKS, from, to);
    volumes[row] = ticks;
    ticked ||= ticks > 0;
  };
  const times = createOpeningTimes({
    zone,
    usual: () => head?.usual,
    refuse: (expected, earlier) =>
      earlier
        ? refuse(expected, (head?.line ?? 1) + earlier.row, earlier.received, 'correct or remove the line')
        : fail(expected, timeFrom, timeTo),
  });

  const readDate = (): boolean => {
    if (readTime(bytes, timeFrom, timeTo, written)) return true;
    const day = head?.dates && timeTo - timeFrom === 8 ? parseDate(bytes, timeFrom, timeTo) : Number.NaN;
    if (Number.isNaN(day)) return false;
    written.local = day;
    written.offset = Number.NaN;
    written.clock = false;
    return true;
  };
  const rowTime = (clockFrom: number, clockTo: number): number => {
    if (epoch !== true && readDate()) {
      epoch = false;
      if (clockFrom >= 0 && !written.clock) {
        const clock = parseClock(bytes, clockFrom, clockTo);
        if (Number.isNaN(clock)) fail('a time of day such as 15:30, 15:30:00 or 153000', clockFrom, clockTo);
        written.local += clock;
        written.clock = true;
      }
      return times.fromWritten(written);
    }
    const value = epoch === false ? Number.NaN : parseDecimal(bytes, timeFrom, timeTo);
    epoch ??= !Number.isNaN(value);
    if (epoch) return times.fromEpoch(value);
    const mend = 'correct or remove the line, or write all times as year-month-day';
    return fail('a time in ISO 8601 (or all times as epoch seconds or milliseconds)', timeFrom, timeTo, mend);
  };

  const parse = (block: Buffer, ended: boolean): number => {
    bytes = block;
    let at = 0;
    if (head === undefined) {
      head = parseHead(block, file, options);
      at = head.at;
      ticking = head.fieldOf.includes(TICKS);
      table.reserve(Math.min(MOST_ROWS, countLines(block) * Math.max(1, size / block.length) * MARGIN));
    }
    const { separator, fieldOf } = head;
    const width = fieldOf.length;
    const limit = ended ? block.length : block.lastIndexOf(NEWLINE) + 1;
    let values = table.values();
    let room = values[0]!.length;
    while (at < limit) {
      const lineStart = at;
      if (block[at]! <= SPACE && isBlank(block, at)) {
        blankLine ||= head.line + row;
        at = lineEnd(block, at) + 1;
        continue;
      }
      if (blankLine > 0) refuse('a row', blankLine, '', 'remove the line');
      if (row === room) {
        table.reserve(row + 1);
        values = table.values();
        room = values[0]!.length;
      }
      let column = 0;
      let clockFrom = -1;
      let clockTo = -1;
      let ticksFrom = 0;
      let ticksTo = 0;
      for (let last = false; !last; column++) {
        while (block[at] === SPACE) at++;
        let from = at;
        let to: number;
        if (block[from] === QUOTE) {
          to = ++from;
          while (to < limit && block[to] !== NEWLINE && (block[to] !== QUOTE || block[to + 1] === QUOTE)) to += block[to] === QUOTE ? 2 : 1;
          if (block[to] !== QUOTE) fail('a closing quote before the end of the line', from - 1, to);
          at = to + 1;
          while (block[at] === SPACE || block[at] === RETURN) at++;
          if (at < limit && block[at] !== separator && block[at] !== NEWLINE) {
            fail('a separator after a closing quote', from - 1, lineEnd(block, at));
          }
        } else {
          while (at < limit && block[at] !== separator && block[at] !== NEWLINE) at++;
          to = at;
          while (to > from && (block[to - 1] === SPACE || block[to - 1] === RETURN)) to--;
        }
        last = at >= limit || block[at] === NEWLINE;
        at++;
        const field = column < width ? fieldOf[column]! : -1;
        if (field === 0) {
          timeFrom = from;
          timeTo = to;
        } else if (field > LAST_NUMBER) {
          if (field === TICKER) readTicker(from, to);
          else if (field === CLOCK) {
            clockFrom = from;
            clockTo = to;
          } else {
            ticksFrom = from;
            ticksTo = to;
          }
        } else if (field > 0) {
          const value = parseDecimal(block, from, to);
          if (!Number.isFinite(value)) failNumber(field, from, to);
          values[field]![row] = value;
        }
      }
      if (column !== width) failWidth(width, column, lineStart);
      if (ticking) readTicks(values[VOLUME]!, ticksFrom, ticksTo);
      values[0]![row] = rowTime(clockFrom, clockTo);
      row++;
    }
    return Math.min(at, block.length);
  };

  return {
    parse,
    finish: () => {
      const line = head?.line ?? 2;
      if (row === 0) throw new DataError(`${file}:${line}: Expected at least one bar after the header, received none`, { file, line });
      const notes: string[] = [];
      if (ticking && ticked) notes.push('no volumes; the number of ticks (TICKVOL) stands for the volume');
      else if (!head?.volume) notes.push(NO_VOLUME);
      if (!zone && !epoch && head?.fieldOf.includes(CLOCK))
        notes.push('the times name no zone and are taken as UTC; --timezone names another');
      return { columns: table.finish(row), firstLine: line, times, notes };
    },
  };
}

function countLines(bytes: Buffer): number {
  let lines = 1;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** Whether a line has nothing but blanks. */
function isBlank(bytes: Buffer, from: number): boolean {
  for (let at = from; at < bytes.length && bytes[at] !== NEWLINE; at++) {
    if (bytes[at] !== SPACE && bytes[at] !== RETURN) return false;
  }
  return true;
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end < 0 ? bytes.length : end;
}
