import type { Trained, Weight } from '../trainer.ts';

/** What a learner without epochs has learnt. */
export function fitted(...weights: readonly Weight[]): Trained {
  return { kind: 'trained', weights, epochs: 0, bestEpoch: 0, losses: [], validationLosses: [] };
}

/** A weight of one axis, as float32. */
export function vector(name: string, values: ArrayLike<number>): Weight {
  return { name, shape: [values.length], values: Float32Array.from(values) };
}
