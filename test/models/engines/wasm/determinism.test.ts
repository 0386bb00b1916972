import { setTimeout as wait } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { afterAll, describe, expect, it } from 'vitest';
import { compileKernels } from '../../../../src/models/engines/wasm/compilation.ts';
import { askToLeave, controlOf, hasJoined } from '../../../../src/models/engines/wasm/crew.ts';
import { FIRST_ADDRESS } from '../../../../src/models/engines/wasm/kernels.ts';
import { memoryMap } from '../../../../src/models/engines/wasm/memory-map.ts';
import { PROBE_HASH, probeHash } from '../../../../src/models/engines/wasm/probe.ts';
import { createWasmTrainer } from '../../../../src/models/engines/wasm/trainer.ts';
import { type PreparedTraining, prepareTraining, runTraining } from '../../../../src/models/engines/wasm/training.ts';
import type { Task } from '../../../../src/models/engines/wasm/worker.ts';
import { contentHash } from '../../../../src/models/key.ts';
import type { Trained } from '../../../../src/models/trainer.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainingOf } from '../../../contracts/training-cases.ts';
import { sharedMemory } from './pass.ts';

const { module } = compileKernels('off');
const hashOf = (result: Trained) => {
  if (result.kind === 'refused') throw new Error(result.reason);
  return contentHash(result.weights.map(({ values }) => values)).slice(0, 16);
};

// Whoever changes these numbers raises NETWORKS in trainer.ts, so that fits made before are made again.
const HASHES: Readonly<Record<string, string>> = {
  rnn: '21f31b13d9a6ee2d',
  lstm: 'c7890eae33f4345d',
  'gru, reset after': '90f0969d73d97df1',
  'gru, reset before': '56b5e6879ddb6dc7',
  'stacked, relu, L2, dropout and a hidden layer': 'fb724335712d2077',
  'batch normalisation between': '4e5989d3dc84aba5',
  'batch normalisation of a vector': '1f911c3474e832a3',
  'rnn, relu': '7618775180f50f3e',
  'lstm, relu': 'f264e62616786d6e',
  'gru, reset after, relu': 'cac4c0a9ada9ffc9',
  'gru, reset before, relu': '36e0e4fcf6a8b1c1',
  'sequences through every kind of layer': 'f1ec54285cf1d49e',
};

describe('the same seed gives the same weights, bit for bit', () => {
  const own = Object.entries(NETWORKS).filter(
    ([, layers]) => !layers.some(({ kind }) => ['bidirectional', 'attention', 'conv1d'].includes(kind)),
  );

  it('which are these, on every machine and every version of Node', async () => {
    const hashes: Record<string, string> = {};
    for (const [name, layers] of own) {
      hashes[name] = hashOf(runTraining(module, prepareTraining(networkOf(layers), samplesOf(60), trainingOf(), sharedMemory)));
    }
    expect(hashes).toEqual(HASHES);
    expect((await createWasmTrainer()).id).toMatch(/^wasm\/[0-9a-f]{16}\/networks@1$/);
  });

  it.each(own)('with one thread on a batch or two: %s', async (_, layers) => {
    const prepare = () => prepareTraining(networkOf(layers), samplesOf(61), trainingOf({ clipNorm: 0.5, noise: 0.1 }), sharedMemory);
    const alone = runTraining(module, prepare());
    const prepared = prepare();
    const assistant = await assist(prepared);
    const together = runTraining(module, prepared);
    // 3 epochs of 3 batches of at most 16 of 46 training samples, and 1 of 15 validation samples.
    expect(await assistant.batches).toBe(3 * (3 + 1));
    expect(hashOf(together)).toBe(hashOf(alone));
    expect(together).toEqual(alone);
  });

  it('where the second thread leaves in the middle, and another comes', async () => {
    const prepare = () => prepareTraining(networkOf(NETWORKS.lstm!), samplesOf(60), trainingOf({ epochs: 6 }), sharedMemory);
    const alone = runTraining(module, prepare());
    const prepared = prepare();
    const first = await assist(prepared);
    const together = runTraining(module, prepared, ({ epoch }) => {
      if (epoch === 2) askToLeave(first.control, true);
    });
    expect(await first.batches).toBe(2 * 4);
    expect(together).toEqual(alone);
    // Who comes when all is done goes at once.
    const late = await assist(prepared);
    expect(await late.batches).toBe(0);
  });

  it('with one worker and with two, one training or several at once', async () => {
    const networks = own.map(([, layers]) => networkOf(layers));
    const all = async (threads: number, atOnce: boolean) => {
      const trainer = await createWasmTrainer({ threads });
      const jobs = networks.map((network) => () => trained(trainer, network, samplesOf(60), trainingOf()));
      const results = [];
      if (atOnce) results.push(...(await Promise.all(jobs.map((job) => job()))));
      else for (const job of jobs) results.push(await job());
      await trainer.close();
      return results.map(hashOf);
    };
    const expected = Object.values(HASHES);
    expect(await all(1, false)).toEqual(expected);
    expect(await all(2, false)).toEqual(expected);
    expect(await all(2, true)).toEqual(expected);
    expect(await all(3, true)).toEqual(expected);
  });

  it.each(own)('in memory that holds whatever it held: %s', (name, layers) => {
    const prepared = prepareTraining(networkOf(layers), samplesOf(60), trainingOf(), (pages) => {
      const memory = sharedMemory(pages);
      // Above the kernels' own constants.
      new Float32Array(memory.buffer).fill(Number.NaN, FIRST_ADDRESS / 4);
      return memory;
    });
    expect(hashOf(runTraining(module, prepared))).toBe(HASHES[name]);
  });

  it('in the trial training that 256-bit mode must pass', () => {
    expect(probeHash(module)).toBe(PROBE_HASH);
    expect(probeHash(compileKernels('auto').module)).toBe(PROBE_HASH);
  });
});

const second = new Piscina<Task, number>({
  filename: new URL('../../../../src/models/engines/wasm/worker.ts', import.meta.url).href,
  maxThreads: 1,
  execArgv: ['--import', 'tsx'],
});
afterAll(() => second.destroy());

/** Has a second thread join a training that is yet to start; gives the number of batches it will have worked on. */
async function assist(prepared: PreparedTraining) {
  const batches = second.run({ kind: 'assist', module, prepared });
  const control = controlOf(prepared.memory, memoryMap(prepared.course));
  let failed = false;
  batches.catch(() => {
    failed = true;
  });
  while (!hasJoined(control) && !failed) await wait(1);
  return { batches, control };
}
