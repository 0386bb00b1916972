import { isFiniteWindow } from '../engines/window.ts';
import type { Samples, Trainer } from '../trainer.ts';
import { fitted, vector } from './fitted.ts';
import { targetFault } from './training-table.ts';

/** A trainer whose forecast is one number, worked out from the training labels; only a window with a NaN gives NaN. */
function constant(id: string, description: string, of: (targets: Float32Array) => number): Trainer {
  return {
    id,
    description,
    concurrency: 1,
    async fit(_network, samples) {
      const reason = targetFault(samples);
      if (reason) return { kind: 'refused', reason };
      return fitted(vector('return', [of(trainingTargets(samples))]));
    },
    open({ inputs, lookback }, weights) {
      const value = weights[0]!.values[0]!;
      return {
        forecast(rows, ends, _slots, into) {
          for (let k = 0; k < ends.length; k++) into[k] = isFiniteWindow(rows, inputs, lookback, ends[k]!) ? value : Number.NaN;
        },
        close: () => {},
      };
    },
  };
}

/** The last price stays: a return of exactly zero. What every forecast must beat. */
export const persistence = constant('persistence@1', 'the last price', () => 0);

/** The mean return of the training rows goes on (Campbell and Thompson 2008 call it the historical average). */
export const drift = constant('drift@1', 'the mean return of the training rows', meanOf);

/** The mean of the training targets, whatever they are: the forecast to which an R2 of 0 belongs on the rows it was learnt from. */
export const mean = constant('mean@1', 'the mean of the training targets', meanOf);

/** The direction that was the more frequent one on the training rows, with the size of the mean return. */
export const majority = constant('majority@1', 'the more frequent direction of the training rows', (returns) => {
  let up = 0;
  let moved = 0;
  for (const value of returns) {
    if (value > 0) up++;
    if (value !== 0) moved++;
  }
  return (up * 2 >= moved ? 1 : -1) * Math.abs(meanOf(returns));
});

function trainingTargets({ targets, trainCount }: Samples): Float32Array {
  return targets.subarray(0, trainCount);
}

function meanOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
