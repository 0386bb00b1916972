import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryPool } from '../../../../src/models/engines/wasm/memory-pool.ts';
import { createWasmTrainer } from '../../../../src/models/engines/wasm/trainer.ts';
import type { Epoch } from '../../../../src/models/trainer.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainingOf } from '../../../contracts/training-cases.ts';

const trainer = await createWasmTrainer({ threads: 2 });
afterAll(() => trainer.close());
const network = networkOf(NETWORKS.lstm!);
const samples = samplesOf(60);
const endless = trainingOf({ epochs: 1_000_000 });
const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;

describe('the threads that train', () => {
  it('leave nothing of a training that was aborted, alone or with others waiting, and train the next one as ever', async () => {
    const expected = await trained(trainer, network, samples, trainingOf());
    const before = ports();
    const controller = new AbortController();
    let epochs = 0;
    // Three for two threads: the third waits.
    const stopped = [1, 2, 3].map(() =>
      trainer.fit(network, samples, endless, {
        signal: controller.signal,
        onEpoch: () => {
          if (++epochs === 20) controller.abort(new Error('enough'));
        },
      }),
    );
    for (const one of stopped) await expect(one).rejects.toThrow('enough');
    const told = epochs;
    expect(await trained(trainer, network, samples, trainingOf())).toEqual(expected);
    expect(epochs).toBe(told);
    // Ended threads take a moment to go.
    await expect.poll(ports, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });

  it('end a training with the other thread that assists it', async () => {
    const controller = new AbortController();
    const long = trainer.fit(network, samples, endless, { signal: controller.signal });
    // Long enough for the second thread to have come.
    await wait(300);
    controller.abort(new Error('enough'));
    await expect(long).rejects.toThrow('enough');
    expect((await trained(trainer, network, samples, trainingOf())).epochs).toBe(3);
  });

  it('assist a training that is alone and large, and leave it when another one comes', async () => {
    const other = await createWasmTrainer({ threads: 2 });
    const wide = networkOf([
      { kind: 'lstm', units: 128, activation: 'tanh', sequences: false, kernelL2: 0, recurrentL2: 0 },
      { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 },
    ]);
    const before = ports();
    const controller = new AbortController();
    const long = other.fit(wide, samples, { ...endless, batchSize: 32 }, { signal: controller.signal });
    // The owner's thread, and the assistant's.
    await expect.poll(ports, { timeout: 10_000 }).toBeGreaterThan(before);
    // Would wait for ever for a thread of its own.
    expect((await trained(other, network, samples, trainingOf())).epochs).toBe(3);
    controller.abort(new Error('enough'));
    await expect(long).rejects.toThrow('enough');
    await other.close();
  });

  it('refuse a training that is aborted before it starts', async () => {
    await expect(trainer.fit(network, samples, endless, { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
  });

  it('pass on what the listener throws, and end the training', async () => {
    const onEpoch = () => {
      throw new Error('no more room');
    };
    await expect(trainer.fit(network, samples, endless, { onEpoch })).rejects.toThrow('no more room');
  });

  it('tell every epoch once and in order, and never after the end', async () => {
    const epochs: Epoch[] = [];
    const { losses, validationLosses } = await trained(trainer, network, samples, trainingOf({ epochs: 30 }));
    await trainer.fit(network, samples, trainingOf({ epochs: 30 }), { onEpoch: (epoch) => epochs.push(epoch) });
    const expected = losses.map((loss, k) => ({ epoch: k + 1, epochs: 30, loss, validationLoss: validationLosses[k] }));
    expect(epochs).toEqual(expected);
    await wait(50);
    expect(epochs).toHaveLength(30);
  });

  it('use the same memory again, fit for fit and forecast for forecast', async () => {
    const { Memory } = WebAssembly;
    let made = 0;
    class Counted extends Memory {
      constructor(...size: ConstructorParameters<typeof Memory>) {
        super(...size);
        made++;
      }
    }
    Object.assign(WebAssembly, { Memory: Counted });
    try {
      for (let seed = 0; seed < 100; seed++) {
        const { weights } = await trained(trainer, network, samples, trainingOf({ epochs: 1, seed }));
        const predictor = trainer.open(network, weights);
        predictor.forecast(samples.rows, samples.ends, samples.ends, new Float32Array(60));
        predictor.close();
        predictor.close();
      }
    } finally {
      Object.assign(WebAssembly, { Memory });
    }
    expect(made).toBeLessThanOrEqual(2);
  });

  it('may be ended and started again', async () => {
    const other = await createWasmTrainer({ threads: 1 });
    const one = await trained(other, network, samples, trainingOf());
    await other.close();
    expect(await trained(other, network, samples, trainingOf())).toEqual(one);
    await other.close();
  });

  it('are at least one', async () => {
    await expect(createWasmTrainer({ threads: 0 })).rejects.toThrow('Expected threads to be a whole number >= 1, received 0');
  });
});

describe('memory for trainings', () => {
  it('is refused beyond what addresses of 32 bits reach, with the size', () => {
    expect(() => createMemoryPool().take(131_072)).toThrow('Expected a training that fits into 4 GiB of memory, received one of 8.0 GiB');
  });

  it('that is too small makes way for a larger one', () => {
    const memories = createMemoryPool();
    const small = memories.take(1);
    memories.give(small);
    const large = memories.take(2);
    expect(large).not.toBe(small);
    memories.give(large);
    expect(memories.take(1)).toBe(large);
  });
});

describe('a predictor', () => {
  it('says so where it is asked after it was closed', async () => {
    const { weights } = await trained(trainer, network, samples, trainingOf({ epochs: 1 }));
    const predictor = trainer.open(network, weights);
    predictor.close();
    expect(() => predictor.forecast(samples.rows, samples.ends, samples.ends, new Float32Array(60))).toThrow(
      'received one that was closed',
    );
  });
});
