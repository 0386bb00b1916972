import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle, Feed } from '../../../src/data/exchange/feed.ts';
import { type Page, pages } from '../../../src/data/exchange/pages.ts';
import { joinSpans, type Span } from '../../../src/data/store/span.ts';
import { count, size } from '../../support/counts.ts';
import { candlesAt, fakeFeed, type Paging } from './fake-feed.ts';

const START = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

async function walk(feed: Feed, intervalMs: number, span: Span, bounded = false, time = span.to) {
  const found: Page[] = [];
  for await (const page of pages({ feed, symbol: 'A/B', intervalMs, span, bounded, time: () => time })) found.push(page);
  const covered = found.flatMap((page) => page.covered).reduce<readonly Span[]>(joinSpans, []);
  return {
    candles: found.flatMap((page) => page.candles),
    refused: found.flatMap((page) => page.refused),
    covered,
    until: found.at(-1)?.until,
  };
}

/** The bound that `pages` states. */
function most(candles: readonly Candle[], rows: number, limit: number, paging: Paging, intervalMs: number, span: Span): number {
  const times = [span.from - intervalMs, ...candles.map(({ openTime }) => openTime), span.to];
  const holes = times.filter((time, k) => k > 0 && time - times[k - 1]! > intervalMs).length;
  const step = Math.min(limit, 100) * intervalMs;
  const days = Math.ceil((2 * DAY) / step);
  const perPage = Math.min(rows, limit);
  const again = paging === 'back of the window' ? candles.length + (span.to - span.from) / DAY : 0;
  return (
    candles.length / perPage +
    (holes + 1) * (8 + (intervalMs < DAY ? days : (span.to - span.from) / step)) +
    (span.to - span.from) / DAY / perPage +
    again
  );
}

const world = fc.record({
  // Runs of bars there are and of bars there are not.
  runs: fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 400 }))), {
    minLength: 1,
    maxLength: 6,
  }),
  late: fc.integer({ min: 0, max: 1500 }),
  limit: fc.integer({ min: 1, max: 1000 }),
  cut: fc.oneof(fc.constant(1000), fc.integer({ min: 1, max: 100 })),
  paging: fc.constantFrom<Paging>('what follows', 'front of the window', 'back of the window'),
  disorder: fc.option(fc.integer(), { nil: undefined }),
  intervalMs: fc.constantFrom(15 * MINUTE, HOUR, 4 * HOUR, DAY),
  bounded: fc.boolean(),
});

/** Where there are bars, from a first place on, and the place after all of them. */
function placesOf(runs: readonly (readonly [present: number, absent: number])[], first: number) {
  let place = first;
  const places = runs.flatMap(([present, absent]) => {
    const run = Array.from({ length: present }, (_, k) => place + k);
    place += present + absent;
    return run;
  });
  return { places, place };
}

describe('pages', () => {
  it('C6: give every candle once and in order, and no more questions than stated, however an exchange pages', async () => {
    await fc.assert(
      fc.asyncProperty(world, async ({ runs, late, limit, cut, paging, disorder, intervalMs, bounded }) => {
        const { places, place } = placesOf(runs, late);
        const candles = candlesAt(START, intervalMs, places);
        const rows = Math.min(limit, cut);
        const { feed, calls } = fakeFeed({ candles, intervalMs, paging, limit, rows, ...(disorder !== undefined && { disorder }) });
        const span = { from: START, to: START + place * intervalMs };
        const result = await walk(feed, intervalMs, span, bounded);
        expect(result.candles).toEqual(candles);
        expect(result.refused).toEqual([]);
        expect(result.until).toBe(span.to);
        const end = candles.at(-1)!.openTime + intervalMs;
        // The hole at the end may still be filled, where nothing after it is known; in one that may be of the last two days, nothing is known.
        expect(result.covered.at(-1)!.to).toBeGreaterThanOrEqual(end);
        if (!bounded) expect(result.covered.at(-1)!.to).toBe(end);
        expect(result.covered).toHaveLength(1);
        expect(calls()).toBeLessThanOrEqual(most(candles, rows, limit, paging, intervalMs, span));
      }),
      { numRuns: count(60, 1000), seed: 1 },
    );
  });

  it('find a market that was listed years later by its days', async () => {
    const candles = candlesAt(START, MINUTE, [5 * 365 * 1440 + 700, 5 * 365 * 1440 + 701]);
    const { feed, calls } = fakeFeed({ candles, intervalMs: MINUTE, paging: 'front of the window', limit: 300, rows: 300 });
    const result = await walk(feed, MINUTE, { from: START, to: START + 5.2 * 365 * DAY });
    expect(result.candles).toEqual(candles);
    // 5.2 years are 1898 days or seven pages of them, against 9,000 pages of minutes.
    expect(calls()).toBeLessThan(60);
  });

  it.each([100, 40])(
    'say nothing of what lies before the newest candles, where an exchange gives no others: pages of %i',
    async (limit) => {
      const candles = candlesAt(
        START,
        HOUR,
        Array.from({ length: 130 }, (_, k) => k),
      );
      const { feed, calls } = fakeFeed({ candles, intervalMs: HOUR, paging: 'the newest', limit, rows: limit });
      const result = await walk(feed, HOUR, { from: START, to: START + 130 * HOUR }, true);
      expect(result.candles).toEqual(candles.slice(-limit));
      expect(result.covered).toEqual([{ from: START + (130 - limit) * HOUR, to: START + 130 * HOUR }]);
      expect(calls()).toBeLessThan(10);
    },
  );

  it('end where a market was given up and the days of an exchange do not begin with the interval', async () => {
    const candles = candlesAt(START, 12 * HOUR, [0, 1, 2, 3, 4, 5, 6]);
    const days = candlesAt(START - 8 * HOUR, DAY, [0, 1, 2, 3]);
    const { feed } = fakeFeed({ candles, intervalMs: 12 * HOUR, paging: 'what follows', limit: 100, rows: 100 });
    let calls = 0;
    const from16: Feed = {
      ...feed,
      candles: async (symbol, interval, since, limit) => {
        if (++calls > 100) throw new Error('it would never end');
        return interval === DAY ? days.filter(({ openTime }) => openTime >= since) : feed.candles(symbol, interval, since, limit);
      },
    };
    const { candles: found, until } = await walk(from16, 12 * HOUR, { from: START, to: START + 30 * DAY });
    expect(found).toEqual(candles);
    expect(until).toBe(START + 30 * DAY);
  });

  it('do not believe one empty answer', async () => {
    const candles = candlesAt(START, HOUR, [0, 1, 2, 3, 4, 5, 6, 7]);
    const { feed } = fakeFeed({ candles, intervalMs: HOUR, paging: 'what follows', limit: 4, rows: 4 });
    for (const silent of [1, 2, 3]) {
      let asked = 0;
      const forgetful = {
        ...feed,
        candles: (...args: Parameters<Feed['candles']>) => (++asked === silent ? Promise.resolve([]) : feed.candles(...args)),
      };
      const result = await walk(forgetful, HOUR, { from: START, to: START + 8 * HOUR }, true);
      expect(result.candles).toEqual(candles);
      expect(result.covered).toEqual([{ from: START, to: START + 8 * HOUR }]);
    }
  });

  it('say nothing of a span about which the exchange says nothing', async () => {
    const { feed } = fakeFeed({ candles: [], intervalMs: HOUR, paging: 'what follows', limit: 100, rows: 100 });
    for (const bounded of [false, true]) {
      const { candles, covered } = await walk(feed, HOUR, { from: START, to: START + 200 * HOUR }, bounded);
      expect({ candles, covered }).toEqual({ candles: [], covered: [] });
    }
  });

  describe('of which a candle is refused', () => {
    const span = { from: START, to: START + 5 * HOUR };
    const slot = (from: number, to: number) => ({ from: START + from * HOUR, to: START + to * HOUR });
    /** Hours 0, 1, 2 and 4, of which that of hour 1 comes otherwise. */
    const spoilt = (change: Partial<Candle>, limit = 100): Feed => {
      const { feed } = fakeFeed({
        candles: candlesAt(START, HOUR, [0, 1, 2, 4]),
        intervalMs: HOUR,
        paging: 'what follows',
        limit,
        rows: limit,
      });
      const mutate = (candle: Candle) => (candle.openTime === START + HOUR ? { ...candle, ...change } : candle);
      return { ...feed, candles: async (...args) => (await feed.candles(...args)).map(mutate) };
    };

    it.each([
      ['is impossible', { high: 1 }, START + HOUR, 'expected high >= low, received high 1 < low 10'],
      ['has no time', { openTime: Number.NaN }, null, 'expected an opening time in ms UTC, received NaN'],
      [
        'has a time that is still to come',
        { openTime: Date.UTC(2035, 0, 1) },
        null,
        'expected an opening time until 2020-01-01T06:00:00Z, received 2035-01-01T00:00:00Z',
      ],
      [
        'has the time of its neighbour',
        { openTime: START + 2 * HOUR },
        START + 2 * HOUR,
        'expected one candle of each opening time, received two that differ',
      ],
    ] as const)('answer for the times of their sound candles alone: one %s', async (_, change, time, reason) => {
      const { covered, refused } = await walk(spoilt(change), HOUR, span);
      expect(refused).toEqual([{ time, reason }]);
      expect(covered).toEqual(time === START + 2 * HOUR ? [slot(0, 1), slot(4, 5)] : [slot(0, 1), slot(2, 3), slot(4, 5)]);
    });

    it.each([1, 2, 3])('settle nothing by a time that is still to come, %i candles to a page', async (limit) => {
      const { covered } = await walk(spoilt({ openTime: Date.UTC(2035, 0, 1) }, limit), HOUR, span, true);
      expect(covered.some(({ from, to }) => from <= START + HOUR && to > START + HOUR)).toBe(false);
    });

    it('never answer for the time of a candle that did not come, whichever came with a wrong time, in whatever page', async () => {
      const fault = fc.record({ call: fc.nat(12), row: fc.nat(), kind: fc.constantFrom('to come', 'none', 'of another') });
      await fc.assert(
        fc.asyncProperty(world, fault, async ({ runs, limit, cut, paging, disorder, intervalMs, bounded }, { call, row, kind }) => {
          const { places, place } = placesOf(runs, 0);
          const candles = candlesAt(START, intervalMs, places);
          const rows = Math.min(limit, cut);
          const { feed } = fakeFeed({ candles, intervalMs, paging, limit, rows, ...(disorder !== undefined && { disorder }) });
          let calls = 0;
          const once: Feed = {
            ...feed,
            candles: async (...args) => {
              const page = await feed.candles(...args);
              if (calls++ !== call) return page;
              const { openTime: another } = page[(row + 1) % page.length] ?? { openTime: Number.NaN };
              // One from before the page is left aside as those are that some exchanges give; nothing tells it from them.
              const times = { 'to come': Date.UTC(2035, 0, 1), none: Number.NaN, 'of another': another < args[2] ? Number.NaN : another };
              return page.map((candle, k) => (k === row % page.length ? { ...candle, openTime: times[kind]! } : candle));
            },
          };
          const result = await walk(once, intervalMs, { from: START, to: START + place * intervalMs }, bounded);
          const came = new Set(result.candles.map(({ openTime }) => openTime));
          const lost = candles.filter(
            ({ openTime }) => !came.has(openTime) && result.covered.some(({ from, to }) => from <= openTime && openTime < to),
          );
          expect(lost).toEqual([]);
        }),
        { numRuns: size(100, 1000), seed: 1 },
      );
    });

    it('take days that are still to come for none', async () => {
      const { feed } = fakeFeed({ candles: candlesAt(START, HOUR, []), intervalMs: HOUR, paging: 'what follows', limit: 100, rows: 100 });
      const [late] = candlesAt(Date.UTC(2035, 0, 1), DAY, [0]);
      const dayless: Feed = { ...feed, candles: async (_, interval) => (interval === DAY ? [late!] : []) };
      expect((await walk(dayless, HOUR, span, true)).covered).toEqual([]);
    });

    it('accept the candle that has just begun, and the next one', async () => {
      const { feed } = fakeFeed({
        candles: candlesAt(START, HOUR, [0, 1, 2, 3, 4, 5, 6]),
        intervalMs: HOUR,
        paging: 'what follows',
        limit: 9,
        rows: 9,
      });
      const all: Feed = { ...feed, candles: (symbol, interval, since) => feed.candles(symbol, interval, since) };
      expect(await walk(all, HOUR, span)).toMatchObject({ refused: [], covered: [span] });
    });
  });
});
