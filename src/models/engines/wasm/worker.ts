import type { MessagePort } from 'node:worker_threads';
import type { Trained } from '../../trainer.ts';
import { assistTraining, type PreparedTraining, runTraining } from './training.ts';

/** What a worker thread is asked to do. */
export type Task =
  | {
      readonly kind: 'train';
      readonly module: WebAssembly.Module;
      readonly prepared: PreparedTraining;
      /** Where epochs are told, if someone listens. */
      readonly port?: MessagePort;
    }
  | { readonly kind: 'assist'; readonly module: WebAssembly.Module; readonly prepared: PreparedTraining };

export default function work(task: Task): Trained | number {
  if (task.kind === 'assist') return assistTraining(task.module, task.prepared);
  const { module, prepared, port } = task;
  return runTraining(module, prepared, port && ((epoch) => port.postMessage(epoch)));
}
