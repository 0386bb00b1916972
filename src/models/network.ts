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

export type RecurrentLayer =
  | (Recurrent & { readonly kind: 'rnn' })
  | (Recurrent & { readonly kind: 'lstm' })
  /** resetAfter: the reset gate acts after the recurrent product, with two bias rows (Keras' default). */
  | (Recurrent & { readonly kind: 'gru'; readonly resetAfter: boolean });

export type Layer =
  | RecurrentLayer
  | { readonly kind: 'dense'; readonly units: number; readonly activation: DenseActivation; readonly kernelL2: number }
  /** Each value is zeroed with this probability and the rest scaled by 1 / (1 - rate); a fresh mask for every batch. */
  | { readonly kind: 'dropout'; readonly rate: number }
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number }
  /** Two cells of the same shape, one along time and one against it; their states side by side, 2 x units wide. */
  | { readonly kind: 'bidirectional'; readonly layer: RecurrentLayer }
  /** A sequence to one vector as wide: the mean of its steps weighted by softmax(tanh(h W + b) u) over time (Yang et al. 2016). */
  | { readonly kind: 'attention'; readonly units: number }
  /** Causal convolution along time: step t sees steps t - kernelSize + 1 .. t, zeros before the first. */
  | {
      readonly kind: 'conv1d';
      readonly units: number;
      readonly kernelSize: number;
      readonly activation: DenseActivation;
      readonly kernelL2: number;
    };

export type Loss =
  | { readonly kind: 'mse' }
  | { readonly kind: 'mae' }
  | { readonly kind: 'huber'; readonly delta: number }
  /** Binary cross-entropy from logits. */
  | { readonly kind: 'binary-cross-entropy' }
  /** Pinball loss; one quantile per output of the network. */
  | { readonly kind: 'quantile'; readonly quantiles: readonly number[] };

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

/**
 * After `patience` epochs in a row whose validation loss (without validation samples: training loss) is not below the best by more
 * than 1e-4, the learning rate is multiplied by `factor`, down to `minimum`; as Keras' ReduceLROnPlateau.
 */
export interface Plateau {
  readonly factor: number;
  readonly patience: number;
  readonly minimum: number;
}

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
  /**
   * Whether the training samples come in a random order (seeded): a new one in every epoch (true), or the same one in all (`once`), as
   * Keras has it after `set_random_seed`, which starts its stream anew in every epoch; false leaves them in order of time.
   */
  readonly shuffle: boolean | 'once';
  /** Standard deviation of normal noise on the scaled inputs of training windows, drawn afresh for every batch; 0 for none. */
  readonly noise: number;
  /** Lowers the learning rate where the loss no longer falls; null keeps it. */
  readonly plateau: Plateau | null;
  /** Seed of initialisation, shuffling, dropout and noise. */
  readonly seed: number;
}

/**
 * Whether every layer gets what it needs, a sequence or one vector, and the last one gives one vector of `outputs` numbers. Throws a
 * TypeError that names the layer.
 */
export function checkNetwork(network: Network): void {
  let sequence = true;
  let width = network.inputs;
  network.layers.forEach((layer, k) => {
    const cell = layer.kind === 'bidirectional' ? layer.layer : layer;
    const recurrent = cell.kind === 'rnn' || cell.kind === 'lstm' || cell.kind === 'gru';
    if (!sequence && (recurrent || layer.kind === 'attention' || layer.kind === 'conv1d')) {
      throw new TypeError(
        `Expected a sequence into layer ${k} (${layer.kind}), received one vector from the layers before; set sequences: true there`,
      );
    }
    if (recurrent) sequence = cell.sequences;
    if (layer.kind === 'attention') sequence = false;
    width = widthAfter(layer, width);
  });
  if (sequence) throw new TypeError('Expected the last layers to give one vector per window, received a sequence; set sequences: false');
  if (width !== network.outputs) {
    throw new TypeError(`Expected ${network.outputs} outputs from the last layer, received ${width}; mend its units`);
  }
}

/** Whether a network can be trained so. Throws a TypeError that says what does not fit. */
export function checkTraining(network: Network, { loss }: Pick<Training, 'loss'>): void {
  checkNetwork(network);
  if (loss.kind === 'quantile' && loss.quantiles.length !== network.outputs) {
    throw new TypeError(`Expected one quantile for each of ${network.outputs} outputs, received ${loss.quantiles.length}`);
  }
}

/** Columns that a layer gives for `width` columns. */
export function widthAfter(layer: Layer, width: number): number {
  switch (layer.kind) {
    case 'bidirectional':
      return 2 * layer.layer.units;
    case 'attention':
    case 'dropout':
    case 'batchNorm':
      return width;
    default:
      return layer.units;
  }
}
