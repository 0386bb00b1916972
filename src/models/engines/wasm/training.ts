import { normalQuantile } from '../../../statistics/normal.ts';
import { checkTraining, type Network, type Training } from '../../network.ts';
import { initialWeights } from '../../parameters.ts';
import type { Epoch, Samples, Trained, Weight } from '../../trainer.ts';
import { type Learner, trainingLoop } from '../training-loop.ts';
import { createBatchWork } from './batch.ts';
import { Command, type Control, controlOf, createAssistant, createOwner, type Owner } from './crew.ts';
import { readWeights, writeWeights } from './keras-layout.ts';
import { type Course, courseOf, memoryMap, NOISE_LEVELS } from './memory-map.ts';
import { createPass } from './pass.ts';
import { createRates } from './update.ts';

/** A training whose data lie in shared memory: any thread that is given it may work on it. Can be posted to a worker. */
export interface PreparedTraining {
  readonly memory: WebAssembly.Memory;
  readonly course: Course;
}

/** Gives memory of at least so many pages. */
export type MemorySource = (pages: number) => WebAssembly.Memory;

/** Puts samples into memory. Throws a TypeError for a network that this engine cannot train. */
export function prepareTraining(network: Network, samples: Samples, training: Training, memoryOf: MemorySource): PreparedTraining {
  checkTraining(network, training);
  const course = courseOf(network, training, samples);
  const map = memoryMap(course);
  const memory = memoryOf(map.pages);
  new Int32Array(memory.buffer).fill(0, map.control / 4, map.zero / 4);
  const floats = new Float32Array(memory.buffer);
  floats.set(samples.rows, map.sampleRows / 4);
  floats.set(samples.targets, map.targets / 4);
  if (samples.weights) floats.set(samples.weights, map.sampleWeights / 4);
  new Int32Array(memory.buffer).set(samples.ends, map.sampleEnds / 4);
  if (training.noise > 0) floats.set(normalLevels(), map.noise / 4);
  return { memory, course };
}

/** Trains to the end, in the thread that calls it and with whoever assists; from weights drawn by the seed unless others are given. */
export function runTraining(
  module: WebAssembly.Module,
  { memory, course }: PreparedTraining,
  onEpoch?: (epoch: Epoch) => void,
  initial: readonly Weight[] = initialWeights(course.network, course.training.seed),
): Trained {
  const pass = createPass(module, memory, course, 0);
  const { map, thread } = pass;
  const { floats } = thread;
  floats.fill(0, map.zero / 4, map.data / 4);
  writeWeights(
    map.layout,
    initial.map(({ values }) => values),
    floats,
    map.weights,
    map.moving,
  );
  const control = controlOf(memory, map);
  const owner = createOwner(control);
  const ends = new Int32Array(memory.buffer, map.sampleEnds, course.samples);
  const samples: Samples = {
    rows: floats.subarray(map.sampleRows / 4, map.sampleRows / 4 + course.rows * course.network.inputs),
    inputs: course.network.inputs,
    lookback: course.network.lookback,
    outputs: course.network.outputs,
    ends,
    targets: floats.subarray(map.targets / 4, map.targets / 4 + course.samples * course.network.outputs),
    trainCount: course.trainCount,
  };
  const loop = trainingLoop(createLearner(course, control, owner, pass, ends), samples, course.training, onEpoch);
  try {
    for (;;) {
      const { done, value } = loop.next();
      if (done) return value;
    }
  } finally {
    owner.finish();
  }
}

/** Works on the batches of a training that another thread runs, until that one has no more need; gives the number of batches. */
export function assistTraining(module: WebAssembly.Module, { memory, course }: PreparedTraining): number {
  const pass = createPass(module, memory, course, 1);
  const control = controlOf(memory, pass.map);
  const work = createBatchWork(pass, course, control);
  const assistant = createAssistant(control);
  let batches = 0;
  for (let order = assistant.next(); order; order = assistant.next()) {
    if (order.command === Command.train) work.train(order, assistant);
    else work.validate(order, assistant);
    batches++;
  }
  return batches;
}

function createLearner(course: Course, control: Control, owner: Owner, pass: ReturnType<typeof createPass>, ends: Int32Array): Learner {
  const { network, training, trainCount, samples, batchSize } = course;
  const { thread, map } = pass;
  const work = createBatchWork(pass, course, control);
  const rates = createRates(training.optimiser);
  const chosen = new Int32Array(thread.floats.buffer, map.chosen, batchSize);
  const chosenEnds = new Int32Array(thread.floats.buffer, map.ends, batchSize);
  let batch = 0;
  const choose = (place: number, sample: number) => {
    chosen[place] = sample;
    chosenEnds[place] = ends[sample]!;
  };
  const penalty = () =>
    map.penalised.reduce(
      (sum, { l2, rows, stride, offset }) => sum + l2 * thread.kernels.sumOfSquares(rows * stride, map.weights + offset),
      0,
    );
  return {
    step(samplesOfBatch, learningRate) {
      samplesOfBatch.forEach((sample, place) => {
        choose(place, sample);
      });
      const penalties = penalty();
      work.tell(rates(learningRate));
      const order = { command: Command.train, count: samplesOfBatch.length, batch: batch++ };
      owner.begin(order);
      work.train(order, owner);
      return work.loss() + penalties;
    },
    validate() {
      let sum = 0;
      for (let from = trainCount; from < samples; from += batchSize) {
        const count = Math.min(batchSize, samples - from);
        for (let place = 0; place < count; place++) choose(place, from + place);
        const order = { command: Command.validate, count, batch: 0 };
        owner.begin(order);
        work.validate(order, owner);
        sum += work.loss() * count;
      }
      return sum / (samples - trainCount) + penalty();
    },
    weights: () => readWeights(network, map.layout, thread.floats, map.weights, map.moving),
  };
}

/** Quantiles of the standard normal at equally likely places, scaled to variance 1: what noise is drawn from. */
function normalLevels(): Float32Array {
  const levels = Float64Array.from({ length: NOISE_LEVELS }, (_, k) => normalQuantile((k + 0.5) / NOISE_LEVELS));
  let squares = 0;
  for (const level of levels) squares += level * level;
  const deviation = Math.sqrt(squares / NOISE_LEVELS);
  return Float32Array.from(levels, (level) => level / deviation);
}
