import { IANAZone } from 'luxon';

const DAY = 86_400_000;

/** The clock of a place. Offsets are ms east of UTC. */
export interface TimeZone {
  readonly name: string;
  /** The offset at an instant, ms UTC. */
  offsetAt(instant: number): number;
  /**
   * The offsets that a local time (ms of its calendar reading, as if it were UTC) can have, the earlier instant first: one, two in the
   * hour that a change to winter time repeats, none in the hour that a change to summer time skips.
   */
  offsetsOf(local: number): readonly number[];
}

/** The offsets of one day in UTC: before and from a change on; `change` is Infinity where the day has none. */
interface DayOffsets {
  readonly change: number;
  readonly before: number;
  readonly after: number;
}

/** The time zone of a name such as `America/New_York`. Throws a TypeError where there is no such zone. */
export function timeZone(name: string): TimeZone {
  const zone = IANAZone.create(name);
  if (!zone.isValid)
    throw new TypeError(`Expected a time zone such as America/New_York, Europe/Warsaw or UTC, received ${JSON.stringify(name)}`);
  // Asking a named zone costs more than reading a row, so each day is asked once.
  const days = new Map<number, DayOffsets>();
  const single = new Map<number, readonly number[]>();
  const ask = (instant: number) => Math.round(zone.offset(instant) * 60_000);

  const dayOffsets = (day: number): DayOffsets => {
    const known = days.get(day);
    if (known) return known;
    let low = day * DAY;
    let high = low + DAY;
    const before = ask(low);
    const after = ask(high);
    // The change lies in (low, high]; half the way is taken until they are neighbours.
    while (before !== after && high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (ask(middle) === before) low = middle;
      else high = middle;
    }
    const offsets = { change: before === after ? Number.POSITIVE_INFINITY : high, before, after };
    days.set(day, offsets);
    return offsets;
  };

  const offsetAt = (instant: number): number => {
    const { change, before, after } = dayOffsets(Math.floor(instant / DAY));
    return instant < change ? before : after;
  };

  const offsetsOf = (local: number): readonly number[] => {
    const day = Math.floor(local / DAY);
    const known = single.get(day);
    if (known) return known;
    // No place is a day or more from UTC, so the instant meant lies between these two.
    const [earlier, later] = [offsetAt(local - DAY), offsetAt(local + DAY)];
    if (earlier === later && offsetAt((day - 1) * DAY) === offsetAt((day + 2) * DAY)) {
      const one = [earlier];
      single.set(day, one);
      return one;
    }
    const candidates = earlier === later ? [earlier] : [earlier, later];
    return candidates.filter((offset) => offsetAt(local - offset) === offset).sort((a, b) => b - a);
  };

  return { name: zone.name, offsetAt, offsetsOf };
}
