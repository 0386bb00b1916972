import { lockSession } from '../../src/live/session-lock.ts';

// `node --import tsx test/live/lock-holder.ts PATH` holds the session of a file until it is ended, and prints `held`, or the refusal and how long
// it took, ms.
const [path = ''] = process.argv.slice(2);
const begun = performance.now();
try {
  const lock = lockSession(path);
  process.stdout.write('held\n');
  process.on('SIGTERM', () => {
    lock.release();
    process.exit(0);
  });
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(`${JSON.stringify([(error as Error).name, (error as Error).message, performance.now() - begun])}\n`);
}
