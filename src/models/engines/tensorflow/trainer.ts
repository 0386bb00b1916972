import { setImmediate } from 'node:timers/promises';
import { createRandom, deriveSeed, type Random } from '../../../core/random.ts';
import { checkNetwork, checkTraining, type Network, type Training } from '../../network.ts';
import { checkWeights, initialWeights, type Parameter, parametersOf } from '../../parameters.ts';
import type { Predictor, Samples, Trained, Trainer, Watch, Weight } from '../../trainer.ts';
import { lossAndGradient } from '../loss.ts';
import { clipGlobalNorm, createStep } from '../optimiser.ts';
import { type Learner, trainingLoop } from '../training-loop.ts';
import { isFiniteWindow } from '../window.ts';
import { type BackendChoice, loadBackend, type TensorFlow } from './backend.ts';
import { applyStatistics, loadNetwork, type WeightValues, type WindowBatch } from './pass.ts';

/** Windows forecast at once. A window always sits in the slot of its bar's number modulo this, so that its forecast has no neighbours. */
const SLOTS = 64;

/** The trainer on TensorFlow.js: the native library where it loads, else WebAssembly. */
export async function createTensorflowTrainer(options: { readonly backend?: BackendChoice } = {}): Promise<Trainer> {
  const { tf, id, description } = await loadBackend(options.backend);
  return {
    id,
    description,
    // One core serves all of TensorFlow.js in a process.
    concurrency: 1,
    async fit(network, samples, training, watch) {
      checkTraining(network, training);
      return train(tf, network, samples, training, initialWeights(network, training.seed), watch);
    },
    open: (network, weights) => openPredictor(tf, network, weights),
  };
}

/** Trains from the given weights, which are left as they are. */
export async function train(
  tf: TensorFlow,
  network: Network,
  samples: Samples,
  training: Training,
  initial: readonly Weight[],
  watch: Watch,
): Promise<Trained> {
  checkTraining(network, training);
  checkWeights(network, initial);
  const loop = trainingLoop(createLearner(tf, network, samples, training, initial), samples, training, watch.onEpoch);
  for (;;) {
    // Lets timers, signals and progress of the process run between batches.
    await setImmediate();
    watch.signal?.throwIfAborted();
    const { done, value } = loop.next();
    if (done) return value;
  }
}

function createLearner(tf: TensorFlow, network: Network, samples: Samples, training: Training, initial: readonly Weight[]): Learner {
  const parameters = parametersOf(network).flat();
  const weights = initial.map(({ values }) => values.slice());
  const trainable = weights.filter((_, k) => parameters[k]!.trainable);
  const step = createStep(training.optimiser);
  const masks = createRandom(deriveSeed(training.seed, 'dropout'));
  const noise = createRandom(deriveSeed(training.seed, 'noise'));
  return {
    step(chosen, learningRate) {
      const batch = gatherWindows(samples, chosen);
      if (training.noise > 0) for (const values of batch.steps) addNoise(values, training.noise, noise);
      const { loss, gradients, statistics } = batchGradients(tf, network, parameters, weights, samples, chosen, batch, training, masks);
      clipGlobalNorm(gradients, training.clipNorm);
      step(trainable, gradients, learningRate);
      applyStatistics(weights, statistics);
      return loss;
    },
    validate: () => evaluate(tf, network, parameters, weights, samples, training, samples.trainCount),
    weights: () => initial.map(({ name, shape }, k) => ({ name, shape, values: weights[k]!.slice() })),
  };
}

/** Loss of a batch of samples in training mode, penalties included, and the gradients of the trainable weights. */
function batchGradients(
  tf: TensorFlow,
  network: Network,
  parameters: readonly Parameter[],
  weights: WeightValues,
  samples: Samples,
  chosen: Int32Array,
  batch: WindowBatch,
  training: Training,
  random: Random,
) {
  const target = gatherTargets(samples, chosen);
  const sampleWeights = samples.weights && Float32Array.from(chosen, (sample) => samples.weights![sample]!);
  const loaded = loadNetwork(tf, network, weights);
  let loss = 0;
  try {
    const pass = loaded.backward(batch, { training: true, random }, (predicted) => {
      const gradient = new Float32Array(predicted.length);
      const { outputs } = network;
      loss = lossAndGradient(
        training.loss,
        { predicted, target, outputs, count: predicted.length, ...(sampleWeights && { weights: sampleWeights }) },
        gradient,
      );
      return gradient;
    });
    loss += addPenalties(parameters, weights, pass.weights);
    return { loss, gradients: pass.weights, statistics: pass.statistics };
  } finally {
    loaded.dispose();
  }
}

/** Mean loss of the samples from `from` on in inference mode, penalties included. */
function evaluate(
  tf: TensorFlow,
  network: Network,
  parameters: readonly Parameter[],
  weights: WeightValues,
  samples: Samples,
  training: Training,
  from: number,
): number {
  const loaded = loadNetwork(tf, network, weights);
  const { outputs } = network;
  let sum = 0;
  try {
    for (let start = from; start < samples.ends.length; start += SLOTS) {
      const chosen = Int32Array.from({ length: Math.min(SLOTS, samples.ends.length - start) }, (_, k) => start + k);
      const predicted = loaded.forward(gatherWindows(samples, chosen));
      const target = gatherTargets(samples, chosen);
      const gradient = new Float32Array(predicted.length);
      sum += lossAndGradient(training.loss, { predicted, target, outputs, count: predicted.length }, gradient) * chosen.length;
    }
  } finally {
    loaded.dispose();
  }
  return sum / (samples.ends.length - from) + addPenalties(parameters, weights);
}

function addNoise(values: Float32Array, deviation: number, random: Random): void {
  for (let k = 0; k < values.length; k++) values[k]! += deviation * random.normal();
}

/** The L2 penalties of all weights; their gradients are added where gradients are given. */
function addPenalties(parameters: readonly Parameter[], weights: WeightValues, gradients?: readonly Float32Array[]): number {
  let penalty = 0;
  let next = 0;
  parameters.forEach(({ trainable, l2 }, k) => {
    const gradient = trainable ? gradients?.[next++] : undefined;
    if (l2 === 0) return;
    const values = weights[k]!;
    for (let j = 0; j < values.length; j++) {
      penalty += l2 * values[j]! * values[j]!;
      if (gradient) gradient[j]! += 2 * l2 * values[j]!;
    }
  });
  return penalty;
}

function gatherTargets({ targets, outputs }: Samples, chosen: Int32Array): Float32Array {
  const gathered = new Float32Array(chosen.length * outputs);
  chosen.forEach((sample, k) => {
    gathered.set(targets.subarray(sample * outputs, (sample + 1) * outputs), k * outputs);
  });
  return gathered;
}

function gatherWindows({ rows, inputs, lookback, ends }: Samples, chosen: Int32Array): WindowBatch {
  const batch = emptyBatch(lookback, inputs, chosen.length);
  chosen.forEach((sample, window) => {
    copyWindow(rows, inputs, lookback, ends[sample]!, batch, window);
  });
  return batch;
}

function emptyBatch(lookback: number, inputs: number, windows: number): WindowBatch {
  return { steps: Array.from({ length: lookback }, () => new Float32Array(windows * inputs)), windows };
}

/** Copies the window that ends at row `end` to a place of a batch. */
function copyWindow(rows: Float32Array, inputs: number, lookback: number, end: number, batch: WindowBatch, window: number): void {
  for (let t = 0; t < lookback; t++) {
    const from = (end - lookback + 1 + t) * inputs;
    batch.steps[t]!.set(rows.subarray(from, from + inputs), window * inputs);
  }
}

function openPredictor(tf: TensorFlow, network: Network, weights: readonly Weight[]): Predictor {
  checkNetwork(network);
  checkWeights(network, weights);
  const { inputs, lookback, outputs } = network;
  const loaded = loadNetwork(
    tf,
    network,
    weights.map(({ values }) => values),
  );
  return {
    forecast(rows, ends, slots, into) {
      // A window's batch is the number of windows before it in the same slot: no other way takes fewer batches.
      const batches: Map<number, number>[] = [];
      const taken = new Int32Array(SLOTS);
      ends.forEach((end, k) => {
        if (!isFiniteWindow(rows, inputs, lookback, end)) {
          into.fill(Number.NaN, k * outputs, (k + 1) * outputs);
          return;
        }
        const slot = ((slots[k]! % SLOTS) + SLOTS) % SLOTS;
        const before = taken[slot]!++;
        if (before === batches.length) batches.push(new Map());
        batches[before]!.set(slot, k);
      });
      for (const placed of batches) {
        const batch = emptyBatch(lookback, inputs, SLOTS);
        for (const [slot, k] of placed) copyWindow(rows, inputs, lookback, ends[k]!, batch, slot);
        const said = loaded.forward(batch);
        for (const [slot, k] of placed) into.set(said.subarray(slot * outputs, (slot + 1) * outputs), k * outputs);
      }
    },
    close: () => loaded.dispose(),
  };
}
