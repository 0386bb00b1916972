import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOpening, periodsPerYear, slotOf } from '../../src/core/calendar.ts';
import { dayOf, newYorkInstant } from '../../src/core/new-york.ts';

const DATA = '../shared/data';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = Date.parse;
const slots = (intervalMs: number, times: readonly string[]) => times.map((time) => slotOf('nyse', intervalMs, at(times[0]!), at(time)));
const next = (intervalMs: number, time: string) => new Date(nextOpening('nyse', intervalMs, at(time))).toISOString().slice(0, 16);

describe('a year', () => {
  it('has 252 sessions in New York, seven hours in each, and 52 weeks', () => {
    expect([7 * DAY, DAY, 4 * HOUR, 2 * HOUR, HOUR, 30 * MINUTE, 5 * MINUTE, MINUTE].map((ms) => periodsPerYear('nyse', ms) / 252)).toEqual(
      [52 / 252, 1, 2, 4, 7, 13, 78, 390],
    );
  });

  it('has 365.25 days around the clock', () => {
    expect([periodsPerYear('24/7', DAY), periodsPerYear('24/7', 4 * HOUR)]).toEqual([365.25, 2191.5]);
  });

  // 45 minutes: nine from 09:30 to 16:00, but ten of those that begin at 00:00 meet it.
  it.each([45 * MINUTE, 12 * HOUR, 2 * DAY])('is not known in New York for an interval of %i ms', (intervalMs) => {
    expect(() => periodsPerYear('nyse', intervalMs)).toThrow(
      new RegExp(`^Expected with calendar nyse an interval of 1w, 1d, or .*, received ${intervalMs} ms; use calendar`),
    );
  });
});

describe('slots around the clock', () => {
  it('are time over interval', () => {
    const time = fc.integer({ min: 0, max: 4e12 });
    fc.assert(
      fc.property(time, time, fc.constantFrom(MINUTE, HOUR, 4 * HOUR, DAY), (anchor, open, intervalMs) => {
        expect(slotOf('24/7', intervalMs, anchor, open)).toBe(Math.floor((open - anchor) / intervalMs));
        expect(nextOpening('24/7', intervalMs, open)).toBe(open + intervalMs);
      }),
      { seed: 1 },
    );
  });
});

describe('slots of New York', () => {
  it('are sessions for bars of a day: neither weekends nor holidays nor closures take one', () => {
    expect(slots(DAY, ['2001-09-07', '2001-09-10', '2001-09-17', '2001-09-18'])).toEqual([0, 1, 2, 3]);
    expect(slots(DAY, ['2024-11-27', '2024-11-29', '2024-12-02'])).toEqual([0, 1, 2]);
    expect(slots(DAY, ['2024-01-08', '2024-01-05', '2024-01-04'])).toEqual([0, -1, -2]);
  });

  it('count a missing session', () => {
    expect(slots(DAY, ['1999-11-15', '1999-11-17'])).toEqual([0, 2]);
  });

  it('begin with the first session after an anchor on a day without', () => {
    expect(slots(DAY, ['2016-01-01', '2016-01-04', '2016-01-05'])).toEqual([0, 0, 1]);
    expect(slots(HOUR, ['2016-01-01', '2016-01-04T14:30Z', '2016-01-04T15:30Z'])).toEqual([0, 0, 1]);
  });

  it('are the same whether a day is stamped by midnight UTC, by midnight in New York or by the opening', () => {
    const dates = ['2024-03-07', '2024-03-08', '2024-03-11', '2024-03-12', '2024-03-28', '2024-04-01'];
    const midnights = dates.map((date) => `${date}T${date < '2024-03-10' ? '05' : '04'}:00Z`);
    const openings = dates.map((date) => `${date}T${date < '2024-03-10' ? '14' : '13'}:30Z`);
    for (const stamps of [dates, midnights, openings]) expect(slots(DAY, stamps)).toEqual([0, 1, 2, 3, 15, 16]);
  });

  it('are seven an hour bar a session, by the clock or from the opening on, in winter and in summer', () => {
    const clock = ['2024-03-08T14:00Z', '2024-03-08T20:00Z', '2024-03-11T13:00Z', '2024-03-11T19:00Z', '2024-03-12T13:00Z'];
    expect(slots(HOUR, clock)).toEqual([0, 6, 7, 13, 14]);
    expect(
      slots(
        HOUR,
        clock.map((time) => time.replace(':00Z', ':30Z')),
      ),
    ).toEqual([0, 6, 7, 13, 14]);
  });

  it('stay empty in the afternoon of an early close', () => {
    // 3 July 2024 ended at 13:00.
    expect(slots(HOUR, ['2024-07-03T13:30Z', '2024-07-03T16:30Z', '2024-07-05T13:30Z'])).toEqual([0, 3, 7]);
    expect(slots(30 * MINUTE, ['2024-07-03T13:30Z', '2024-07-03T16:30Z', '2024-07-05T13:30Z'])).toEqual([0, 6, 13]);
  });

  it('hold what lies outside the session at its edge', () => {
    expect(slots(HOUR, ['2024-01-03T14:30Z', '2024-01-03T09:00Z', '2024-01-03T23:00Z', '2024-01-04T14:30Z'])).toEqual([0, 0, 7, 7]);
    expect(slots(DAY, ['2024-01-05', '2024-01-06', '2024-01-08'])).toEqual([0, 1, 1]);
  });

  it('are weeks for bars of a week, of which some begin after a holiday', () => {
    expect(slots(7 * DAY, ['2024-05-20', '2024-05-28', '2024-06-03'])).toEqual([0, 1, 2]);
  });

  it('never go back in time', () => {
    const time = fc.integer({ min: at('1940-01-01'), max: at('2250-01-01') });
    fc.assert(
      fc.property(
        time,
        fc.integer({ min: 0, max: 10 * DAY }),
        fc.constantFrom(MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY),
        (open, later, interval) => {
          expect(slotOf('nyse', interval, open, open + later)).toBeGreaterThanOrEqual(0);
        },
      ),
      { seed: 2, numRuns: 1000 },
    );
  });
});

describe('the next bar in New York', () => {
  it('opens in the next session, at the same clock', () => {
    expect(next(DAY, '2024-11-27')).toBe('2024-11-29T00:00');
    expect(next(DAY, '2024-03-08T05:00Z')).toBe('2024-03-11T04:00');
    expect(next(DAY, '2024-03-08T14:30Z')).toBe('2024-03-11T13:30');
    expect(next(7 * DAY, '2024-03-04')).toBe('2024-03-11T00:00');
  });

  it('opens in the same session while it lasts', () => {
    expect(next(HOUR, '2024-03-08T18:30Z')).toBe('2024-03-08T19:30');
    expect(next(HOUR, '2024-03-08T20:30Z')).toBe('2024-03-11T13:30');
    expect(next(HOUR, '2024-03-08T20:00Z')).toBe('2024-03-11T13:00');
    expect(next(HOUR, '2024-07-03T16:00Z')).toBe('2024-07-05T13:00');
    expect(next(4 * HOUR, '2024-01-02T14:30Z')).toBe('2024-01-02T18:30');
    expect(next(4 * HOUR, '2024-01-02T18:30Z')).toBe('2024-01-03T14:30');
  });

  it('is one slot further, but for an early close', () => {
    const bar = fc.record({
      session: fc.integer({ min: 0, max: 3000 }),
      steps: fc.integer({ min: 0, max: 500 }),
      intervalMs: fc.constantFrom(5 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, DAY),
    });
    fc.assert(
      fc.property(bar, ({ session, steps, intervalMs }) => {
        let open = nextOpening('nyse', DAY, newYorkInstant(dayOf(2012, 11, 1) + session, 9.5 * HOUR));
        for (let step = 0; step < steps; step++) {
          const following = nextOpening('nyse', intervalMs, open);
          const further = slotOf('nyse', intervalMs, open, following);
          // The shortest session since 2012 lasts three and a half hours, of six and a half.
          if (further !== 1) expect([further, following - open > 12 * HOUR]).toEqual([Math.ceil((3 * HOUR) / intervalMs) + 1, true]);
          open = following;
        }
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});

describe.skipIf(!existsSync(DATA))('real bars (skipped where ../shared/data is absent)', () => {
  const timesOf = (name: string) => {
    const bytes = readFileSync(`${DATA}/${name}`);
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => at(line.slice(0, 20)));
  };

  it('of SPY have the slots 0, 1, 2 ... without a jump from 1998 to 2021', () => {
    const times = timesOf('SPY-1d-lean.csv');
    expect(times.map((time) => slotOf('nyse', DAY, times[0]!, time))).toEqual([...times.keys()]);
    expect(times.slice(0, -1).map((time) => nextOpening('nyse', DAY, time))).toEqual(times.slice(1));
  });

  // Counted with Python: 5,849 days, of which 46 have not exactly the seven bars from 09:00 to 15:00.
  it('of an hour have every slot on 5,803 of 5,849 days', () => {
    const times = timesOf('AAPL-1h-lean-unadjusted.csv.gz');
    const places = new Map<number, number>();
    for (const time of times) {
      const slot = slotOf('nyse', HOUR, times[0]!, time);
      const session = Math.floor(slot / 7);
      places.set(session, (places.get(session) ?? 0) | (1 << (slot % 7)));
    }
    expect([...places.keys()]).toEqual([...Array(5849).keys()]);
    expect([...places.values()].filter((place) => place === 127)).toHaveLength(5803);
  });
});
