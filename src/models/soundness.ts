import { createBars } from '../core/bars.ts';
import { checkEngine, engineKinds } from './engine.ts';
import {
  anything,
  boolean,
  byKind,
  type Check,
  digest,
  list,
  number,
  object,
  oneOf,
  optional,
  plain,
  refuse,
  text,
  whole,
  within,
} from './expectation.ts';
import { checkFeature, featureColumns, isOwnFeature } from './feature.ts';
import type { Fit } from './fit.ts';
import { canonicalJson } from './key.ts';
import { baselineKinds, isBaseline, networkKinds, networkOf } from './model.ts';
import { checkNetwork, checkTraining, type Layer, type Loss } from './network.ts';
import { type Scaler, scalerKinds } from './scaler.ts';
import { outputNames, priceColumns, targetKinds } from './target.ts';

// Far beyond what anybody trains, and small enough for sizes to be multiplied.
const MOST = 1_000_000;
const MOST_UNITS = 4096;
const units = whole(1, MOST_UNITS);
const count = whole(0, Number.MAX_SAFE_INTEGER);
// Whole ms UTC in the years 0 to 9999.
const instant = whole(-62_167_219_200_000, 253_402_300_799_999);
const strength = within(0, Infinity);
const activation = oneOf(['linear', 'relu', 'tanh', 'sigmoid']);

const recurrent = {
  units,
  activation: oneOf(['tanh', 'relu']),
  sequences: boolean,
  kernelL2: strength,
  recurrentL2: strength,
};
const cells = { rnn: object(recurrent), lstm: object(recurrent), gru: object({ ...recurrent, resetAfter: boolean }) };
const layers: Readonly<Record<Layer['kind'], Check>> = {
  ...cells,
  dense: object({ units, activation, kernelL2: strength }),
  dropout: object({ rate: within(0, 1) }),
  batchNorm: object({ momentum: number, epsilon: strength }),
  bidirectional: object({ layer: byKind(cells) }),
  attention: object({ units }),
  conv1d: object({ units, kernelSize: units, activation, kernelL2: strength }),
};
const losses: Readonly<Record<Loss['kind'], Check>> = {
  mse: anything,
  mae: anything,
  huber: object({ delta: strength }),
  'binary-cross-entropy': anything,
  quantile: object({ quantiles: list(within(Number.MIN_VALUE, 1), 1) }),
};

const target: Check = (value, at) => {
  if (typeof value === 'string') oneOf(targetKinds)(value, at);
  else list(oneOf(priceColumns), 1)(value, at);
};
const scale: Check = (value, at) => {
  number(value, at);
  if (value === 0) refuse('a number other than 0', value, at);
};
const scaler = object({ kind: oneOf(scalerKinds), offset: list(number, 1), scale: list(scale, 1) });
// Of a market among several that had no samples of its own there is none.
const meanMove: Check = (value, at) => {
  if (value !== null) number(value, at);
};
const scaling = { inputScaler: scaler, targetScaler: scaler, meanMove };

// One bar is enough to count the columns of a feature.
const bar = createBars('one', 1, {
  openTime: Float64Array.of(0),
  open: Float64Array.of(1),
  high: Float64Array.of(1),
  low: Float64Array.of(1),
  close: Float64Array.of(1),
  volume: Float64Array.of(0),
});

const fitShape = object({
  schema: oneOf(['paperwalk/fit@1']),
  key: digest,
  market: text,
  model: object({
    kind: oneOf([...networkKinds, ...baselineKinds]),
    engine: oneOf(engineKinds),
    lookback: whole(1, MOST),
    horizon: whole(1, MOST),
    features: list(anything, 1),
    target,
    scaling: object({ inputs: oneOf(scalerKinds), target: oneOf(scalerKinds) }),
    layers: list(byKind(layers)),
    training: object({ loss: byKind(losses) }),
  }),
  network: object({ lookback: whole(1, MOST), inputs: whole(1, MOST), outputs: whole(1, MOST), layers: list(byKind(layers)) }),
  engine: text,
  slot: whole(-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  intervalMs: optional(whole(1, Number.MAX_SAFE_INTEGER)),
  time: instant,
  trainedFrom: instant,
  trainedTo: instant,
  seed: number,
  trainSamples: count,
  validationSamples: count,
  dataSha256: optional(digest),
  ...scaling,
  pooled: optional(list(object({ market: text, ...scaling }), 1)),
  epochs: count,
  bestEpoch: count,
  losses: list(number),
  validationLosses: list(number),
});

/**
 * Whether plain data, from anywhere, is a fit but for its weights, all of whose parts fit together. Fields that a fit of this version does not
 * have are left alone, as long as they are plain. Throws a TypeError that names the place, what was expected there and what was received.
 */
export function checkFit(value: unknown): asserts value is Omit<Fit, 'weights'> {
  plain(value, 'fit');
  fitShape(value, 'fit');
  const fit = value as Omit<Fit, 'weights'>;
  const { model, network } = fit;
  if (canonicalJson(networkOf(model, network.inputs)) !== canonicalJson(network)) {
    throw new TypeError('Expected the network of the model at fit.network, received another one');
  }
  if (!isBaseline(model.kind)) {
    checkNetwork(network);
    checkTraining(network, model.training);
    checkEngine(model.engine, network.layers);
  }
  const labels = outputNames(model.target).length;
  for (const { inputScaler, targetScaler } of [fit, ...(fit.pooled ?? [])]) {
    checkWidth('inputScaler', inputScaler, network.inputs);
    checkWidth('targetScaler', targetScaler, labels);
  }
  if (!fit.pooled) number(fit.meanMove, 'fit.meanMove');
  model.features.forEach(checkFeature);
  // How many columns they have is known to their code alone, which a stored fit does not hold.
  if (model.features.some(isOwnFeature)) return;
  const columns = model.features.flatMap((feature) => featureColumns(feature, bar)).length;
  if (columns !== network.inputs)
    throw new TypeError(`Expected features of ${network.inputs} columns at fit.model.features, received ${columns}`);
}

function checkWidth(name: string, { offset, scale: scales }: Scaler, width: number): void {
  if (offset.length === width && scales.length === width) return;
  throw new TypeError(`Expected ${width} columns at fit.${name}, received ${offset.length} offsets and ${scales.length} scales`);
}
