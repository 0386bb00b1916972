import type { BarColumns } from '../core/bars.ts';

/** How many returns the typical move is taken from. */
const WINDOW = 100;
/** A move of so many typical ones is a spike; for normal returns (median 0.674 deviations) about 13 deviations. */
const SPIKE_MULTIPLE = 20;
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
 * A spike: |ln(close / previous close)| above 20 times its median over the 100 bars before, judged from row 101 on; or a jump of a
 * split's size that does not last, by this close or the next one where it is known, and the jump back.
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

function jumps({ open, close }: BarColumns): readonly Anomaly[] {
  const found: Anomaly[] = [];
  const recent = new Float64Array(WINDOW);
  const sorted = new Float64Array(WINDOW).fill(Infinity);
  for (let row = 1; row < close.length; row++) {
    const move = Math.abs(Math.log(close[row]! / close[row - 1]!));
    const typical = (sorted[WINDOW / 2 - 1]! + sorted[WINDOW / 2]!) / 2;
    const ratio = splitRatio(close[row - 1]! / open[row]!);
    if (ratio !== undefined && lasts(open, close, row)) {
      const message = `open ${open[row]} after a close of ${close[row - 1]} looks like an unadjusted ${ratio} split`;
      found.push({ kind: 'split', row, message });
    } else if (ratio !== undefined) {
      found.push({ kind: 'spike', row, message: `open ${open[row]} after a close of ${close[row - 1]} is a jump that does not last` });
    } else if (row > WINDOW && typical > 0 && move > SPIKE_MULTIPLE * typical) {
      const times = Math.round(move / typical);
      found.push({ kind: 'spike', row, message: `close ${close[row]} after ${close[row - 1]} is a move of ${times} times the usual size` });
    }
    const slot = (row - 1) % WINDOW;
    replace(sorted, row > WINDOW ? recent[slot]! : Infinity, move);
    recent[slot] = move;
  }
  return found;
}

/** Whether the closes about a jump lie on its two sides, those after nearer to the open, that before the previous one nearer to that one. */
function lasts(open: Float64Array, close: Float64Array, row: number): boolean {
  const middle = Math.sqrt(close[row - 1]! * open[row]!);
  const up = open[row]! > middle;
  const isAfter = (level: number | undefined) => level === undefined || level > middle === up;
  return isAfter(close[row]) && isAfter(close[row + 1]) && (row < 2 || !isAfter(close[row - 2]));
}

function splitRatio(jump: number): string | undefined {
  if (jump > 0.7 && jump < 1.4) return undefined;
  const size = jump > 1 ? jump : 1 / jump;
  const ratio = SPLIT_RATIOS.find((candidate) => Math.abs(Math.log(size / candidate)) <= SPLIT_TOLERANCE);
  if (ratio === undefined) return undefined;
  const [shares, before] = ratio === 1.5 ? [3, 2] : [ratio, 1];
  return jump > 1 ? `${shares}:${before}` : `${before}:${shares}`;
}

/** Takes one `gone` out of an ascending column and puts `come` in, by a shift of what lies between. */
function replace(sorted: Float64Array, gone: number, come: number): void {
  let at = lowerBound(sorted, gone);
  for (; at + 1 < sorted.length && sorted[at + 1]! < come; at++) sorted[at] = sorted[at + 1]!;
  for (; at > 0 && sorted[at - 1]! > come; at--) sorted[at] = sorted[at - 1]!;
  sorted[at] = come;
}

function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
