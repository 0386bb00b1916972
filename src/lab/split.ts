import { firstAtOrAfter } from '../core/ascending.ts';
import type { Bars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { DataError } from '../data/data-error.ts';
import { completeWindows } from '../models/sample.ts';
import type { SplitRule } from './plan.ts';
import type { Part, PartSummary } from './result.ts';

/** The rows of a market on which every feature is known, cut into three parts by two places among them. */
export interface Split {
  /** Rows of the bars, ascending. */
  readonly rows: Int32Array;
  /** Rows `0 .. validation-1` train, `validation .. test-1` validate, the rest tests. */
  readonly validation: number;
  readonly test: number;
}

/** Rows at which windows end, part by part, ascending. */
export type Ends = Readonly<Record<Part, Int32Array>>;

/**
 * Cuts the rows with complete features by shares (each rounded down, the last part takes what is left) or by dates (of opening times).
 * Throws a DataError where training or validation part are left without rows.
 */
export function splitRows(bars: Bars, values: Float64Array, width: number, rule: SplitRule): Split {
  const known = completeWindows(values, width, 1);
  const rows = Int32Array.from(known.keys()).filter((row) => known[row] === 1);
  const count = rows.length;
  const at = (instant: number) => firstAtOrAfter(rows, firstAtOrAfter(bars.openTime, instant));
  // A share such as 0.7 is a little less than seven tenths.
  const share = (part: number) => Math.floor(part * count + 1e-9);
  const [validation, test] =
    rule.kind === 'dates'
      ? [at(rule.validation), rule.test === undefined ? count : at(rule.test)]
      : [share(rule.train), rule.test === 0 ? count : share(rule.train) + share(rule.validation)];
  if (validation === 0 || validation >= test) {
    const words = count === 0 ? 'no row on which all features are known' : `${count} rows from ${isoInstant(bars.openTime[rows[0]!]!)}`;
    throw new DataError(
      `Expected rows to train and to validate on in ${bars.market}, received ${words}: ${validation} before the validation part and ${test - validation} in it; mend experiment.split, or add history`,
    );
  }
  return { rows, validation, test };
}

/** What a window needs. */
export interface WindowRule {
  readonly lookback: number;
  /** Bars from a window's end to its label. */
  readonly horizon: number;
  /** Bars left out between a part's last label and the next part's first window's end, beyond the horizon. */
  readonly embargo: number;
  readonly windows: 'overlapping' | 'inside';
  readonly dropLast: boolean;
}

/**
 * The windows of each part. Overlapping ones end in their part, may begin before it, and their labels do not reach into a later
 * part: for the last training window's end a and the first validation row b, a + horizon + embargo <= b. Inside ones begin and have
 * their label in their part, and keep the embargo from where the next part's first one may end. `usable` is 1 where a complete window ends whose labels are known.
 */
export function windowEnds({ rows, validation, test }: Split, usable: Uint8Array, rule: WindowRule): Ends {
  const { lookback, horizon, embargo, windows, dropLast } = rule;
  const part = (from: number, to: number): Int32Array => {
    const first = rows[from] ?? Infinity;
    const last = rows[to - 1] ?? -1;
    // Where the first window of a later part may end.
    const next = (rows[to] ?? Infinity) + (windows === 'inside' ? lookback - 1 : 0);
    const inside = (row: number) => row - lookback + 1 >= first && row + horizon <= last;
    const ends = rows
      .subarray(from, to)
      .filter((row) => usable[row] === 1 && row + horizon + embargo <= next && (windows === 'overlapping' || inside(row)));
    return windows === 'inside' && dropLast ? ends.subarray(0, Math.max(0, ends.length - 1)) : ends;
  };
  return { train: part(0, validation), validation: part(validation, test), test: part(test, rows.length) };
}

/** The part that each row of the split belongs to. */
export function partOf({ validation, test }: Split, place: number): Part {
  return place < validation ? 'train' : place < test ? 'validation' : 'test';
}

/** What a split comes to, for people. */
export function summarisePart(bars: Bars, { rows, validation, test }: Split, ends: Ends, part: Part): PartSummary {
  const [from, to] = part === 'train' ? [0, validation] : part === 'validation' ? [validation, test] : [test, rows.length];
  const close = (place: number) => isoInstant(bars.openTime[rows[place]!]! + bars.intervalMs);
  return { rows: to - from, windows: ends[part].length, from: to > from ? close(from) : null, to: to > from ? close(to - 1) : null };
}
