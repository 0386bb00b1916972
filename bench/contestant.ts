import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Workload } from './workloads.ts';
import { samplesOf } from './workloads.ts';

/** An engine in a process of its own, which waits for its turn. */
export interface Contestant {
  readonly name: string;
  /** What it says of itself: version, back end, mode. */
  readonly description: string;
  /** One training from fresh weights, of so many epochs or up to the limit. */
  train(workload: Workload, turn: { readonly epochs: number; readonly limit: TurnLimit }): Promise<Turn>;
  /** Anything else that its process answers. */
  ask(request: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** A training ends with the epoch in which `measured` seconds after the first epoch are over, or with the first if it took `warmUp` seconds. */
export interface TurnLimit {
  readonly measured: number;
  readonly warmUp: number;
}

/** What each epoch took, and its mean loss. */
export interface Turn {
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
}

/** One that cannot be had here, and why. */
export interface Absent {
  readonly name: string;
  readonly absent: string;
}

export function isPresent(one: Contestant | Absent): one is Contestant {
  return !('absent' in one);
}

/** Starts `bench/processes/<script>` with its options, and asks it who it is. Throws an Error where the package is not compiled. */
export async function startNode(
  name: string,
  script: string,
  options: object,
  flags: readonly string[] = [],
): Promise<Contestant | Absent> {
  const path = fileURLToPath(new URL(`./processes/${script}`, import.meta.url));
  if (!existsSync(new URL('../dist/index.js', import.meta.url)))
    throw new Error('Expected the compiled package in dist, found none. Run npm run build');
  // No flags of this process: what is measured is the compiled package, without a loader beside it. Old libraries' deprecations are theirs.
  const child = fork(path, [JSON.stringify(options)], {
    execArgv: ['--no-deprecation', ...flags],
    serialization: 'advanced',
    env: cleanEnvironment(),
  });
  const ask = asking(
    name,
    child,
    (request) => child.send(request),
    (listener) => child.on('message', listener),
  );
  const withData = (workload: Workload, epochs: number) => ({
    network: workload.network,
    training: { ...workload.training, epochs },
    samples: samplesOf(workload),
  });
  return introduced(name, child, ask, async (workload, { epochs, limit }) => {
    return (await ask({ kind: 'train', ...withData(workload, epochs), limit })) as unknown as Turn;
  });
}

/** Starts a Python script that reads requests from stdin and answers on stdout, one line of JSON each. */
export async function startPython(name: string, python: string, script: string, threads: number): Promise<Contestant | Absent> {
  const path = fileURLToPath(new URL(`./peers/${script}`, import.meta.url));
  const env = {
    ...cleanEnvironment(),
    OMP_NUM_THREADS: String(threads),
    TF_CPP_MIN_LOG_LEVEL: '3',
    PYTHONWARNINGS: 'ignore',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const child = spawn(python, [path, '--threads', String(threads)], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout });
  const ask = asking(
    name,
    child,
    (request) => child.stdin.write(`${JSON.stringify(request)}\n`),
    (listener) => lines.on('line', (line) => listener(JSON.parse(line))),
    () => errors,
  );
  return introduced(name, child, ask, async (workload, { epochs, limit }) => {
    const { rows, targets } = samplesOf(workload);
    const data = { rows: [...rows], targets: [...targets] };
    const { network, training } = workload;
    return (await ask({ kind: 'train', network, data, training: { ...training, epochs }, limit })) as unknown as Turn;
  });
}

/** A library's settings by environment variable, made for another one, must not slow a contestant down. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...rest } = process.env;
  return rest;
}

type Answer = Readonly<Record<string, unknown>>;

/** One request at a time; a process that ends, or an answer with `error`, rejects it. */
function asking(
  name: string,
  child: ChildProcess,
  send: (request: object) => void,
  listen: (listener: (answer: unknown) => void) => void,
  words: () => string = () => '',
): Contestant['ask'] {
  let pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined;
  listen((answer) => {
    const { error } = answer as { error?: string };
    if (error === undefined) pending?.resolve(answer as Answer);
    else pending?.reject(new Error(`${name}: ${error}`));
    pending = undefined;
  });
  const end = (reason: string) => {
    ended = new Error(`${name}: ${reason}${words() && `: ${words().trim()}`}`);
    pending?.reject(ended);
  };
  child.on('error', (error) => end(error.message));
  child.on('close', (code, signal) => end(`its process ended with ${code ?? signal}`));
  return (request) =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      pending = { resolve, reject };
      send(request);
    });
}

async function introduced(
  name: string,
  child: ChildProcess,
  ask: Contestant['ask'],
  train: Contestant['train'],
): Promise<Contestant | Absent> {
  const close = () => {
    child.kill();
  };
  try {
    const { description } = await ask({ kind: 'describe' });
    return { name, description: String(description), train, ask, close };
  } catch (error) {
    close();
    return { name, absent: (error as Error).message.slice(name.length + 2) };
  }
}
