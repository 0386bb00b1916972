import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { type BaselineKind, type LearnerKind, learnerKinds } from '../model.ts';
import type { Samples, Trained, Trainer } from '../trainer.ts';
import type { LearnerTask } from './learner-worker.ts';
import { learners } from './learners.ts';

/** The trainers of all baselines; those that learn from inputs, which may take its time, fit on threads of their own. */
export interface LearnerPool {
  /** The same weights, bit for bit, as those of `learners`; an abort ends its thread at once and rejects with its reason. */
  readonly trainers: Readonly<Record<BaselineKind, Trainer>>;
  /** Ends the threads; what fits is aborted. The next fit starts others. A process may also just end. */
  close(): Promise<void>;
}

/** Worker threads for fits, one each; they start when the first fit asks for one. Throws a TypeError where `threads` is no count. */
export function createLearnerPool(threads: number = availableParallelism()): LearnerPool {
  if (!Number.isInteger(threads) || threads < 1) throw new TypeError(`Expected threads to be a whole number >= 1, received ${threads}`);
  let pool: Promise<Piscina<LearnerTask, Trained>> | undefined;

  const pooled = (kind: LearnerKind): Trainer => ({
    ...learners[kind],
    concurrency: threads,
    async fit(network, samples, training, { signal }) {
      signal?.throwIfAborted();
      pool ??= startThreads(threads);
      try {
        const started = await pool;
        signal?.throwIfAborted();
        return await started.run({ kind, network, samples: trimmed(samples), training }, { ...(signal && { signal }) });
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      }
    },
  });

  return {
    trainers: { ...learners, ...Object.fromEntries(learnerKinds.map((kind) => [kind, pooled(kind)])) },
    async close() {
      const closing = pool;
      pool = undefined;
      await (await closing)?.destroy();
    },
  };
}

/** Whoever has no learner to fit does not wait for the library to load. */
async function startThreads(threads: number): Promise<Piscina<LearnerTask, Trained>> {
  const { Piscina } = await import('piscina');
  const source = import.meta.url.endsWith('.ts');
  return new Piscina<LearnerTask, Trained>({
    filename: new URL(source ? './learner-worker.ts' : './learner-worker.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Infinity,
    // Columns, lists and kernels lie outside the heap; the young generation would grow by tens of megabytes for a little garbage per fit.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    // Straight from the source, as tests run it, the threads need the loader that their parent has.
    ...(source && { execArgv: ['--import', 'tsx'] }),
  });
}

/** Without what its arrays' buffers hold beside them: a message copies whole buffers. */
function trimmed(samples: Samples): Samples {
  const whole = <T extends Float32Array | Int32Array>(array: T): T =>
    array.byteLength === array.buffer.byteLength ? array : (array.slice() as T);
  return { ...samples, rows: whole(samples.rows), ends: whole(samples.ends), targets: whole(samples.targets) };
}
