import type { Trainer } from '../trainer.ts';
import { fitted, vector } from './fitted.ts';
import { trainingTable } from './training-table.ts';
import { createGrowth } from './tree-growth.ts';
import { addForecasts, joinTrees, LEAF, openTrees, type Trees, treeWeights } from './trees.ts';

const ROUNDS = 100;
const DEPTH = 3;
const LEARNING_RATE = 0.1;

/**
 * Gradient boosting of the squared error (Friedman 2001), as scikit-learn's GradientBoostingRegressor unless told otherwise: from the
 * mean of the targets on, 100 trees of depth 3, each grown on what is still missed and added at a tenth.
 *
 * Nothing is left to chance: of equally good splits the earliest column's is taken. Losses are mean squared errors on the training
 * samples after each round. Weights: those of `treeWeights`, their leaves at a tenth, and `initial` [1].
 */
export const boosting: Trainer = {
  id: 'boosting@1',
  description: `boosting of ${ROUNDS} regression trees of depth ${DEPTH} on the same window of inputs`,
  concurrency: 1,
  async fit(_network, samples, _training, watch) {
    watch.signal?.throwIfAborted();
    const learnable = trainingTable(samples);
    if (learnable.kind === 'refused') return learnable;
    const { windows, targets, count, width } = learnable.table;
    const growth = createGrowth(learnable.table, DEPTH);
    const initial = Math.fround(targets.reduce((sum, target) => sum + target, 0) / count);
    const once = new Int32Array(count).fill(1);
    const starts = Int32Array.from({ length: count }, (_, k) => k * width);
    const said = new Float64Array(count);
    const missed = Float64Array.from(targets, (target) => target - initial);
    const trees: Trees[] = [];
    const losses: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const tree = growth.grow(missed, once);
      for (let node = 0; node < tree.value.length; node++) if (tree.column[node] === LEAF) tree.value[node]! *= LEARNING_RATE;
      // What is missed is judged by the leaves as they are stored.
      addForecasts(tree, windows, starts, said);
      let squares = 0;
      for (let k = 0; k < count; k++) {
        const miss = targets[k]! - (initial + said[k]!);
        missed[k] = miss;
        squares += miss * miss;
      }
      trees.push(tree);
      losses.push(squares / count);
    }
    const learnt = fitted(...treeWeights(joinTrees(trees)), vector('initial', [initial]));
    return { ...learnt, epochs: ROUNDS, bestEpoch: ROUNDS, losses };
  },
  open(network, weights) {
    const initial = weights[4]!.values[0]!;
    return openTrees(network, weights, (sum) => initial + sum);
  },
};
