import { type Layer, type Network, widthAfter } from '../../network.ts';
import { parametersOf } from '../../parameters.ts';
import { attentionLayer } from './attention.ts';
import type { TensorFlow } from './backend.ts';
import { bidirectionalLayer } from './bidirectional.ts';
import { convolutionLayer } from './convolution.ts';
import { numbersOf } from './gate.ts';
import type { LayerPass, LoadedLayer, PassOptions, Sequence } from './layer.ts';
import { batchNormLayer, denseLayer, dropoutLayer } from './pointwise.ts';
import { recurrentLayer } from './recurrent.ts';

/** Weights as the network's parameters list them. */
export type WeightValues = readonly Float32Array[];

/** A network with its weights on the back end. Must be disposed of. */
export interface LoadedNetwork {
  /** Outputs [batch x outputs] of a batch of windows, step below step where the network ends with a sequence. */
  forward(batch: WindowBatch): Float32Array;
  /** A training pass; `outputGradient` gives the gradient of the outputs, in their layout. */
  backward(
    batch: WindowBatch,
    options: PassOptions,
    outputGradient: (outputs: Float32Array) => Float32Array,
    wantInput?: boolean,
  ): Gradients;
  dispose(): void;
}

/** Windows step by step: `steps[t]` is row-major [window][input]. */
export interface WindowBatch {
  readonly steps: readonly Float32Array[];
  readonly windows: number;
}

export interface Gradients {
  /** Of the trainable weights, in the order of the parameters. */
  readonly weights: readonly Float32Array[];
  /** Of the inputs, per step; empty unless wanted. */
  readonly input: readonly Float32Array[];
  /** What moving statistics move towards. */
  readonly statistics: readonly MovingUpdate[];
}

/** `index` is that of a layer's moving mean among all parameters; its moving variance follows. */
export interface MovingUpdate {
  readonly index: number;
  readonly momentum: number;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

export function loadNetwork(tf: TensorFlow, network: Network, weights: WeightValues): LoadedNetwork {
  const layers = loadLayers(tf, network, weights);
  const firstOf = firstParameters(network);
  const input = (batch: WindowBatch): Sequence => batch.steps.map((values) => tf.tensor2d(values, [batch.windows, network.inputs]));
  return {
    forward(batch) {
      let outputs = new Float32Array(0);
      // Nothing is returned through the scope: it would search what it is given for tensors, number by number.
      tf.tidy(() => {
        let value = input(batch);
        for (const layer of layers) value = layer.begin({ training: false }).forward(value);
        outputs = joinedNumbers(value) as Float32Array<ArrayBuffer>;
      });
      return outputs;
    },
    backward(batch, options, outputGradient, wantInput = false) {
      const gradients: Float32Array[] = [];
      const inputGradients: Float32Array[] = [];
      const statistics: MovingUpdate[] = [];
      tf.tidy(() => {
        const passes = layers.map((layer) => layer.begin(options));
        let value = input(batch);
        for (const pass of passes) value = pass.forward(value);
        const seeds = outputGradient(joinedNumbers(value));
        let gradient: Sequence = value.map((one, t) => tf.tensor2d(seeds.subarray(t * one.size, (t + 1) * one.size), one.shape));
        for (let k = passes.length - 1; k >= 0; k--) gradient = passes[k]!.backward(gradient, wantInput || k > 0);
        for (const pass of passes) gradients.push(...pass.gradients);
        if (wantInput) inputGradients.push(...gradient.map(numbersOf));
        statistics.push(...updatesOf(network, passes, firstOf));
      });
      return { weights: gradients, input: inputGradients, statistics };
    },
    dispose() {
      for (const layer of layers) layer.dispose();
    },
  };
}

/** moving = moving x momentum + batch x (1 - momentum), as Keras does. */
export function applyStatistics(weights: WeightValues, statistics: readonly MovingUpdate[]): void {
  for (const { index, momentum, mean, variance } of statistics) {
    for (const [values, fresh] of [
      [weights[index]!, mean],
      [weights[index + 1]!, variance],
    ] as const) {
      for (let k = 0; k < values.length; k++) values[k] = values[k]! * momentum + fresh[k]! * (1 - momentum);
    }
  }
}

function loadLayers(tf: TensorFlow, network: Network, weights: WeightValues): LoadedLayer[] {
  const firstOf = firstParameters(network);
  let width = network.inputs;
  return network.layers.map((layer, k) => {
    const inputs = width;
    width = widthAfter(layer, width);
    return loadLayer(tf, layer, weights.slice(firstOf[k], firstOf[k + 1]), inputs);
  });
}

function loadLayer(tf: TensorFlow, layer: Layer, weights: WeightValues, inputs: number): LoadedLayer {
  switch (layer.kind) {
    case 'rnn':
    case 'lstm':
    case 'gru':
      return recurrentLayer(tf, layer, weights, inputs);
    case 'dense':
      return denseLayer(tf, layer, weights, inputs);
    case 'dropout':
      return dropoutLayer(tf, layer);
    case 'batchNorm':
      return batchNormLayer(tf, layer, weights);
    case 'bidirectional':
      return bidirectionalLayer(tf, layer, weights, inputs);
    case 'attention':
      return attentionLayer(tf, layer, weights, inputs);
    case 'conv1d':
      return convolutionLayer(tf, layer, weights, inputs);
  }
}

/** The index of every layer's first parameter among all, and at the end their number. */
function firstParameters(network: Network): number[] {
  const firsts = [0];
  for (const parameters of parametersOf(network)) firsts.push(firsts[firsts.length - 1]! + parameters.length);
  return firsts;
}

function updatesOf(network: Network, passes: readonly LayerPass[], firstOf: readonly number[]): MovingUpdate[] {
  return network.layers.flatMap((layer, k) => {
    const { statistics } = passes[k]!;
    // Gamma and beta come first.
    return layer.kind === 'batchNorm' && statistics ? [{ index: firstOf[k]! + 2, momentum: layer.momentum, ...statistics }] : [];
  });
}

function joinedNumbers(sequence: Sequence): Float32Array {
  if (sequence.length === 1) return numbersOf(sequence[0]!);
  const joined = new Float32Array(sequence.reduce((size, one) => size + one.size, 0));
  sequence.forEach((one, t) => {
    joined.set(numbersOf(one), t * one.size);
  });
  return joined;
}
