import { checkEngine, type EngineKind } from './engine.ts';
import { type FeatureSpecification, standardFeatures } from './feature.ts';
import type { Layer, Loss, Network, Optimiser, Plateau, RecurrentActivation, RecurrentLayer, Training } from './network.ts';
import type { ScalerKind } from './scaler.ts';
import { type TargetKind, targetLoss } from './target.ts';

export const networkKinds = ['gru', 'lstm', 'rnn'] as const;
export const baselineKinds = ['persistence', 'drift', 'majority', 'linear'] as const;
export type NetworkKind = (typeof networkKinds)[number];
export type BaselineKind = (typeof baselineKinds)[number];
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
  readonly target: TargetKind;
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
  readonly target?: TargetKind;
  readonly scaling?: { readonly inputs?: ScalerKind; readonly target?: ScalerKind };
  /** Dropout after each recurrent layer. */
  readonly dropout?: number;
  readonly activation?: RecurrentActivation;
  readonly resetAfter?: boolean;
  readonly l2?: number;
  /** Hidden dense layers (relu) before the output. */
  readonly dense?: readonly number[];
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
  /** The quantile that loss quantile aims at, > 0 and < 1; default the median. */
  readonly quantile?: number;
  readonly clipNorm?: number;
  readonly shuffle?: boolean;
  readonly noise?: number;
  readonly plateau?: Partial<Plateau>;
}

/** A model with every default filled in. Throws a TypeError that names the option out of range. */
export function createModel(options: ModelOptions): Model {
  const { kind, lookback = 30, horizon = 1, features = standardFeatures, train = {} } = options;
  const baseline = isBaseline(kind);
  const { target = 'return' } = options;
  if (baseline && target !== 'return') throw new TypeError(`Expected target return with the baseline ${kind}, received ${target}`);
  checkWhole('lookback', lookback, 1);
  checkWhole('horizon', horizon, 1);
  if (features.length === 0) throw new TypeError('Expected at least one feature, received none');
  const layers = baseline ? [] : layersOf(kind, options);
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
      // Baselines forecast returns as they are: persistence must say exactly zero.
      target: baseline || target === 'direction' ? 'none' : (options.scaling?.target ?? 'standard'),
    },
    layers,
    training: trainingOf(train, target),
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
  return { ...model, kind, target: 'return', scaling: { inputs: model.scaling.inputs, target: 'none' }, layers: [] };
}

export function isBaseline(kind: ModelKind): kind is BaselineKind {
  return (baselineKinds as readonly string[]).includes(kind);
}

/** The network of a model for windows of `inputs` columns. */
export function networkOf(model: Model, inputs: number): Network {
  return { lookback: model.lookback, inputs, outputs: 1, layers: model.layers };
}

function layersOf(kind: NetworkKind, options: ModelOptions): Layer[] {
  const {
    units = [64, 32],
    dropout = 0,
    activation = 'tanh',
    l2 = 0,
    dense = [],
    bidirectional = false,
    attention = 0,
    convolution,
  } = options;
  if (units.length === 0) throw new TypeError('Expected units for at least one recurrent layer, received none');
  for (const size of [...units, ...dense]) checkUnits('units', size);
  if (attention !== 0) checkUnits('attention', attention);
  checkShare('dropout', dropout);
  checkNotNegative('l2', l2);
  const layers: Layer[] = [];
  if (convolution) {
    checkUnits('convolution.units', convolution.units);
    checkWhole('convolution.kernelSize', convolution.kernelSize, 1);
    layers.push({ kind: 'conv1d', ...convolution, activation: 'relu', kernelL2: l2 });
  }
  units.forEach((size, k) => {
    const sequences = k < units.length - 1 || attention > 0;
    const recurrent = { units: size, activation, sequences, kernelL2: l2, recurrentL2: l2 };
    const layer: RecurrentLayer = kind === 'gru' ? { kind, ...recurrent, resetAfter: options.resetAfter ?? true } : { kind, ...recurrent };
    layers.push(bidirectional ? { kind: 'bidirectional', layer } : layer);
    if (dropout > 0) layers.push({ kind: 'dropout', rate: dropout });
  });
  if (attention > 0) layers.push({ kind: 'attention', units: attention });
  for (const size of dense) layers.push({ kind: 'dense', units: size, activation: 'relu', kernelL2: l2 });
  layers.push({ kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 });
  return layers;
}

function trainingOf(train: TrainOptions, target: TargetKind): Model['training'] {
  const loss = train.loss ?? targetLoss(target);
  if ((target === 'direction') !== (loss === 'binary-cross-entropy')) {
    throw new TypeError(
      `Expected train.loss binary-cross-entropy with target direction and with no other, received ${loss} with ${target}`,
    );
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
  if (!(quantile > 0 && quantile < 1)) throw new TypeError(`Expected train.quantile to be > 0 and < 1, received ${quantile}`);
  return { kind, quantiles: [quantile] };
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
