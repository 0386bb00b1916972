import { checkEngine, type EngineKind } from './engine.ts';
import { type FeatureSpecification, standardFeatures } from './feature.ts';
import { layersOf } from './layers.ts';
import type { Layer, Loss, Network, Optimiser, Plateau, RecurrentActivation, Training } from './network.ts';
import { checkWhole } from './option-check.ts';
import type { ScalerKind } from './scaler.ts';
import { closeOutput, outputNames, type Target } from './target.ts';
import { samplingOf, trainingOf } from './training-options.ts';

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
