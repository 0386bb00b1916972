import type { BarColumns } from '../core/bars.ts';

/** How many bars the typical move and the typical range are taken from. */
const WINDOW = 100;
/** So many times the typical move or range is a spike; for normal returns (median 0.674 deviations) about 13 deviations. */
const SPIKE_MULTIPLE = 20;
/** A close has returned from a spike where no more than this share of the move is left. */
const LEFT = 0.5;
/** How far, in log price, a jump may lie from the ratio of a split: the market moves overnight as well. */
const SPLIT_TOLERANCE = 0.03;
/** So many bars alike are no coincidence any more. */
const STALE_BARS = 3;
const SPLIT_RATIOS = [3 / 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 50, 100];

export interface Anomaly {
  readonly kind: 'stale' | 'spike' | 'split';
  readonly row: number;
  readonly message: string;
}

/**
 * What looks like bad data, of bars in order with possible prices.
 *
 * Stale: a bar that repeats the one before, of at least three alike in a row: the same close without volume, or the same in all columns.
 * A suspected split: previous close over open within 3 % of 3:2, a whole ratio such as 2:1 or 7:1, or its inverse.
 * A spike: |ln(close / previous close)| above 20 times its median over the 100 bars before, judged from row 101 on; ln(high / low) above
 * 20 times its median, judged from row 100 on; or a jump of a split's size that does not last, by this close or the next one where it is
 * known. Of a move there and back with one bar between, the bar between is named. No bar is named twice as a spike or split.
 */
export function anomalies(columns: BarColumns): readonly Anomaly[] {
  return [...staleBars(columns), ...jumps(columns)];
}

function staleBars({ open, high, low, close, volume }: BarColumns): readonly Anomaly[] {
  const found: Anomaly[] = [];
  const repeats = (row: number) =>
    close[row] === close[row - 1] && (volume[row] === 0 || [open, high, low, volume].every((column) => column[row] === column[row - 1]));
  for (let row = 1; row < close.length; row++) {
    const first = row - 1;
    while (row < close.length && repeats(row)) row++;
    const alike = row - first;
    if (alike < STALE_BARS) continue;
    const message = `one of ${alike} bars alike${row === close.length ? ', to the last' : ''}, with a close of ${close[first]}`;
    for (let repeated = first + 1; repeated < row; repeated++) found.push({ kind: 'stale', row: repeated, message });
  }
  return found;
}

function jumps({ open, high, low, close }: BarColumns): readonly Anomaly[] {
  const found: Anomaly[] = [];
  const moves = new Float64Array(WINDOW);
  const ranges = new Float64Array(WINDOW);
  let named = -1;
  const name = (kind: 'spike' | 'split', row: number, message: string) => {
    if (row > named) found.push({ kind, row, message });
    named = Math.max(named, row);
  };
  ranges[0] = Math.log(high[0]! / low[0]!);
  for (let row = 1; row < close.length; row++) {
    const before = close[row - 1]!;
    const move = Math.abs(Math.log(close[row]! / before));
    const range = Math.log(high[row]! / low[row]!);
    const times = row > WINDOW ? excess(moves, move) : 0;
    const ratio = splitRatio(before / open[row]!);
    const off = ratio === undefined ? undefined : sideOff(open, close, row);
    if (off === 'none') name('split', row, `open ${open[row]} after a close of ${before} looks like an unadjusted ${ratio} split`);
    else if (off === 'after') name('spike', row, `open ${open[row]} after a close of ${before} is a jump that does not last`);
    else if (off === 'before') name('spike', row - 1, `close ${before} before an open of ${open[row]} is a jump that does not last`);
    else if (times > 0 && !(named === row - 1 && hasReturned(close, row)))
      name('spike', row, `close ${close[row]} after ${before} is a move of ${times} times the usual size`);
    const wide = row >= WINDOW && named < row ? excess(ranges, range) : 0;
    if (wide > 0) {
      const far = high[row]! / before > before / low[row]! ? `high ${high[row]}` : `low ${low[row]}`;
      name('spike', row, `${far} after a close of ${before}: a range of ${wide} times the usual size`);
    }
    moves[(row - 1) % WINDOW] = move;
    ranges[row % WINDOW] = range;
  }
  return found;
}

/** How many times the median of the values, rounded, a size is where that makes it a spike; 0 where it does not. */
function excess(values: Float64Array, size: number): number {
  const limit = size / SPIKE_MULTIPLE;
  // Nearly every size is told by half of the values, in any order: with so many of them as large the median is no less.
  let asLarge = 0;
  for (let k = 0; k < WINDOW; k++) if (values[k]! >= limit && ++asLarge > WINDOW / 2) return 0;
  let zeros = 0;
  for (let k = 0; k < WINDOW; k++) if (values[k] === 0 && ++zeros > WINDOW / 2) return 0;
  const sorted = values.toSorted();
  const typical = (sorted[WINDOW / 2 - 1]! + sorted[WINDOW / 2]!) / 2;
  return size > SPIKE_MULTIPLE * typical ? Math.round(size / typical) : 0;
}

/** Whether a close lies near the one before the bar before it. */
function hasReturned(close: Float64Array, row: number): boolean {
  const level = close[row - 2]!;
  return Math.abs(Math.log(close[row]! / level)) <= LEFT * Math.abs(Math.log(close[row - 1]! / level));
}

/**
 * Which side of a jump from a close to the next open is off. None is where the closes about it lie on its two sides, those after nearer to
 * the open, that before the previous one nearer to that one.
 */
function sideOff(open: Float64Array, close: Float64Array, row: number): 'none' | 'before' | 'after' {
  const middle = Math.sqrt(close[row - 1]! * open[row]!);
  const up = open[row]! > middle;
  const isAfter = (level: number | undefined) => level === undefined || level > middle === up;
  if (!isAfter(close[row]) || !isAfter(close[row + 1])) return 'after';
  return row >= 2 && isAfter(close[row - 2]) ? 'before' : 'none';
}

function splitRatio(jump: number): string | undefined {
  if (jump > 0.7 && jump < 1.4) return undefined;
  const size = jump > 1 ? jump : 1 / jump;
  const ratio = SPLIT_RATIOS.find((candidate) => Math.abs(Math.log(size / candidate)) <= SPLIT_TOLERANCE);
  if (ratio === undefined) return undefined;
  const [shares, before] = ratio === 1.5 ? [3, 2] : [ratio, 1];
  return jump > 1 ? `${shares}:${before}` : `${before}:${shares}`;
}
