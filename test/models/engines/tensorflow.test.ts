import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainerContract, trainingOf } from '../../contracts/trainer.ts';

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
});
