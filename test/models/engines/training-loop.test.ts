import { describe, expect, it } from 'vitest';
import { type Learner, trainingLoop } from '../../../src/models/engines/training-loop.ts';
import type { Training } from '../../../src/models/network.ts';
import type { Epoch, Samples, Trained } from '../../../src/models/trainer.ts';
import { trainingOf } from '../../contracts/training-cases.ts';

const RATE = 0.08;

function samplesOf(trainCount: number, validationCount: number): Samples {
  const ends = new Int32Array(trainCount + validationCount);
  return { rows: new Float32Array(0), inputs: 1, lookback: 1, outputs: 1, ends, targets: new Float32Array(0), trainCount };
}

function optionsOf(options: Partial<Training>): Training {
  return trainingOf({ optimiser: { kind: 'sgd', learningRate: RATE, momentum: 0 }, ...options });
}

/** A learner by plain arithmetic: its one weight counts its steps, and its losses are those it is given. */
class Recorder implements Learner {
  readonly batches: number[][] = [];
  readonly rates: number[] = [];
  private validations = 0;
  readonly options: { readonly losses?: readonly number[]; readonly validationLosses?: readonly number[]; readonly weight?: number };

  constructor(options: Recorder['options'] = {}) {
    this.options = options;
  }

  step(chosen: Int32Array, learningRate: number): number {
    this.batches.push([...chosen]);
    this.rates.push(learningRate);
    return this.options.losses?.[this.batches.length - 1] ?? 1;
  }

  validate(): number {
    return this.options.validationLosses?.[this.validations++] ?? 1;
  }

  weights() {
    return [{ name: 'steps', shape: [1], values: Float32Array.of(this.options.weight ?? this.batches.length) }];
  }
}

function run(learner: Learner, samples: Samples, training: Training, onEpoch?: (epoch: Epoch) => void) {
  const loop = trainingLoop(learner, samples, training, onEpoch);
  let pauses = 0;
  for (;;) {
    const { done, value } = loop.next();
    if (done) return { result: value, pauses };
    pauses += 1;
  }
}

function trained(result: Trained): Extract<Trained, { kind: 'trained' }> {
  if (result.kind === 'refused') throw new Error(result.reason);
  return result;
}

describe('the order of samples', () => {
  it('is a permutation in every epoch, another one each time, the same ones for the same seed', () => {
    const orders = (seed: number) => {
      const learner = new Recorder();
      run(learner, samplesOf(10, 0), optionsOf({ epochs: 3, batchSize: 4, seed }));
      expect(learner.batches.map(({ length }) => length)).toEqual([4, 4, 2, 4, 4, 2, 4, 4, 2]);
      return [0, 3, 6].map((from) => learner.batches.slice(from, from + 3).flat());
    };
    const mine = orders(5);
    for (const order of mine) expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(mine.map(String)).size).toBe(3);
    expect(orders(5)).toEqual(mine);
    expect(orders(6)).not.toEqual(mine);
  });

  it('stays as it is without shuffling; the last batch is what is left', () => {
    const learner = new Recorder();
    run(learner, samplesOf(5, 2), optionsOf({ epochs: 2, batchSize: 2, shuffle: false }));
    expect(learner.batches).toEqual([[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
  });

  it('is one batch where the batch is larger than the samples', () => {
    const learner = new Recorder();
    run(learner, samplesOf(3, 0), optionsOf({ epochs: 1, batchSize: 64, shuffle: false }));
    expect(learner.batches).toEqual([[0, 1, 2]]);
  });

  it('pauses after every batch', () => {
    expect(run(new Recorder(), samplesOf(5, 1), optionsOf({ epochs: 2, batchSize: 2 })).pauses).toBe(6);
  });
});

describe('the losses', () => {
  it('of an epoch are the mean over samples, not over batches: (4 x 1 + 1 x 6) / 5', () => {
    const told: Epoch[] = [];
    const learner = new Recorder({ losses: [1, 6, 2, 2], validationLosses: [0.5, 0.25] });
    const training = optionsOf({ epochs: 2, batchSize: 4 });
    const { result } = run(learner, samplesOf(5, 1), training, (epoch) => told.push(epoch));
    expect(trained(result)).toMatchObject({ losses: [2, 2], validationLosses: [0.5, 0.25], epochs: 2, bestEpoch: 2 });
    expect(told).toEqual([
      { epoch: 1, epochs: 2, loss: 2, validationLoss: 0.5 },
      { epoch: 2, epochs: 2, loss: 2, validationLoss: 0.25 },
    ]);
  });

  it('of validation are null to whoever watches where there are no such samples', () => {
    const told: Epoch[] = [];
    const { result } = run(new Recorder(), samplesOf(5, 0), optionsOf({ epochs: 1 }), (epoch) => told.push(epoch));
    expect(told).toEqual([{ epoch: 1, epochs: 1, loss: 1, validationLoss: null }]);
    expect(trained(result).validationLosses).toEqual([]);
  });
});

describe('early stopping', () => {
  const validationLosses = [5, 3, 4, 3, 2, 6, 2, 7, 1];

  it('ends after so many epochs that were not better, and gives the weights of the best', () => {
    const { result } = run(new Recorder({ validationLosses }), samplesOf(2, 1), optionsOf({ epochs: 9, batchSize: 1, patience: 3 }));
    // Epoch 5 is the best until epoch 8, the third that is not below it; equal is not better. Two steps an epoch.
    expect(trained(result)).toMatchObject({ epochs: 8, bestEpoch: 5, validationLosses: [5, 3, 4, 3, 2, 6, 2, 7] });
    expect(trained(result).weights[0]!.values).toEqual(Float32Array.of(10));
  });

  it('gives the best weights too where the epochs run out first', () => {
    const { result } = run(new Recorder({ validationLosses }), samplesOf(2, 1), optionsOf({ epochs: 6, batchSize: 1, patience: 9 }));
    expect(trained(result)).toMatchObject({ epochs: 6, bestEpoch: 5 });
    expect(trained(result).weights[0]!.values).toEqual(Float32Array.of(10));
  });

  it.each([
    ['with patience 0', 0, 1],
    ['without validation samples', 3, 0],
  ])('does not happen %s: all epochs, the last weights', (_, patience, validationCount) => {
    const { result } = run(
      new Recorder({ validationLosses }),
      samplesOf(2, validationCount),
      optionsOf({ epochs: 9, batchSize: 1, patience }),
    );
    expect(trained(result)).toMatchObject({ epochs: 9, bestEpoch: 9 });
    expect(trained(result).weights[0]!.values).toEqual(Float32Array.of(18));
  });
});

describe('a plateau', () => {
  // By hand after Keras' ReduceLROnPlateau(factor=.5, patience=2, min_lr=.015, min_delta=1e-4, cooldown=0):
  const HAND: readonly (readonly [loss: number, rateAfter: number])[] = [
    [1.0, 0.08], // the first is the best
    [0.9, 0.08], // better
    [0.89995, 0.08], // better by less than 1e-4: waited 1
    [0.8998, 0.08], // better than 0.9 by 2e-4: best, waited 0
    [0.89975, 0.08], // better by less than 1e-4: waited 1
    [0.89972, 0.04], // still, than 0.8998: waited 2, halved, waited 0
    [0.9, 0.04], // waited 1
    [0.5, 0.04], // best
    [0.6, 0.04], // waited 1
    [0.5, 0.02], // equal is not better: waited 2, halved
    [0.6, 0.02], // waited 1
    [0.6, 0.015], // waited 2: half is 0.01, the minimum holds
    [0.6, 0.015],
    [0.6, 0.015], // at the minimum nothing falls any more
    [0.4, 0.015],
  ];
  const losses = HAND.map(([loss]) => loss);
  // Each epoch runs at the rate that the one before left.
  const rates = [RATE, ...HAND.map(([, rate]) => rate).slice(0, -1)];
  const plateau = { factor: 0.5, patience: 2, minimum: 0.015 };

  it('of the validation loss lowers the learning rate as ReduceLROnPlateau of Keras does', () => {
    const learner = new Recorder({ validationLosses: losses });
    run(learner, samplesOf(1, 1), optionsOf({ epochs: losses.length, batchSize: 1, plateau }));
    learner.rates.forEach((rate, k) => {
      expect(rate, `epoch ${k + 1}`).toBeCloseTo(rates[k]!, 12);
    });
  });

  it('is one of the training loss where there are no validation samples', () => {
    const learner = new Recorder({ losses });
    run(learner, samplesOf(1, 0), optionsOf({ epochs: losses.length, batchSize: 1, plateau }));
    learner.rates.forEach((rate, k) => {
      expect(rate, `epoch ${k + 1}`).toBeCloseTo(rates[k]!, 12);
    });
  });

  it('changes nothing where none is asked for, and never raises a rate that is below the minimum', () => {
    const ratesOf = (options: Partial<Training>) => {
      const learner = new Recorder();
      run(learner, samplesOf(1, 1), optionsOf({ epochs: 6, batchSize: 1, ...options }));
      return new Set(learner.rates);
    };
    expect(ratesOf({ plateau: null })).toEqual(new Set([RATE]));
    expect(ratesOf({ plateau: { factor: 0.5, patience: 1, minimum: 0.2 } })).toEqual(new Set([RATE]));
  });
});

describe('a refusal', () => {
  const refusal = (learner: Learner, samples = samplesOf(4, 1)) => run(learner, samples, optionsOf({ epochs: 3, batchSize: 2 })).result;

  it('says that there are no training samples, before any step', () => {
    const learner = new Recorder();
    expect(refusal(learner, samplesOf(0, 3))).toEqual({ kind: 'refused', reason: 'there are no training samples' });
    expect(learner.batches).toEqual([]);
  });

  it.each([Number.NaN, Infinity, -Infinity])('names a loss of %d and its epoch, at once', (loss) => {
    const learner = new Recorder({ losses: [1, 1, 1, loss] });
    expect(refusal(learner)).toEqual({ kind: 'refused', reason: `the loss is not finite (${loss}) in epoch 2` });
    expect(learner.batches).toHaveLength(4);
  });

  it('names a validation loss that is not finite and its epoch', () => {
    const learner = new Recorder({ validationLosses: [1, 1, Number.NaN] });
    expect(refusal(learner)).toEqual({ kind: 'refused', reason: 'the validation loss is not finite (NaN) in epoch 3' });
  });

  it('names weights that are not finite after the last step', () => {
    expect(refusal(new Recorder({ weight: Infinity }))).toEqual({ kind: 'refused', reason: 'the weights are not finite after epoch 3' });
  });
});
