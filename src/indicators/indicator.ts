import type { Bars, Column } from '../core/bars.ts';
import { kept } from '../core/growth.ts';

/**
 * Bars in, aligned columns out; causal: row i depends on the rows 0 to i alone. The bars are never changed.
 *
 * A row is NaN during the warm-up and where an input it needs is NaN. A NaN in the middle (an outside series has gaps, bars
 * have none) starts the warm-up afresh: no window that holds it has a value, and recursive averages seed themselves again
 * behind it. Where nothing has moved for a whole window, ratios without a denominator are 0, as in TA-Lib.
 */
export interface Indicator {
  /** With its parameters, as in `macd(12,26,9)`. */
  readonly name: string;
  /** Names of the public columns; the first is `name` itself where there is one main line. */
  readonly outputs: readonly string[];
  /** Rows before the first one at which all outputs are known. */
  readonly warmup: number;
  /**
   * The public columns in the order of `outputs`, then the carriers that `extend` goes on from. Those of growing bars are kept and shared: to be
   * read only.
   */
  compute(bars: Bars): readonly Column[];
  /**
   * What `compute(bars)` returns, bit for bit, from `columns` (all that an earlier `compute` or `extend` returned) whose rows
   * before `from` hold for these bars. New columns; those given stay as they are. Throws a RangeError where they are too short.
   */
  extend(columns: readonly Column[], bars: Bars, from: number): readonly Column[];
}

export interface Kernel {
  readonly name: string;
  readonly outputs: readonly string[];
  readonly warmup: number;
  /** How many columns the kernel keeps behind its outputs. */
  readonly carriers: number;
  /** Fills all columns from row `from` on; the rows before are filled. */
  fill(bars: Bars, columns: readonly Column[], from: number): void;
}

/** An indicator from a kernel that can go on from any row: the new rows are all that `extend` computes. */
export function kernelIndicator({ name, outputs, warmup, carriers, fill }: Kernel): Indicator {
  const width = outputs.length + carriers;
  const widths = new Array<number>(width).fill(1);
  const compute = (bars: Bars) => kept(bars, `indicator ${name}`, widths, (columns, from) => fill(bars, columns, from));
  const extend = (columns: readonly Column[], bars: Bars, from: number) => {
    checkExtension(name, width, columns, bars, from);
    const longer = columns.map((column) => {
      const copy = new Float64Array(bars.length);
      copy.set(column.subarray(0, from));
      return copy;
    });
    fill(bars, longer, from);
    return longer;
  };
  return { name, outputs, warmup, compute, extend };
}

/** Throws a RangeError unless `columns` are `width` columns and `from` a row that they and the bars reach. */
export function checkExtension(name: string, width: number, columns: readonly Column[], bars: Bars, from: number): void {
  if (columns.length !== width) {
    throw new RangeError(`Expected the ${width} columns that ${name} computed, received ${columns.length}: pass its carriers as well`);
  }
  const most = Math.min(bars.length, ...columns.map((column) => column.length));
  if (!(Number.isInteger(from) && from >= 0 && from <= most)) {
    throw new RangeError(`Expected ${name} to be extended from a row in 0..${most}, where its columns end, received ${from}`);
  }
}
