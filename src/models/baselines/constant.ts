import type { Samples, Trainer, Weight } from '../trainer.ts';

/** A trainer whose forecast is one number, worked out from the training labels. */
function constant(id: string, description: string, of: (returns: Float32Array) => number): Trainer {
  return {
    id,
    description,
    concurrency: 1,
    async fit(_network, samples) {
      const value = of(trainingReturns(samples));
      const weights: Weight[] = [{ name: 'return', shape: [1], values: Float32Array.of(value) }];
      return { kind: 'trained', weights, epochs: 0, bestEpoch: 0, losses: [], validationLosses: [] };
    },
    open(_network, weights) {
      const value = weights[0]!.values[0]!;
      return {
        forecast: (_rows, ends, _slots, into) => {
          into.fill(value, 0, ends.length);
        },
        close: () => {},
      };
    },
  };
}

/** The last price stays: a return of exactly zero. What every forecast must beat. */
export const persistence = constant('persistence@1', 'the last price', () => 0);

/** The mean return of the training rows goes on (Campbell and Thompson 2008 call it the historical average). */
export const drift = constant('drift@1', 'the mean return of the training rows', mean);

/** The direction that was the more frequent one on the training rows, with the size of the mean return. */
export const majority = constant('majority@1', 'the more frequent direction of the training rows', (returns) => {
  let up = 0;
  let moved = 0;
  for (const value of returns) {
    if (value > 0) up++;
    if (value !== 0) moved++;
  }
  return (up * 2 >= moved ? 1 : -1) * Math.abs(mean(returns));
});

function trainingReturns({ targets, trainCount }: Samples): Float32Array {
  return targets.subarray(0, trainCount);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
