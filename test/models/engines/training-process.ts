import { createHash } from 'node:crypto';
import { createRandom } from '../../../src/core/random.ts';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { lstm, networkOf } from '../../../src/models/model.ts';

// A process of its own: trains a network with every kind of chance in it (initialisation, shuffling, dropout) and prints the
// sha256 of the weights.
const model = lstm({ lookback: 6, units: [8, 5], dropout: 0.3, dense: [4], train: { epochs: 3, batchSize: 16, patience: 0 } });
const random = createRandom(3);
const rows = Float32Array.from({ length: 66 * 3 }, () => random.normal());
const ends = Int32Array.from({ length: 60 }, (_, k) => k + 5);
const targets = Float32Array.from(ends, () => random.normal());
const samples = { rows, inputs: 3, lookback: 6, outputs: 1, ends, targets, trainCount: 45 };
const trainer = await createTensorflowTrainer({ backend: process.argv[2] === 'node' ? 'node' : 'wasm' });
const trained = await trainer.fit(networkOf(model, 3), samples, { ...model.training, seed: 5 }, {});
if (trained.kind === 'refused') throw new Error(trained.reason);
const hash = createHash('sha256');
for (const { values } of trained.weights) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
process.stdout.write(hash.digest('hex'));
