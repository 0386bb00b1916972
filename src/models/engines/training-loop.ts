import { createRandom, deriveSeed } from '../../core/random.ts';
import type { Training } from '../network.ts';
import type { Epoch, Samples, Trained, Weight } from '../trainer.ts';

/** A network in training on an engine. */
export interface Learner {
  /** One step of the optimiser on a batch of training samples, given by their numbers; their mean loss, penalties included. */
  step(chosen: Int32Array, learningRate: number): number;
  /** Mean loss of all validation samples in inference mode, penalties included. */
  validate(): number;
  /** A copy of the weights as they stand, as the network's parameters list them. */
  weights(): Weight[];
}

/** What the validation loss must fall by before a plateau ends, as in Keras. */
const PLATEAU_DELTA = 1e-4;

/**
 * The epochs of a training, whatever the engine: order of the samples, learning rate, early stopping, best weights, and what is refused.
 * Yields after every batch, so that whoever drives it may let other work run.
 */
export function* trainingLoop(
  learner: Learner,
  samples: Samples,
  training: Training,
  onEpoch: ((epoch: Epoch) => void) | undefined,
): Generator<void, Trained, void> {
  const { trainCount } = samples;
  if (trainCount === 0) return { kind: 'refused', reason: 'there are no training samples' };
  const validates = samples.ends.length > trainCount;
  const stopsEarly = training.patience > 0 && validates;
  const random = createRandom(deriveSeed(training.seed, 'shuffle'));
  const sameOrder = training.shuffle === 'once' ? random.permutation(trainCount) : Int32Array.from({ length: trainCount }, (_, k) => k);
  const rate = createRate(training);
  const losses: number[] = [];
  const validationLosses: number[] = [];
  let best: { readonly epoch: number; readonly loss: number; readonly weights: readonly Weight[] } = {
    epoch: 0,
    loss: Infinity,
    weights: [],
  };

  for (let epoch = 1; epoch <= training.epochs; epoch++) {
    const order = training.shuffle === true ? random.permutation(trainCount) : sameOrder;
    let sum = 0;
    for (let from = 0; from < trainCount; from += training.batchSize) {
      const chosen = order.subarray(from, from + training.batchSize);
      const loss = learner.step(chosen, rate.value);
      if (!Number.isFinite(loss)) return { kind: 'refused', reason: `the loss is not finite (${loss}) in epoch ${epoch}` };
      sum += loss * chosen.length;
      yield;
    }
    const loss = sum / trainCount;
    losses.push(loss);
    const validationLoss = validates ? learner.validate() : null;
    if (validationLoss !== null) {
      validationLosses.push(validationLoss);
      if (!Number.isFinite(validationLoss))
        return { kind: 'refused', reason: `the validation loss is not finite (${validationLoss}) in epoch ${epoch}` };
    }
    onEpoch?.({ epoch, epochs: training.epochs, loss, validationLoss });
    rate.watch(validationLoss ?? loss);
    if (stopsEarly) {
      if (validationLoss! < best.loss) best = { epoch, loss: validationLoss!, weights: learner.weights() };
      else if (epoch - best.epoch >= training.patience) break;
    }
  }
  if (!stopsEarly) best = { epoch: losses.length, loss: Infinity, weights: learner.weights() };
  // The last step has no loss after it.
  if (best.weights.some(({ values }) => !values.every(Number.isFinite)))
    return { kind: 'refused', reason: `the weights are not finite after epoch ${best.epoch}` };
  return { kind: 'trained', weights: best.weights, epochs: losses.length, bestEpoch: best.epoch, losses, validationLosses };
}

/** The learning rate as it falls on plateaus. */
function createRate({ optimiser, plateau }: Training): { readonly value: number; watch(loss: number): void } {
  let value = optimiser.learningRate;
  let best = Infinity;
  let waited = 0;
  return {
    get value() {
      return value;
    },
    watch(loss) {
      if (!plateau) return;
      if (loss < best - PLATEAU_DELTA) {
        best = loss;
        waited = 0;
      } else if (++waited >= plateau.patience) {
        value = Math.max(value * plateau.factor, Math.min(value, plateau.minimum));
        waited = 0;
      }
    },
  };
}
