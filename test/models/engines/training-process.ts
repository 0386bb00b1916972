import { createHash } from 'node:crypto';
import { createTensorflowTrainer } from '../../../src/models/engines/tensorflow/trainer.ts';
import { NETWORKS, networkOf, samplesOf, trained, trainingOf } from '../../contracts/training-cases.ts';

// A process of its own: trains a network with every kind of chance in it (initialisation, shuffling, dropout, noise) and prints the
// sha256 of the weights.
const trainer = await createTensorflowTrainer({ backend: process.argv[2] === 'node' ? 'node' : 'wasm' });
const network = networkOf(NETWORKS['stacked, relu, L2, dropout and a hidden layer']);
const { weights } = await trained(trainer, network, samplesOf(60), trainingOf({ noise: 0.1 }));
const hash = createHash('sha256');
for (const { values } of weights) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
process.stdout.write(hash.digest('hex'));
