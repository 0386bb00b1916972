import { canonicalJson, contentHash } from './key.ts';
import { isBaseline, type Model, networkOf } from './model.ts';
import type { Network } from './network.ts';
import { fitScaler, type Scaler, scaleRows } from './scaler.ts';
import { expectedReturn } from './target.ts';
import type { Predictor, Samples, Trainer, Watch, Weight } from './trainer.ts';

/** Everything a fit is a function of. Rows are counted within the request: nothing depends on where in a file they stood. */
export interface Request {
  /** sha256 of all that follows, and of the trainer. */
  readonly key: string;
  readonly market: string;
  readonly model: Model;
  /** Slot of the request in the market's calendar, and the close it was requested at (ms UTC). */
  readonly slot: number;
  readonly time: number;
  /** Opening times (ms UTC) of the first row any window holds and of the last one. */
  readonly trainedFrom: number;
  readonly trainedTo: number;
  /** Unscaled features, row-major. */
  readonly values: Float64Array;
  readonly width: number;
  readonly ends: Int32Array;
  readonly trainCount: number;
  /** Unscaled labels, and closes, one per sample. */
  readonly labels: Float64Array;
  readonly moves: Float64Array;
  readonly seed: number;
}

/** One trained predictor. Plain data and weights; a pure function of its key. */
export interface Fit {
  readonly schema: 'paperwalk/fit@1';
  readonly key: string;
  readonly market: string;
  readonly model: Model;
  readonly network: Network;
  readonly engine: string;
  readonly slot: number;
  readonly time: number;
  readonly trainedFrom: number;
  readonly trainedTo: number;
  readonly seed: number;
  readonly trainSamples: number;
  readonly validationSamples: number;
  readonly inputScaler: Scaler;
  readonly targetScaler: Scaler;
  /** Mean absolute label move of the training rows, the size a direction forecast is worth. */
  readonly meanMove: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly losses: readonly number[];
  readonly validationLosses: readonly number[];
  readonly weights: readonly Weight[];
}

export type Outcome =
  | { readonly kind: 'fit'; readonly fit: Fit }
  | { readonly kind: 'refused'; readonly key: string; readonly reason: string };

/** The key of a request: sha256 over model, seed, split, trainer, and the bytes of features and labels. */
export function requestKey(request: Omit<Request, 'key'>, trainerId: string): string {
  const { model, seed, width, trainCount, values, ends, labels, moves } = request;
  const { kind, lookback, horizon, features, target, scaling } = model;
  // A baseline has no layers, and neither chance nor epochs change it.
  const learnt = isBaseline(kind) ? {} : { layers: model.layers, training: model.training, seed };
  const plain = canonicalJson({
    format: 1,
    trainer: trainerId,
    kind,
    lookback,
    horizon,
    features,
    target,
    scaling,
    ...learnt,
    width,
    trainCount,
  });
  return contentHash([plain, values, ends, labels, moves]);
}

/** Trains one predictor. Failure to learn is an outcome with its reason, which the last good fit outlives. */
export async function fit(request: Request, trainer: Trainer, watch: Watch): Promise<Outcome> {
  const { model, values, width, ends, trainCount, labels } = request;
  const refused = (reason: string): Outcome => ({ kind: 'refused', key: request.key, reason });
  if (trainCount < 2) return refused(`expected at least 2 training samples, received ${trainCount}`);
  const network = networkOf(model, width);
  const rows = values.length / width;
  const firstRow = ends[0]! - model.lookback + 1;
  const inputScaler = fitScaler(model.scaling.inputs, values, width, firstRow, ends[trainCount - 1]! + 1);
  const targetScaler = fitScaler(model.scaling.target, labels, 1, 0, trainCount);
  const samples: Samples = {
    rows: scaleRows(inputScaler, values, 0, rows),
    inputs: width,
    lookback: model.lookback,
    outputs: 1,
    ends,
    targets: scaleRows(targetScaler, labels, 0, labels.length),
    trainCount,
  };
  const trained = await trainer.fit(network, samples, { ...model.training, seed: request.seed }, watch);
  if (trained.kind === 'refused') return refused(trained.reason);
  const outputs = new Float32Array(ends.length);
  const predictor = trainer.open(network, trained.weights);
  try {
    predictor.forecast(samples.rows, ends, ends, outputs);
  } finally {
    predictor.close();
  }
  if (outputs.some((output) => !Number.isFinite(output))) return refused('the trained network gives forecasts that are not finite');
  if (!isBaseline(model.kind) && outputs.every((output) => output === outputs[0])) {
    return refused('the trained network gives the same forecast for every window');
  }
  return {
    kind: 'fit',
    fit: {
      schema: 'paperwalk/fit@1',
      key: request.key,
      market: request.market,
      model,
      network,
      engine: trainer.id,
      slot: request.slot,
      time: request.time,
      trainedFrom: request.trainedFrom,
      trainedTo: request.trainedTo,
      seed: request.seed,
      trainSamples: trainCount,
      validationSamples: ends.length - trainCount,
      inputScaler,
      targetScaler,
      meanMove: meanAbsolute(request.moves, trainCount),
      epochs: trained.epochs,
      bestEpoch: trained.bestEpoch,
      losses: trained.losses,
      validationLosses: trained.validationLosses,
      weights: trained.weights,
    },
  };
}

/** A fit opened for use on one market's columns. */
export interface OpenFit {
  /** Writes the expected return over the horizon for windows that end at `ends` into the same rows of `into`. */
  forecast(values: Float64Array, close: Float64Array, ends: Int32Array, into: Float64Array): void;
  close(): void;
}

/** Opens a fit with the trainer of its engine. `values` given later are the market's whole unscaled feature matrix. */
export function openFit(fit: Fit, trainer: Trainer): OpenFit {
  const predictor: Predictor = trainer.open(fit.network, fit.weights);
  const { model, inputScaler, targetScaler, meanMove } = fit;
  const offset = targetScaler.offset[0]!;
  const scale = targetScaler.scale[0]!;
  return {
    forecast(values, close, ends, into) {
      if (ends.length === 0) return;
      const first = ends[0]! - model.lookback + 1;
      const rows = scaleRows(inputScaler, values, first, ends[ends.length - 1]! + 1);
      const outputs = new Float32Array(ends.length);
      predictor.forecast(
        rows,
        ends.map((end) => end - first),
        ends,
        outputs,
      );
      for (let k = 0; k < ends.length; k++) {
        const row = ends[k]!;
        into[row] = expectedReturn(model.target, outputs[k]! * scale + offset, close[row]!, meanMove);
      }
    },
    close: () => predictor.close(),
  };
}

function meanAbsolute(moves: Float64Array, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.abs(moves[k]!);
  return sum / count;
}
