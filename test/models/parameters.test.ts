import { describe, expect, it } from 'vitest';
import type { Layer, Network } from '../../src/models/network.ts';
import { checkWeights, initialWeights } from '../../src/models/parameters.ts';

const recurrent = { units: 16, activation: 'tanh', sequences: true, kernelL2: 0, recurrentL2: 0 } as const;
const layers: readonly Layer[] = [
  { kind: 'rnn', ...recurrent },
  { kind: 'gru', ...recurrent, resetAfter: true },
  { kind: 'lstm', ...recurrent, sequences: false },
  { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 },
  { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 },
];
const network: Network = { lookback: 4, inputs: 5, outputs: 1, layers };
const weights = initialWeights(network, 7);
const named = (name: string) => weights.find((weight) => weight.name === name)!;

describe('fresh weights', () => {
  it.each(['0.rnn', '1.gru', '2.lstm'])('have orthonormal rows in the recurrent kernel of %s: R R^T = I (Saxe et al. 2014)', (layer) => {
    const { values, shape } = named(`${layer}.recurrent_kernel`);
    const [rows, columns] = shape as [number, number];
    for (let a = 0; a < rows; a++) {
      for (let b = 0; b < rows; b++) {
        let product = 0;
        for (let j = 0; j < columns; j++) product += values[a * columns + j]! * values[b * columns + j]!;
        expect(product).toBeCloseTo(a === b ? 1 : 0, 6);
      }
    }
  });

  it('have kernels uniform within sqrt(6 / (in + out)), with its variance (Glorot and Bengio 2010)', () => {
    const { values } = named('2.lstm.kernel');
    const limit = Math.sqrt(6 / (16 + 64));
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-limit);
    const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
    // 1,024 draws: the standard error of the ratio is 2.8 %.
    expect(variance / ((limit * limit) / 3)).toBeCloseTo(1, 1);
  });

  it('have a forget bias of 1 and zeros elsewhere (Jozefowicz et al. 2015; Keras: gate order i f c o)', () => {
    const expected = Float32Array.from({ length: 64 }, (_, k) => (k >= 16 && k < 32 ? 1 : 0));
    expect(named('2.lstm.bias').values).toEqual(expected);
    expect(named('1.gru.bias')).toMatchObject({ shape: [2, 48], values: new Float32Array(96) });
    expect(named('3.batchNorm.moving_variance').values).toEqual(new Float32Array(16).fill(1));
  });

  it('are a function of the seed, and differ from layer to layer', () => {
    expect(initialWeights(network, 7)).toEqual(weights);
    expect(initialWeights(network, 8)[0]!.values).not.toEqual(weights[0]!.values);
    expect(named('0.rnn.recurrent_kernel').values).not.toEqual(named('1.gru.recurrent_kernel').values.subarray(0, 256));
  });
});

describe('a check of weights', () => {
  it('accepts those of the network, and names the first that is another', () => {
    expect(() => checkWeights(network, weights)).not.toThrow();
    expect(() => checkWeights(network, weights.slice(1))).toThrow(`Expected ${weights.length} arrays of weights`);
    const short = weights.map((weight, k) => (k === 2 ? { ...weight, values: new Float32Array(3) } : weight));
    expect(() => checkWeights(network, short)).toThrow(
      'Expected weight 0.rnn.bias of shape [16], received 0.rnn.bias of shape [16] with 3 values',
    );
  });
});
