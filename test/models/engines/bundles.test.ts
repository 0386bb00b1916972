import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { directoryFitStore } from '../../../src/models/bundle.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { createWasmTrainer } from '../../../src/models/engines/wasm/trainer.ts';
import { type Fit, fit as learn, openFit, type Request, requestKey } from '../../../src/models/fit.ts';
import { createModel, type ModelOptions } from '../../../src/models/model.ts';
import type { Trainer } from '../../../src/models/trainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-bundles-'));
const wasm = await createWasmTrainer();
const tensorflow = await createTensorflowTrainer({ backend: 'wasm' });
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await wasm.close();
});

const ROWS = 120;
const random = createRandom(4);
const values = Float64Array.from({ length: 2 * ROWS }, () => random.normal());
const close = Float64Array.from({ length: ROWS }, () => 100);

function requestOf(options: Omit<ModelOptions, 'features'>, trainer: Trainer): Request {
  const model = createModel({ ...options, features: ['return', 'range'] });
  const ends = Int32Array.from({ length: 100 }, (_, k) => k + model.lookback - 1);
  const request = {
    market: 'm',
    model,
    slot: 0,
    time: 0,
    trainedFrom: 0,
    trainedTo: 0,
    values,
    width: 2,
    ends,
    trainCount: 80,
    labels: Float64Array.from(ends, (end) => 0.01 * values[2 * end]!),
    moves: Float64Array.from(ends, (end) => 0.01 * values[2 * end]!),
    seed: 3,
  };
  return { ...request, key: requestKey(request, trainer.id) };
}

function forecasts(one: Fit, trainer: Trainer): Float64Array {
  const open = openFit(one, trainer);
  const into = new Float64Array(ROWS).fill(Number.NaN);
  open.forecast(
    values,
    close,
    Int32Array.from({ length: 100 }, (_, k) => k + 20),
    into,
  );
  open.close();
  return into.subarray(20);
}

describe('a bundle that one engine wrote', () => {
  const train = { epochs: 4, patience: 0 };
  const cases: readonly (readonly [string, Omit<ModelOptions, 'features'>])[] = [
    ['lstm', { kind: 'lstm', units: [9, 5], lookback: 8, dropout: 0.2, dense: [6], train }],
    ['lstm, relu', { kind: 'lstm', units: [7], lookback: 8, activation: 'relu', train }],
    ['gru, reset after', { kind: 'gru', units: [9, 5], lookback: 8, l2: 0.001, train }],
    ['gru, reset before', { kind: 'gru', units: [10], lookback: 8, resetAfter: false, train }],
    ['rnn', { kind: 'rnn', units: [6, 4], lookback: 8, train }],
  ];

  it.each(cases)('gives the same forecasts in the other: %s', async (_, options) => {
    const store = directoryFitStore(folder);
    for (const [writer, reader] of [
      [wasm, tensorflow],
      [tensorflow, wasm],
    ] as const) {
      const request = requestOf(options, writer);
      const outcome = await learn(request, writer, {});
      if (outcome.kind === 'refused') throw new Error(outcome.reason);
      store.put(outcome.fit);
      const stored = store.get(request.key)!;
      expect(stored.engine).toBe(writer.id);
      const own = forecasts(stored, writer);
      const others = forecasts(stored, reader);
      const size = Math.max(...own.map(Math.abs));
      own.forEach((value, k) => {
        expect(Math.abs(others[k]! - value)).toBeLessThan(1e-5 * size);
      });
    }
  });

  it('is not opened by an engine that lacks its layers, which names the other', async () => {
    const request = requestOf({ kind: 'gru', units: [4], lookback: 8, engine: 'tensorflow', bidirectional: true, train }, tensorflow);
    const outcome = await learn(request, tensorflow, {});
    if (outcome.kind === 'refused') throw new Error(outcome.reason);
    expect(() => openFit(outcome.fit, wasm)).toThrow(
      'Expected a layer that the engine wasm has, received bidirectional; use the engine tensorflow, which has it',
    );
    expect(forecasts(outcome.fit, tensorflow).every(Number.isFinite)).toBe(true);
  });
});
