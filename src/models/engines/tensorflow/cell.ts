import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { RecurrentLayer } from '../../network.ts';
import type { TensorFlow } from './backend.ts';
import { activationOf, affine, columns, sigmoidBack, stacked, transposedProduct } from './gate.ts';

/** A recurrent cell with its weights on the back end. */
export interface Cell {
  begin(): CellPass;
  /** The input kernel, transposed, made when it is first asked for. */
  inputTransposed(): Tensor2D;
  /** Whether inputs and state have biases of their own (GRU with reset after). */
  readonly twoBiases: boolean;
  dispose(): void;
}

/** One pass of a cell: steps forward in order, then back in reverse order. */
export interface CellPass {
  /** From the input [batch, inputs] and the state [batch, units] to the new state. */
  step(input: Tensor2D, state: Tensor2D): Tensor2D;
  /**
   * From the gradient of the state after step t: those of the input's share x W + b, of the state's share h R (the same tensor
   * where they are equal), both [batch, gates x units] in Keras' order of gates, and of the state before.
   */
  stepBack(t: number, gradient: Tensor2D): { readonly share: Tensor2D; readonly product: Tensor2D; readonly state: Tensor2D };
  /** The gradient of the recurrent kernel, from all states and products, steps below each other; default: states' x products. */
  recurrentGradient?(states: Tensor2D, products: Tensor2D): Tensor2D;
}

export function createCell(tf: TensorFlow, layer: RecurrentLayer, weights: readonly Float32Array[], inputs: number): Cell {
  const [kernel, recurrent, bias] = weights as [Float32Array, Float32Array, Float32Array];
  const { units } = layer;
  const width = recurrent.length / units;
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(tensor: T): T => {
    owned.push(tensor);
    return tensor;
  };
  // Tensors of the cell outlive the scope of the pass that first asks for them.
  const later = (values: Float32Array, rows: number, from: number, to: number) => {
    let made: Tensor2D | undefined;
    return (): Tensor2D => {
      made ??= own(tf.keep(tf.transpose(columns(tf, values, values.length / rows, from, to))));
      return made;
    };
  };
  const gate = (place: number, source = stacked(kernel, recurrent)): Gate => ({
    kernel: own(columns(tf, source, width, place * units, (place + 1) * units)),
    bias: own(tf.tensor1d(bias.subarray(place * units, (place + 1) * units))),
  });
  const parts: Parts = {
    tf,
    layer,
    gate,
    kernel,
    recurrent,
    bias,
    own,
    recurrentTransposed: later(recurrent, units, 0, width),
    columnsTransposed: (from, to) => later(recurrent, units, from * units, to * units),
  };
  const cell =
    layer.kind === 'rnn'
      ? simple(parts)
      : layer.kind === 'lstm'
        ? lstm(parts)
        : layer.resetAfter
          ? gruResetAfter(parts)
          : gruResetBefore(parts);
  return {
    begin: cell,
    inputTransposed: later(kernel, inputs, 0, width),
    twoBiases: layer.kind === 'gru' && layer.resetAfter,
    dispose: () => {
      for (const tensor of owned) tensor.dispose();
    },
  };
}

interface Gate {
  readonly kernel: Tensor2D;
  readonly bias: Tensor1D;
}

interface Parts {
  readonly tf: TensorFlow;
  readonly layer: RecurrentLayer;
  readonly kernel: Float32Array;
  readonly recurrent: Float32Array;
  readonly bias: Float32Array;
  /** Kernel (of inputs above state) and bias of the gate at a place in Keras' order. */
  gate(place: number, source?: Float32Array): Gate;
  own<T extends { dispose(): void }>(tensor: T): T;
  recurrentTransposed(): Tensor2D;
  /** Columns of gates `from .. to-1` of the recurrent kernel, transposed. */
  columnsTransposed(from: number, to: number): () => Tensor2D;
}

/** h = a([x h] K + b). */
function simple({ tf, layer, gate, recurrentTransposed }: Parts): () => CellPass {
  const f = activationOf(tf, layer.activation);
  const only = gate(0);
  return () => {
    const outputs: Tensor2D[] = [];
    return {
      step(input, state) {
        const output = f.apply(affine(tf, tf.concat2d([input, state], 1), only.kernel, only.bias));
        outputs.push(output);
        return output;
      },
      stepBack(t, gradient) {
        const share = f.back(gradient, outputs[t]!);
        return { share, product: share, state: tf.matMul(share, recurrentTransposed()) };
      },
    };
  };
}

/** c = sigmoid(f) c + sigmoid(i) a(g); h = sigmoid(o) a(c); gate order i, f, g, o (Hochreiter and Schmidhuber 1997; Gers et al. 2000). */
function lstm({ tf, layer, gate, recurrentTransposed }: Parts): () => CellPass {
  const f = activationOf(tf, layer.activation);
  const [entering, forgetting, inner, leaving] = [gate(0), gate(1), gate(2), gate(3)];
  return () => {
    const steps: {
      enter: Tensor2D;
      forget: Tensor2D;
      candidate: Tensor2D;
      leave: Tensor2D;
      before: Tensor2D | undefined;
      active: Tensor2D;
    }[] = [];
    let content: Tensor2D | undefined;
    let carried: Tensor2D | undefined;
    return {
      step(input, state) {
        const both = tf.concat2d([input, state], 1);
        const enter = affine(tf, both, entering.kernel, entering.bias, 'sigmoid');
        const forget = affine(tf, both, forgetting.kernel, forgetting.bias, 'sigmoid');
        const candidate = f.apply(affine(tf, both, inner.kernel, inner.bias));
        const leave = affine(tf, both, leaving.kernel, leaving.bias, 'sigmoid');
        const fresh = tf.mul<Tensor2D>(enter, candidate);
        const before = content;
        content = before ? tf.add<Tensor2D>(tf.mul(forget, before), fresh) : fresh;
        const active = f.apply(content);
        steps.push({ enter, forget, candidate, leave, before, active });
        return tf.mul<Tensor2D>(leave, active);
      },
      stepBack(t, gradient) {
        const { enter, forget, candidate, leave, before, active } = steps[t]!;
        const toLeave = sigmoidBack(tf, tf.mul<Tensor2D>(gradient, active), leave);
        const fromOutput = f.back(tf.mul<Tensor2D>(gradient, leave), active);
        const toContent = carried ? tf.add<Tensor2D>(fromOutput, carried) : fromOutput;
        const toEnter = sigmoidBack(tf, tf.mul<Tensor2D>(toContent, candidate), enter);
        const toForget = before ? sigmoidBack(tf, tf.mul<Tensor2D>(toContent, before), forget) : tf.zerosLike(toEnter);
        const toCandidate = f.back(tf.mul<Tensor2D>(toContent, enter), candidate);
        carried = tf.mul<Tensor2D>(toContent, forget);
        const share = tf.concat2d([toEnter, toForget, toCandidate, toLeave], 1);
        return { share, product: share, state: tf.matMul(share, recurrentTransposed()) };
      },
    };
  };
}

/** g = a(x Wg + b0 + r (h Rg + b1)); h = z h + (1 - z) g; gate order z, r, g (Cho et al. 2014, as in cuDNN and Keras 2 and later). */
function gruResetAfter({ tf, layer, kernel, recurrent, bias, own }: Parts): () => CellPass {
  const f = activationOf(tf, layer.activation);
  const { units } = layer;
  const width = 3 * units;
  const part = (values: Float32Array, place: number) => own(columns(tf, values, width, place * units, (place + 1) * units));
  const biasOf = (row: number, place: number) => bias.subarray(row * width + place * units, row * width + (place + 1) * units);
  // Update and reset add both shares before the sigmoid: one product over inputs and state, with the sum of the biases.
  const joint = (place: number): Gate => ({
    kernel: part(stacked(kernel, recurrent), place),
    bias: own(tf.tensor1d(biasOf(0, place).map((value, j) => value + biasOf(1, place)[j]!))),
  });
  const [updating, resetting] = [joint(0), joint(1)];
  const inputInner: Gate = { kernel: part(kernel, 2), bias: own(tf.tensor1d(biasOf(0, 2))) };
  const stateInner: Gate = { kernel: part(recurrent, 2), bias: own(tf.tensor1d(biasOf(1, 2))) };
  let transposed: Tensor2D | undefined;
  const recurrentTransposed = () => {
    transposed ??= own(tf.keep(tf.transpose(tf.tensor2d(recurrent, [units, width]))));
    return transposed;
  };
  return () => {
    const steps: { state: Tensor2D; update: Tensor2D; reset: Tensor2D; inner: Tensor2D; candidate: Tensor2D }[] = [];
    return {
      step(input, state) {
        const both = tf.concat2d([input, state], 1);
        const update = affine(tf, both, updating.kernel, updating.bias, 'sigmoid');
        const reset = affine(tf, both, resetting.kernel, resetting.bias, 'sigmoid');
        const inner = affine(tf, state, stateInner.kernel, stateInner.bias);
        const candidate = f.apply(tf.add<Tensor2D>(affine(tf, input, inputInner.kernel, inputInner.bias), tf.mul(reset, inner)));
        steps.push({ state, update, reset, inner, candidate });
        return tf.add<Tensor2D>(candidate, tf.mul(update, tf.sub(state, candidate)));
      },
      stepBack(t, gradient) {
        const { state, update, reset, inner, candidate } = steps[t]!;
        const kept = tf.mul<Tensor2D>(gradient, update);
        const toCandidate = f.back(tf.sub<Tensor2D>(gradient, kept), candidate);
        const toUpdate = sigmoidBack(tf, tf.mul<Tensor2D>(gradient, tf.sub(state, candidate)), update);
        const toReset = sigmoidBack(tf, tf.mul<Tensor2D>(toCandidate, inner), reset);
        const product = tf.concat2d([toUpdate, toReset, tf.mul<Tensor2D>(toCandidate, reset)], 1);
        return {
          share: tf.concat2d([toUpdate, toReset, toCandidate], 1),
          product,
          state: tf.add<Tensor2D>(kept, tf.matMul(product, recurrentTransposed())),
        };
      },
    };
  };
}

/** g = a(x Wg + b + (r h) Rg); h = z h + (1 - z) g; gate order z, r, g. */
function gruResetBefore({ tf, layer, gate, columnsTransposed }: Parts): () => CellPass {
  const f = activationOf(tf, layer.activation);
  const [updating, resetting, inner] = [gate(0), gate(1), gate(2)];
  const gatesTransposed = columnsTransposed(0, 2);
  const innerTransposed = columnsTransposed(2, 3);
  return () => {
    const steps: { state: Tensor2D; update: Tensor2D; reset: Tensor2D; candidate: Tensor2D }[] = [];
    const resetStates: Tensor2D[] = [];
    return {
      step(input, state) {
        const both = tf.concat2d([input, state], 1);
        const update = affine(tf, both, updating.kernel, updating.bias, 'sigmoid');
        const reset = affine(tf, both, resetting.kernel, resetting.bias, 'sigmoid');
        const resetState = tf.mul<Tensor2D>(reset, state);
        const candidate = f.apply(affine(tf, tf.concat2d([input, resetState], 1), inner.kernel, inner.bias));
        resetStates.push(resetState);
        steps.push({ state, update, reset, candidate });
        return tf.add<Tensor2D>(candidate, tf.mul(update, tf.sub(state, candidate)));
      },
      stepBack(t, gradient) {
        const { state, update, reset, candidate } = steps[t]!;
        const kept = tf.mul<Tensor2D>(gradient, update);
        const toCandidate = f.back(tf.sub<Tensor2D>(gradient, kept), candidate);
        const toResetState = tf.matMul<Tensor2D>(toCandidate, innerTransposed());
        const toUpdate = sigmoidBack(tf, tf.mul<Tensor2D>(gradient, tf.sub(state, candidate)), update);
        const toReset = sigmoidBack(tf, tf.mul<Tensor2D>(toResetState, state), reset);
        const gates = tf.concat2d([toUpdate, toReset], 1);
        const direct = tf.add<Tensor2D>(kept, tf.mul(toResetState, reset));
        const share = tf.concat2d([gates, toCandidate], 1);
        return { share, product: share, state: tf.add<Tensor2D>(direct, tf.matMul(gates, gatesTransposed())) };
      },
      // The candidate saw the state after its reset.
      recurrentGradient(states, products) {
        const [gates, candidates] = tf.split(products, [2 * layer.units, layer.units], 1) as [Tensor2D, Tensor2D];
        return tf.concat2d([transposedProduct(tf, states, gates), transposedProduct(tf, tf.concat2d(resetStates, 0), candidates)], 1);
      },
    };
  };
}
