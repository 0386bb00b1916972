#!/usr/bin/env node
import { Console } from 'node:console';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode } from './exit-code.ts';
import { main } from './program.ts';

const stop = new AbortController();
// Every training under way listens, one a thread: on many cores that is no leak.
setMaxListeners(0, stop.signal);
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // Whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(ExitCode.interrupted);
    stop.abort();
  });
}

// A reader that has seen enough (`paperwalk bars | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const { stdout, stderr } = process;
// Whatever code of a person's own logs is no result.
globalThis.console = new Console(stderr);
const code = await main(process.argv.slice(2), {
  stdout,
  stderr,
  environment: process.env,
  signal: stop.signal,
  now: Date.now,
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
  // node-cron takes its time to load; few commands need it.
  schedule: { start: async (...ticks) => (await import('../live/schedule.ts')).cronSchedule(Date.now).start(...ticks) },
});
// What was written to a pipe must be out before the process ends.
await Promise.all([stdout, stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit(code);
