// One trainer of the compiled package, used through its port only: node trainer.mjs '{"engine":"wasm","threads":1,"revectorizer":"auto"}'
// or '{"engine":"tensorflow","backend":"wasm"}'.
import { createHash } from 'node:crypto';
import { initialWeights } from '../../dist/models/parameters.js';
import { answer, epochClock, timeCalls } from './answering.mjs';

const { engine, ...options } = JSON.parse(process.argv[2]);
let trainer;

answer({
  async describe() {
    const path = `../../dist/models/engines/${engine}/trainer.js`;
    const { createWasmTrainer, createTensorflowTrainer } = await import(path).catch((error) => {
      if (error.code === 'ERR_MODULE_NOT_FOUND') throw new Error(`the compiled package has no engine ${engine}; run npm run build`);
      throw error;
    });
    trainer = await (engine === 'wasm' ? createWasmTrainer : createTensorflowTrainer)(options);
    return { description: trainer.description };
  },

  async train({ network, samples, training, limit }) {
    const stop = new AbortController();
    const clock = epochClock(limit);
    const losses = [];
    const onEpoch = ({ loss }) => {
      losses.push(loss);
      if (clock.end()) stop.abort();
    };
    const trained = await trainer.fit(network, samples, training, { onEpoch, signal: stop.signal }).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    if (trained?.kind === 'refused') throw new Error(trained.reason);
    return { seconds: clock.seconds, losses };
  },

  async forecast({ network, samples, calls, limit }) {
    const predictor = trainer.open(network, initialWeights(network, 1));
    const into = new Float32Array(network.outputs);
    let k = 0;
    const one = () => {
      const at = k++ % samples.ends.length;
      predictor.forecast(samples.rows, samples.ends.subarray(at, at + 1), Int32Array.of(at), into);
    };
    const milliseconds = timeCalls(one, calls, limit);
    predictor.close();
    return { milliseconds };
  },

  // Fits that are asked for at once, as the folds of a walk are.
  async folds({ network, samples, training, fits }) {
    const start = performance.now();
    const all = await Promise.all(Array.from({ length: fits }, (_, k) => trainer.fit(network, samples, { ...training, seed: k + 1 }, {})));
    const seconds = (performance.now() - start) / 1000;
    const hash = createHash('sha256');
    for (const { kind, reason, weights } of all) {
      if (kind === 'refused') throw new Error(reason);
      for (const { values } of weights) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    return { seconds, hash: hash.digest('hex') };
  },

  // Resident memory of the whole process, threads included, after each of the numbers of fits in a row.
  async memory({ network, samples, training, after }) {
    const megabytes = [];
    for (let fit = 1; fit <= Math.max(...after); fit++) {
      const trained = await trainer.fit(network, samples, { ...training, seed: fit }, {});
      if (trained.kind === 'refused') throw new Error(trained.reason);
      if (!after.includes(fit)) continue;
      globalThis.gc();
      megabytes.push(process.memoryUsage.rss() / 2 ** 20);
    }
    return { megabytes };
  },
});
