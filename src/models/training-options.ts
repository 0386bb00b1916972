import type { Model, Sampling, TrainOptions } from './model.ts';
import type { Loss, Optimiser, Plateau } from './network.ts';
import { checkNotNegative, checkShare, checkWhole } from './option-check.ts';
import { outputNames, type Target, targetLoss } from './target.ts';

/** How a model is trained, every default filled in. Throws a TypeError that names the option out of range. */
export function trainingOf(train: TrainOptions, target: Target): Model['training'] {
  const loss = train.loss ?? targetLoss(target);
  if ((target === 'direction') !== (loss === 'binary-cross-entropy')) {
    throw new TypeError(
      `Expected train.loss binary-cross-entropy with target direction and with no other, received ${loss} with ${target}`,
    );
  }
  if (loss === 'quantile' && outputNames(target).length > 1) {
    throw new TypeError(`Expected one target with train.loss quantile, received ${outputNames(target).join(', ')}`);
  }
  const { epochs = 50, patience = 5, batchSize = 32, clipNorm = 0, shuffle = true, noise = 0 } = train;
  checkWhole('train.epochs', epochs, 1);
  checkWhole('train.patience', patience, 0);
  checkWhole('train.batchSize', batchSize, 1);
  checkNotNegative('train.clipNorm', clipNorm);
  checkNotNegative('train.noise', noise);
  const plateau = train.plateau ? plateauOf(train.plateau) : null;
  return { epochs, batchSize, patience, clipNorm, shuffle, noise, plateau, loss: lossOf(loss, train), optimiser: optimiserOf(train) };
}

function lossOf(kind: Loss['kind'], { quantile: asked }: TrainOptions): Loss {
  if (asked !== undefined && kind !== 'quantile')
    throw new TypeError(`Expected train.loss quantile beside train.quantile, received ${kind}`);
  const quantile = asked ?? 0.5;
  if (kind === 'huber') return { kind, delta: 1 };
  if (kind !== 'quantile') return { kind };
  const quantiles = typeof quantile === 'number' ? [quantile] : quantile;
  const ascending = quantiles.every((value, k) => value > (quantiles[k - 1] ?? 0) && value < 1);
  if (quantiles.length === 0 || !ascending) {
    throw new TypeError(`Expected train.quantile to be > 0 and < 1, several in ascending order, received ${quantiles.join(', ')}`);
  }
  return { kind, quantiles };
}

function plateauOf({ factor = 0.5, patience = 3, minimum = 0 }: Partial<Plateau>): Plateau {
  if (!(factor > 0 && factor < 1)) throw new TypeError(`Expected train.plateau.factor to be > 0 and < 1, received ${factor}`);
  checkWhole('train.plateau.patience', patience, 1);
  checkNotNegative('train.plateau.minimum', minimum);
  return { factor, patience, minimum };
}

function optimiserOf({ optimiser = 'adam', learningRate = 1e-3, weightDecay = 0 }: TrainOptions): Optimiser {
  if (!(learningRate > 0)) throw new TypeError(`Expected train.learningRate > 0, received ${learningRate}`);
  checkNotNegative('train.weightDecay', weightDecay);
  if (optimiser === 'rmsprop') return { kind: optimiser, learningRate, rho: 0.9, epsilon: 1e-7 };
  if (optimiser === 'sgd') return { kind: optimiser, learningRate, momentum: 0 };
  return { kind: optimiser, learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay };
}

/** Which samples a fit learns from, every default filled in. Throws as `trainingOf` does. */
export function samplingOf({ window = 1000, expanding = false, validation = 0.15, embargo = 0 }: TrainOptions): Sampling {
  checkWhole('train.window', window, 2);
  checkShare('train.validation', validation);
  checkWhole('train.embargo', embargo, 0);
  return { window, expanding, validation, embargo };
}
