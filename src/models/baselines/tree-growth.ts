import type { Random } from '../../core/random.ts';
import { sortColumns } from './sorted-columns.ts';
import type { TrainingTable } from './training-table.ts';
import { LEAF, type Trees } from './trees.ts';

export interface Growth {
  /**
   * Grows one tree on `targets` (one per sample), of which sample k counts `copies[k]` times; at least one counts. Where splits are
   * equally good, `random` says which column's is taken; without it the earliest one's is.
   */
  grow(targets: Float64Array, copies: Int32Array, random?: Random): Trees;
}

/**
 * Regression trees on a table (Breiman, Friedman, Olshen and Stone 1984): each node is split where the squared error falls most, at
 * the middle between two neighbouring values of one column (rounded to float32, in which windows come), until its targets are equal,
 * no column tells its samples apart, or it is `depth` splits below the root. A leaf says the mean of its targets.
 *
 * Every column is sorted once for all trees. A tree's nodes are stretches of the sorted lists, which each split parts in two without
 * changing the order in either, so that no node sorts or allocates anything. A level of a tree costs columns x samples steps.
 */
export function createGrowth(table: TrainingTable, depth = Infinity): Growth {
  const { count, width } = table;
  const sorted = sortColumns(table);
  const { values, lists } = sorted;
  const deviation = new Float64Array(count);
  const columns = new Int32Array(width);
  // The nodes of the tree that grows, and those that wait: where their samples begin and end, how deep they lie, whose right child.
  const most = 2 * count - 1;
  const node = { column: new Int32Array(most), value: new Float32Array(most), right: new Int32Array(most) };
  const waiting = {
    from: new Int32Array(count + 1),
    to: new Int32Array(count + 1),
    level: new Int32Array(count + 1),
    parent: new Int32Array(count + 1),
  };
  let waits = 0;
  const split = { column: LEAF, cut: 0 };

  function wait(from: number, to: number, level: number, parent: number): void {
    waiting.from[waits] = from;
    waiting.to[waits] = to;
    waiting.level[waits] = level;
    waiting.parent[waits] = parent;
    waits++;
  }

  /** The split of samples `from .. to-1` of the lists that takes most from the squared error; `total` counts their copies. */
  function findSplit(from: number, to: number, total: number, copies: Int32Array): void {
    split.column = LEAF;
    let best = -1;
    for (let c = 0; c < width; c++) {
      const column = columns[c]!;
      const base = column * count;
      let sample = lists[base + from]!;
      let value = values[base + sample]!;
      if (value === values[base + lists[base + to - 1]!]!) continue;
      let left = 0;
      let sum = 0;
      for (let p = from + 1; p < to; p++) {
        left += copies[sample]!;
        sum += deviation[sample]!;
        sample = lists[base + p]!;
        const next = values[base + sample]!;
        if (next > value) {
          // What the split takes from the squared error, but for the factor `total`: the deviations of both sides add up to 0.
          const gain = (sum * sum) / (left * (total - left));
          if (gain > best) {
            best = gain;
            split.column = column;
            split.cut = p;
          }
          value = next;
        }
      }
    }
  }

  return {
    grow(targets, copies, random) {
      for (let c = 0; c < width; c++) columns[c] = c;
      wait(0, sorted.fill(copies), 0, -1);
      let nodes = 0;
      while (waits > 0) {
        waits--;
        const from = waiting.from[waits]!;
        const to = waiting.to[waits]!;
        const level = waiting.level[waits]!;
        const parent = waiting.parent[waits]!;
        const at = nodes++;
        if (parent >= 0) node.right[parent] = at - parent;
        let total = 0;
        let sum = 0;
        let lowest = Infinity;
        let highest = -Infinity;
        for (let p = from; p < to; p++) {
          const sample = lists[p]!;
          const target = targets[sample]!;
          total += copies[sample]!;
          sum += copies[sample]! * target;
          if (target < lowest) lowest = target;
          if (target > highest) highest = target;
        }
        const mean = sum / total;
        split.column = LEAF;
        if (lowest < highest && level < depth) {
          for (let p = from; p < to; p++) {
            const sample = lists[p]!;
            deviation[sample] = copies[sample]! * (targets[sample]! - mean);
          }
          if (random) shuffle(columns, random);
          findSplit(from, to, total, copies);
        }
        node.column[at] = split.column;
        node.right[at] = 0;
        if (split.column === LEAF) {
          node.value[at] = mean;
          continue;
        }
        const base = split.column * count;
        node.value[at] = threshold(values[base + lists[base + split.cut - 1]!]!, values[base + lists[base + split.cut]!]!);
        sorted.part(split.column, from, split.cut, to);
        wait(split.cut, to, level + 1, at);
        // Next comes the left child: it needs no telling.
        wait(from, split.cut, level + 1, -1);
      }
      const { column, value, right } = node;
      return { sizes: Int32Array.of(nodes), column: column.slice(0, nodes), value: value.slice(0, nodes), right: right.slice(0, nodes) };
    },
  };
}

/** The middle of two numbers as float32, but below the higher one also where rounding would reach it. */
function threshold(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle < high ? middle : low;
}

/** Fisher and Yates, in place. */
function shuffle(order: Int32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
}
