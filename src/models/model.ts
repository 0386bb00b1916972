import { checkEngine, type EngineKind } from './engine.ts';
import { type FeatureSpecification, standardFeatures } from './feature.ts';
import type { Layer, Loss, Network, Optimiser, Plateau, RecurrentActivation, RecurrentLayer, Training } from './network.ts';
import type { ScalerKind } from './scaler.ts';
import { closeOutput, outputNames, type Target, targetLoss } from './target.ts';

export const networkKinds = ['gru', 'lstm', 'rnn'] as const;
/** Baselines in one number, and those that learn from the inputs. */
export const constantKinds = ['persistence', 'drift', 'mean', 'majority'] as const;
export const learnerKinds = ['linear', 'least-squares', 'forest', 'support-vector', 'boosting'] as const;
export const baselineKinds = [...constantKinds, ...learnerKinds] as const;
/** What a walk compares its model with at every fold; the others cost more than the network. */
export const walkBaselines = ['persistence', 'drift', 'majority', 'linear'] as const satisfies readonly BaselineKind[];
export type NetworkKind = (typeof networkKinds)[number];
export type BaselineKind = (typeof baselineKinds)[number];
export type LearnerKind = (typeof learnerKinds)[number];
export type ModelKind = NetworkKind | BaselineKind;

// A layer of this size has tens of millions of weights; more is a slip of the pen.
const MOST_UNITS = 4096;

/** What a predictor is, before it has seen any data. Plain data. */
export interface Model {
  readonly kind: ModelKind;
  /** What trains the network; nothing to a baseline. */
  readonly engine: EngineKind;
  /** Bars in an input window. */
  readonly lookback: number;
  /** Bars ahead. */
  readonly horizon: number;
  readonly features: readonly FeatureSpecification[];
  readonly target: Target;
  readonly scaling: { readonly inputs: ScalerKind; readonly target: ScalerKind };
  /** Empty for a baseline. */
  readonly layers: readonly Layer[];
  readonly training: Omit<Training, 'seed'>;
  readonly sampling: Sampling;
}

/** Which samples a fit learns from. */
export interface Sampling {
  /** Samples in a rolling window; the least number of samples in an expanding one. */
  readonly window: number;
  readonly expanding: boolean;
  /** Share of the samples, the latest ones, that stop the training. */
  readonly validation: number;
  /** Bars left out between the last training label and the first validation window's end, beyond the horizon. */
  readonly embargo: number;
}

export interface ModelOptions {
  readonly kind: ModelKind;
  readonly engine?: EngineKind;
  readonly units?: readonly number[];
  readonly lookback?: number;
  readonly horizon?: number;
  readonly features?: readonly FeatureSpecification[];
  readonly target?: Target;
  readonly scaling?: { readonly inputs?: ScalerKind; readonly target?: ScalerKind };
  /** Dropout after each recurrent layer, or, with dropoutLast false, between them only. */
  readonly dropout?: number;
  readonly dropoutLast?: boolean;
  /** Batch normalisation after each recurrent layer, before its dropout. */
  readonly batchNorm?: boolean;
  readonly activation?: RecurrentActivation;
  readonly resetAfter?: boolean;
  /** Penalty on the kernels, and on the recurrent ones, for which it is the same unless given. */
  readonly l2?: number;
  readonly recurrentL2?: number;
  /** Hidden dense layers (relu) before the output, and dropout after each of them. */
  readonly dense?: readonly number[];
  readonly denseDropout?: number;
  /** Recurrent layers along time and against it; needs engine tensorflow. */
  readonly bidirectional?: boolean;
  /** Units of an attention layer that weighs the steps of the last recurrent layer; 0 for none. Needs engine tensorflow. */
  readonly attention?: number;
  /** A causal convolution along time before the recurrent layers (relu); needs engine tensorflow. */
  readonly convolution?: { readonly units: number; readonly kernelSize: number };
  readonly train?: TrainOptions;
}

export interface TrainOptions extends Partial<Sampling> {
  readonly epochs?: number;
  readonly patience?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly optimiser?: Optimiser['kind'];
  readonly weightDecay?: number;
  readonly loss?: Loss['kind'];
  /** What loss quantile aims at, > 0 and < 1; several in ascending order, the one nearest the median being traded. Default the median. */
  readonly quantile?: number | readonly number[];
  readonly clipNorm?: number;
  readonly shuffle?: Training['shuffle'];
  readonly noise?: number;
  readonly plateau?: Partial<Plateau>;
}

/** A model with every default filled in. Throws a TypeError that names the option out of range. */
export function createModel(options: ModelOptions): Model {
  const { kind, lookback = 30, horizon = 1, features = standardFeatures, train = {} } = options;
  const baseline = isBaseline(kind);
  const { target = 'return' } = options;
  checkTarget(kind, target);
  checkWhole('lookback', lookback, 1);
  checkWhole('horizon', horizon, 1);
  if (features.length === 0) throw new TypeError('Expected at least one feature, received none');
  const training = baseline ? ofOneNumber(trainingOf(train, target)) : trainingOf(train, target);
  const layers = baseline ? [] : layersOf(kind, options, outputsOf({ target, training }));
  const { engine = 'wasm' } = options;
  checkEngine(engine, layers);
  return {
    kind,
    engine,
    lookback,
    horizon,
    features,
    target,
    scaling: {
      inputs: options.scaling?.inputs ?? 'standard',
      target: targetScaler(kind, target, options.scaling?.target ?? 'standard'),
    },
    layers,
    training,
    sampling: samplingOf(train),
  };
}

/** A gated recurrent network; the defaults of `createModel`. */
export function gru(options: Omit<ModelOptions, 'kind'> = {}): Model {
  return createModel({ ...options, kind: 'gru' });
}

/** A long short-term memory network. */
export function lstm(options: Omit<ModelOptions, 'kind'> = {}): Model {
  return createModel({ ...options, kind: 'lstm' });
}

/** A simple recurrent network. */
export function rnn(options: Omit<ModelOptions, 'kind'> = {}): Model {
  return createModel({ ...options, kind: 'rnn' });
}

/** A baseline as a predictor of its own. */
export function baseline(kind: BaselineKind, options: Omit<ModelOptions, 'kind'> = {}): Model {
  return createModel({ ...options, kind });
}

/** The baseline that learns from the same rows and is scored on the same bars as `model`. */
export function baselineFor(model: Model, kind: BaselineKind): Model {
  const target = targetScaler(kind, 'return', 'standard');
  const scaling = { inputs: model.scaling.inputs, target };
  return { ...model, kind, target: 'return', scaling, layers: [], training: ofOneNumber(model.training) };
}

/** The baseline that learns the same target from the same inputs, or, with `lookback` 1, from their last row. */
export function baselineLike(model: Model, kind: BaselineKind, lookback: number): Model {
  if (!canLearn(kind, model.target)) return baselineFor({ ...model, lookback }, kind);
  const scaling = { ...model.scaling, target: targetScaler(kind, model.target, model.scaling.target) };
  return { ...model, kind, lookback, scaling, layers: [], training: ofOneNumber(model.training) };
}

/** Baselines say one number, whatever the network beside them is asked for. */
function ofOneNumber(training: Model['training']): Model['training'] {
  return { ...training, loss: { kind: 'mse' } };
}

/** Baselines learn returns as they are, for persistence must say exactly zero; but the support vectors' tube is 0.1 wide in any unit. */
function targetScaler(kind: ModelKind, target: Target, asked: ScalerKind): ScalerKind {
  if (target === 'direction' || (isBaseline(kind) && kind !== 'support-vector' && target === 'return')) return 'none';
  return asked;
}

function canLearn(kind: BaselineKind, target: Target): boolean {
  if (kind === 'persistence' || kind === 'drift' || kind === 'majority') return target === 'return';
  return typeof target === 'string' && target !== 'direction';
}

function checkTarget(kind: ModelKind, target: Target): void {
  if (typeof target !== 'string') {
    const twice = target.find((name, k) => target.indexOf(name) !== k);
    if (twice) throw new TypeError(`Expected each target once, received ${twice} again`);
    if (closeOutput(target) < 0) throw new TypeError(`Expected close among several targets, received ${target.join(', ')}`);
  }
  if (isBaseline(kind) && !canLearn(kind, target)) {
    throw new TypeError(
      `Expected ${kind === 'mean' || isLearner(kind) ? 'one number to learn, such as target return,' : 'target return'} with the baseline ${kind}, received ${target}`,
    );
  }
}

export function isLearner(kind: ModelKind): kind is LearnerKind {
  return (learnerKinds as readonly string[]).includes(kind);
}

/** Numbers that a model's network gives per window: one per quantile or target. */
export function outputsOf({ target, training: { loss } }: Pick<Model, 'target'> & { readonly training: Pick<Training, 'loss'> }): number {
  return loss.kind === 'quantile' ? loss.quantiles.length : outputNames(target).length;
}

/** Which of them says where the close will be: of quantiles the one nearest the median. */
export function tradedOutput({ target, training: { loss } }: Model): number {
  if (loss.kind !== 'quantile') return Math.max(0, closeOutput(target));
  let nearest = 0;
  loss.quantiles.forEach((quantile, k) => {
    if (Math.abs(quantile - 0.5) < Math.abs(loss.quantiles[nearest]! - 0.5)) nearest = k;
  });
  return nearest;
}

export function isBaseline(kind: ModelKind): kind is BaselineKind {
  return (baselineKinds as readonly string[]).includes(kind);
}

/** The network of a model for windows of `inputs` columns. */
export function networkOf(model: Model, inputs: number): Network {
  return { lookback: model.lookback, inputs, outputs: outputsOf(model), layers: model.layers };
}

function layersOf(kind: NetworkKind, options: ModelOptions, outputs: number): Layer[] {
  const {
    units = [64, 32],
    dropout = 0,
    activation = 'tanh',
    dropoutLast = true,
    batchNorm = false,
    l2 = 0,
    recurrentL2 = l2,
    dense = [],
    denseDropout = 0,
    bidirectional = false,
    attention = 0,
    convolution,
  } = options;
  if (units.length === 0) throw new TypeError('Expected units for at least one recurrent layer, received none');
  for (const size of [...units, ...dense]) checkUnits('units', size);
  if (attention !== 0) checkUnits('attention', attention);
  checkShare('dropout', dropout);
  checkShare('denseDropout', denseDropout);
  checkNotNegative('l2', l2);
  checkNotNegative('recurrentL2', recurrentL2);
  const layers: Layer[] = [];
  if (convolution) {
    checkUnits('convolution.units', convolution.units);
    checkWhole('convolution.kernelSize', convolution.kernelSize, 1);
    layers.push({ kind: 'conv1d', ...convolution, activation: 'relu', kernelL2: l2 });
  }
  units.forEach((size, k) => {
    const sequences = k < units.length - 1 || attention > 0;
    const recurrent = { units: size, activation, sequences, kernelL2: l2, recurrentL2 };
    const layer: RecurrentLayer = kind === 'gru' ? { kind, ...recurrent, resetAfter: options.resetAfter ?? true } : { kind, ...recurrent };
    layers.push(bidirectional ? { kind: 'bidirectional', layer } : layer);
    // Keras' defaults.
    if (batchNorm) layers.push({ kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 });
    if (dropout > 0 && (dropoutLast || k < units.length - 1)) layers.push({ kind: 'dropout', rate: dropout });
  });
  if (attention > 0) layers.push({ kind: 'attention', units: attention });
  for (const size of dense) {
    layers.push({ kind: 'dense', units: size, activation: 'relu', kernelL2: l2 });
    if (denseDropout > 0) layers.push({ kind: 'dropout', rate: denseDropout });
  }
  layers.push({ kind: 'dense', units: outputs, activation: 'linear', kernelL2: 0 });
  return layers;
}

function trainingOf(train: TrainOptions, target: Target): Model['training'] {
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

function lossOf(kind: Loss['kind'], { quantile = 0.5 }: TrainOptions): Loss {
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

function samplingOf({ window = 1000, expanding = false, validation = 0.15, embargo = 0 }: TrainOptions): Sampling {
  checkWhole('train.window', window, 2);
  checkShare('train.validation', validation);
  checkWhole('train.embargo', embargo, 0);
  return { window, expanding, validation, embargo };
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new TypeError(`Expected ${name} to be a whole number >= ${least}, received ${value}`);
}

function checkUnits(name: string, size: number): void {
  checkWhole(name, size, 1);
  if (size > MOST_UNITS) throw new TypeError(`Expected ${name} of at most ${MOST_UNITS}, received ${size}`);
}

function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new TypeError(`Expected ${name} to be a fraction >= 0 and < 1, received ${value}`);
}

function checkNotNegative(name: string, value: number): void {
  if (!(value >= 0) || value === Infinity) throw new TypeError(`Expected ${name} to be a finite number >= 0, received ${value}`);
}
