const SPACE = 32;
const PLUS = 43;
const DASH = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const LARGE_C = 67;
const LARGE_T = 84;
const LARGE_U = 85;
const LARGE_Z = 90;
const SMALL_T = 116;
const SMALL_Z = 122;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A date or date-time as it stands in a file: ms of its calendar reading, as if it were UTC, and what the text says of its zone. */
export interface WrittenTime {
  local: number;
  /** How far its zone lies east of UTC, ms; NaN where the text names none. */
  offset: number;
  /** Whether it has a time of day. */
  clock: boolean;
}

const scratch: WrittenTime = { local: Number.NaN, offset: Number.NaN, clock: false };

/**
 * The instant, in ms UTC, of an ISO 8601 date or date-time in ASCII in `bytes[start..end)`: `2024-03-01`, `2024-03-01T04:00Z`,
 * `2024-03-01 04:00:00.123+02:00`. No zone means UTC; digits below the millisecond are dropped. NaN where it is no such instant.
 */
export function parseInstant(bytes: Uint8Array, start: number, end: number): number {
  if (!readTime(bytes, start, end, scratch)) return Number.NaN;
  return scratch.local - (Number.isNaN(scratch.offset) ? 0 : scratch.offset);
}

/** Reads what `parseInstant` reads into `into`, reading and zone apart; whether it is one. Dots may stand for the dashes: `2024.03.01 04:00`. */
export function readTime(bytes: Uint8Array, start: number, end: number, into: WrittenTime): boolean {
  const midnight = end - start < 10 ? Number.NaN : parseDate(bytes, start, start + 10);
  if (Number.isNaN(midnight)) return false;
  into.local = midnight;
  into.offset = Number.NaN;
  into.clock = false;
  let at = start + 10;
  if (at >= end) return true;

  if (!is(bytes, at, end, LARGE_T) && !is(bytes, at, end, SMALL_T) && !is(bytes, at, end, SPACE)) return false;
  const hour = digits(bytes, at + 1, 2, end);
  const minute = digits(bytes, at + 4, 2, end);
  if (!is(bytes, at + 3, end, COLON) || !(hour <= 23) || !(minute <= 59)) return false;
  at += 6;
  let second = 0;
  let milliseconds = 0;
  if (is(bytes, at, end, COLON)) {
    second = digits(bytes, at + 1, 2, end);
    if (!(second <= 59)) return false;
    at += 3;
    if (is(bytes, at, end, POINT)) {
      at++;
      const first = at;
      for (let unit = 100; at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE; at++, unit = Math.floor(unit / 10)) {
        milliseconds += unit * (bytes[at]! - ZERO);
      }
      if (at === first) return false;
    }
  }
  into.local = midnight + hour * HOUR + minute * MINUTE + second * 1000 + milliseconds;
  into.clock = true;
  while (is(bytes, at, end, SPACE)) at++;
  if (at === end) return true;
  const zulu = at + 1 === end && (is(bytes, at, end, LARGE_Z) || is(bytes, at, end, SMALL_Z));
  const utc = at + 3 === end && is(bytes, at, end, LARGE_U) && is(bytes, at + 1, end, LARGE_T) && is(bytes, at + 2, end, LARGE_C);
  if (zulu || utc) {
    into.offset = 0;
    return true;
  }

  if (!is(bytes, at, end, PLUS) && !is(bytes, at, end, DASH)) return false;
  const east = is(bytes, at, end, PLUS) ? 1 : -1;
  const zoneHour = digits(bytes, at + 1, 2, end);
  at += 3;
  if (is(bytes, at, end, COLON)) at++;
  const zoneMinute = at === end ? 0 : digits(bytes, at, 2, end);
  if (!(zoneHour <= 23) || !(zoneMinute <= 59) || (at !== end && at + 2 !== end)) return false;
  into.offset = east * (zoneHour * HOUR + zoneMinute * MINUTE);
  return true;
}

/** Midnight UTC of the date in `bytes[start..end)`, ms: `2024-03-01`, `2024.03.01` or `20240301`; NaN where it is none. */
export function parseDate(bytes: Uint8Array, start: number, end: number): number {
  const gap = end - start === 8 ? 0 : 1;
  if (end - start !== 8 + 2 * gap) return Number.NaN;
  const year = digits(bytes, start, 4, end);
  const month = digits(bytes, start + 4 + gap, 2, end);
  const day = digits(bytes, start + 6 + 2 * gap, 2, end);
  if (gap === 1 && (bytes[start + 4] !== bytes[start + 7] || (bytes[start + 4] !== DASH && bytes[start + 4] !== POINT))) return Number.NaN;
  if (!(year >= 0) || !(month >= 1 && month <= 12)) return Number.NaN;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (!(day >= 1 && day <= MONTH_DAYS[month - 1]! + leap)) return Number.NaN;
  return daysSinceEpoch(year, month, day) * DAY;
}

/** The time of day in `bytes[start..end)`, ms from midnight: `15:30`, `15:30:00`, `1530` or `153000`; NaN where it is none. */
export function parseClock(bytes: Uint8Array, start: number, end: number): number {
  const gap = is(bytes, start + 2, end, COLON) ? 1 : 0;
  const seconds = end - start > 4 + gap;
  if (end - start !== (seconds ? 6 + 2 * gap : 4 + gap)) return Number.NaN;
  const hour = digits(bytes, start, 2, end);
  const minute = digits(bytes, start + 2 + gap, 2, end);
  const second = seconds ? digits(bytes, start + 4 + 2 * gap, 2, end) : 0;
  if (seconds && gap === 1 && bytes[start + 5] !== COLON) return Number.NaN;
  return hour <= 23 && minute <= 59 && second <= 59 ? hour * HOUR + minute * MINUTE + second * 1000 : Number.NaN;
}

/** The instant in a text, as `parseInstant` reads it; NaN where it is none. */
export function instantOf(text: string): number {
  const bytes = Buffer.from(text);
  return parseInstant(bytes, 0, bytes.length);
}

/** `time` (ms UTC) as ISO 8601, without the milliseconds where they are zero. Throws a RangeError outside the years 0 to 9999. */
export function formatInstant(time: number): string {
  const text = new Date(time).toISOString();
  if (text.length !== 24 || !Number.isInteger(time)) {
    throw new RangeError(`Expected a whole number of ms UTC in the years 0 to 9999, received ${time}`);
  }
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text;
}

function is(bytes: Uint8Array, at: number, end: number, byte: number): boolean {
  return at < end && bytes[at] === byte;
}

/** The number in `length` digits from `at` on; NaN where one of them is no digit or lies at or after `end`. */
function digits(bytes: Uint8Array, at: number, length: number, end: number): number {
  if (at + length > end) return Number.NaN;
  let value = 0;
  for (let i = at; i < at + length; i++) {
    const byte = bytes[i]!;
    if (byte < ZERO || byte > NINE) return Number.NaN;
    value = value * 10 + (byte - ZERO);
  }
  return value;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March (Hinnant, "chrono-compatible date algorithms"). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
