import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const FOLDER = '../shared/reference';

// The reference files are plain JSON of many shapes; what is read of them is checked by the comparisons themselves.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

const present = existsSync(`${FOLDER}/keras-layers.json`);

const read = (name: string): Json => (present ? JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')) : {});
const layers = read('keras-layers');
const trainings = read('keras-training');

export const kerasLayers: { readonly recurrent: Json[]; readonly dense: Json[]; readonly normalisation: Json[]; readonly losses: Json[] } =
  {
    recurrent: layers.recurrent ?? [],
    dense: layers.dense ?? [],
    normalisation: layers.batch_normalization ?? [],
    losses: layers.losses ?? [],
  };
export const kerasTrainings: Json[] = trainings.trainings ?? [];
export const kerasOptimisers: Json[] = trainings.optimizer_steps ?? [];

/** Tests that read the values of Keras; skipped with the reason where they are not at hand. */
export function againstKeras(title: string, cases: () => void): void {
  if (present) describe(`${title} against Keras 3.15`, cases);
  else describe.skip(`${title} against Keras 3.15 (${FOLDER} is absent)`, () => it('needs its values', () => {}));
}

/** All numbers of a nested array, in order. */
export const flat = (value: Json): number[] => (Array.isArray(value) ? (value.flat(9) as number[]) : [value as number]);

export const floats = (value: Json): Float32Array => Float32Array.from(flat(value));

/** [batch][time][feature] as [time][batch][feature], flat; [batch][feature] as it lies. */
export function stepMajor(value: Json): number[] {
  if (!Array.isArray(value[0][0])) return flat(value);
  return (value as number[][][])[0]!.flatMap((_, t) => (value as number[][][]).flatMap((window) => window[t]!));
}

/** Largest difference relative to the largest expected value, or to `least` where all are smaller. */
export function difference(received: ArrayLike<number>, expected: ArrayLike<number>, least = 1e-12): number {
  expect(received.length).toBe(expected.length);
  let scale = least;
  let largest = 0;
  for (let k = 0; k < expected.length; k++) {
    scale = Math.max(scale, Math.abs(expected[k]!));
    const apart = Math.abs(received[k]! - expected[k]!);
    if (Number.isNaN(apart)) return apart;
    largest = Math.max(largest, apart);
  }
  return largest / scale;
}
