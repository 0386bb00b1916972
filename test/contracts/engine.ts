import type { Layer, Network, Optimiser, Training } from '../../src/models/network.ts';
import type { Samples, Trained, Weight } from '../../src/models/trainer.ts';

/** What an engine can do; the rest of a contract is skipped with the reason in the test's name. */
export interface EngineOptions {
  readonly layers: readonly Layer['kind'][];
}

/** The layers of Keras' reference values. */
export const COMMON_LAYERS = ['rnn', 'lstm', 'gru', 'dense', 'dropout', 'batchNorm'] as const;
export const ALL_LAYERS = [...COMMON_LAYERS, 'bidirectional', 'attention', 'conv1d'] as const;

/** A look below an engine's port, at single passes and steps. Layers alone and networks that end with a sequence must pass too. */
export interface EnginePass {
  /**
   * A training-mode pass of a batch, without penalties, dropout or noise. windows: [window][step][input]; the outputs and their gradient
   * are [step][window][unit] where the network ends with a sequence, else [window][unit].
   */
  backward(
    network: Network,
    weights: readonly Float32Array[],
    windows: Float32Array,
    count: number,
    outputGradient: (outputs: Float32Array) => Float32Array,
  ): PassGradients;
  /** Outputs in inference mode. */
  forward(network: Network, weights: readonly Float32Array[], windows: Float32Array, count: number): Float32Array;
  train(network: Network, samples: Samples, training: Training, initial: readonly Weight[]): Promise<Trained>;
  /** The weights after each step, one per gradient. */
  optimise(optimiser: Optimiser, initial: Float32Array, gradients: readonly Float32Array[], clipNorm: number): Float32Array[];
}

export interface PassGradients {
  /** Of the trainable parameters in their order, in Keras' layout. */
  readonly weights: readonly Float32Array[];
  /** [window][step][input] */
  readonly input: Float32Array;
  /** Moving statistics after this batch, in the order of the parameters. */
  readonly movingAfter: readonly Float32Array[];
}

/** The kinds of layers among these that an engine lacks, in words for a test's name; empty where it has all. */
export function lacking(layers: readonly Layer[], { layers: kinds }: EngineOptions): string {
  const needed = layers.flatMap((layer) => (layer.kind === 'bidirectional' ? [layer.kind, layer.layer.kind] : [layer.kind]));
  const missing = [...new Set(needed)].filter((kind) => !kinds.includes(kind));
  return missing.length === 0 ? '' : ` (this engine has no ${missing.join(' and no ')})`;
}
