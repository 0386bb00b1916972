import type { FundingRates } from '../../core/funding.ts';
import type { Span } from '../store/span.ts';
import type { Feed } from './feed.ts';

/** Funding rates that an exchange has answered with, and the span within which it has no others. */
export interface FundingPage {
  readonly rates: FundingRates;
  readonly covered: Span;
}

/** How far an empty page is trusted, ms: rates come every few hours. */
const EMPTY_PAGE = 30 * 86_400_000;
/** A rate is a small share; at this one a position is gone. */
const LARGEST = 1;

/**
 * The funding rates of a market within a span (ms UTC), page by page, oldest first. Their times are rounded to whole seconds: exchanges state them
 * some ms after the full hour that they are of. What is no rate is left out, and the span up to the next one with it.
 */
export async function* fundingPages(feed: Feed, symbol: string, span: Span): AsyncGenerator<FundingPage> {
  let settled = span.from;
  let since = span.from;
  while (since < span.to) {
    const answered = await feed.fundingRates(symbol, since);
    const rates = new Map<number, number>();
    let sound = true;
    for (const { time, rate } of answered) {
      const second = Math.round(time / 1000) * 1000;
      if (!Number.isFinite(time) || !(Math.abs(rate) < LARGEST)) sound = false;
      else if (second >= since && second < span.to) rates.set(second, rate);
    }
    const times = Float64Array.from(rates.keys()).sort();
    const last = times[times.length - 1];
    if (last === undefined) {
      if (answered.some(({ time }) => time >= span.to)) return;
      since += EMPTY_PAGE;
      continue;
    }
    since = last + 1000;
    const page = { time: times, rate: times.map((time) => rates.get(time)!) };
    if (sound) yield { rates: page, covered: { from: settled, to: since } };
    settled = since;
  }
}
