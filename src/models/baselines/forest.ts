import { createRandom, deriveSeed } from '../../core/random.ts';
import type { Trainer } from '../trainer.ts';
import { fitted } from './fitted.ts';
import { trainingTable } from './training-table.ts';
import { createGrowth } from './tree-growth.ts';
import { joinTrees, openTrees, type Trees, treeWeights } from './trees.ts';

const TREES = 100;

/**
 * Random forest regression (Breiman 2001), as scikit-learn's RandomForestRegressor unless told otherwise: the mean of 100 trees of
 * unlimited depth, each on as many samples drawn with replacement as there are, every column considered at every split.
 *
 * Each tree has a source of chance of its own, derived from `training.seed`. Weights: those of `treeWeights`.
 */
export const forest: Trainer = {
  id: 'forest@1',
  description: `a forest of ${TREES} regression trees on the same window of inputs`,
  concurrency: 1,
  async fit(_network, samples, { seed }, watch) {
    watch.signal?.throwIfAborted();
    const learnable = trainingTable(samples);
    if (learnable.kind === 'refused') return learnable;
    const { table } = learnable;
    const growth = createGrowth(table);
    const targets = Float64Array.from(table.targets);
    const copies = new Int32Array(table.count);
    const trees: Trees[] = [];
    for (let k = 0; k < TREES; k++) {
      const random = createRandom(deriveSeed(seed, 'forest', 'tree', k));
      copies.fill(0);
      for (let draw = 0; draw < table.count; draw++) copies[random.below(table.count)]!++;
      trees.push(growth.grow(targets, copies, random));
    }
    return fitted(...treeWeights(joinTrees(trees)));
  },
  open: (network, weights) => openTrees(network, weights, (sum) => sum / weights[0]!.values.length),
};
