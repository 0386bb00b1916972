import { type Absent, type Contestant, isPresent, startNode } from './contestant.ts';
import { type EpochFigures, median, race } from './rounds.ts';
import { SMALL, samplesOf, WORKLOADS, type Workload } from './workloads.ts';

export interface TrainingFigures {
  /** Who took part, and what each says of itself; or why it could not. */
  readonly contestants: readonly Who[];
  readonly epochs: readonly WorkloadFigures[];
  /** A single window, milliseconds. */
  readonly forecast: {
    readonly workload: string;
    readonly engines: Readonly<Record<string, { readonly calls: number; readonly minMs: number; readonly medianMs: number }>>;
  };
  /** Fits asked for at once, on one thread and on two; null where this project's engine is not there. */
  readonly folds: FoldFigures | null;
  /** Resident memory of a process after so many small fits in a row. */
  readonly memory: Readonly<Record<string, readonly { readonly fits: number; readonly residentMB: number }[]>>;
}

export type Who = { readonly name: string; readonly description: string } | Absent;

export interface WorkloadFigures {
  readonly workload: string;
  readonly description: string;
  readonly engines: Readonly<Record<string, EpochFigures>>;
}

export interface FoldFigures {
  readonly workload: string;
  readonly fits: number;
  readonly epochs: number;
  readonly oneThreadSeconds: number;
  readonly twoThreadsSeconds: number;
  readonly ratio: number;
  /** Whether both gave the same weights, bit for bit. */
  readonly sameWeights: boolean;
}

export interface TrainingOptions {
  /** Measured epochs of each contestant that is fast enough. */
  readonly epochs: number;
  /** Leaves out what takes minutes. */
  readonly quick: boolean;
  readonly workloads: readonly Workload[];
  readonly onProgress: (words: string) => void;
}

/** This project's engine on one thread; in 256-bit registers where `mode` is auto and Node can. */
export function startEngine(threads: number, mode: 'auto' | 'off' = 'auto'): Promise<Contestant | Absent> {
  const name = `this engine, ${threads} thread${threads === 1 ? '' : 's'}${mode === 'off' ? ', 128-bit' : ''}`;
  return startNode(name, 'trainer.mjs', { engine: 'wasm', threads, revectorizer: mode });
}

const LAYERS_WASM = 'tf.layers on wasm';
const LAYERS_NODE = 'tf.layers on tfjs-node';

/** The contestants in the order of the tables; the first one there is what the others are compared with. */
async function startAll(): Promise<readonly (Contestant | Absent)[]> {
  const engine = await startEngine(1);
  const wide = isPresent(engine) && engine.description.includes('256');
  return [
    engine,
    await startEngine(2),
    ...(wide ? [await startEngine(1, 'off')] : []),
    await startNode('tensorflow engine on wasm', 'trainer.mjs', { engine: 'tensorflow', backend: 'wasm' }),
    await startNode(LAYERS_WASM, 'layers.mjs', { backend: 'wasm' }),
    await startNode('tensorflow engine on tfjs-node', 'trainer.mjs', { engine: 'tensorflow', backend: 'node' }),
    await startNode(LAYERS_NODE, 'layers.mjs', { backend: 'node' }),
  ];
}

export async function measureTraining(options: TrainingOptions): Promise<TrainingFigures> {
  const all = await startAll();
  const present = all.filter(isPresent);
  try {
    const epochs: WorkloadFigures[] = [];
    for (const workload of options.workloads) {
      const { name, description } = workload;
      // Half a minute and more per epoch.
      const slow = (one: Contestant) => options.quick && name === 'W2-lstm' && (one.name === LAYERS_WASM || one.name === LAYERS_NODE);
      const racing = present.filter((one) => !slow(one));
      epochs.push({ workload: name, description, engines: await race(racing, workload, options.epochs, progress(options, name)) });
    }
    return {
      contestants: all.map((one) => (isPresent(one) ? { name: one.name, description: one.description } : one)),
      epochs,
      forecast: await measureForecast(present, options),
      folds: await measureFolds(present, options),
      memory: await measureMemory(options),
    };
  } finally {
    for (const one of present) one.close();
  }
}

function progress({ onProgress }: TrainingOptions, workload: string): (name: string) => void {
  return (name) => onProgress(`${workload}: ${name}`);
}

const FIRST = WORKLOADS[0]!;

async function measureForecast(contestants: readonly Contestant[], { onProgress }: TrainingOptions): Promise<TrainingFigures['forecast']> {
  const engines: Record<string, { calls: number; minMs: number; medianMs: number }> = {};
  for (const one of contestants) {
    onProgress(`forecast: ${one.name}`);
    const { milliseconds } = await one.ask({
      kind: 'forecast',
      network: FIRST.network,
      samples: samplesOf(FIRST),
      calls: 2000,
      limit: 3,
    });
    const times = milliseconds as readonly number[];
    engines[one.name] = { calls: times.length, minMs: Math.min(...times), medianMs: median(times) };
  }
  return { workload: FIRST.name, engines };
}

const FOLDS = { fits: 4, epochs: 10, rounds: 5 };

async function measureFolds(contestants: readonly Contestant[], { onProgress }: TrainingOptions): Promise<FoldFigures | null> {
  const [one, two] = ['this engine, 1 thread', 'this engine, 2 threads'].map((name) => contestants.find((it) => it.name === name));
  if (!one || !two) return null;
  onProgress('folds');
  const { fits, epochs, rounds } = FOLDS;
  const seconds = new Map<Contestant, number[]>([
    [one, []],
    [two, []],
  ]);
  const hashes = new Set<unknown>();
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? [one, two] : [two, one]) {
      const took = await contestant.ask({
        kind: 'folds',
        network: FIRST.network,
        samples: samplesOf(FIRST),
        training: { ...FIRST.training, epochs },
        fits,
      });
      seconds.get(contestant)!.push(took.seconds as number);
      hashes.add(took.hash);
    }
  }
  const [oneThreadSeconds, twoThreadsSeconds] = [median(seconds.get(one)!), median(seconds.get(two)!)];
  return {
    workload: FIRST.name,
    fits,
    epochs,
    oneThreadSeconds,
    twoThreadsSeconds,
    ratio: oneThreadSeconds / twoThreadsSeconds,
    sameWeights: hashes.size === 1,
  };
}

/** Each in a fresh process, so that what trained before it does not count. */
async function measureMemory({ quick, onProgress }: TrainingOptions): Promise<TrainingFigures['memory']> {
  const trainers = [
    ['this engine, 1 thread', { engine: 'wasm', threads: 1, revectorizer: 'auto' }, [100, 1000, 2000, 3000, 5000]],
    ...(quick ? [] : ([['tensorflow engine on wasm', { engine: 'tensorflow', backend: 'wasm' }, [100, 1000]]] as const)),
  ] as const;
  const memory: Record<string, { fits: number; residentMB: number }[]> = {};
  for (const [name, options, after] of trainers) {
    // A small young generation: what it grows to by itself, some 40 MB over thousands of fits, would hide what stays.
    const one = await startNode(name, 'trainer.mjs', options, ['--expose-gc', '--max-semi-space-size=1']);
    if (!isPresent(one)) continue;
    onProgress(`memory: ${name}`);
    const { megabytes } = await one
      .ask({
        kind: 'memory',
        network: SMALL.network,
        samples: samplesOf(SMALL),
        training: { ...SMALL.training, epochs: 1 },
        after,
      })
      .finally(one.close);
    memory[name] = (megabytes as readonly number[]).map((residentMB, k) => ({ fits: after[k]!, residentMB }));
  }
  return memory;
}
