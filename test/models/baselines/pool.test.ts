import { afterAll, describe, expect, it } from 'vitest';
import { createLearnerPool } from '../../../src/models/baselines/learner-pool.ts';
import { learners } from '../../../src/models/baselines/learners.ts';
import { learnerKinds } from '../../../src/models/model.ts';
import type { Samples } from '../../../src/models/trainer.ts';
import { bent, learn, networkOf, trainingOf } from './cases.ts';

const pool = createLearnerPool(2);
afterAll(() => pool.close());

describe('learners on threads of their own', () => {
  it.each(learnerKinds)('%s learns there the same bits', async (kind) => {
    const samples = bent();
    expect(await learn(pool.trainers[kind], samples)).toEqual(await learn(learners[kind], samples));
    expect(pool.trainers[kind]).toMatchObject({ id: learners[kind].id, concurrency: 2 });
  });

  it('learn from a part of a longer array what the part says', async () => {
    const samples = bent();
    const long = Float32Array.from([...samples.rows, ...samples.rows]);
    const part: Samples = { ...samples, rows: long.subarray(0, samples.rows.length) };
    expect(await learn(pool.trainers.forest, part)).toEqual(await learn(learners.forest, samples));
  });

  it('fit several at once, in whatever order they end', async () => {
    const cases = [1, 2, 3, 4, 5].map((seed) => ({ seed, samples: bent(60, seed) }));
    const there = await Promise.all(cases.map(({ seed, samples }) => learn(pool.trainers.forest, samples, seed)));
    for (const [k, { seed, samples }] of cases.entries()) expect(there[k]).toEqual(await learn(learners.forest, samples, seed));
  });

  it('hand back a refusal', async () => {
    const samples = { ...bent(), trainCount: 0 };
    const refused = await pool.trainers.boosting.fit(networkOf(samples), samples, trainingOf(), {});
    expect(refused).toEqual({ kind: 'refused', reason: 'there are no training samples' });
  });

  it('end at once where the signal aborts, running or waiting, with its reason; and fit the next as ever', async () => {
    // Tens of seconds of work each, three for two threads.
    const long = bent(30_000);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = [1, 2, 3].map((seed) =>
      pool.trainers.forest.fit(networkOf(long), long, trainingOf(seed), { signal: controller.signal }),
    );
    setTimeout(() => controller.abort(reason), 200);
    const start = performance.now();
    for (const one of stopped) await expect(one).rejects.toBe(reason);
    expect(performance.now() - start).toBeLessThan(3_000);
    const signal = AbortSignal.abort(reason);
    await expect(pool.trainers.forest.fit(networkOf(long), long, trainingOf(), { signal })).rejects.toBe(reason);
    const samples = bent();
    expect(await learn(pool.trainers.forest, samples)).toEqual(await learn(learners.forest, samples));
  });

  it('start again after they were closed', async () => {
    const other = createLearnerPool(1);
    await other.close();
    const samples = bent(40);
    const expected = await learn(learners.forest, samples);
    expect(await learn(other.trainers.forest, samples)).toEqual(expected);
    await other.close();
    expect(await learn(other.trainers.forest, samples)).toEqual(expected);
    await other.close();
  });

  it('are at least one', () => {
    expect(() => createLearnerPool(0)).toThrow('Expected threads to be a whole number >= 1, received 0');
    expect(() => createLearnerPool(1.5)).toThrow('received 1.5');
  });
});
