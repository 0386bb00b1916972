// Trains pinned small networks with the compiled package and prints a hash of each one's weights, and the digest of a small walk, as one
// JSON object: node training-hash.mjs '{"threads":2,"together":true,"revectorizer":"auto","fits":"/a/folder"}'
import { createHash } from 'node:crypto';
import { createRandom } from '../dist/core/random.js';
import { backtest, directoryFitStore, gru, synthetic, threshold } from '../dist/index.js';
import { createWasmTrainer } from '../dist/models/engines/wasm/trainer.js';

const { threads, together, revectorizer, fits } = JSON.parse(process.argv[2]);

const cell = { units: 12, activation: 'tanh', kernelL2: 0, recurrentL2: 0 };
const output = { kind: 'dense', units: 1, activation: 'linear', kernelL2: 0 };
const NETWORKS = {
  rnn: [{ kind: 'rnn', ...cell, sequences: false }, output],
  lstm: [
    { kind: 'lstm', ...cell, sequences: true },
    { kind: 'dropout', rate: 0.2 },
    { kind: 'lstm', ...cell, units: 7, sequences: false },
    { kind: 'dropout', rate: 0.2 },
    { kind: 'dense', units: 5, activation: 'relu', kernelL2: 0 },
    output,
  ],
  'gru, reset after': [
    { kind: 'gru', ...cell, kernelL2: 0.01, recurrentL2: 0.01, sequences: true, resetAfter: true },
    { kind: 'gru', ...cell, units: 8, sequences: false, resetAfter: true },
    output,
  ],
  'gru, reset before': [{ kind: 'gru', ...cell, activation: 'relu', sequences: false, resetAfter: false }, output],
  'batch normalisation': [
    { kind: 'lstm', ...cell, units: 10, sequences: true },
    { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
    { kind: 'gru', ...cell, sequences: false, resetAfter: true },
    { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
    output,
  ],
  // Large enough that idle threads share its batches, and long enough that they come in time.
  'lstm, shared batches': [
    { kind: 'lstm', ...cell, units: 64, sequences: true },
    { kind: 'batchNorm', momentum: 0.9, epsilon: 1e-3 },
    { kind: 'dropout', rate: 0.2 },
    { kind: 'lstm', ...cell, units: 32, sequences: false },
    output,
  ],
};
const LONG = { 'lstm, shared batches': { epochs: 60, patience: 0 } };
const LOOKBACK = 9;
const INPUTS = 5;
const SAMPLES = 150;
const TRAINING = {
  epochs: 4,
  batchSize: 32,
  loss: { kind: 'huber', delta: 1 },
  optimiser: { kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0 },
  patience: 3,
  clipNorm: 1,
  shuffle: true,
  noise: 0,
  plateau: null,
  seed: 5,
};

function samples() {
  const random = createRandom(3);
  const rows = Float32Array.from({ length: (SAMPLES + LOOKBACK) * INPUTS }, () => random.normal());
  const ends = Int32Array.from({ length: SAMPLES }, (_, k) => k + LOOKBACK - 1);
  const targets = Float32Array.from(ends, (end) => Math.abs(rows[end * INPUTS]) - 0.8);
  return { rows, inputs: INPUTS, lookback: LOOKBACK, outputs: 1, ends, targets, trainCount: 120 };
}

function hashOf(arrays) {
  const hash = createHash('sha256');
  for (const values of arrays) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return hash.digest('hex');
}

/** The hash of a network's weights and of its forecasts. */
async function trainOne(trainer, name, layers) {
  const network = { lookback: LOOKBACK, inputs: INPUTS, outputs: 1, layers };
  const data = samples();
  const trained = await trainer.fit(network, data, { ...TRAINING, ...LONG[name] }, {});
  if (trained.kind === 'refused') throw new Error(trained.reason);
  const forecasts = new Float32Array(SAMPLES);
  const predictor = trainer.open(network, trained.weights);
  predictor.forecast(data.rows, data.ends, data.ends, forecasts);
  predictor.close();
  return hashOf([...trained.weights.map(({ values }) => values), forecasts]);
}

/** The digest of a small walk, its fits kept in a folder: trained where they are not there, read where they are. */
async function walk(trainer) {
  const { bars } = synthetic('planted', { bars: 700, intervalMs: 86_400_000, start: Date.UTC(2020, 0, 1), seed: 7 });
  const { report } = await backtest({
    bars,
    model: gru({ units: [6], lookback: 5, features: ['logReturn', 'range'], train: { window: 200, epochs: 4, patience: 2 } }),
    schedule: { retrain: 200 },
    policy: threshold({ enter: 0 }),
    trainer,
    fits: directoryFitStore(fits),
  });
  return report.digest;
}

const trainer = await createWasmTrainer({ threads, revectorizer });
const hashes = {};
const jobs = Object.entries(NETWORKS).map(([name, layers]) => async () => {
  hashes[name] = await trainOne(trainer, name, layers);
});
if (together) await Promise.all(jobs.map((job) => job()));
else for (const job of jobs) await job();
hashes.walk = await walk(trainer);
await trainer.close();
const sorted = Object.fromEntries(Object.entries(hashes).sort(([a], [b]) => (a < b ? -1 : 1)));
console.log(JSON.stringify({ description: trainer.description, hashes: sorted }));
