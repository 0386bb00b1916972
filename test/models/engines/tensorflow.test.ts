import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { loadBackend } from '../../../src/models/engines/tensorflow/backend.ts';
import { loadNetwork } from '../../../src/models/engines/tensorflow/pass.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { contentHash } from '../../../src/models/key.ts';
import { ALL_LAYERS } from '../../contracts/engine.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainerContract, trainingOf } from '../../contracts/trainer.ts';

const HASHES = {
  rnn: 'deedfb2bee565ad3',
  lstm: 'fdffc4c2157a4aa0',
  'gru, reset after': 'c2792f936e0167ab',
  'gru, reset before': 'e16bc71b15f3fe20',
  'stacked, relu, L2, dropout and a hidden layer': '2a16e70b60c5293f',
  'batch normalisation between': '607c265bb3212a98',
  'batch normalisation of a vector': '2cac4a96c75e8f1d',
  'rnn, relu': 'de66c30148a994ec',
  'lstm, relu': 'af59bd61b75de213',
  'gru, reset after, relu': '06e22921401b0659',
  'gru, reset before, relu': '51be5e4a401fe3e3',
  'sequences through every kind of layer': '151d2115cf53b72a',
  'bidirectional lstm': '1d6b361954e01257',
  'attention over a bidirectional gru': '84c41350d4c4ed7b',
  'a convolution before an lstm': '098426e926883f84',
};

trainerContract('TensorFlow.js on WebAssembly', () => createTensorflowTrainer({ backend: 'wasm' }), { layers: ALL_LAYERS });

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
    const network = networkOf(NETWORKS.lstm);
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

  it.each([
    ['batch normalisation between', 100],
    ['attention over a bidirectional gru', 20],
    ['a convolution before an lstm', 20],
  ] as const)('leaves no tensor behind: %s, over %i fits', async (name, fits) => {
    const { tf } = await loadBackend('wasm');
    const trainer = await createTensorflowTrainer({ backend: 'wasm' });
    const network = networkOf(NETWORKS[name]);
    const samples = samplesOf(24);
    const before = tf.memory().numTensors;
    for (let seed = 0; seed < fits; seed++) {
      const { weights } = await trained(trainer, network, samples, trainingOf({ epochs: 1, seed }));
      const predictor = trainer.open(network, weights);
      predictor.forecast(samples.rows, samples.ends, samples.ends, new Float32Array(24));
      predictor.close();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('masks by dropout forward and backward alike, every value by its own draw', async () => {
    const { tf } = await loadBackend('wasm');
    const network = { lookback: 3, inputs: 50, outputs: 50, layers: [{ kind: 'dropout', rate: 0.25 }] } as const;
    const loaded = loadNetwork(tf, network, []);
    const steps = Array.from({ length: 3 }, (_, t) => Float32Array.from({ length: 4 * 50 }, (_, k) => 1 + t + k));
    const pass = (seed: number) => {
      let outputs = new Float32Array(0);
      const { input } = loaded.backward(
        { steps, windows: 4 },
        { training: true, random: createRandom(seed) },
        (received) => {
          outputs = Float32Array.from(received);
          return new Float32Array(received.length).fill(1);
        },
        true,
      );
      return { outputs, masks: input.flatMap((step) => [...step]) };
    };
    const { outputs, masks } = pass(1);
    const values = steps.flatMap((step) => [...step]);
    expect(new Set(masks)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    masks.forEach((mask, k) => {
      expect(outputs[k]).toBe(Math.fround(mask * values[k]!));
    });
    // 600 draws of probability 1/4: 150 zeros, with a standard deviation of 10.6.
    const zeros = masks.filter((mask) => mask === 0).length;
    expect(zeros).toBeGreaterThan(110);
    expect(zeros).toBeLessThan(190);
    expect(pass(1).masks).toEqual(masks);
    expect(pass(2).masks).not.toEqual(masks);
    loaded.dispose();
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
