import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { PaperRun } from './paper-run.ts';
import { type ProcessOptions, start } from './process.ts';

/** A session in a process of its own. */
export interface PaperChild {
  readonly child: ChildProcess;
  /** Until it listens to signals; until its first scheduled tick begins; or until it has ended. */
  readonly ready: Promise<void>;
  readonly ticking: Promise<void>;
  /** Its exit code and the signal that ended it, the instants of its scheduled ticks (ms UTC), and what it printed besides. */
  readonly ended: Promise<PaperEnd>;
}

export interface PaperEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly ticks: readonly number[];
  /** Requests that its exchange has had, by kind. */
  readonly calls: Readonly<Record<string, number>>;
  readonly stderr: string;
}

/** Starts a session that ends with the test, if nothing ends it before. */
export function startPaper(run: PaperRun, options?: ProcessOptions): PaperChild {
  const child = start('test/faults/paper-process.ts', [JSON.stringify(run)], options);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ticks: number[] = [];
  let calls: PaperEnd['calls'] = {};
  let [isReady, isTicking] = [() => {}, () => {}];
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const ticking = new Promise<void>((resolve) => {
    isTicking = resolve;
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line === 'ready') isReady();
    else if (line.startsWith('{')) calls = JSON.parse(line) as PaperEnd['calls'];
    else {
      ticks.push(Number(line));
      isTicking();
    }
  });
  const ended = Promise.all([once(child, 'close'), text(child.stderr!)]).then(([[code, signal], stderr]): PaperEnd => {
    isReady();
    isTicking();
    return { code: code as number | null, signal: signal as string | null, ticks, calls, stderr };
  });
  return { child, ready, ticking, ended };
}
