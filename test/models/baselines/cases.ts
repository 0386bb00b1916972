import { createRandom } from '../../../src/core/random.ts';
import { createModel } from '../../../src/models/model.ts';
import type { Network, Training } from '../../../src/models/network.ts';
import type { Samples, Trained, Trainer, Weight } from '../../../src/models/trainer.ts';

export function trainingOf(seed = 1): Training {
  return { ...createModel({ kind: 'gru' }).training, seed };
}

export function networkOf({ inputs, lookback, outputs }: Samples): Network {
  return { inputs, lookback, outputs, layers: [] };
}

/** Samples of one row each: `rows[k]` is to give `targets[k]`. */
export function table(rows: readonly (readonly number[])[], targets: readonly number[], trainCount = targets.length): Samples {
  return {
    rows: Float32Array.from(rows.flat()),
    inputs: rows[0]!.length,
    lookback: 1,
    outputs: 1,
    ends: Int32Array.from(rows, (_, k) => k),
    targets: Float32Array.from(targets),
    trainCount,
  };
}

/** Windows of 3 rows of 2 normal numbers, whose targets bend with the last row and carry noise; a fifth validates. */
export function bent(count = 120, seed = 3): Samples {
  const random = createRandom(seed);
  const lookback = 3;
  const rows = Float32Array.from({ length: 2 * (count + lookback) }, () => random.normal());
  const ends = Int32Array.from({ length: count }, (_, k) => k + lookback - 1);
  const targets = Float32Array.from(ends, (end) => rows[2 * end]! * rows[2 * end]! - rows[2 * end + 1]! + 0.2 * random.normal());
  return { rows, inputs: 2, lookback, outputs: 1, ends, targets, trainCount: Math.floor(count * 0.8) };
}

/**
 * Forty rows of fractions, their third column the sum of the others: the values expected of them in these tests are what
 * scikit-learn 1.9.1 gives for the same float32 numbers.
 */
export function fractions(columns = 3): Samples {
  const rows: number[][] = [];
  const targets: number[] = [];
  for (let k = 0; k < 40; k++) {
    const a = Math.fround(((37 * k) % 41) / 41);
    const b = Math.fround(((23 * k) % 43) / 43);
    rows.push([a, b, Math.fround(a + b)].slice(0, columns));
    targets.push(((7 * k * k) % 53) / 53 + (2 * ((37 * k) % 41)) / 41);
  }
  return table(rows, targets);
}

/** Three rows to ask about beside them. */
export const ASKED = [
  [0.25, 0.5, 0.75],
  [0.5, 0.125, 0.625],
  [0.9375, 0.75, 1.6875],
] as const;

export async function learn(trainer: Trainer, samples: Samples, seed = 1): Promise<Extract<Trained, { kind: 'trained' }>> {
  const trained = await trainer.fit(networkOf(samples), samples, trainingOf(seed), {});
  if (trained.kind === 'refused') throw new Error(trained.reason);
  return trained;
}

/** What opened weights say about windows of `samples`, all of them unless told which. */
export function said(trainer: Trainer, weights: readonly Weight[], samples: Samples, ends = samples.ends): Float32Array {
  const into = new Float32Array(ends.length);
  const predictor = trainer.open(networkOf(samples), weights);
  predictor.forecast(samples.rows, ends, ends, into);
  predictor.close();
  return into;
}

/** What a learner says about rows beside those it learnt from. */
export async function answers(trainer: Trainer, samples: Samples, rows: readonly (readonly number[])[], seed = 1): Promise<number[]> {
  const { weights } = await learn(trainer, samples, seed);
  const asked = table(
    rows.map((row) => row.slice(0, samples.inputs)),
    rows.map(() => 0),
  );
  return [...said(trainer, weights, asked)];
}
