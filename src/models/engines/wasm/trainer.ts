import { availableParallelism } from 'node:os';
import type { Trainer } from '../../trainer.ts';
import { compileKernels, type RevectorizerChoice } from './compilation.ts';
import { KERNELS_SHA256 } from './kernels.generated.ts';
import { createMemoryPool } from './memory-pool.ts';
import { openPredictor } from './predictor.ts';
import { prepareTraining } from './training.ts';
import { createTrainingPool, type TrainingPool } from './training-pool.ts';

/** Raised whenever the numbers of networks, optimisers or seeded streams here change: fits made before are then made again. */
const NETWORKS = 1;

export interface WasmTrainerOptions {
  /** Threads that train; default: the machine's cores. No result depends on it. */
  readonly threads?: number;
  /** `off` forbids V8's 256-bit mode, which is used where a trial training proves that it changes nothing. */
  readonly revectorizer?: RevectorizerChoice;
}

export interface WasmTrainer extends Trainer {
  /** Ends the threads; what trains is aborted. A process may also just end. */
  close(): Promise<void>;
}

/**
 * The trainer on our own kernels. Trainings run on worker threads, forecasts in the calling thread. The same seed gives the same
 * weights bit for bit, whatever the threads, the machine and the version of Node.
 */
export async function createWasmTrainer(options: WasmTrainerOptions = {}): Promise<WasmTrainer> {
  const { threads = availableParallelism(), revectorizer = 'auto' } = options;
  if (!Number.isInteger(threads) || threads < 1) throw new TypeError(`Expected threads to be a whole number >= 1, received ${threads}`);
  let pool: TrainingPool | undefined = createTrainingPool(threads);
  const { module, bits } = compileKernels(revectorizer);
  const memories = createMemoryPool();
  return {
    id: `wasm/${KERNELS_SHA256.slice(0, 16)}/networks@${NETWORKS}`,
    description: `own WebAssembly kernels, ${bits}-bit SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    concurrency: threads,
    async fit(network, samples, training, watch) {
      const prepared = prepareTraining(network, samples, training, memories.take);
      pool ??= createTrainingPool(threads);
      const trained = await pool.train(module, prepared, watch);
      // After an abort a thread may still be on its way out: that memory is not used again.
      memories.give(prepared.memory);
      return trained;
    },
    open: (network, weights) => openPredictor(module, network, weights, memories),
    async close() {
      await pool?.close();
      pool = undefined;
    },
  };
}
