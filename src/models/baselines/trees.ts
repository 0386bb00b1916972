import { isFiniteWindow } from '../engines/window.ts';
import type { Network } from '../network.ts';
import type { Predictor, Weight } from '../trainer.ts';
import { vector } from './fitted.ts';

/**
 * Regression trees, one after another, each in the order root, left subtree, right subtree. A split sends windows whose `column` is at
 * most `value` to the next node and the others `right` nodes on; a leaf (column -1) says `value`.
 */
export interface Trees {
  /** Nodes of each tree. */
  readonly sizes: Int32Array;
  readonly column: Int32Array;
  readonly value: Float32Array;
  /** Counted from the node itself. */
  readonly right: Int32Array;
}

export const LEAF = -1;

/** Trees of `lists`, in their order, as one. */
export function joinTrees(lists: readonly Trees[]): Trees {
  const nodes = lists.reduce((sum, { column }) => sum + column.length, 0);
  const sizes = Int32Array.from(lists.flatMap((trees) => [...trees.sizes]));
  const joined = { sizes, column: new Int32Array(nodes), value: new Float32Array(nodes), right: new Int32Array(nodes) };
  let at = 0;
  for (const { column, value, right } of lists) {
    joined.column.set(column, at);
    joined.value.set(value, at);
    joined.right.set(right, at);
    at += column.length;
  }
  return joined;
}

/** As weights `sizes` [trees], `column`, `value` and `right` [nodes]; whole numbers below 2^24 are exact in float32. */
export function treeWeights({ sizes, column, value, right }: Trees): Weight[] {
  return [vector('sizes', sizes), vector('column', column), vector('value', value), vector('right', right)];
}

/** Forecasts `finish(sum of what the trees say)`, summed in their order, from weights that begin with those of `treeWeights`. */
export function openTrees({ inputs, lookback }: Network, weights: readonly Weight[], finish: (sum: number) => number): Predictor {
  const trees: Trees = {
    sizes: Int32Array.from(weights[0]!.values),
    column: Int32Array.from(weights[1]!.values),
    value: weights[2]!.values,
    right: Int32Array.from(weights[3]!.values),
  };
  return {
    forecast(rows, ends, _slots, into) {
      const starts = ends.map((end) => (end - lookback + 1) * inputs);
      const sums = new Float64Array(ends.length);
      addForecasts(trees, rows, starts, sums);
      for (let k = 0; k < ends.length; k++) {
        into[k] = isFiniteWindow(rows, inputs, lookback, ends[k]!) ? finish(sums[k]!) : Number.NaN;
      }
    },
    close: () => {},
  };
}

/** Adds to `sums[k]` what the trees say about the window whose first number is `rows[starts[k]]`. */
export function addForecasts({ sizes, column, value, right }: Trees, rows: Float32Array, starts: Int32Array, sums: Float64Array): void {
  let root = 0;
  // Tree by tree: a tree stays in the processor's cache while it is asked about all windows.
  for (let tree = 0; tree < sizes.length; tree++) {
    for (let k = 0; k < starts.length; k++) {
      const start = starts[k]!;
      let node = root;
      let split = column[node]!;
      while (split !== LEAF) {
        node += rows[start + split]! <= value[node]! ? 1 : right[node]!;
        split = column[node]!;
      }
      sums[k]! += value[node]!;
    }
    root += sizes[tree]!;
  }
}
