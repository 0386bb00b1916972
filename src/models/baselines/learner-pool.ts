import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { Samples, Trained, Trainer } from '../trainer.ts';
import type { LearnerTask } from './learner-worker.ts';
import { type CostlyKind, costlyKinds, learners } from './learners.ts';

/** The costly learners, fitting on threads of their own. */
export interface LearnerPool {
  /** The same weights, bit for bit, as those of `learners`; an abort ends its thread at once and rejects with its reason. */
  readonly trainers: Readonly<Record<CostlyKind, Trainer>>;
  /** Ends the threads; what fits is aborted. The next fit starts others. A process may also just end. */
  close(): Promise<void>;
}

/** Worker threads for fits, one each; they start when the first fit asks for one. Throws a TypeError where `threads` is no count. */
export function createLearnerPool(threads: number = availableParallelism()): LearnerPool {
  if (!Number.isInteger(threads) || threads < 1) throw new TypeError(`Expected threads to be a whole number >= 1, received ${threads}`);
  let pool: Piscina<LearnerTask, Trained> | undefined;

  const pooled = (kind: CostlyKind): Trainer => ({
    ...learners[kind],
    concurrency: threads,
    async fit(network, samples, training, { signal }) {
      signal?.throwIfAborted();
      pool ??= startThreads(threads);
      try {
        return await pool.run({ kind, network, samples: trimmed(samples), training }, { ...(signal && { signal }) });
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      }
    },
  });

  return {
    trainers: Object.fromEntries(costlyKinds.map((kind) => [kind, pooled(kind)])) as Record<CostlyKind, Trainer>,
    async close() {
      const closing = pool;
      pool = undefined;
      await closing?.destroy();
    },
  };
}

function startThreads(threads: number): Piscina<LearnerTask, Trained> {
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
