import type { Trainer } from '../trainer.ts';
import { boosting } from './boosting.ts';
import { drift, majority, mean, persistence } from './constant.ts';
import { forest } from './forest.ts';
import { leastSquares } from './least-squares.ts';
import { linear } from './linear.ts';
import { supportVector } from './support-vector.ts';

/** Learners whose fit may take its time: what a pool has threads for. */
export const costlyKinds = ['linear', 'least-squares', 'forest', 'support-vector', 'boosting'] as const;
export type CostlyKind = (typeof costlyKinds)[number];

/** What a network must beat, by name. */
export type LearnerKind = 'persistence' | 'drift' | 'mean' | 'majority' | CostlyKind;

/** Every classical learner, fitting in the thread that asks. */
export const learners: Readonly<Record<LearnerKind, Trainer>> = {
  persistence,
  drift,
  mean,
  majority,
  linear,
  'least-squares': leastSquares,
  forest,
  'support-vector': supportVector,
  boosting,
};
