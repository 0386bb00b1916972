import { formatInstant, type WrittenTime } from './instant.ts';
import type { TimeZone } from './time-zone.ts';

const DAY = 86_400_000;

/** Units an epoch number can have: below `end` in size, and how many of it make a millisecond. The first `begin` is March 1973. */
const UNITS = [
  { name: 'seconds', begin: 1e8, end: 1e11, perMs: 1e-3 },
  { name: 'milliseconds', begin: 1e11, end: 1e14, perMs: 1 },
  { name: 'microseconds', begin: 1e14, end: 1e17, perMs: 1e3 },
  { name: 'nanoseconds', begin: 1e17, end: 1e20, perMs: 1e6 },
] as const;

/** A part of a millisecond that comes from rounding: nanoseconds since 1970 have more digits than a 64-bit float. */
const ROUNDING = 5e-4;

/** Ends the reading of a table: what was expected, and in which earlier row and of which text, where it is not the one being read. */
export type RefuseTime = (expected: string, earlier?: { readonly row: number; readonly received: string }) => never;

export interface OpeningTimesOptions {
  readonly refuse: RefuseTime;
  /** The clock of times that name no zone, and of the day that a bar belongs to; without it such times are UTC. */
  readonly zone?: TimeZone | undefined;
  /** Where the times of this kind of file are known to be local: the zone that they usually have. */
  readonly usual?: () => string | undefined;
}

/** The opening times of a table, row after row: every row is given once, in the order of the table. */
export interface OpeningTimes {
  /** The instant, ms UTC, of an epoch number; all rows must have the unit of the first. */
  fromEpoch(value: number): number;
  /** The instant itself, ms UTC. */
  fromInstant(instant: number): number;
  /** The instant, ms UTC, of a date or date-time. */
  fromWritten(time: WrittenTime): number;
  /**
   * What all rows together tell. Bars of a day or longer that all stand at midnight of their place are stamped at midnight UTC of that
   * day, in place; whether that moved any.
   */
  finish(openTime: Float64Array, intervalMs: number): boolean;
}

export function createOpeningTimes({ refuse, zone, usual }: OpeningTimesOptions): OpeningTimes {
  let unit: (typeof UNITS)[number] | undefined;
  let row = 0;
  let previous = Number.NaN;
  /** The offsets of the rows, for as long as all stand at a midnight. */
  let midnights: number[] | undefined = [];
  let clock: boolean | undefined;
  let direction = 1;
  /** A stretch of local times that exist twice: its first row, and whether the clock was seen to be set back in it. */
  let repeated: { readonly row: number; readonly received: string; told: boolean } | undefined;

  const take = (instant: number, offset: number): number => {
    if (midnights && (instant + offset) % DAY === 0) midnights.push(offset);
    else midnights = undefined;
    if (row === 1) direction = instant < previous ? -1 : 1;
    previous = instant;
    row++;
    return instant;
  };

  const leaveRepeated = () => {
    if (repeated && !repeated.told) {
      const expected = `a local time that exists once in ${zone?.name}, or rows of the hour before and after the clock is set back`;
      refuse(`${expected}, or times with an offset`, repeated);
    }
    repeated = undefined;
  };

  const fromZone = (local: number, zone: TimeZone): number => {
    const offsets = zone.offsetsOf(local);
    if (offsets.length === 0) refuse(`a local time that exists in ${zone.name} (the clock is set forward over it)`);
    if (offsets.length === 1) {
      leaveRepeated();
      return take(local - offsets[0]!, offsets[0]!);
    }
    // The table's own order tells the first pass of the hour from the second; the first row has nothing before it.
    repeated ??= { row, received: formatInstant(local).slice(0, -1), told: false };
    if (row === 1) direction = local - zone.offsetAt(previous) < previous ? -1 : 1;
    const inOrder = direction > 0 ? offsets : [offsets[1]!, offsets[0]!];
    const first = local - inOrder[0]!;
    if (row === 0 || (first - previous) * direction > 0) return take(first, inOrder[0]!);
    repeated.told = true;
    return take(local - inOrder[1]!, inOrder[1]!);
  };

  const fromInstant = (instant: number): number => take(instant, zone ? zone.offsetAt(instant) : 0);

  return {
    fromEpoch: (value) => {
      unit ??= UNITS.find(({ end }) => value < end) ?? UNITS[0];
      const { name, begin, end, perMs } = unit;
      if (!(value >= begin && value < end)) refuse(`a time in epoch ${name} as the first row has or should have`);
      const exact = value / perMs;
      const instant = Math.round(exact);
      if (Math.abs(exact - instant) >= ROUNDING) refuse('a time in whole milliseconds');
      return fromInstant(instant);
    },
    fromInstant,
    fromWritten: ({ local, offset, clock: hasClock }) => {
      clock ??= hasClock;
      if (zone && clock !== hasClock) refuse(`a time ${clock ? 'with' : 'without'} a time of day as in the rows before`);
      // A date is no local time: it is stamped at midnight UTC wherever it is from.
      if (!hasClock) return take(local, 0);
      if (!Number.isNaN(offset)) {
        const instant = local - offset;
        const known = zone ? zone.offsetAt(instant) : offset;
        if (known !== offset) refuse(`times with the offset of ${zone?.name} (--timezone), there ${signed(known)}, or no --timezone`);
        return take(instant, offset);
      }
      if (zone) return fromZone(local, zone);
      const place = local % DAY === 0 ? undefined : usual?.();
      if (place) refuse(`--timezone for local times (those of such files are of ${place}: --timezone ${place}, or UTC if they are in UTC)`);
      return take(local, 0);
    },
    finish: (openTime, intervalMs) => {
      leaveRepeated();
      if (!midnights || intervalMs < DAY || midnights.every((offset) => offset === 0)) return false;
      for (let i = 0; i < openTime.length; i++) openTime[i] = openTime[i]! + midnights[i]!;
      return true;
    },
  };
}

function signed(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
