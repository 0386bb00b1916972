import type { FundingRates } from '../../core/funding.ts';
import type { Span } from '../store/span.ts';
import type { Feed, FundingRate } from './feed.ts';

/** Funding rates, and a span within which the exchange has these and no others: an empty one where their times are in doubt. */
export interface FundingPage {
  readonly rates: FundingRates;
  readonly covered: Span;
}

export interface FundingPagesOptions {
  readonly feed: Feed;
  readonly symbol: string;
  /** ms UTC. */
  readonly span: Span;
  /** The exchange's present instant, ms UTC. */
  readonly time: number;
}

const SECOND = 1000;
const DAY = 86_400_000;
/** From one rate to the next, where it is longest; a longer step leaves the start of a span open. */
const LONGEST_STEP = 28_800_000;
/** The next rate may be stated ahead, ms. */
const AHEAD = DAY;
/** No exchange looks further ahead than this and cuts its answer at the front, ms. */
const LONGEST_WINDOW = 128 * DAY;
/** A rate is a small share; at this one a position is gone. */
const LARGEST = 1;

/**
 * The funding rates of a market within a span (ms UTC), oldest first and each once, however the exchange pages: from `since` on, within a window of
 * its own, from its front or its back; of one that only tells its newest ones, those. Their times are rounded to whole seconds: exchanges
 * state them some ms after the full hour that they are of.
 *
 * Rates have no grid, so an answer settles only what lies between its own ones that follow each other; answers overlap by a rate. What is
 * before the first, after the last, or between the neighbours of what is no rate stays open. Where a time is impossible or told twice, any of the
 * answer's rates may be missing, and it settles nothing.
 *
 * Of r rates in answers of n, with h holes between answers, over d days: at most r / (n - 1) + 1 + (h + 1) (11 + log2 d) questions. Where
 * windows are cut at the front, ten for each answer, which may hold the rates of a day less than it could. Errors are those of the feed.
 */
export async function* fundingPages({ feed, symbol, span, time }: FundingPagesOptions): AsyncGenerator<FundingPage> {
  const ask = async (instant: number): Promise<Answer> => {
    const since = Math.max(0, instant);
    return checkRates(await feed.fundingRates(symbol, since), since, time + AHEAD);
  };
  /** Up to where one rate has led to the next. */
  let open = span.from;
  let told = span.from - 1;
  // One before the span shows that its own are all there.
  for (let since = span.from - LONGEST_STEP; open < span.to; since = open - 2 * SECOND) {
    const answer = await nextAnswer(ask, { from: open, to: span.to }, since);
    if (!answer) return;
    for (const run of runsOf(answer)) {
      const fresh = run.filter((rate) => rate.time > told && rate.time < span.to);
      const from = Math.max(run[0]!.time, span.from);
      const to = answer.dated ? Math.min(run.at(-1)!.time + SECOND, span.to) : from;
      if (fresh.length === 0 && to <= told + SECOND) continue;
      told = fresh.at(-1)?.time ?? told;
      yield {
        rates: { time: Float64Array.from(fresh, (rate) => rate.time), rate: Float64Array.from(fresh, ({ rate }) => rate) },
        covered: { from, to },
      };
    }
    open = answer.last + SECOND;
  }
}

interface Answer {
  /** Ascending whole seconds, each once; NaN where there is no sound rate. */
  readonly rows: readonly FundingRate[];
  /** Times of the first and the last row, NaN without any. */
  readonly first: number;
  readonly last: number;
  /** Whether each row has a time of its own that can be. */
  readonly dated: boolean;
}

function checkRates(answered: readonly FundingRate[], since: number, latest: number): Answer {
  const rates = new Map<number, number>();
  let dated = true;
  for (const { time, rate } of answered) {
    const second = Math.round(time / SECOND) * SECOND;
    if (!(time <= latest)) dated = false;
    else if (second >= since) {
      const sound = Math.abs(rate) < LARGEST ? rate : Number.NaN;
      const contradicted = rates.has(second) && rates.get(second) !== sound;
      if (contradicted) dated = false;
      rates.set(second, contradicted ? Number.NaN : sound);
    }
  }
  const rows = [...rates].map(([time, rate]) => ({ time, rate })).sort((a, b) => a.time - b.time);
  return { rows, first: rows[0]?.time ?? Number.NaN, last: rows.at(-1)?.time ?? Number.NaN, dated };
}

/** Sound rates with nothing else between them; all of them where times are in doubt. */
function runsOf({ rows, dated }: Answer): readonly (readonly FundingRate[])[] {
  const runs: FundingRate[][] = [[]];
  for (const row of rows) {
    if (!Number.isNaN(row.rate)) runs.at(-1)!.push(row);
    else if (dated) runs.push([]);
  }
  return runs.filter(({ length }) => length > 0);
}

/** The answer that leads on into `open`; else the earliest that is found behind a hole. Undefined where there is nothing. */
async function nextAnswer(ask: (since: number) => Promise<Answer>, open: Span, since: number): Promise<Answer | undefined> {
  const ends = ({ last }: Answer) => !(last >= open.from);
  let best = await ask(since);
  // One answer without rates is not believed.
  if (best.rows.length === 0) best = await ask(since);
  let [low, high] = [since - LONGEST_WINDOW, since];
  if (ends(best)) {
    if (open.to - open.from <= DAY) return undefined;
    // A window that ends in a hole: if rates go on behind it, they do so up to the end.
    [low, high] = [since, open.to - DAY];
    best = await ask(high);
    if (ends(best)) return undefined;
  } else if (best.first > open.from) {
    // Cut at the front, unless the same comes whatever is asked for.
    const before = await ask(low);
    if (!ends(before)) return before;
  }
  // The longest that leads on, of those that do.
  let leading: Answer | undefined;
  while (best.first > open.from && high - low > DAY) {
    const middle = Math.round((low + high) / 2);
    const answer = await ask(middle);
    if (ends(answer)) low = middle;
    else if (answer.first <= open.from) {
      leading = answer;
      low = middle;
    } else {
      // The shorter of two that begin with the same rate is not cut at the front: there is none before.
      if (answer.first === best.first && answer.last < best.last) break;
      best = answer;
      high = middle;
    }
  }
  return leading ?? best;
}
