import { describe, expect, it } from 'vitest';
import type { Layer, Network } from '../../src/models/network.ts';
import { checkWeights, initialWeights, parameterCount, parametersOf } from '../../src/models/parameters.ts';

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

describe('parameter counts', () => {
  const cell = (units: number, sequences: boolean) => ({ units, activation: 'relu', sequences, kernelL2: 0, recurrentL2: 0 }) as const;
  const lstm = (units: number, sequences: boolean): Layer => ({ kind: 'lstm', ...cell(units, sequences) });
  const gru = (units: number, sequences: boolean, resetAfter = true): Layer => ({ kind: 'gru', ...cell(units, sequences), resetAfter });
  const dense = (units: number): Layer => ({ kind: 'dense', units, activation: 'relu', kernelL2: 0 });
  const norm: Layer = { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 };

  it.each([
    [34_977, 30, 21, [lstm(64, true), lstm(32, false), dense(16), dense(1)]],
    [26_657, 30, 21, [gru(64, true), gru(32, false), dense(16), dense(1)]],
    [26_369, 30, 21, [gru(64, true, false), gru(32, false, false), dense(16), dense(1)]],
    [32_301, 60, 1, [lstm(50, true), norm, lstm(50, false), norm, dense(25), dense(1)]],
    [19_244, 6, 8, [lstm(64, false), dense(8), dense(4)]],
  ] as const)('%i, as published or counted by Keras', (count, lookback, inputs, stack) => {
    expect(parameterCount({ lookback, inputs, outputs: 1, layers: stack })).toBe(count);
  });

  // By hand for 5 inputs: cells have (inputs + units + biases) x units x gates.
  it.each<[string, number, Layer]>([
    ['two lstms of 8: 2 x 4 x 8 x (5 + 8 + 1)', 896, { kind: 'bidirectional', layer: { kind: 'lstm', ...cell(8, false) } }],
    [
      'two grus of 8, two biases: 2 x 3 x 8 x (5 + 8 + 2)',
      720,
      { kind: 'bidirectional', layer: { kind: 'gru', ...cell(8, true), resetAfter: true } },
    ],
    ['two rnns of 8: 2 x 8 x (5 + 8 + 1)', 224, { kind: 'bidirectional', layer: { kind: 'rnn', ...cell(8, true) } }],
    ['attention of 4: 5 x 4 + 4 + 4', 28, { kind: 'attention', units: 4 }],
    ['a convolution of 7 over 3 steps: 3 x 5 x 7 + 7', 112, { kind: 'conv1d', units: 7, kernelSize: 3, activation: 'relu', kernelL2: 0 }],
  ])('%s', (_, count, layer) => {
    expect(parameterCount({ lookback: 10, inputs: 5, outputs: 1, layers: [layer] })).toBe(count);
  });
});

describe('the parameters of a layer that holds others, or sees several steps', () => {
  const both: Layer = { kind: 'bidirectional', layer: { kind: 'lstm', ...recurrent, kernelL2: 0.1, recurrentL2: 0.2 } };
  const conv: Layer = { kind: 'conv1d', units: 7, kernelSize: 3, activation: 'relu', kernelL2: 0.3 };
  const stack: Network = { lookback: 4, inputs: 5, outputs: 32, layers: [conv, both, { kind: 'attention', units: 4 }] };
  const parameters = parametersOf(stack).flat();

  it('are named and shaped as in Keras, the cell along time first', () => {
    expect(parameters.map(({ name, shape }) => `${name} ${shape.join('x')}`)).toEqual([
      '0.conv1d.kernel 3x5x7',
      '0.conv1d.bias 7',
      '1.bidirectional.forward.kernel 7x64',
      '1.bidirectional.forward.recurrent_kernel 16x64',
      '1.bidirectional.forward.bias 64',
      '1.bidirectional.backward.kernel 7x64',
      '1.bidirectional.backward.recurrent_kernel 16x64',
      '1.bidirectional.backward.bias 64',
      '2.attention.kernel 32x4',
      '2.attention.bias 4',
      '2.attention.context 4x1',
    ]);
    expect(parameters.map(({ l2 }) => l2)).toEqual([0.3, 0, 0.1, 0.2, 0, 0.1, 0.2, 0, 0, 0, 0]);
    expect(parameters.every(({ trainable }) => trainable)).toBe(true);
  });

  it('start apart for the two directions, and glorot uniform with both fans times the kernel size', () => {
    const fresh = initialWeights(stack, 7);
    const values = (name: string) => fresh.find((weight) => weight.name === name)!.values;
    expect(values('1.bidirectional.backward.kernel')).not.toEqual(values('1.bidirectional.forward.kernel'));
    expect(values('1.bidirectional.backward.bias')).toEqual(values('1.bidirectional.forward.bias'));
    // Keras: fan in = 3 x 5, fan out = 3 x 7.
    const limit = Math.sqrt(6 / (3 * 5 + 3 * 7));
    const largest = Math.max(...values('0.conv1d.kernel').map(Math.abs));
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.9 * limit);
  });
});
