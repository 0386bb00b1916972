import { type Span, uncovered } from '../store/span.ts';
import type { BarStore } from '../store.ts';

/** What is stored of a market, and what is not. */
export interface Holdings {
  readonly bars: number;
  /** First and last opening time, ms UTC; null where nothing is stored. */
  readonly from: number | null;
  readonly to: number | null;
  /** Places between neighbours where bars are missing. */
  readonly gaps: number;
  /** Bars missing there that the exchange does not have either. */
  readonly missing: number;
  /** Bars missing there that it has not answered for: they were not asked for, or refused. */
  readonly unanswered: number;
}

/** The bars of a market at an interval, counted against what the exchange has answered for. */
export async function holdings(store: BarStore, market: string, intervalMs: number): Promise<Holdings> {
  const held = (await store.list()).some((entry) => entry.market === market && entry.intervalMs === intervalMs);
  if (!held) return { bars: 0, from: null, to: null, gaps: 0, missing: 0, unanswered: 0 };
  const { openTime, length } = await store.read(market, intervalMs);
  const { coverage } = await store.log(market, intervalMs);
  const counted = (spans: readonly Span[]) => spans.reduce((sum, { from, to }) => sum + (to - from) / intervalMs, 0);
  let [gaps, missing, unanswered] = [0, 0, 0];
  for (let row = 1; row < length; row++) {
    const gap = { from: openTime[row - 1]! + intervalMs, to: openTime[row]! };
    if (gap.from >= gap.to) continue;
    const open = counted(uncovered(gap, coverage));
    gaps++;
    unanswered += open;
    missing += counted([gap]) - open;
  }
  return { bars: length, from: openTime[0]!, to: openTime[length - 1]!, gaps, missing, unanswered };
}
