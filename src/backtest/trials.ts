import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** One backtest that was tried: what the later correction for luck needs of it. */
export interface Trial {
  readonly time: string;
  readonly runId: string;
  readonly name: string;
  readonly configSha256: string;
  readonly data: readonly { readonly market: string; readonly sha256: string }[];
  readonly bars: number;
  readonly periodsPerYear: number;
  readonly sharpe: number | null;
  readonly totalReturn: number;
}

/** Every backtest of a workspace, one JSON line each, appended and never rewritten. */
export interface TrialLedger {
  count(): number;
  append(trial: Trial): void;
}

export function trialFile(path: string): TrialLedger {
  return {
    count: () => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean).length : 0),
    append(trial) {
      mkdirSync(dirname(path), { recursive: true });
      // One short write in append mode: lines of processes that run side by side do not mix.
      appendFileSync(path, `${JSON.stringify(trial)}\n`);
    },
  };
}

/** Trials counted while the process lives, for use as a library. */
export function memoryTrials(): TrialLedger {
  const trials: Trial[] = [];
  return { count: () => trials.length, append: (trial) => void trials.push(trial) };
}
