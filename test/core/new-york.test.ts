import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf, newYorkInstant, newYorkOffset, weekdayFrom, weekdayOf } from '../../src/core/new-york.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const named = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', timeZoneName: 'longOffset', hour: 'numeric' });
/** What the time zone database says. */
const known = (time: number) => Number(/GMT([+-]\d\d)/.exec(named.format(time))![1]) * HOUR;

describe('the clock of New York', () => {
  it('is that of the time zone database on every day from 1950 to 2037, and every hour of a day on which it changes', () => {
    const wrong: string[] = [];
    let changes = 0;
    const check = (time: number) => {
      if (newYorkOffset(time) !== known(time)) wrong.push(new Date(time).toISOString());
    };
    for (let day = dayOf(1950, 1, 1); day < dayOf(2038, 1, 1); day++) {
      check(day * DAY);
      if (newYorkOffset(day * DAY) === newYorkOffset((day + 1) * DAY)) continue;
      changes++;
      for (let half = 0; half < 48; half++) check(day * DAY + (half * HOUR) / 2);
    }
    expect(wrong).toEqual([]);
    expect(changes).toBe(2 * 88);
  });

  it.each([
    ['1974-01-06T07:00Z', 'the energy crisis'],
    ['1975-02-23T07:00Z', 'the year after'],
    ['1987-04-05T07:00Z', 'the first April after the amendment of 1986'],
    ['2007-03-11T07:00Z', 'the first March after the act of 2005'],
  ])('goes forward at %s: %s', (instant) => {
    expect([-1, 0].map((ms) => newYorkOffset(Date.parse(instant) + ms) / HOUR)).toEqual([-5, -4]);
  });

  it('leads back from a clock to its instant', () => {
    const clock = fc.record({
      day: fc.integer({ min: dayOf(1950, 1, 1), max: dayOf(2199, 1, 1) }),
      minute: fc.integer({ min: 180, max: 1439 }),
    });
    fc.assert(
      fc.property(clock, ({ day, minute }) => {
        const time = newYorkInstant(day, minute * 60_000);
        expect(time + newYorkOffset(time)).toBe(day * DAY + minute * 60_000);
      }),
      { seed: 1 },
    );
  });

  it('numbers weekdays from Sunday, before 1970 too', () => {
    expect(['1969-12-28', '1970-01-01', '2024-07-04'].map((date) => weekdayOf(Date.parse(date) / DAY))).toEqual([0, 4, 4]);
    expect(weekdayFrom(dayOf(1952, 9, 1), 1)).toBe(dayOf(1952, 9, 1));
    expect(weekdayFrom(dayOf(1952, 9, 2), 1)).toBe(dayOf(1952, 9, 8));
  });
});
