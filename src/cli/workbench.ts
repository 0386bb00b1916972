import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createLearnerPool } from '../models/baselines/learner-pool.ts';
import { directoryFitStore, directoryForecastStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import type { Surroundings } from '../walk/predictions.ts';
import { type CommonOptions, type Host, revectorizerOf } from './host.ts';
import { createProgress } from './progress.ts';

/** What every command that fits models needs of the machine: trainers, the fits of a workspace, a clock, and the wish to stop. */
export interface Workbench {
  readonly around: Required<Pick<Surroundings, 'networkTrainer' | 'learnerTrainer' | 'fits' | 'clock' | 'signal'>>;
  /** Ends the threads of learners. */
  close(): Promise<void>;
}

export function openWorkbench(host: Host, workspace: string): Workbench {
  const pool = createLearnerPool();
  return {
    around: {
      networkTrainer: (engine) => loadTrainer(engine, { revectorizer: revectorizerOf(host) }),
      learnerTrainer: (kind) => pool.trainers[kind],
      fits: directoryFitStore(join(workspace, 'cache', 'fits')),
      clock: () => performance.now(),
      signal: host.signal,
    },
    close: () => pool.close(),
  };
}

/** Work on forecasts, with their store and a progress bar; whatever comes of it, bar and threads are gone afterwards. */
export async function forecasting<T>(
  host: Host,
  { workspace, quiet }: CommonOptions,
  work: (around: Surroundings) => Promise<T>,
): Promise<T> {
  const progress = quiet ? undefined : createProgress(host);
  const bench = openWorkbench(host, workspace);
  try {
    return await work({
      ...bench.around,
      forecasts: directoryForecastStore(join(workspace, 'cache', 'forecasts')),
      ...(progress && { onProgress: progress.show }),
    });
  } finally {
    progress?.close();
    await bench.close();
  }
}
