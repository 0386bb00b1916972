import { clipGlobalNorm, createStep } from '../../../src/models/engines/optimiser.ts';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { applyStatistics, loadNetwork, type WindowBatch } from '../../../src/models/engines/tensorflow/pass.ts';
import { train } from '../../../src/models/engines/tensorflow/trainer.ts';
import type { Network } from '../../../src/models/network.ts';
import { parametersOf } from '../../../src/models/parameters.ts';
import { ALL_LAYERS, type EnginePass } from '../../contracts/engine.ts';
import { kerasContract } from '../../contracts/keras.ts';

kerasContract('TensorFlow.js on WebAssembly', createPass, { layers: ALL_LAYERS });

async function createPass(): Promise<EnginePass> {
  const { tf } = await loadBackend('wasm');
  return {
    backward(network, weights, windows, count, outputGradient) {
      const loaded = loadNetwork(tf, network, weights);
      try {
        const gradients = loaded.backward(batchOf(network, windows, count), { training: true }, outputGradient, true);
        const after = weights.map((values) => values.slice());
        applyStatistics(after, gradients.statistics);
        const parameters = parametersOf(network).flat();
        return {
          weights: gradients.weights,
          input: windowMajor(network, gradients.input, count),
          movingAfter: after.filter((_, k) => !parameters[k]!.trainable),
        };
      } finally {
        loaded.dispose();
      }
    },
    forward(network, weights, windows, count) {
      const loaded = loadNetwork(tf, network, weights);
      try {
        return loaded.forward(batchOf(network, windows, count));
      } finally {
        loaded.dispose();
      }
    },
    train: (network, samples, training, initial) => train(tf, network, samples, training, initial, {}),
    optimise(optimiser, initial, gradients, clipNorm) {
      const step = createStep(optimiser);
      const weights = initial.slice();
      return gradients.map((gradient) => {
        const clipped = gradient.slice();
        clipGlobalNorm([clipped], clipNorm);
        step([weights], [clipped], optimiser.learningRate);
        return weights.slice();
      });
    },
  };
}

/** [window][step][input] as one array per step. */
function batchOf({ lookback, inputs }: Network, windows: Float32Array, count: number): WindowBatch {
  const steps = Array.from({ length: lookback }, (_, t) => {
    const step = new Float32Array(count * inputs);
    for (let k = 0; k < count; k++) step.set(windows.subarray((k * lookback + t) * inputs, (k * lookback + t + 1) * inputs), k * inputs);
    return step;
  });
  return { steps, windows: count };
}

/** One array per step as [window][step][input]. */
function windowMajor({ lookback, inputs }: Network, steps: readonly Float32Array[], count: number): Float32Array {
  const windows = new Float32Array(count * lookback * inputs);
  steps.forEach((step, t) => {
    for (let k = 0; k < count; k++) windows.set(step.subarray(k * inputs, (k + 1) * inputs), (k * lookback + t) * inputs);
  });
  return windows;
}
