import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../src/cli/host.ts';
import { main } from '../../src/cli/program.ts';
import { cronSchedule } from '../../src/live/schedule.ts';

/** What a command line answered. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const NOW = Date.UTC(2024, 0, 15, 10, 30);

/** Runs a command line in this process, at a fixed instant and with an empty environment unless told otherwise. */
export async function paperwalk(argv: readonly string[], changes: Partial<Host> = {}): Promise<Answer> {
  const stdout = recorder();
  const stderr = recorder();
  const host: Host = {
    stdout,
    stderr,
    environment: {},
    signal: new AbortController().signal,
    now: () => NOW,
    sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
    schedule: cronSchedule(() => NOW),
    ...changes,
  };
  const code = await main(argv, host);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

function recorder(): Writable & { text(): string } {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      parts.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => parts.join('') });
}
