import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feed, FundingRate } from '../../../src/data/exchange/feed.ts';
import { fundingPages } from '../../../src/data/exchange/funding-pages.ts';
import { joinSpans, type Span } from '../../../src/data/store/span.ts';
import { HOUR } from '../../support/markets.ts';
import { fakeFeed } from './fake-feed.ts';

const DAY = 24 * HOUR;
const START = Date.UTC(2024, 0, 1);
const YEAR = 365 * DAY;

/** How exchanges tell funding rates: `most` of them, of all from `since` on, or of those within a window after it, its first or its newest ones. */
interface Telling {
  readonly most: number;
  readonly windowMs: number;
  readonly end: 'first' | 'newest';
}

const FIRST: Telling = { most: 100, windowMs: Number.POSITIVE_INFINITY, end: 'first' };
const NEWEST: Telling = { ...FIRST, end: 'newest' };
/** A month; it holds all of its hourly rates. */
const WINDOW: Telling = { most: 744, windowMs: 30 * DAY, end: 'first' };
/** Made for rates every eight hours; of hourly ones the first are cut off. */
const CUT_WINDOW: Telling = { most: 200, windowMs: 200 * 8 * HOUR, end: 'newest' };

const tell =
  (rates: readonly FundingRate[], { most, windowMs, end }: Telling): Feed['fundingRates'] =>
  async (_, since) => {
    const within = rates.filter(({ time }) => time >= since && time < since + windowMs);
    return end === 'first' ? within.slice(0, most) : within.slice(-most);
  };

const SMALL_CUT_WINDOW: Telling = { most: 60, windowMs: 60 * 8 * HOUR, end: 'newest' };

/** Rates at instants that lie so many hours apart, from `start` on, each with a value of its own. */
function ratesAt(start: number, hours: readonly number[]): readonly FundingRate[] {
  let time = start;
  return hours.map((step, k) => {
    if (k > 0) time += step * HOUR;
    return { time, rate: (k + 1) / 1e6 };
  });
}
const every = (hours: number, length: number, start = START) => ratesAt(start, Array<number>(length).fill(hours));
const without = (rates: readonly FundingRate[], bad: (row: number) => boolean) =>
  rates.map((rate, row) => (bad(row) ? { ...rate, rate: Number.NaN } : rate));

/** What comes of a span, and what of it is settled then. */
async function collect(fundingRates: Feed['fundingRates'], span: Span, time = START + 5 * YEAR) {
  const { feed } = fakeFeed({ candles: [], intervalMs: HOUR, paging: 'what follows', limit: 9, rows: 9 });
  let calls = 0;
  const counting: Feed = {
    ...feed,
    fundingRates: (symbol, since) => {
      calls++;
      return fundingRates(symbol, since);
    },
  };
  const rates: FundingRate[] = [];
  let settled: readonly Span[] = [];
  for await (const page of fundingPages({ feed: counting, symbol: 'A/B:B', span, time })) {
    for (const [k, time] of page.rates.time.entries()) rates.push({ time, rate: page.rates.rate[k]! });
    settled = joinSpans(settled, page.covered);
  }
  return { rates, settled, calls };
}

const through = (rates: readonly FundingRate[]): Span => ({ from: rates[0]!.time, to: rates.at(-1)!.time + 1000 });
const sound = (rates: readonly FundingRate[]) => rates.filter(({ rate }) => Math.abs(rate) < 1);

describe('funding rates', () => {
  it('come from pages that overlap by one rate: hourly ones over two pages in three questions', async () => {
    const hourly = every(1, 150);
    const span = { from: START, to: START + 150 * HOUR };
    expect(await collect(tell(hourly, FIRST), span)).toEqual({ rates: hourly, settled: [through(hourly)], calls: 3 });
  });

  it('go on from those that are known already, with nothing left open between', async () => {
    const all = every(8, 30);
    const { rates, settled } = await collect(tell(all, FIRST), { from: all[9]!.time + 1000, to: START + 30 * 8 * HOUR });
    expect(rates).toEqual(all.slice(10));
    expect(settled).toEqual([{ from: all[9]!.time + 1000, to: all[29]!.time + 1000 }]);
  });

  it('up to a known one settle all before it', async () => {
    const all = every(8, 30);
    const span = { from: START + HOUR, to: all[20]!.time };
    expect(await collect(tell(all, FIRST), span)).toMatchObject({ rates: all.slice(1, 20), settled: [span], calls: 1 });
  });

  it('settle what is left before a known one, though a page ends there', async () => {
    const all = every(8, 130);
    const span = { from: START, to: all[100]!.time };
    expect(await collect(tell(all, FIRST), span)).toEqual({ rates: all.slice(0, 100), settled: [span], calls: 2 });
  });

  it('may come in any order, and with one from before that was not asked for', async () => {
    const all = every(8, 300);
    const span = { from: START + 10 * DAY, to: START + 300 * 8 * HOUR };
    const newest = all.slice(200);
    const answer = tell(all, NEWEST);
    const before = (since: number) => all.filter(({ time }) => time < since).slice(-1);
    const { rates, settled } = await collect(async (symbol, since) => [...(await answer(symbol, since)), ...before(since)].reverse(), span);
    expect(rates).toEqual(newest);
    expect(settled).toEqual([through(newest)]);
  });

  it('are not asked for before 1970', async () => {
    const early = every(8, 5, 0);
    const asked: number[] = [];
    const answer = tell(early, FIRST);
    const { rates } = await collect(
      async (symbol, since) => {
        asked.push(since);
        return answer(symbol, since);
      },
      { from: 0, to: 5 * 8 * HOUR },
    );
    expect(rates).toEqual(early);
    expect(Math.min(...asked)).toBe(0);
  });

  it('are on whole seconds, though the exchange states them some ms before or after', async () => {
    const all = every(8, 250);
    const stated = all.map(({ time, rate }, k) => ({ time: time + 2 - (k % 5), rate }));
    const { rates, settled } = await collect(tell(stated, FIRST), { from: START, to: START + 250 * 8 * HOUR });
    expect(rates).toEqual(all);
    expect(settled).toEqual([through(all)]);
  });

  it('that only the newest are told of settle nothing before those, in three questions', async () => {
    const all = every(8, 300);
    const newest = all.slice(200);
    const { rates, settled, calls } = await collect(tell(all, NEWEST), { from: START, to: START + 300 * 8 * HOUR });
    expect(rates).toEqual(newest);
    expect(settled).toEqual([through(newest)]);
    expect(calls).toBe(3);
  });

  it('that are none of leave nothing settled, in three questions', async () => {
    expect(await collect(tell([], FIRST), { from: START, to: START + YEAR })).toEqual({ rates: [], settled: [], calls: 3 });
  });

  it.each([
    ['from the start on', FIRST, 6],
    ['within a month', WINDOW, 10],
    ['at the end of a window', CUT_WINDOW, 9],
  ])('begin on day 40 where the market was listed then: told of %s', async (_, telling, most) => {
    const all = every(8, 300, START + 40 * DAY);
    const { rates, settled, calls } = await collect(tell(all, telling), { from: START, to: START + 140 * DAY });
    expect(rates).toEqual(all);
    expect(settled).toEqual([through(all)]);
    expect(calls).toBeLessThanOrEqual(most);
  });

  it.each([
    ['from the start on', FIRST, 3],
    ['within a month', WINDOW, 15],
    ['at the end of a window', CUT_WINDOW, 12],
  ])('cost few questions where they are asked for eight years before the listing: told of %s', async (_, telling, most) => {
    const all = every(8, 60);
    const { rates, settled, calls } = await collect(tell(all, telling), { from: START - 8 * YEAR, to: START + 20 * DAY });
    expect(rates).toEqual(all);
    expect(settled).toEqual([through(all)]);
    expect(calls).toBeLessThanOrEqual(most);
  });

  it('are all there where a window cuts off the first ones of a time when they came more often', async () => {
    const all = ratesAt(START, [...Array<number>(100).fill(8), ...Array<number>(900).fill(1), ...Array<number>(300).fill(8)]);
    const { rates, settled } = await collect(tell(all, CUT_WINDOW), { from: START, to: all.at(-1)!.time + HOUR });
    expect(rates).toEqual(all);
    expect(settled).toEqual([through(all)]);
  });

  it('lie behind a hole that is longer than a window, which stays open', async () => {
    const [before, after] = [every(8, 90), every(8, 90, START + YEAR)];
    const { rates, settled } = await collect(tell([...before, ...after], WINDOW), { from: START, to: START + YEAR + 30 * DAY });
    expect(rates).toEqual([...before, ...after]);
    expect(settled).toEqual([through(before), through(after)]);
  });
});

describe('what is no rate', () => {
  it.each([
    ['no number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['all of a position', 1],
    ['all of a position, the other way', -1],
  ])('stays open between its neighbours, and the rest of its page and the next are settled: one that is %s', async (_, rate) => {
    const all = every(8, 150);
    const answered = all.map((row, k) => (k === 50 ? { ...row, rate } : row));
    const span = { from: START, to: START + 150 * 8 * HOUR };
    const { rates, settled } = await collect(tell(answered, FIRST), span);
    expect(rates).toEqual([...all.slice(0, 50), ...all.slice(51)]);
    expect(settled).toEqual([through(all.slice(0, 50)), through(all.slice(51))]);
    // The next download asks for the hole alone.
    const open = { from: settled[0]!.to, to: settled[1]!.from };
    expect(await collect(tell(all, FIRST), open)).toEqual({ rates: [all[50]], settled: [open], calls: 1 });
  });

  it('is not settled by the page that follows, be it the whole of one', async () => {
    const all = every(8, 300);
    const { rates, settled } = await collect(
      tell(
        without(all, (row) => row < 90),
        { ...FIRST, most: 10 },
      ),
      {
        from: START,
        to: START + 300 * 8 * HOUR,
      },
    );
    expect(rates).toEqual(all.slice(90));
    expect(settled).toEqual([through(all.slice(90))]);
  });

  it('stays open where two pages overlap in it', async () => {
    const all = every(1, 150);
    const { rates, settled } = await collect(
      tell(
        without(all, (row) => row === 99),
        FIRST,
      ),
      { from: START, to: START + 150 * HOUR },
    );
    expect(rates).toEqual([...all.slice(0, 99), ...all.slice(100)]);
    expect(settled).toEqual([through(all.slice(0, 99)), through(all.slice(100))]);
  });

  it.each([
    ['no time', Number.NaN, [0, 1, 3, 4]],
    ['a time to come', START + 6 * YEAR, [0, 1, 3, 4]],
    ["its neighbour's time", START + 8 * HOUR, [0, 3, 4]],
  ])('lets its answer settle nothing where it has %s, since any may be missing', async (_, time, kept) => {
    const all = every(8, 5);
    const answered = all.map((rate, row) => (row === 2 ? { ...rate, time } : rate));
    // An exchange picks rates by when they really were.
    const feed: Feed['fundingRates'] = async (_, since) => answered.filter((_, row) => all[row]!.time >= since);
    const { rates, settled } = await collect(feed, { from: START, to: START + 5 * 8 * HOUR });
    expect(rates).toEqual(kept.map((row) => all[row]));
    expect(settled.every(({ from }) => from === all[4]!.time)).toBe(true);
  });

  it('is not the rate to come, which some state up to a day ahead: it is left out, and shows that there is none before it', async () => {
    const all = every(8, 6);
    const span = { from: START, to: all[4]!.time + HOUR };
    expect(await collect(tell(all, FIRST), span, span.to)).toEqual({ rates: all.slice(0, 5), settled: [span], calls: 1 });
  });
});

describe('an answer without rates', () => {
  it.each([0, 1, 2, 3])('is not believed alone: question %i', async (failing) => {
    const all = every(8, 300);
    let question = 0;
    const answer = tell(all, FIRST);
    const { rates, settled } = await collect(async (symbol, since) => (question++ === failing ? [] : answer(symbol, since)), {
      from: START,
      to: START + 300 * 8 * HOUR,
    });
    expect(rates).toEqual(all);
    expect(settled).toEqual([through(all)]);
  });

  it('settles nothing, however often it comes', async () => {
    const all = every(8, 300);
    let question = 0;
    const answer = tell(all, FIRST);
    const { rates, settled } = await collect(async (symbol, since) => (++question % 4 === 1 ? answer(symbol, since) : []), {
      from: START,
      to: START + 300 * 8 * HOUR,
    });
    expect(rates).toEqual(all.slice(0, 100));
    expect(settled).toEqual([through(rates)]);
  });
});

describe('whatever rates there are and however they are told', () => {
  const tellings = fc.constantFrom(FIRST, { ...FIRST, most: 13 }, WINDOW, CUT_WINDOW, SMALL_CUT_WINDOW);
  const steps = fc.array(fc.record({ hours: fc.constantFrom(1, 4, 8), length: fc.integer({ min: 1, max: 250 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const market = fc.record({ steps, listed: fc.integer({ min: -50, max: 900 }) }).map((drawn) =>
    ratesAt(
      START + drawn.listed * DAY,
      drawn.steps.flatMap(({ hours, length }) => Array<number>(length).fill(hours)),
    ),
  );
  const within = (rates: readonly FundingRate[], { from, to }: Span) => rates.filter(({ time }) => time >= from && time < to);

  it('all sound ones come, once and in order, all between them is settled, and the questions are bounded', async () => {
    await fc.assert(
      fc.asyncProperty(market, tellings, async (all, telling) => {
        const span = { from: START, to: Math.max(START + DAY, all.at(-1)!.time + HOUR) };
        const { rates, settled, calls } = await collect(tell(all, telling), span);
        const expected = within(all, span);
        expect(rates).toEqual(expected);
        const early = all.some(({ time }) => time < START);
        if (expected.length > 0) expect(settled).toEqual([{ ...through(expected), ...(early && { from: START }) }]);
        // A window that is cut may be left a day short.
        const cut = telling.end === 'newest';
        const least = telling.most - (cut ? 25 : 1);
        const answers = Math.ceil(all.length / least) + Math.ceil((span.to - all[0]!.time) / (telling.windowMs - DAY));
        const days = Math.log2((span.to - span.from) / DAY + 1);
        expect(calls).toBeLessThanOrEqual(cut ? 10 * (answers + 1) + days : answers + 1 + 11 + days);
      }),
      { numRuns: 100 },
    );
  });

  it('what is settled has no others: with rates that are none, and answers that fail', async () => {
    const chance = fc.array(fc.boolean(), { minLength: 7, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(market, fc.oneof(tellings, fc.constant(NEWEST)), chance, chance, async (all, telling, bad, failing) => {
        const answered = without(all, (row) => bad[row % bad.length]! && bad[row % 7]!);
        const span = { from: START, to: Math.max(START + DAY, all.at(-1)!.time + HOUR) };
        const answer = tell(answered, telling);
        let question = 0;
        const { rates, settled } = await collect(
          async (symbol, since) => (failing[question++ % failing.length] ? [] : answer(symbol, since)),
          span,
        );
        const times = rates.map(({ time }) => time);
        expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
        for (const part of settled) {
          expect(within(all, part)).toEqual(within(rates, part));
          expect(sound(within(all, part))).toEqual(within(all, part));
        }
        expect(rates.every(({ time }) => settled.some(({ from, to }) => time >= from && time < to))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
