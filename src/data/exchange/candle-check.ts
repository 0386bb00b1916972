import { type BarColumns, barProblem } from '../../core/bars.ts';
import { boundaryBefore } from '../../core/resample.ts';
import { formatInstant } from '../instant.ts';
import { LARGEST_VALUE } from '../quality.ts';
import type { Span } from '../store/span.ts';
import type { Candle } from './feed.ts';

/** A candle that is not stored. */
export interface RefusedCandle {
  /** Opening time, ms UTC; null where it has none that can be used. */
  readonly time: number | null;
  readonly reason: string;
}

/** What a page of candles says about a span. */
export interface CheckedCandles {
  /** Possible ones that open within the span, oldest first, one of each time. */
  readonly candles: readonly Candle[];
  readonly refused: readonly RefusedCandle[];
  /** Opening times on the grid that the page says anything about, refused ones included, ascending. */
  readonly times: readonly number[];
  /** Whether one opens after the span, and is no refused one: nothing within it is left out by the length of the page. */
  readonly beyond: boolean;
}

/**
 * Sorts an exchange's candles out: those outside the span are left aside, equal ones of one time count once, and impossible ones, those off the
 * interval's grid, those later than `latest` (ms UTC) and those that contradict each other are refused with the reason.
 */
export function checkCandles(rows: readonly Candle[], intervalMs: number, span: Span, latest: number): CheckedCandles {
  const refused: RefusedCandle[] = [];
  const times = new Set<number>();
  const byTime = new Map<number, Candle>();
  const contradicted = new Set<number>();
  let beyond = false;
  for (const row of rows) {
    const time = row.openTime;
    const timeless = timeProblem(time, latest);
    if (timeless !== undefined) {
      refused.push({ time: null, reason: timeless });
      continue;
    }
    if (time >= span.to) beyond = true;
    if (time < span.from || time >= span.to) continue;
    const slot = boundaryBefore(time, intervalMs);
    times.add(slot);
    const problem = slot === time ? problemOf(row) : "expected an opening time on the interval's grid";
    const other = byTime.get(time);
    if (problem !== undefined) refused.push({ time, reason: problem });
    else if (other && !sameCandle(other, row)) contradicted.add(time);
    else byTime.set(time, row);
  }
  for (const time of contradicted) {
    byTime.delete(time);
    refused.push({ time, reason: 'expected one candle of each opening time, received two that differ' });
  }
  const ascending = (a: number, b: number) => a - b;
  return {
    candles: [...byTime.values()].sort((a, b) => a.openTime - b.openTime),
    refused,
    times: [...times].filter((time) => time >= span.from).sort(ascending),
    beyond,
  };
}

/** Why a time cannot be that of a candle. */
function timeProblem(time: number, latest: number): string | undefined {
  // The last year that is written with four digits.
  if (!Number.isInteger(time) || time <= 0 || time >= 253_402_300_800_000) return `expected an opening time in ms UTC, received ${time}`;
  return time > latest ? `expected an opening time until ${formatInstant(latest)}, received ${formatInstant(time)}` : undefined;
}

function problemOf({ openTime, open, high, low, close, volume }: Candle): string | undefined {
  const values = { openTime, open, high, low, close, volume };
  for (const [name, value] of Object.entries(values)) {
    if (Math.abs(value) > LARGEST_VALUE) return `expected a possible ${name}, received ${value}`;
  }
  const columns = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.of(value)]));
  return barProblem(columns as unknown as BarColumns, 0)?.message;
}

/** Whether two candles of one time say the same. */
export function sameCandle(a: Candle, b: Candle): boolean {
  return a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
}
