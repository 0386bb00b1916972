import type { BaselineKind } from '../model.ts';
import type { Trainer } from '../trainer.ts';
import { boosting } from './boosting.ts';
import { drift, majority, mean, persistence } from './constant.ts';
import { forest } from './forest.ts';
import { leastSquares } from './least-squares.ts';
import { linear } from './linear.ts';
import { supportVector } from './support-vector.ts';

/** What a network must beat, by name; each fits in the thread that asks. */
export const learners: Readonly<Record<BaselineKind, Trainer>> = {
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
