import type { DenseActivation, Layer, Loss, Network, RecurrentLayer } from '../../src/models/network.ts';
import { parametersOf } from '../../src/models/parameters.ts';

// The networks once more, in float64 and straight from their formulas: slow, and nothing in common with an engine. Checked against Keras
// where the reference values are at hand (keras.ts); its finite differences are exact to ten digits, so that every engine's gradients can
// be held against them number by number.

type Row = readonly number[];
/** [step][window][unit]; one vector per window is a single step. */
type Sequence = readonly (readonly Row[])[];
type Values = ArrayLike<number>;

/** Outputs of a batch: [step][window][unit] where the network ends with a sequence, else [window][unit]. Dropout does nothing. */
export function referenceOutputs(
  network: Network,
  weights: readonly Values[],
  windows: Values,
  count: number,
  training: boolean,
): number[] {
  const { lookback, inputs, layers } = network;
  let sequence: Sequence = Array.from({ length: lookback }, (_, t) =>
    Array.from({ length: count }, (_, k) => Array.from({ length: inputs }, (_, j) => windows[(k * lookback + t) * inputs + j]!)),
  );
  let next = 0;
  parametersOf(network).forEach((parameters, k) => {
    sequence = layerOutputs(layers[k]!, sequence, weights.slice(next, next + parameters.length), training);
    next += parameters.length;
  });
  return sequence.flat(2) as number[];
}

/** The mean loss, each sample's multiplied by its weight. */
export function referenceLoss(loss: Loss, predicted: Values, target: Values, outputs: number, weights?: Values): number {
  let sum = 0;
  for (let k = 0; k < predicted.length; k++) {
    const p = predicted[k]!;
    const error = target[k]! - p;
    sum += (weights ? weights[Math.floor(k / outputs)]! : 1) * one(k, p, error);
  }
  return sum / predicted.length;

  function one(k: number, p: number, error: number): number {
    switch (loss.kind) {
      case 'mse':
        return error * error;
      case 'mae':
        return Math.abs(error);
      case 'huber':
        return Math.abs(error) <= loss.delta ? (error * error) / 2 : loss.delta * Math.abs(error) - (loss.delta * loss.delta) / 2;
      case 'binary-cross-entropy': {
        // From its definition, -y ln s - (1 - y) ln(1 - s) with s = sigmoid(p), whose 1 - s is sigmoid(-p).
        const y = target[k]!;
        return -y * Math.log(sigmoid(p)) - (1 - y) * Math.log(sigmoid(-p));
      }
      case 'quantile': {
        const quantile = loss.quantiles[k % outputs]!;
        return Math.max(quantile * error, (quantile - 1) * error);
      }
    }
  }
}

/** The sum over all weights of L2 strength x square. */
export function referencePenalty(network: Network, weights: readonly Values[]): number {
  return parametersOf(network)
    .flat()
    .reduce((sum, { l2 }, k) => sum + l2 * Array.from(weights[k]!).reduce((squares, value) => squares + value * value, 0), 0);
}

/** Central differences of `f` by every number of `values`, which must be float64. */
export function finiteDifferences(f: (values: Float64Array) => number, values: Float64Array): number[] {
  const step = 1e-5;
  return Array.from(values, (value, k) => {
    const moved = (by: number) => f(values.with(k, value + by));
    return (moved(step) - moved(-step)) / (2 * step);
  });
}

function layerOutputs(layer: Layer, input: Sequence, weights: readonly Values[], training: boolean): Sequence {
  const [first, second, third, fourth] = weights as [Values, Values, Values, Values];
  switch (layer.kind) {
    case 'rnn':
    case 'lstm':
    case 'gru':
      return recurrent(layer, input, weights);
    case 'dense':
      return input.map((step) => step.map((x) => affine(x, first, second, layer.units).map(activation(layer.activation))));
    case 'dropout':
      return input;
    case 'batchNorm': {
      const rows = input.flat();
      const mean = (j: number) => rows.reduce((sum, row) => sum + row[j]!, 0) / rows.length;
      const variance = (j: number) => rows.reduce((sum, row) => sum + (row[j]! - mean(j)) * (row[j]! - mean(j)), 0) / rows.length;
      const centre = Array.from(first, (_, j) => (training ? mean(j) : third[j]!));
      const spread = Array.from(first, (_, j) => Math.sqrt((training ? variance(j) : fourth[j]!) + layer.epsilon));
      return input.map((step) => step.map((x) => x.map((value, j) => (first[j]! * (value - centre[j]!)) / spread[j]! + second[j]!)));
    }
    case 'bidirectional': {
      const along = recurrent(layer.layer, input, weights.slice(0, 3));
      const against = recurrent(layer.layer, input.toReversed(), weights.slice(3)).toReversed();
      return along.map((step, t) => step.map((h, k) => [...h, ...against[t]![k]!]));
    }
    case 'attention':
      return [
        input[0]!.map((_, k) =>
          attention(
            input.map((step) => step[k]!),
            weights,
            layer.units,
          ),
        ),
      ];
    case 'conv1d': {
      const width = input[0]![0]!.length;
      return input.map((step, t) =>
        step.map((_, k) =>
          Array.from({ length: layer.units }, (_, u) => {
            let sum = second[u]!;
            for (let tap = 0; tap < layer.kernelSize; tap++) {
              const x = input[t - layer.kernelSize + 1 + tap]?.[k];
              for (let j = 0; x && j < width; j++) sum += x[j]! * first[(tap * width + j) * layer.units + u]!;
            }
            return activation(layer.activation)(sum);
          }),
        ),
      );
    }
  }
}

/** The mean of the steps of one window weighted by softmax(tanh(h W + b) u). */
function attention(steps: readonly Row[], [kernel, bias, context]: readonly Values[], units: number): Row {
  const scores = steps.map((h) => affine(h, kernel!, bias!, units).reduce((sum, value, u) => sum + Math.tanh(value) * context![u]!, 0));
  const powers = scores.map(Math.exp);
  const total = powers.reduce((sum, value) => sum + value, 0);
  return steps[0]!.map((_, j) => steps.reduce((sum, h, t) => sum + (powers[t]! / total) * h[j]!, 0));
}

function recurrent(layer: RecurrentLayer, input: Sequence, weights: readonly Values[]): Sequence {
  const states = input[0]!.map((_, k) =>
    windowStates(
      layer,
      input.map((step) => step[k]!),
      weights,
    ),
  );
  const steps = input.map((_, t) => states.map((window) => window[t]!));
  return layer.sequences ? steps : steps.slice(-1);
}

/** The states of one window, step by step. */
function windowStates(layer: RecurrentLayer, steps: readonly Row[], [kernel, recurrentKernel, bias]: readonly Values[]): Row[] {
  const { units, kind } = layer;
  const f = activation(layer.activation);
  const gates = kind === 'lstm' ? 4 : kind === 'gru' ? 3 : 1;
  const width = gates * units;
  const resetAfter = kind === 'gru' && layer.resetAfter;
  const inputBias = Array.from({ length: width }, (_, j) => bias![j]!);
  const stateBias = Array.from({ length: width }, (_, j) => (resetAfter ? bias![width + j]! : 0));
  let h: Row = new Array<number>(units).fill(0);
  let c: Row = h;
  return steps.map((x) => {
    const a = affine(x, kernel!, inputBias, width);
    const b = affine(h, recurrentKernel!, stateBias, width);
    const gate = (place: number, u: number) => sigmoid(a[place * units + u]! + b[place * units + u]!);
    if (kind === 'rnn') h = a.map((value, u) => f(value + b[u]!));
    else if (kind === 'lstm') {
      c = c.map((value, u) => gate(1, u) * value + gate(0, u) * f(a[2 * units + u]! + b[2 * units + u]!));
      h = c.map((value, u) => gate(3, u) * f(value));
    } else {
      const before = h;
      const reset = before.map((value, u) => gate(1, u) * value);
      const inner = resetAfter
        ? before.map((_, u) => gate(1, u) * b[2 * units + u]!)
        : affine(reset, recurrentKernel!, stateBias, width).slice(2 * units);
      h = before.map((value, u) => gate(0, u) * value + (1 - gate(0, u)) * f(a[2 * units + u]! + inner[u]!));
    }
    return h;
  });
}

/** x K + b for a kernel of `width` columns. */
function affine(x: Row, kernel: Values, bias: Values, width: number): number[] {
  return Array.from({ length: width }, (_, u) => x.reduce((sum, value, j) => sum + value * kernel[j * width + u]!, bias[u]!));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function activation(name: DenseActivation): (x: number) => number {
  switch (name) {
    case 'linear':
      return (x) => x;
    case 'relu':
      return (x) => Math.max(x, 0);
    case 'tanh':
      return Math.tanh;
    case 'sigmoid':
      return sigmoid;
  }
}
