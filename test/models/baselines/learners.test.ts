import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { learners } from '../../../src/models/baselines/learners.ts';
import { type BaselineKind, learnerKinds } from '../../../src/models/model.ts';
import type { Samples, Trained, Weight } from '../../../src/models/trainer.ts';
import { bent, learn, networkOf, said, table, trainingOf } from './cases.ts';

const kinds = Object.keys(learners) as BaselineKind[];
// One number, whatever the window holds.
const constants: readonly string[] = ['persistence', 'drift', 'mean', 'majority'];

/** As from a file: nothing but names, shapes and the bytes of float32 numbers. */
function reloaded(weights: readonly Weight[]): Weight[] {
  return weights.map(({ name, shape, values }) => {
    const bytes = Buffer.from(Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'), 'base64');
    return { name, shape, values: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)) };
  });
}

function hash(weights: readonly Weight[]): string {
  const sum = createHash('sha256');
  for (const { values } of weights) sum.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return sum.digest('hex').slice(0, 16);
}

describe.each(kinds)('the learner %s', (kind) => {
  const trainer = learners[kind];
  const samples = bent();

  it('has a name with a version, and says in words what it is', () => {
    expect(trainer.id).toBe(`${kind}@1`);
    expect(trainer.description).toMatch(/^[a-z]/);
  });

  it('gives the same weights for the same seed, as finite float32 numbers of the shapes they state', async () => {
    const one = await learn(trainer, samples);
    expect(await learn(trainer, samples)).toEqual(one);
    for (const { shape, values } of one.weights) {
      expect(values).toBeInstanceOf(Float32Array);
      expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });

  it('gives other weights for another seed only where chance has a part', async () => {
    const one = await learn(trainer, samples, 1);
    const other = await learn(trainer, samples, 2);
    if (kind === 'forest') expect(other.weights).not.toEqual(one.weights);
    else expect(other.weights).toEqual(one.weights);
  });

  it('forecasts from weights that were stored bit for bit what it forecast before', async () => {
    const { weights } = await learn(trainer, samples);
    const before = said(trainer, weights, samples);
    expect(before.every(Number.isFinite)).toBe(true);
    expect(said(trainer, reloaded(weights), samples)).toEqual(before);
    if (!constants.includes(kind)) expect(new Set(before).size).toBeGreaterThan(30);
  });

  it('forecasts a window bit for bit the same alone and among others', async () => {
    const { weights } = await learn(trainer, samples);
    const all = said(trainer, weights, samples);
    for (const k of [0, 17, 119]) expect(said(trainer, weights, samples, samples.ends.subarray(k, k + 1))[0]).toBe(all[k]);
    expect(said(trainer, weights, samples, samples.ends.subarray(40, 60))).toEqual(all.subarray(40, 60));
  });

  it('answers a NaN with a NaN, in the windows that hold it only', async () => {
    const { weights } = await learn(trainer, samples);
    const clean = said(trainer, weights, samples);
    const rows = samples.rows.slice();
    rows[2 * 20 + 1] = Number.NaN;
    const holed = said(trainer, weights, { ...samples, rows });
    samples.ends.forEach((end, k) => {
      if (end - 2 <= 20 && 20 <= end) expect(holed[k]).toBeNaN();
      else expect(holed[k]).toBe(clean[k]);
    });
  });

  it('learns from the training samples alone', async () => {
    // The ridge regression chooses its penalty on the others.
    if (kind === 'linear') return;
    const targets = samples.targets.map((target, k) => (k < samples.trainCount ? target : 1e6));
    const rows = samples.rows.map((value, k) => (k < 2 * (samples.ends[samples.trainCount - 1]! + 1) ? value : 1e6));
    expect((await learn(trainer, { ...samples, rows, targets })).weights).toEqual((await learn(trainer, samples)).weights);
  });

  it('changes nothing that it was given', async () => {
    const given: Samples = { ...samples, rows: samples.rows.slice(), targets: samples.targets.slice(), ends: samples.ends.slice() };
    const { weights } = await learn(trainer, given);
    said(trainer, weights, given);
    expect(given).toEqual(samples);
  });

  it('learns a constant', async () => {
    if (kind === 'persistence') return;
    const level = table([[1], [2], [2], [5]], [0.25, 0.25, 0.25, 0.25]);
    const { weights } = await learn(trainer, level);
    expect([...said(trainer, weights, level)]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('refuses what it cannot learn from, in words', async () => {
    const refusal = async (given: Samples): Promise<Trained> => trainer.fit(networkOf(given), given, trainingOf(), {});
    const twice = Float32Array.from({ length: 240 }, () => 1);
    expect(await refusal({ ...samples, outputs: 2, targets: twice })).toEqual({
      kind: 'refused',
      reason: 'a classical learner says one number per window, received targets of 2',
    });
    expect(await refusal({ ...samples, trainCount: 0 })).toEqual({ kind: 'refused', reason: 'there are no training samples' });
    for (const bad of [Number.NaN, Infinity]) {
      const targets = samples.targets.slice();
      targets[5] = bad;
      expect(await refusal({ ...samples, targets })).toEqual({
        kind: 'refused',
        reason: 'the training targets hold a number that is not finite',
      });
      const rows = samples.rows.slice();
      rows[11] = bad;
      if (constants.includes(kind)) continue;
      expect(await refusal({ ...samples, rows })).toEqual({
        kind: 'refused',
        reason: 'the training windows hold a number that is not finite',
      });
    }
  });
});

describe('the learners', () => {
  it('stop before they begin where the signal has aborted', async () => {
    const samples = bent();
    const signal = AbortSignal.abort(new Error('enough'));
    for (const kind of learnerKinds) {
      await expect(learners[kind].fit(networkOf(samples), samples, trainingOf(), { signal })).rejects.toThrow('enough');
    }
  });

  it('learn from one sample what it says', async () => {
    const one = table([[1, 2]], [0.5]);
    for (const kind of kinds) {
      const { weights } = await learn(learners[kind], one);
      expect(said(learners[kind], weights, one)[0]).toBe(kind === 'persistence' ? 0 : 0.5);
    }
  });

  // Pinned: whatever machine and version of Node, these are the bits. Whoever changes them on purpose raises the learner's version.
  it.each([
    ['forest', '8c75111fb7c2340e'],
    ['boosting', '25575f56ba9b38c7'],
    ['support-vector', 'bfea1b2bdb517c9f'],
    ['least-squares', 'b8064fa13a696b07'],
  ] as const)('%s gives the bits that it always gave', async (kind, expected) => {
    expect(hash((await learn(learners[kind], bent())).weights)).toBe(expected);
  });
});
