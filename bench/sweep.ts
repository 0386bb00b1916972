import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One sweep of 100 crossover pairs: seconds of the first one in a fresh process, and the median and fastest of those after it. */
export interface SweepTimes {
  readonly first: number;
  readonly median: number;
  readonly fastest: number;
  /** Of the best of the pairs, quote: all contestants agree on it where they trade by the same rules. */
  readonly bestEquity: number;
}

export interface SweepFigures {
  readonly bars: number;
  readonly pairs: number;
  readonly engine: SweepTimes;
  /** The same strategy as a bare loop, which knows one fill rule, one fee and no events. */
  readonly bareLoop: SweepTimes;
  /** Where it is installed. */
  readonly vectorbt?: SweepTimes;
}

const PYTHON = 'bench/peers/.venv/bin/python';

/** 100 crossover pairs, fees of 0.1 %, on the bars of a CSV file, one core each; contestants one after the other in this one run. */
export function measureSweep(file: string): SweepFigures {
  const script = fileURLToPath(new URL('./processes/sweep.mjs', import.meta.url));
  const python = fileURLToPath(new URL('./peers/sweep_vectorbt.py', import.meta.url));
  const own = run(process.execPath, [script, file]) as Pick<SweepFigures, 'bars' | 'pairs' | 'engine' | 'bareLoop'>;
  const vectorbt = existsSync(PYTHON) ? (run(PYTHON, [python, file]) as SweepTimes | null) : null;
  return { ...own, ...(vectorbt && { vectorbt }) };
}

function run(command: string, args: readonly string[]): unknown {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

export function sweepLines({ bars, pairs, engine, bareLoop, vectorbt }: SweepFigures): string[] {
  const line = (name: string, { first, median, fastest, bestEquity }: SweepTimes) =>
    `${name}: median ${median.toFixed(3)} s, fastest ${fastest.toFixed(3)} s, first ${first.toFixed(3)} s; best end equity ${bestEquity.toFixed(2)}`;
  return [
    `${pairs} crossover pairs on ${bars} bars, one core`,
    line('this engine', engine),
    line('bare loop', bareLoop),
    ...(vectorbt ? [line('vectorbt', vectorbt)] : ['vectorbt: not installed (bench/peers/setup.sh)']),
  ];
}
