/** A declarative network: its layers in order, from the window of inputs to the outputs. Plain data, part of a fit's key. */
export interface Network {
  /** Bars in a window. */
  readonly lookback: number;
  /** Columns of a window. */
  readonly inputs: number;
  /** Numbers forecast per window; the last dense layer has this many units. */
  readonly outputs: number;
  readonly layers: readonly Layer[];
}

export type RecurrentActivation = 'tanh' | 'relu';
export type DenseActivation = 'linear' | 'relu' | 'tanh' | 'sigmoid';

interface Recurrent {
  readonly units: number;
  /** Activation of the candidate and the output; gates are always sigmoid. */
  readonly activation: RecurrentActivation;
  /** The state of every step (true) or of the last one only (false). */
  readonly sequences: boolean;
  /** L2 penalties, added to the loss as strength x sum of squares. */
  readonly kernelL2: number;
  readonly recurrentL2: number;
}

export type Layer =
  | (Recurrent & { readonly kind: 'rnn' })
  | (Recurrent & { readonly kind: 'lstm' })
  /** resetAfter: the reset gate acts after the recurrent product, with two bias rows (Keras' default). */
  | (Recurrent & { readonly kind: 'gru'; readonly resetAfter: boolean })
  | { readonly kind: 'dense'; readonly units: number; readonly activation: DenseActivation; readonly kernelL2: number }
  /** Each value is zeroed with this probability and the rest scaled by 1 / (1 - rate); a fresh mask for every batch. */
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number };

export type Loss =
  | { readonly kind: 'mse' }
  | { readonly kind: 'mae' }
  | { readonly kind: 'huber'; readonly delta: number }
  /** Binary cross-entropy from logits. */
  | { readonly kind: 'binary-cross-entropy' };

export type Optimiser =
  | {
      readonly kind: 'adam' | 'adamw';
      readonly learningRate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly epsilon: number;
      readonly weightDecay: number;
    }
  | { readonly kind: 'rmsprop'; readonly learningRate: number; readonly rho: number; readonly epsilon: number }
  | { readonly kind: 'sgd'; readonly learningRate: number; readonly momentum: number };

/** How a network is trained. Plain data, part of a fit's key. */
export interface Training {
  readonly epochs: number;
  readonly batchSize: number;
  readonly loss: Loss;
  readonly optimiser: Optimiser;
  /** Epochs without a better validation loss before training stops; the best epoch's weights are kept. 0 trains all epochs and keeps the last. */
  readonly patience: number;
  /** Global-norm clipping of the gradient; 0 for none. */
  readonly clipNorm: number;
  /** Shuffle the training samples before every epoch (seeded). */
  readonly shuffle: boolean;
  /** Seed of initialisation, shuffling and dropout. */
  readonly seed: number;
}
