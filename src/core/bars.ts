import { firstAtOrAfter } from './ascending.ts';
import { isoInstant } from './instant.ts';
/**
 * Closed OHLCV intervals of one market, oldest first, as equally long columns.
 *
 * `openTime` is the opening instant in ms UTC; a bar is closed at `openTime + intervalMs`. Prices are in quote currency
 * (finite, > 0), `volume` in base currency (finite, >= 0). Missing bars are absent rows; nothing is ever filled in.
 */
export interface Bars {
  readonly market: string;
  readonly intervalMs: number;
  readonly length: number;
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** A Float64Array aligned with its Bars; NaN where nothing is known yet. */
export type Column = Float64Array;

export type BarColumns = Omit<Bars, 'market' | 'intervalMs' | 'length'>;

/** One thing wrong with one row; `row` counts from 0. `kind` names the check, `message` says what was expected and received. */
export interface BarProblem {
  readonly kind: 'disorder' | 'duplicate' | 'impossible';
  readonly row: number;
  readonly message: string;
}

/** Data that cannot be traded on: what was expected, what was received, and in which row. */
export class BarError extends Error {
  override readonly name = 'BarError';
  readonly row: number;
  constructor(message: string, row: number) {
    super(message);
    this.row = row;
  }
}

const COLUMNS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

/** What is wrong with row `row` given the row before it, or undefined. The one place that knows what a possible bar is. */
export function barProblem(columns: BarColumns, row: number): BarProblem | undefined {
  return isPossible(columns, row) ? undefined : explainProblem(columns, row);
}

/** The rule in one look, for the million bars that are as they should be; `explainProblem` says what is wrong with the others. */
function isPossible({ openTime, open, high, low, close, volume }: BarColumns, row: number): boolean {
  const [lowest, highest] = [low[row]!, high[row]!];
  return (
    openTime[row]! < Infinity &&
    openTime[row]! > (row > 0 ? openTime[row - 1]! : -Infinity) &&
    lowest > 0 &&
    highest < Infinity &&
    open[row]! >= lowest &&
    open[row]! <= highest &&
    close[row]! >= lowest &&
    close[row]! <= highest &&
    volume[row]! >= 0 &&
    volume[row]! < Infinity
  );
}

function explainProblem(columns: BarColumns, row: number): BarProblem | undefined {
  const time = columns.openTime[row]!;
  if (!Number.isFinite(time)) return problem('impossible', row, `expected a finite opening time in ms UTC, received ${time}`);
  for (const name of ['open', 'high', 'low', 'close'] as const) {
    const price = columns[name][row]!;
    if (!(price > 0) || price === Infinity) return problem('impossible', row, `expected a finite ${name} > 0, received ${price}`);
  }
  const volume = columns.volume[row]!;
  if (!(volume >= 0) || volume === Infinity) return problem('impossible', row, `expected a finite volume >= 0, received ${volume}`);
  const open = columns.open[row]!;
  const high = columns.high[row]!;
  const low = columns.low[row]!;
  const close = columns.close[row]!;
  if (high < low) return problem('impossible', row, `expected high >= low, received high ${high} < low ${low}`);
  if (high < open || high < close) {
    return problem('impossible', row, `expected high >= open and close, received high ${high}, open ${open}, close ${close}`);
  }
  if (low > open || low > close) {
    return problem('impossible', row, `expected low <= open and close, received low ${low}, open ${open}, close ${close}`);
  }
  if (row > 0) {
    const previous = columns.openTime[row - 1]!;
    if (time === previous) return problem('duplicate', row, `expected one bar per opening time, received ${isoInstant(time)} twice`);
    if (time < previous)
      return problem('disorder', row, `expected bars oldest first, received ${isoInstant(time)} after ${isoInstant(previous)}`);
  }
  return undefined;
}

/**
 * Bars from columns of equal length, checked row by row: strictly ascending finite times, possible prices, volume >= 0.
 * The columns are used, not copied. Throws a BarError that names the first bad row, a TypeError where the lengths differ.
 */
export function createBars(market: string, intervalMs: number, columns: BarColumns): Bars {
  if (!(intervalMs > 0) || !Number.isInteger(intervalMs)) {
    throw new TypeError(`Expected the interval of ${market} to be a whole number of ms > 0, received ${intervalMs}`);
  }
  const length = columns.openTime.length;
  for (const name of COLUMNS) {
    if (columns[name].length !== length) {
      throw new TypeError(`Expected every column of ${market} to have ${length} values, received ${columns[name].length} in ${name}`);
    }
  }
  for (let row = 0; row < length; row++) {
    const found = barProblem(columns, row);
    if (found) throw new BarError(`${market}, row ${row}: ${found.message}`, row);
  }
  const { openTime, open, high, low, close, volume } = columns;
  return { market, intervalMs, length, openTime, open, high, low, close, volume };
}

/** Rows `from` (included) to `to` (excluded) as Bars that share the same memory. */
export function sliceBars(bars: Bars, from: number, to: number): Bars {
  const cut = (column: Float64Array) => column.subarray(from, to);
  const openTime = cut(bars.openTime);
  return {
    market: bars.market,
    intervalMs: bars.intervalMs,
    length: openTime.length,
    openTime,
    open: cut(bars.open),
    high: cut(bars.high),
    low: cut(bars.low),
    close: cut(bars.close),
    volume: cut(bars.volume),
  };
}

/** The first row whose opening time is at or after `time` (ms UTC); `bars.length` where there is none. */
export function firstRowAt(bars: Bars, time: number): number {
  return firstAtOrAfter(bars.openTime, time);
}

function problem(kind: BarProblem['kind'], row: number, message: string): BarProblem {
  return { kind, row, message };
}
