import { compileKernels } from '../../../../src/models/engines/wasm/compilation.ts';
import type { Member } from '../../../../src/models/engines/wasm/crew.ts';
import { readWeights, writeWeights } from '../../../../src/models/engines/wasm/keras-layout.ts';
import { instantiate } from '../../../../src/models/engines/wasm/kernels.ts';
import { addressOf, type Flow } from '../../../../src/models/engines/wasm/layer.ts';
import { type Course, memoryMap } from '../../../../src/models/engines/wasm/memory-map.ts';
import { createPass, type Pass } from '../../../../src/models/engines/wasm/pass.ts';
import { prepareTraining, runTraining } from '../../../../src/models/engines/wasm/training.ts';
import { createRates, createUpdate } from '../../../../src/models/engines/wasm/update.ts';
import type { Network, Training } from '../../../../src/models/network.ts';
import { parametersOf } from '../../../../src/models/parameters.ts';
import type { EnginePass } from '../../../contracts/engine.ts';

const alone: Member = { mine: () => true, barrier() {} };

export const sharedMemory = (pages: number) => new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });

/** The wasm engine's passes and steps, one thread doing the work of all shards. */
export function wasmPass(): EnginePass {
  const { module } = compileKernels('auto');
  return {
    backward(network, weights, windows, count, outputGradient) {
      const { pass, layout } = load(module, network, weights, windows, count);
      pass.forward(alone);
      const gradient = outputGradient(readFlow(pass, layout.output, count));
      writeFlow(pass, { ...layout.output, offset: layout.gradients[layout.gradients.length - 1]!, last: false }, count, gradient);
      pass.backward(alone);
      const { thread, map, shards } = pass;
      const read = (address: number) => readWeights(network, layout, thread.floats, address, map.moving);
      const parts = shards.map(({ gradients }) => read(gradients));
      const parameters = parametersOf(network).flat();
      const places = parameters.map((_, k) => k);
      const input: Flow = { ...layout.input, offset: layout.inputGradient };
      return {
        weights: places
          .filter((k) => parameters[k]!.trainable)
          .map((k) => parts[0]![k]!.values.map((value, j) => value + parts[1]![k]!.values[j]!)),
        input: windowMajor(network, readFlow(pass, input, count), count),
        movingAfter: places.filter((k) => !parameters[k]!.trainable).map((k) => parts[0]![k]!.values),
      };
    },
    forward(network, weights, windows, count) {
      const { pass, layout } = load(module, network, weights, windows, count);
      pass.infer(alone);
      return readFlow(pass, layout.inferred, count);
    },
    async train(network, samples, training, initial) {
      return runTraining(module, prepareTraining(network, samples, training, sharedMemory), undefined, initial);
    },
    optimise(optimiser, initial, gradients, clipNorm) {
      const network: Network = {
        lookback: 1,
        inputs: initial.length,
        outputs: 1,
        layers: [{ kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 }],
      };
      const course = courseFor(network, 2);
      const map = memoryMap(course);
      const memory = sharedMemory(map.pages);
      const floats = new Float32Array(memory.buffer);
      const bias = new Float32Array(1);
      writeWeights(map.layout, [initial, bias], floats, map.weights, map.moving);
      const thread = { kernels: instantiate(module, memory), floats, zero: map.zero, weights: map.weights, moving: map.moving, packed: 0 };
      const update = createUpdate(optimiser, clipNorm, map);
      const rates = createRates(optimiser);
      return gradients.map((gradient) => {
        const given = rates(optimiser.learningRate);
        map.gradients.forEach((address, shard) => {
          writeWeights(map.layout, [shard === 0 ? gradient : gradient.map(() => 0), bias], floats, address, map.moving);
        });
        const squares = map.gradients.reduce((sum, _, part) => sum + update.join(thread, part), 0);
        map.gradients.forEach((_, part) => {
          update.move(thread, part, squares, given);
        });
        return readWeights(network, map.layout, floats, map.weights, map.moving)[0]!.values;
      });
    },
  };
}

function courseFor(network: Network, count: number): Course {
  const training: Training = {
    epochs: 1,
    batchSize: count,
    loss: { kind: 'mse' },
    optimiser: { kind: 'sgd', learningRate: 0, momentum: 0 },
    patience: 0,
    clipNorm: 0,
    shuffle: false,
    noise: 0,
    plateau: null,
    seed: 1,
  };
  return { network, training, trainCount: count, samples: count, rows: count * network.lookback, batchSize: count, weighted: false };
}

function load(module: WebAssembly.Module, network: Network, weights: readonly Float32Array[], windows: Float32Array, count: number) {
  const { lookback } = network;
  const course = courseFor(network, count);
  const map = memoryMap(course, true);
  const memory = sharedMemory(map.pages);
  const pass = createPass(module, memory, course, 0, true);
  const { floats } = pass.thread;
  writeWeights(map.layout, weights, floats, map.weights, map.moving);
  floats.set(windows, map.sampleRows / 4);
  new Int32Array(memory.buffer).set(
    Int32Array.from({ length: count }, (_, k) => (k + 1) * lookback - 1),
    map.ends / 4,
  );
  pass.begin(count, 0);
  return { pass, layout: map.layout };
}

/** Calls `visit` with the place in [step][window][unit] of every row of a flow, and its address as a number of floats. */
function eachRow({ shards, map }: Pass, flow: Flow, count: number, visit: (place: number, address: number) => void): void {
  const steps = flow.sequence ? map.layout.steps : 1;
  for (const shard of shards) {
    for (let step = 0; step < steps; step++) {
      for (let row = 0; row < shard.rows; row++) {
        const address = addressOf(flow, shard, map.layout.steps) + (step * shard.rows + row) * flow.stride;
        visit((step * count + shard.firstRow + row) * flow.width, address / 4);
      }
    }
  }
}

function readFlow(pass: Pass, flow: Flow, count: number): Float32Array {
  const { floats } = pass.thread;
  const values = new Float32Array((flow.sequence ? pass.map.layout.steps : 1) * count * flow.width);
  eachRow(pass, flow, count, (place, address) => values.set(floats.subarray(address, address + flow.width), place));
  return values;
}

function writeFlow(pass: Pass, flow: Flow, count: number, values: Float32Array): void {
  const { floats } = pass.thread;
  eachRow(pass, flow, count, (place, address) => floats.set(values.subarray(place, place + flow.width), address));
}

function windowMajor({ lookback, inputs }: Network, steps: Float32Array, count: number): Float32Array {
  const windows = new Float32Array(steps.length);
  for (let step = 0; step < lookback; step++) {
    for (let k = 0; k < count; k++) {
      const from = (step * count + k) * inputs;
      windows.set(steps.subarray(from, from + inputs), (k * lookback + step) * inputs);
    }
  }
  return windows;
}
