import { describe, expect, it } from 'vitest';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { ALL_LAYERS } from '../../contracts/engine.ts';
import { trainerContract } from '../../contracts/trainer.ts';

// A file of its own: a process has one back end, and every test file runs in a process of its own.
const reason = await loadBackend('node').then(
  () => undefined,
  (error: Error) => error.message,
);

if (reason === undefined) {
  trainerContract('TensorFlow.js on the native library', () => createTensorflowTrainer({ backend: 'node' }), { layers: ALL_LAYERS });

  describe('the TensorFlow.js trainer on the native library', () => {
    it('says so in its id and in words, and is what runs', async () => {
      const trainer = await createTensorflowTrainer();
      expect(trainer.id).toMatch(/^tensorflow\/node@4\.22\.0\//);
      expect(trainer.description).toContain('native TensorFlow library');
      expect((await loadBackend()).tf.getBackend()).toBe('tensorflow');
    });

    it('refuses a second back end in the same process', async () => {
      await expect(createTensorflowTrainer({ backend: 'wasm' })).rejects.toThrow('received wasm after node');
    });
  });
} else describe.skip(`TensorFlow.js on the native library (${reason})`, () => it('runs where it loads', () => {}));
