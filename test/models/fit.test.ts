import { describe, expect, it } from 'vitest';
import { type Fit, fit as learn, openFit, type Request } from '../../src/models/fit.ts';
import { createModel } from '../../src/models/model.ts';
import type { Trainer } from '../../src/models/trainer.ts';

// 12 rows of one feature, 10 samples with lookback 3, of which 8 train.
const base: Request = {
  key: 'k',
  market: 'm',
  model: createModel({ kind: 'gru', units: [2], lookback: 3, features: ['return'], train: { window: 10 } }),
  slot: 0,
  time: 0,
  trainedFrom: 0,
  trainedTo: 0,
  values: Float64Array.from({ length: 12 }, (_, i) => i * i),
  width: 1,
  ends: Int32Array.from({ length: 10 }, (_, i) => i + 2),
  trainCount: 8,
  labels: Float64Array.from({ length: 10 }, (_, i) => 0.01 * i),
  moves: Float64Array.of(0.1, -0.3, 0.1, -0.1, 0.2, -0.2, 0.1, -0.1, 9, 9),
  seed: 1,
};

/** Forecasts the last value of the window; notes what it was given. */
const echo: Trainer = {
  id: 'echo',
  description: 'the last value',
  concurrency: 1,
  fit: async () => ({ kind: 'trained', weights: [], epochs: 1, bestEpoch: 1, losses: [], validationLosses: [] }),
  open: () => ({
    forecast: (rows, ends, _slots, into) => {
      ends.forEach((end, k) => {
        into[k] = rows[end]!;
      });
    },
    close: () => {},
  }),
};

async function fitted(request: Request): Promise<Fit> {
  const outcome = await learn(request, echo, {});
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
  return outcome.fit;
}

describe('a fit', () => {
  it('takes its scalers from the training rows and labels alone', async () => {
    const one = await fitted(base);
    const values = base.values.slice();
    const labels = base.labels.slice();
    // Rows 10 and 11 close validation windows only, as labels 8 and 9 belong to validation.
    values.set([1e6, -1e6], 10);
    labels.set([5, -7], 8);
    const other = await fitted({ ...base, values, labels });
    expect(other.inputScaler).toEqual(one.inputScaler);
    expect(other.targetScaler).toEqual(one.targetScaler);
    expect(one.targetScaler.offset[0]).toBeCloseTo(0.035, 15);
    // The mean of 0, 1, 4 .. 81.
    expect(one.inputScaler.offset[0]).toBeCloseTo(28.5, 12);
  });

  it('knows the mean move of its training rows', async () => {
    expect((await fitted(base)).meanMove).toBeCloseTo(0.15, 15);
  });

  it('undoes its scaling when it forecasts', async () => {
    const one = await fitted(base);
    const into = new Float64Array(12).fill(Number.NaN);
    openFit(one, echo).forecast(base.values, new Float64Array(12).fill(100), Int32Array.of(5, 6), into);
    const scaled = (25 - one.inputScaler.offset[0]!) / one.inputScaler.scale[0]!;
    expect(into[5]).toBeCloseTo(scaled * one.targetScaler.scale[0]! + one.targetScaler.offset[0]!, 6);
    expect([into[4], into[7]]).toEqual([Number.NaN, Number.NaN]);
  });

  it('is refused with its reason where all forecasts are the same, or there is too little to learn from', async () => {
    const constant: Trainer = { ...echo, open: () => ({ forecast: (_rows, _ends, _slots, into) => void into.fill(0.5), close: () => {} }) };
    expect(await learn(base, constant, {})).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('the same forecast for every window'),
    });
    expect(await learn({ ...base, trainCount: 1 }, echo, {})).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('at least 2 training samples'),
    });
  });
});

describe('a model', () => {
  it('refuses a loss that contradicts its target, and a target that a baseline does not have', () => {
    expect(() => createModel({ kind: 'gru', target: 'direction', train: { loss: 'mse' } })).toThrow('received mse with direction');
    expect(() => createModel({ kind: 'gru', train: { loss: 'binary-cross-entropy' } })).toThrow(
      'received binary-cross-entropy with return',
    );
    expect(() => createModel({ kind: 'drift', target: 'price' })).toThrow('Expected target return with the baseline drift, received price');
    expect(createModel({ kind: 'gru', target: 'direction' }).training.loss).toEqual({ kind: 'binary-cross-entropy' });
  });
});
