import { type PaperRun, runPaper } from './paper-run.ts';

// `node --import tsx test/faults/paper-process.ts RUN` runs a session (its argument is a `PaperRun` as JSON) as a process of its own: prints that it is
// ready, the instant of each scheduled tick before it begins, and the requests that its exchange had; takes SIGINT and SIGTERM as the command does, and ends with the command's exit code.
const run = JSON.parse(process.argv[2] ?? '') as PaperRun;
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
process.stdout.write('ready\n');
const { code, stderr, calls } = await runPaper(run, {
  signal: stop.signal,
  environment: process.env,
  onTick: (at) => void process.stdout.write(`${at}\n`),
});
process.stdout.write(`${JSON.stringify(calls)}\n`);
process.stderr.write(stderr);
process.exit(code);
