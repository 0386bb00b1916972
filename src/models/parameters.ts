import { createRandom, deriveSeed, type Random } from '../core/random.ts';
import { type Layer, type Network, widthAfter } from './network.ts';
import type { Weight } from './trainer.ts';

/** One array of weights a network has, and how it starts. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  /** Moving statistics are kept, not learnt by gradient. */
  readonly trainable: boolean;
  /** L2 strength: the loss gains strength x sum of squares. */
  readonly l2: number;
  readonly initial: 'glorotUniform' | 'orthogonal' | 'zeros' | 'ones' | 'unitForgetBias';
}

const GATES = { rnn: 1, lstm: 4, gru: 3 } as const;

/** The parameters of every layer in order, named `<layer>.<kind>.<weight>`, in Keras' shapes. */
export function parametersOf(network: Network): readonly (readonly Parameter[])[] {
  let width = network.inputs;
  return network.layers.map((layer, k) => {
    const parameters = layerParameters(layer, width, `${k}.${layer.kind}`);
    width = widthAfter(layer, width);
    return parameters;
  });
}

function layerParameters(layer: Layer, width: number, prefix: string): readonly Parameter[] {
  const one = (name: string, shape: readonly number[], initial: Parameter['initial'], l2 = 0, trainable = true): Parameter => ({
    name: `${prefix}.${name}`,
    shape,
    trainable,
    l2,
    initial,
  });
  switch (layer.kind) {
    case 'rnn':
    case 'lstm':
    case 'gru': {
      const columns = GATES[layer.kind] * layer.units;
      const bias = layer.kind === 'gru' && layer.resetAfter ? [2, columns] : [columns];
      return [
        one('kernel', [width, columns], 'glorotUniform', layer.kernelL2),
        one('recurrent_kernel', [layer.units, columns], 'orthogonal', layer.recurrentL2),
        one('bias', bias, layer.kind === 'lstm' ? 'unitForgetBias' : 'zeros'),
      ];
    }
    case 'dense':
      return [one('kernel', [width, layer.units], 'glorotUniform', layer.kernelL2), one('bias', [layer.units], 'zeros')];
    case 'batchNorm':
      return [
        one('gamma', [width], 'ones'),
        one('beta', [width], 'zeros'),
        one('moving_mean', [width], 'zeros', 0, false),
        one('moving_variance', [width], 'ones', 0, false),
      ];
    case 'bidirectional':
      return ['forward', 'backward'].flatMap((direction) => layerParameters(layer.layer, width, `${prefix}.${direction}`));
    case 'attention':
      return [
        one('kernel', [width, layer.units], 'glorotUniform'),
        one('bias', [layer.units], 'zeros'),
        one('context', [layer.units, 1], 'glorotUniform'),
      ];
    case 'conv1d':
      return [one('kernel', [layer.kernelSize, width, layer.units], 'glorotUniform', layer.kernelL2), one('bias', [layer.units], 'zeros')];
    case 'dropout':
      return [];
  }
}

/** All numbers of a network, moving statistics included, counted as Keras counts them. */
export function parameterCount(network: Network): number {
  return parametersOf(network)
    .flat()
    .reduce((count, { shape }) => count + sizeOf(shape), 0);
}

/**
 * Fresh weights, a function of the seed: glorot uniform kernels (Glorot and Bengio 2010), orthogonal recurrent kernels (Saxe et
 * al. 2014), forget bias 1 (Jozefowicz et al. 2015), zeros elsewhere.
 */
export function initialWeights(network: Network, seed: number): Weight[] {
  return parametersOf(network)
    .flat()
    .map(({ name, shape, initial }) => ({
      name,
      shape,
      values: initialValues(initial, shape, createRandom(deriveSeed(seed, 'weights', name))),
    }));
}

/** Throws a TypeError that names the first weight whose name or shape is not the network's. */
export function checkWeights(network: Network, weights: readonly Weight[]): void {
  const expected = parametersOf(network).flat();
  if (weights.length !== expected.length)
    throw new TypeError(`Expected ${expected.length} arrays of weights for this network, received ${weights.length}`);
  expected.forEach(({ name, shape }, k) => {
    const { name: received, shape: given, values } = weights[k]!;
    if (received !== name || given.join() !== shape.join() || values.length !== sizeOf(shape)) {
      throw new TypeError(
        `Expected weight ${name} of shape [${shape.join(', ')}], received ${received} of shape [${given.join(', ')}] with ${values.length} values`,
      );
    }
  });
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function initialValues(kind: Parameter['initial'], shape: readonly number[], random: Random): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  const [rows = 1, columns = 1] = shape;
  switch (kind) {
    case 'zeros':
      return values;
    case 'ones':
      return values.fill(1);
    case 'unitForgetBias':
      // Gate order i, f, c, o: the second quarter.
      return values.fill(1, rows / 4, rows / 2);
    case 'glorotUniform': {
      // Leading dimensions of a convolution's kernel multiply both fans, as in Keras.
      const [fanIn = 1, fanOut = 1] = shape.slice(-2);
      const limit = Math.sqrt(6 / ((fanIn + fanOut) * (values.length / (fanIn * fanOut))));
      return values.map(() => limit * (2 * random.uniform() - 1));
    }
    case 'orthogonal':
      return Float32Array.from(orthonormalRows(rows, columns, random));
  }
}

/** `rows` orthonormal rows of length `columns` >= rows: Gram-Schmidt, twice for accuracy, on normal rows. */
function orthonormalRows(rows: number, columns: number, random: Random): Float64Array {
  const matrix = Float64Array.from({ length: rows * columns }, () => random.normal());
  const row = (k: number) => matrix.subarray(k * columns, (k + 1) * columns);
  for (let k = 0; k < rows; k++) {
    const current = row(k);
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < k; other++) {
        const share = dot(current, row(other));
        const direction = row(other);
        for (let j = 0; j < columns; j++) current[j]! -= share * direction[j]!;
      }
    }
    const length = Math.sqrt(dot(current, current));
    for (let j = 0; j < columns; j++) current[j]! /= length;
  }
  return matrix;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
