import type { Outlook } from '../core/policy.ts';
import { canonicalJson, contentHash } from './key.ts';
import { isBaseline, type Model, networkOf, outputsOf, tradedOutput } from './model.ts';
import type { Network } from './network.ts';
import { spokenColumns } from './outlook.ts';
import { fitScaler, type Scaler, scaleRows } from './scaler.ts';
import { expectedReturn, outputNames, probabilityOf } from './target.ts';
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
  readonly intervalMs?: number;
  /** Opening times (ms UTC) of the first row any window holds and of the last one. */
  readonly trainedFrom: number;
  readonly trainedTo: number;
  /** Unscaled features, row-major. */
  readonly values: Float64Array;
  readonly width: number;
  readonly ends: Int32Array;
  readonly trainCount: number;
  /** Unscaled labels, one per sample and target; and the simple returns of the close, one per sample. */
  readonly labels: Float64Array;
  readonly moves: Float64Array;
  readonly seed: number;
  /** Where several markets lie one below the other, the first row of each; every market is then scaled by its own rows. */
  readonly pooled?: readonly { readonly market: string; readonly row: number }[];
  /** What the scalers of each market are fitted on, where that is more than its training windows and their labels: rows and labels. */
  readonly scaledBy?: readonly { readonly from: number; readonly to: number; readonly labels: Float64Array }[];
}

/** How one market's columns become a network's inputs, and its outputs forecasts. */
export interface Scaling {
  readonly inputScaler: Scaler;
  readonly targetScaler: Scaler;
  /** Mean absolute label move of the training rows, the size a direction forecast is worth. */
  readonly meanMove: number;
}

/** One trained predictor. Plain data and weights; a pure function of its key. */
export interface Fit extends Scaling {
  readonly schema: 'paperwalk/fit@1';
  readonly key: string;
  readonly market: string;
  readonly model: Model;
  readonly network: Network;
  readonly engine: string;
  /** Length of the bars it learnt from. */
  readonly intervalMs?: number;
  readonly slot: number;
  readonly time: number;
  readonly trainedFrom: number;
  readonly trainedTo: number;
  readonly seed: number;
  readonly trainSamples: number;
  readonly validationSamples: number;
  /** sha256 of all it learnt from: features, windows and labels. */
  readonly dataSha256?: string;
  /** Of a fit that learnt from several markets: each one's own scaling (above is the first one's). */
  readonly pooled?: readonly (Scaling & { readonly market: string })[];
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly losses: readonly number[];
  readonly validationLosses: readonly number[];
  readonly weights: readonly Weight[];
}

export type Outcome =
  | { readonly kind: 'fit'; readonly fit: Fit }
  | { readonly kind: 'refused'; readonly key: string; readonly reason: string };

/**
 * The key of a request: sha256 over model, seed, split, trainer, and the bytes of features and labels; and over its time, which a network's seed
 * stands for: the same numbers at another time are another fit, since none may serve before it was made.
 */
export function requestKey(request: Omit<Request, 'key'>, trainerId: string): string {
  const { model, time, seed, width, trainCount, values, ends, labels, moves } = request;
  const { kind, lookback, horizon, features, target, scaling } = model;
  // A baseline has no layers, and no epochs change it; chance only the forest.
  const chance = kind === 'forest' ? { seed } : {};
  const learnt = isBaseline(kind) ? { ...chance, time } : { layers: model.layers, training: model.training, seed };
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
    ...(request.pooled && { pooled: request.pooled }),
    ...(request.scaledBy && { scaledBy: request.scaledBy.map(({ from, to }) => [from, to]) }),
  });
  return contentHash([plain, values, ends, labels, moves, ...(request.scaledBy ?? []).map((rows) => rows.labels)]);
}

/** Trains one predictor. Failure to learn is an outcome with its reason, which the last good fit outlives. */
export async function fit(request: Request, trainer: Trainer, watch: Watch): Promise<Outcome> {
  const { model, values, width, ends, trainCount, labels } = request;
  const refused = (reason: string): Outcome => ({ kind: 'refused', key: request.key, reason });
  if (trainCount < 2) return refused(`expected at least 2 training samples, received ${trainCount}`);
  const network = networkOf(model, width);
  const scalings = scalingsOf(request);
  const samples: Samples = {
    rows: scaledRows(request, scalings),
    inputs: width,
    lookback: model.lookback,
    outputs: network.outputs,
    ends,
    targets: scaledTargets(request, scalings, network.outputs),
    trainCount,
  };
  const trained = await trainer.fit(network, samples, { ...model.training, seed: request.seed }, watch);
  if (trained.kind === 'refused') return refused(trained.reason);
  const outputs = new Float32Array(ends.length * network.outputs);
  const predictor = trainer.open(network, trained.weights);
  try {
    predictor.forecast(samples.rows, ends, ends, outputs);
  } finally {
    predictor.close();
  }
  if (outputs.some((output) => !Number.isFinite(output))) return refused('the trained network gives forecasts that are not finite');
  if (!isBaseline(model.kind) && outputs.every((output, k) => output === outputs[k % network.outputs])) {
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
      ...(request.intervalMs !== undefined && { intervalMs: request.intervalMs }),
      slot: request.slot,
      time: request.time,
      trainedFrom: request.trainedFrom,
      trainedTo: request.trainedTo,
      seed: request.seed,
      trainSamples: trainCount,
      validationSamples: ends.length - trainCount,
      dataSha256: contentHash([values, ends, labels, request.moves, ...(request.scaledBy ?? []).map((rows) => rows.labels)]),
      ...scalings[0]!.scaling,
      ...(request.pooled && { pooled: scalings.map(({ market, scaling }) => ({ market, ...scaling })) }),
      epochs: trained.epochs,
      bestEpoch: trained.bestEpoch,
      losses: trained.losses,
      validationLosses: trained.validationLosses,
      weights: trained.weights,
    },
  };
}

interface MarketScaling {
  readonly market: string;
  /** Rows of the market: from (included) to (excluded). */
  readonly from: number;
  readonly to: number;
  readonly scaling: Scaling;
}

/** The scaling of each market of a request, fitted on its own training windows and labels. */
function scalingsOf({ market, model, values, width, ends, trainCount, labels, moves, pooled, scaledBy }: Request): MarketScaling[] {
  const places = pooled ?? [{ market, row: 0 }];
  const labelWidth = outputNames(model.target).length;
  return places.map(({ market: name, row: from }, k) => {
    const to = places[k + 1]?.row ?? values.length / width;
    const own: number[] = [];
    for (let s = 0; s < trainCount; s++) if (ends[s]! >= from && ends[s]! < to) own.push(s);
    const firstRow = own.length === 0 ? from : ends[own[0]!]! - model.lookback + 1;
    const lastRow = own.length === 0 ? from : ends[own[own.length - 1]!]! + 1;
    const by = scaledBy?.[k];
    const ownLabels = Float64Array.from(own.flatMap((s) => Array.from(labels.subarray(s * labelWidth, (s + 1) * labelWidth))));
    let size = 0;
    for (const s of own) size += Math.abs(moves[s]!);
    return {
      market: name,
      from,
      to,
      scaling: {
        inputScaler: fitScaler(model.scaling.inputs, values, width, by?.from ?? firstRow, by?.to ?? lastRow),
        targetScaler: by
          ? fitScaler(model.scaling.target, by.labels, labelWidth, 0, by.labels.length / labelWidth)
          : fitScaler(model.scaling.target, ownLabels, labelWidth, 0, own.length),
        meanMove: size / own.length,
      },
    };
  });
}

function scaledRows({ values }: Request, scalings: readonly MarketScaling[]): Float32Array {
  if (scalings.length === 1) return scaleRows(scalings[0]!.scaling.inputScaler, values, 0, scalings[0]!.to);
  const rows = new Float32Array(values.length);
  for (const { from, to, scaling } of scalings)
    rows.set(scaleRows(scaling.inputScaler, values, from, to), (from * values.length) / scalings[scalings.length - 1]!.to);
  return rows;
}

/** Scaled labels, one per sample and output: quantiles all aim at the one label. */
function scaledTargets({ model, ends, labels }: Request, scalings: readonly MarketScaling[], outputs: number): Float32Array {
  const labelWidth = outputNames(model.target).length;
  const targets = new Float32Array(ends.length * outputs);
  ends.forEach((end, s) => {
    const { targetScaler } = scalings.findLast(({ from }) => end >= from)!.scaling;
    for (let o = 0; o < outputs; o++) {
      const k = o % labelWidth;
      targets[s * outputs + o] = (labels[s * labelWidth + k]! - targetScaler.offset[k]!) / targetScaler.scale[k]!;
    }
  });
  return targets;
}

/** A fit opened for use on one market's columns. */
export interface OpenFit {
  /**
   * Writes the expected return over the horizon for windows that end at `ends` into the same rows of `into`, and into those of `outlook` what
   * else the model says; NaN where it says nothing finite. Quantiles that cross are put in order first (Chernozhukov, Fernandez-Val and Galichon 2010).
   */
  forecast(values: Float64Array, close: Float64Array, ends: Int32Array, into: Float64Array, outlook?: Outlook): void;
  /** What was learnt, in the labels' units (of a direction: logits), for windows that end at `ends`: row-major [end][output]. */
  outputs(values: Float64Array, ends: Int32Array): Float64Array;
  close(): void;
}

/** How a market's columns were scaled, or, of a market that the fit did not learn from, the first one's. */
export function scalingFor(fit: Pick<Fit, 'pooled' | keyof Scaling>, market: string): Scaling {
  return fit.pooled?.find((pooled) => pooled.market === market) ?? fit;
}

/**
 * Opens a fit with the trainer of its engine, on a market that it learnt from (or, given no other, on any). `values` given later are
 * the market's whole unscaled feature matrix.
 */
export function openFit(fit: Fit, trainer: Trainer, market: string = fit.market): OpenFit {
  const predictor: Predictor = trainer.open(fit.network, fit.weights);
  const { model } = fit;
  const { inputScaler, targetScaler, meanMove } = scalingFor(fit, market);
  const count = outputsOf(model);
  const traded = tradedOutput(model);
  const labelWidth = targetScaler.offset.length;
  const outputs = (values: Float64Array, ends: Int32Array): Float64Array => {
    if (ends.length === 0) return new Float64Array(0);
    const first = ends[0]! - model.lookback + 1;
    const rows = scaleRows(inputScaler, values, first, ends[ends.length - 1]! + 1);
    const scaled = new Float32Array(ends.length * count);
    predictor.forecast(
      rows,
      ends.map((end) => end - first),
      ends,
      scaled,
    );
    return Float64Array.from(
      scaled,
      (value, k) => value * targetScaler.scale[(k % count) % labelWidth]! + targetScaler.offset[(k % count) % labelWidth]!,
    );
  };
  return {
    outputs,
    forecast(values, close, ends, into, outlook) {
      const learnt = outputs(values, ends);
      const spoken = outlook ? spokenColumns(model) : [];
      ends.forEach((row, k) => {
        const move = (output: number) => expectedReturn(model.target, learnt[k * count + output]!, close[row]!, meanMove);
        into[row] = known(move(traded));
        if (spoken.includes('probability')) outlook!.probability[row] = probabilityOf(known(learnt[k * count]!));
        if (spoken.includes('lower')) {
          const moves = Array.from({ length: count }, (_, output) => known(move(output)));
          outlook!.lower[row] = Math.min(...moves);
          outlook!.upper[row] = Math.max(...moves);
        }
      });
    },
    close: () => predictor.close(),
  };
}

/** What is infinite says no more than what is unknown. */
function known(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN;
}
