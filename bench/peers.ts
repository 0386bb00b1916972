import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Contestant, isPresent, startPython } from './contestant.ts';
import { race } from './rounds.ts';
import { startEngine, type TrainingOptions, type Who, type WorkloadFigures } from './training.ts';

/** Other people's training engines beside this project's, on as many threads. */
export interface PeersFigures {
  readonly contestants: readonly Who[];
  /** One for each workload and number of threads. */
  readonly epochs: readonly WorkloadFigures[];
}

const PYTHON = fileURLToPath(new URL('./peers/.venv/bin/python', import.meta.url));
const THREADS = [1, 2];

/** Throws an Error that says how to install the peers where they are not. */
export async function measurePeers(options: TrainingOptions): Promise<PeersFigures> {
  if (!existsSync(PYTHON)) throw new Error('Expected the peers in bench/peers/.venv, found none. Run bench/peers/setup.sh');
  const who: Who[] = [];
  const epochs: WorkloadFigures[] = [];
  for (const threads of THREADS) {
    const named = (peer: string) => `${peer}, ${threads} thread${threads === 1 ? '' : 's'}`;
    const all = [
      await startEngine(threads),
      await startPython(named('PyTorch'), PYTHON, 'torch_epoch.py', threads),
      await startPython(named('Keras'), PYTHON, 'keras_epoch.py', threads),
    ];
    const present: readonly Contestant[] = all.filter(isPresent);
    who.push(...all.map((one) => (isPresent(one) ? { name: one.name, description: one.description } : one)));
    try {
      for (const workload of options.workloads) {
        const engines = await race(present, workload, options.epochs, (name) => options.onProgress(`${workload.name}: ${name}`));
        epochs.push({ workload: workload.name, description: workload.description, engines });
      }
    } finally {
      for (const one of present) one.close();
    }
  }
  return { contestants: who, epochs };
}
