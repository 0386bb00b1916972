import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainerContract, trainingOf } from '../../contracts/trainer.ts';

const native = await loadBackend('node').then(
  () => undefined,
  (error: Error) => error.message,
);

trainerContract('TensorFlow.js on WebAssembly', () => createTensorflowTrainer({ backend: 'wasm' }));
if (native === undefined) trainerContract('TensorFlow.js on the native library', () => createTensorflowTrainer({ backend: 'node' }));
else describe.skip(`TensorFlow.js on the native library (${native.slice(0, 120)})`, () => it('runs where it loads', () => {}));

describe('the TensorFlow.js trainer', () => {
  it('says which back end it took, in its id and in words', async () => {
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    expect(trainer.id).toMatch(/^tensorflow\/wasm@4\.22\.0\//);
    expect(trainer.description).toContain('WebAssembly');
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
