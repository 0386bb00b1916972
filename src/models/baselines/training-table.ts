import type { Samples } from '../trainer.ts';

/** The training samples of a classical learner: each window laid flat, oldest bar first, beside the number it is to say. */
export interface TrainingTable {
  /** Row-major [sample][column]; `lookback x inputs` columns. */
  readonly windows: Float32Array;
  /** One per sample. */
  readonly targets: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** A table with what is to be learnt from it, or the reason why nothing can be. */
export type Learnable = { readonly kind: 'table'; readonly table: TrainingTable } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Lays the training windows flat. Refused are targets of several numbers per window, no training samples at all, and inputs or
 * targets that are not finite. Weights of samples are not used: to a classical learner all samples count alike.
 */
export function trainingTable(samples: Samples): Learnable {
  const { rows, inputs, lookback, ends, trainCount: count } = samples;
  const reason = targetFault(samples);
  if (reason) return { kind: 'refused', reason };
  const width = lookback * inputs;
  const windows = new Float32Array(count * width);
  for (let k = 0; k < count; k++) {
    const start = (ends[k]! - lookback + 1) * inputs;
    windows.set(rows.subarray(start, start + width), k * width);
  }
  if (!windows.every(Number.isFinite)) return { kind: 'refused', reason: 'the training windows hold a number that is not finite' };
  return { kind: 'table', table: { windows, targets: samples.targets.subarray(0, count), count, width } };
}

/** Why nothing can be learnt from the training targets; undefined where something can. */
export function targetFault({ outputs, targets, trainCount }: Samples): string | undefined {
  if (outputs !== 1) return `a classical learner says one number per window, received targets of ${outputs}`;
  if (trainCount < 1) return 'there are no training samples';
  if (!targets.subarray(0, trainCount).every(Number.isFinite)) return 'the training targets hold a number that is not finite';
  return undefined;
}
