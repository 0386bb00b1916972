import { describe, expect, it } from 'vitest';
import { checkNetwork, checkTraining, type Layer, type Network, widthAfter } from '../../src/models/network.ts';

const cell = { units: 3, activation: 'tanh', kernelL2: 0, recurrentL2: 0 } as const;
const last: Layer = { kind: 'lstm', ...cell, sequences: false };
const all: Layer = { kind: 'lstm', ...cell, sequences: true };
const gru: Layer = { kind: 'gru', ...cell, sequences: false, resetAfter: true };
const both = (sequences: boolean): Layer => ({ kind: 'bidirectional', layer: { kind: 'rnn', ...cell, sequences } });
const attention: Layer = { kind: 'attention', units: 4 };
const conv: Layer = { kind: 'conv1d', units: 5, kernelSize: 3, activation: 'relu', kernelL2: 0 };
const dropout: Layer = { kind: 'dropout', rate: 0.2 };
const norm: Layer = { kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 };
const dense = (units: number): Layer => ({ kind: 'dense', units, activation: 'linear', kernelL2: 0 });
const networkOf = (layers: readonly Layer[], outputs = 1): Network => ({ lookback: 6, inputs: 2, outputs, layers });

describe('a check of a network', () => {
  it.each<[string, readonly Layer[], number]>([
    ['a cell and its output', [last, dense(1)], 1],
    ['a cell whose state is the output', [last], 3],
    ['stacked cells with what goes between', [all, norm, dropout, dense(4), gru, norm, dropout, dense(2), dense(1)], 1],
    ['both directions over sequences, then last states', [both(true), both(false), dense(1)], 1],
    ['both directions whose states are the output', [both(false)], 6],
    ['convolutions and attention', [conv, conv, attention, dense(1)], 1],
    ['attention over a cell, as wide as its states', [all, attention], 3],
    ['attention over the inputs', [attention], 2],
  ])('accepts %s', (_, layers, outputs) => {
    expect(() => checkNetwork(networkOf(layers, outputs))).not.toThrow();
  });

  it.each<[string, readonly Layer[], string]>([
    [
      'a cell over a last state',
      [last, gru, dense(1)],
      'Expected a sequence into layer 1 (gru), received one vector from the layers before',
    ],
    ['a cell over a last state that passed others', [last, norm, dropout, dense(2), last, dense(1)], 'into layer 4 (lstm)'],
    ['both directions over a last state', [both(false), both(false), dense(1)], 'into layer 1 (bidirectional)'],
    ['attention over a last state', [last, attention, dense(1)], 'into layer 1 (attention)'],
    ['attention over attention', [attention, attention, dense(1)], 'into layer 1 (attention)'],
    ['a convolution over a last state', [last, conv, dense(1)], 'into layer 1 (conv1d)'],
    ['a sequence at the end', [all, dense(1)], 'Expected the last layers to give one vector per window, received a sequence'],
    ['a convolution at the end', [conv], 'received a sequence'],
    ['both directions over sequences at the end', [both(true)], 'received a sequence'],
    ['no layer at all', [], 'received a sequence'],
    ['another number of outputs', [last, dense(2)], 'Expected 1 outputs from the last layer, received 2; mend its units'],
    ['twice the units of both directions', [both(false)], 'Expected 1 outputs from the last layer, received 6'],
  ])('refuses %s, by its place', (_, layers, message) => {
    expect(() => checkNetwork(networkOf(layers))).toThrow(TypeError);
    expect(() => checkNetwork(networkOf(layers))).toThrow(message);
  });
});

it('a training needs a quantile for each output', () => {
  const loss = { kind: 'quantile', quantiles: [0.1, 0.9] } as const;
  expect(() => checkTraining(networkOf([last, dense(2)], 2), { loss })).not.toThrow();
  expect(() => checkTraining(networkOf([last, dense(3)], 3), { loss })).toThrow('Expected one quantile for each of 3 outputs, received 2');
  expect(() => checkTraining(networkOf([dense(2)], 2), { loss })).toThrow('received a sequence');
});

it('a layer is as wide as its units, both directions twice; dropout, normalisation and attention as what they are given', () => {
  const widths = [last, all, gru, both(true), both(false), attention, conv, dropout, norm, dense(9)].map((layer) => widthAfter(layer, 7));
  expect(widths).toEqual([3, 3, 3, 6, 6, 7, 5, 7, 7, 9]);
});
