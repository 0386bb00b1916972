import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Epoch, Trained, Watch } from '../../trainer.ts';
import { askToLeave, type Control, controlOf, isFinished } from './crew.ts';
import { memoryMap } from './memory-map.ts';
import type { PreparedTraining } from './training.ts';
import type { Task } from './worker.ts';

/** Worker threads that train: one training each, and where threads are idle, two on one training. */
export interface TrainingPool {
  /**
   * Trains on a worker thread; how many threads there are changes nothing in the result. An abort ends the threads at once and rejects
   * with its reason.
   */
  train(module: WebAssembly.Module, prepared: PreparedTraining, watch: Watch): Promise<Trained>;
  close(): Promise<void>;
}

/** Multiplications in a step through all weights for a batch from which on a second thread saves more than the meetings cost: about 0.4 ms. */
const WORTH_SHARING = 4_000_000;

interface Running {
  readonly module: WebAssembly.Module;
  readonly prepared: PreparedTraining;
  readonly control: Control;
  /** Whether a batch is long enough to be shared. */
  readonly shareable: boolean;
  /** Ends owner and assistant. */
  readonly stop: AbortController;
  assistant?: Promise<void>;
}

export function createTrainingPool(threads: number): TrainingPool {
  const source = import.meta.url.endsWith('.ts');
  const pool = new Piscina<Task, Trained | number>({
    filename: new URL(source ? './worker.ts' : './worker.js', import.meta.url).href,
    // One is started at once: by the time that the first training is prepared, it stands ready.
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: Infinity,
    // What a training needs lies outside the heap; the young generation would grow by tens of megabytes for a little garbage per fit.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
    // Straight from the source, as tests run it, the threads need the loader that their parent has.
    ...(source && { execArgv: ['--import', 'tsx'] }),
  });
  const all = new Set<Running>();

  /** Idle threads assist the trainings that are under way; as soon as another training needs them, they leave. */
  function balance(): void {
    let idle = threads - all.size;
    for (const running of all) {
      const wanted = running.shareable && idle > 0;
      if (wanted) idle--;
      if (wanted && !running.assistant && !isFinished(running.control)) running.assistant = assist(running);
      if (running.assistant) askToLeave(running.control, !wanted);
    }
  }

  async function assist(running: Running): Promise<void> {
    try {
      await pool.run({ kind: 'assist', module: running.module, prepared: running.prepared }, { signal: running.stop.signal });
    } catch (error) {
      // Without its assistant the owner would wait for ever.
      running.stop.abort(error);
    }
    delete running.assistant;
    if (all.has(running)) balance();
  }

  return {
    async train(module, prepared, watch) {
      watch.signal?.throwIfAborted();
      const stop = new AbortController();
      const pass = () => stop.abort(watch.signal?.reason);
      watch.signal?.addEventListener('abort', pass, { once: true });
      const { memory, course } = prepared;
      const map = memoryMap(course);
      const products = (map.layout.weights / 4) * map.layout.steps * course.batchSize;
      const running: Running = { module, prepared, control: controlOf(memory, map), shareable: products >= WORTH_SHARING, stop };
      const channel = watch.onEpoch && new MessageChannel();
      let told = 0;
      const tell = (epoch: Epoch) => {
        // A port still delivers what it had received when it was closed.
        if (epoch.epoch <= told || !all.has(running)) return;
        told = epoch.epoch;
        watch.onEpoch?.(epoch);
      };
      channel?.port1.on('message', (epoch: Epoch) => {
        try {
          tell(epoch);
        } catch (error) {
          stop.abort(error);
        }
      });
      all.add(running);
      try {
        const task: Task = { kind: 'train', module, prepared, ...(channel && { port: channel.port2 }) };
        const result = pool.run(task, { signal: stop.signal, ...(channel && { transferList: [channel.port2] }) });
        balance();
        const trained = await result;
        if (typeof trained === 'number') throw new Error(`Expected a training to end with a result, received ${trained}`);
        // What it tells and how it ends come by different ways; the end may be first.
        if (trained.kind === 'trained') for (const epoch of epochsOf(trained, course.training.epochs)) tell(epoch);
        return trained;
      } catch (error) {
        throw stop.signal.aborted ? stop.signal.reason : error;
      } finally {
        watch.signal?.removeEventListener('abort', pass);
        channel?.port1.close();
        all.delete(running);
        await running.assistant;
        balance();
      }
    },
    close: () => pool.destroy(),
  };
}

function epochsOf({ losses, validationLosses }: Extract<Trained, { kind: 'trained' }>, epochs: number): Epoch[] {
  return losses.map((loss, k) => ({ epoch: k + 1, epochs, loss, validationLoss: validationLosses[k] ?? null }));
}
