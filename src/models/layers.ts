import type { ModelOptions, NetworkKind } from './model.ts';
import type { Layer, RecurrentLayer } from './network.ts';
import { checkNotNegative, checkShare, checkUnits, checkWhole } from './option-check.ts';

/** The layers that a model's options stand for, the last one giving `outputs` numbers. Throws a TypeError that names the option out of range. */
export function layersOf(kind: NetworkKind, options: ModelOptions, outputs: number): Layer[] {
  const {
    units = [64, 32],
    dropout = 0,
    activation = 'tanh',
    dropoutLast = true,
    batchNorm = false,
    l2 = 0,
    recurrentL2 = l2,
    dense = [],
    denseDropout = 0,
    bidirectional = false,
    attention = 0,
    convolution,
  } = options;
  if (units.length === 0) throw new TypeError('Expected units for at least one recurrent layer, received none');
  for (const size of [...units, ...dense]) checkUnits('units', size);
  if (attention !== 0) checkUnits('attention', attention);
  checkShare('dropout', dropout);
  checkShare('denseDropout', denseDropout);
  checkNotNegative('l2', l2);
  checkNotNegative('recurrentL2', recurrentL2);
  const layers: Layer[] = [];
  if (convolution) {
    checkUnits('convolution.units', convolution.units);
    checkWhole('convolution.kernelSize', convolution.kernelSize, 1);
    layers.push({ kind: 'conv1d', ...convolution, activation: 'relu', kernelL2: l2 });
  }
  units.forEach((size, k) => {
    const sequences = k < units.length - 1 || attention > 0;
    const recurrent = { units: size, activation, sequences, kernelL2: l2, recurrentL2 };
    const layer: RecurrentLayer = kind === 'gru' ? { kind, ...recurrent, resetAfter: options.resetAfter ?? true } : { kind, ...recurrent };
    layers.push(bidirectional ? { kind: 'bidirectional', layer } : layer);
    // Keras' defaults.
    if (batchNorm) layers.push({ kind: 'batchNorm', momentum: 0.99, epsilon: 1e-3 });
    if (dropout > 0 && (dropoutLast || k < units.length - 1)) layers.push({ kind: 'dropout', rate: dropout });
  });
  if (attention > 0) layers.push({ kind: 'attention', units: attention });
  for (const size of dense) {
    layers.push({ kind: 'dense', units: size, activation: 'relu', kernelL2: l2 });
    if (denseDropout > 0) layers.push({ kind: 'dropout', rate: denseDropout });
  }
  layers.push({ kind: 'dense', units: outputs, activation: 'linear', kernelL2: 0 });
  return layers;
}
