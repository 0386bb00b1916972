import { inspect } from '../quality.ts';
import { joinSpans, type Span, uncovered } from '../store/span.ts';
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
  /** Bars missing there that were stored, and taken out by a person. */
  readonly dropped: number;
  /** Bars missing there that it has not answered for: they were not asked for, or refused. */
  readonly unanswered: number;
  /** What is odd about the bars that are there: spikes, splits, stale ones, and those without volume or off the grid. */
  readonly warnings: number;
}

/** The bars of a market at an interval, counted against what the exchange has answered for. */
export async function holdings(store: BarStore, market: string, intervalMs: number): Promise<Holdings> {
  const { bars: held, coverage, repairs } = await store.log(market, intervalMs);
  if (held === 0) return { bars: 0, from: null, to: null, gaps: 0, missing: 0, dropped: 0, unanswered: 0, warnings: 0 };
  const bars = await store.read(market, intervalMs);
  const { openTime, length } = bars;
  // A bar that was revised is stored with its new values; one that was once, and is not, was dropped.
  const former = repairs.length === 0 ? [] : await store.revisions(market, intervalMs);
  const times = Float64Array.from(new Set(former.map((revision) => revision.openTime))).sort();
  let next = 0;
  let [gaps, missing, dropped, unanswered] = [0, 0, 0, 0];
  for (let row = 1; row < length; row++) {
    const gap = { from: openTime[row - 1]! + intervalMs, to: openTime[row]! };
    if (gap.from >= gap.to) continue;
    while (times[next]! < gap.from) next++;
    let known = coverage;
    const first = next;
    for (; times[next]! < gap.to; next++) known = joinSpans(known, { from: times[next]!, to: times[next]! + intervalMs });
    const open = counted(uncovered(gap, known), intervalMs);
    gaps++;
    dropped += next - first;
    unanswered += open;
    missing += counted([gap], intervalMs) - open - (next - first);
  }
  const { warnings, counts } = inspect(bars, intervalMs);
  return {
    bars: length,
    from: openTime[0]!,
    to: openTime[length - 1]!,
    gaps,
    missing,
    dropped,
    unanswered,
    warnings: warnings - counts.gap,
  };
}

function counted(spans: readonly Span[], intervalMs: number): number {
  return spans.reduce((sum, { from, to }) => sum + (to - from) / intervalMs, 0);
}
