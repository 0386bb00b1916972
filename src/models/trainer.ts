import type { Network, Training } from './network.ts';

/**
 * What a trainer learns from: scaled rows of inputs, and the rows at which a window ends.
 *
 * Window k is rows `ends[k] - lookback + 1 .. ends[k]` of `rows`; its target is `targets[k * outputs ..]`. Samples
 * `0 .. trainCount-1` train, the rest validate (there may be none).
 */
export interface Samples {
  /** Row-major [row][input], float32. */
  readonly rows: Float32Array;
  readonly inputs: number;
  readonly lookback: number;
  readonly outputs: number;
  readonly ends: Int32Array;
  readonly targets: Float32Array;
  readonly trainCount: number;
  /**
   * One weight per training sample, if not all count alike: each sample's loss is multiplied by it, and the mean still divides by the
   * number of samples (as Keras' sample_weight).
   */
  readonly weights?: Float32Array;
}

/** One array of weights in Keras' layout and order (LSTM gates i f c o, GRU gates z r h; kernel [in, units x gates]). */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface Epoch {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly loss: number;
  /** null where there are no validation samples. */
  readonly validationLoss: number | null;
}

export interface Watch {
  onEpoch?(epoch: Epoch): void;
  readonly signal?: AbortSignal;
}

/** Weights, or the reason why there are none (a loss that is not finite, nothing to learn from). Failure is data; bugs throw. */
export type Trained =
  | {
      readonly kind: 'trained';
      readonly weights: readonly Weight[];
      /** Epochs run, and the one (from 1) whose weights these are. */
      readonly epochs: number;
      readonly bestEpoch: number;
      readonly losses: readonly number[];
      readonly validationLosses: readonly number[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** A trained predictor, opened for use. */
export interface Predictor {
  /**
   * Forecasts window k for every k: it ends at row `ends[k]` of `rows` (row-major, scaled, float32) and its outputs go to
   * `into[k * outputs ..]`. A window's forecast depends bit for bit on its own values only, and on `slots[k]` (any whole
   * number, the bar's index) where an engine needs a place in a fixed batch. A NaN in a window gives NaN.
   */
  forecast(rows: Float32Array, ends: Int32Array, slots: Int32Array, into: Float32Array): void;
  close(): void;
}

/** The port of everything that learns: networks on an engine, and the baselines they must beat. */
export interface Trainer {
  /** Whatever changes the numbers: engine, back end, version. Part of a fit's key. */
  readonly id: string;
  /** For people. */
  readonly description: string;
  /** Fits that are worth having under way at once. */
  readonly concurrency: number;
  fit(network: Network, samples: Samples, training: Training, watch: Watch): Promise<Trained>;
  open(network: Network, weights: readonly Weight[]): Predictor;
}
