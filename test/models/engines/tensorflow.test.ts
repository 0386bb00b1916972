import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { contentHash } from '../../../src/models/key.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainerContract, trainingOf } from '../../contracts/trainer.ts';

const HASHES = {
  rnn: 'deedfb2bee565ad3',
  lstm: 'fdffc4c2157a4aa0',
  'gru, reset after': 'c2792f936e0167ab',
  'gru, reset before': 'e16bc71b15f3fe20',
  'stacked, relu, L2, dropout and a hidden layer': '2a16e70b60c5293f',
  'batch normalisation between': '607c265bb3212a98',
};

trainerContract('TensorFlow.js on WebAssembly', () => createTensorflowTrainer({ backend: 'wasm' }));

describe('the TensorFlow.js trainer', () => {
  it('says which back end it took, in its id and in words', async () => {
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    expect(trainer.id).toMatch(/^tensorflow\/wasm@4\.22\.0\//);
    expect(trainer.description).toContain('WebAssembly');
  });

  it('refuses a second back end in the same process', async () => {
    await createTensorflowTrainer({ backend: 'wasm' });
    await expect(createTensorflowTrainer({ backend: 'node' })).rejects.toThrow('received node after wasm');
    expect((await createTensorflowTrainer()).id).toContain('/wasm@');
  });

  it('gives bit-identical weights in two processes', async () => {
    const run = promisify(execFile);
    const once = () => run(process.execPath, ['--import', 'tsx', 'test/models/engines/training-process.ts']);
    const [one, other] = await Promise.all([once(), once()]);
    expect(one.stdout).toMatch(/^[0-9a-f]{64}$/);
    expect(other.stdout).toBe(one.stdout);
  });

  it('leaves no tensor behind where a fit is aborted or refused', async () => {
    const { tf } = await loadBackend('wasm');
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    const network = networkOf(NETWORKS.lstm!);
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    const aborted = trainer.fit(network, samplesOf(60), trainingOf(), {
      signal: controller.signal,
      onEpoch: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    const optimiser = { kind: 'sgd', learningRate: 1e30, momentum: 0 } as const;
    await trainer.fit(network, samplesOf(60), trainingOf({ optimiser }), {});
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves no tensor behind over 100 fits', async () => {
    const { tf } = await loadBackend('wasm');
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    const network = networkOf(NETWORKS['batch normalisation between']!);
    const samples = samplesOf(24);
    const before = tf.memory().numTensors;
    for (let seed = 0; seed < 100; seed++) {
      const { weights } = await trained(trainer, network, samples, trainingOf({ epochs: 1, seed }));
      const predictor = trainer.open(network, weights);
      predictor.forecast(samples.rows, samples.ends, samples.ends, new Float32Array(24));
      predictor.close();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  // Whoever changes these numbers raises NETWORKS in backend.ts, so that fits made before are made again.
  it('trains the networks that its id stands for, on every machine', async () => {
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    const hashes: Record<string, string> = {};
    for (const [name, layers] of Object.entries(NETWORKS)) {
      const { weights } = await trained(trainer, networkOf(layers), samplesOf(40), trainingOf({ epochs: 2 }));
      hashes[name] = contentHash(weights.map(({ values }) => values)).slice(0, 16);
    }
    expect(trainer.id).toContain('networks@1');
    expect(hashes).toEqual(HASHES);
  });
});
