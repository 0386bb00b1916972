import { lossAndGradient } from '../loss.ts';
import type { Control, Member, Order } from './crew.ts';
import { addressOf, type Flow, type Shard } from './layer.ts';
import type { Course } from './memory-map.ts';
import type { Pass } from './pass.ts';
import { createUpdate, type Rates } from './update.ts';

/** Places among the numbers that threads tell each other. */
const RATE = 0;
const SHRINK = 1;
const LOSSES = 2;
const SQUARES = 6;

/** What is done with one batch, whose samples and window ends stand in memory. */
export interface BatchWork {
  /** A step of the optimiser. */
  train(order: Order, member: Member): void;
  /** Only the loss, in inference mode. */
  validate(order: Order, member: Member): void;
  /** Tells all threads the rates of the step that follows. */
  tell(rates: Rates): void;
  /** The mean loss of the batch that was done last, without penalties. */
  loss(): number;
}

export function createBatchWork(pass: Pass, course: Course, { numbers }: Control): BatchWork {
  const { training, network, weighted, batchSize } = course;
  const { outputs } = network;
  const { thread, map, shards } = pass;
  const { layout } = map;
  const { floats } = thread;
  const chosen = new Int32Array(floats.buffer, map.chosen, batchSize);
  const update = createUpdate(training.optimiser, training.clipNorm, map);
  const most = Math.ceil(batchSize / shards.length) * outputs;
  const [predicted, target, gradient] = [new Float32Array(most), new Float32Array(most), new Float32Array(most)];
  const weights = new Float32Array(most / outputs);

  /** The shard's share of the batch's mean loss; with the gradient of the outputs where `into` says where. */
  function lossOf(shard: Shard, flow: Flow, into: number | undefined): number {
    const from = addressOf(flow, shard, layout.steps) / 4;
    const stride = flow.stride / 4;
    for (let row = 0; row < shard.rows; row++) {
      const sample = chosen[shard.firstRow + row]!;
      for (let output = 0; output < outputs; output++) {
        predicted[row * outputs + output] = floats[from + row * stride + output]!;
        target[row * outputs + output] = floats[map.targets / 4 + sample * outputs + output]!;
      }
      if (weighted) weights[row] = floats[map.sampleWeights / 4 + sample]!;
    }
    const batch = { predicted: predicted.subarray(0, shard.rows * outputs), target, outputs, count: shard.batchRows * outputs };
    // Validation samples count alike.
    const loss = lossAndGradient(training.loss, weighted && into !== undefined ? { ...batch, weights } : batch, gradient);
    if (into === undefined) return loss;
    for (let row = 0; row < shard.rows; row++) {
      for (let output = 0; output < outputs; output++) floats[into / 4 + row * stride + output] = gradient[row * outputs + output]!;
    }
    return loss;
  }

  /** Puts every shard's loss where all threads see it; a shard without rows has none. */
  function lossesOf(member: Member, flow: Flow, gradientOffset: number | undefined): void {
    for (const shard of shards) {
      if (!member.mine(shard.index)) continue;
      const into = gradientOffset === undefined ? undefined : shard.base + gradientOffset;
      numbers[LOSSES + shard.index] = shard.rows === 0 ? 0 : lossOf(shard, flow, into);
    }
  }

  return {
    train({ count, batch }, member) {
      pass.begin(count, batch);
      pass.forward(member);
      lossesOf(member, layout.output, layout.gradients[layout.gradients.length - 1]!);
      pass.backward(member);
      member.barrier();
      for (const { index } of shards) if (member.mine(index)) numbers[SQUARES + index] = update.join(thread, index);
      if (training.clipNorm > 0) member.barrier();
      let squares = 0;
      for (const { index } of shards) squares += numbers[SQUARES + index]!;
      const rates = { rate: numbers[RATE]!, shrink: numbers[SHRINK]! };
      for (const { index } of shards) if (member.mine(index)) update.move(thread, index, squares, rates);
      member.barrier();
    },
    validate({ count, batch }, member) {
      pass.begin(count, batch);
      pass.infer(member);
      lossesOf(member, layout.inferred, undefined);
      member.barrier();
    },
    tell({ rate, shrink }) {
      numbers[RATE] = rate;
      numbers[SHRINK] = shrink;
    },
    loss() {
      let sum = 0;
      for (const { index } of shards) sum += numbers[LOSSES + index]!;
      return sum;
    },
  };
}
