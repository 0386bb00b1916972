import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { synthetic } from '../src/data/synthetic.ts';
import { NOW, paperwalk } from './cli/recorded-host.ts';
import { type Exchange, startExchange } from './exchange/server.ts';
import { virtualTime } from './support/virtual-time.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2023, 0, 1);
const { bars } = synthetic('regime', { bars: 2400, intervalMs: 4 * HOUR, start: START, seed: 3 });
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-paper-guide-'));
const time = virtualTime(NOW);
let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange({ dialect: 'coinbase', markets: [{ symbol: 'BTC/USD', bars }], now: time.now });
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true, force: true });
});

it('docs/paper.md: every command does what it should, in the order of the guide', async () => {
  const commands = [...readFileSync('docs/paper.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((passage) =>
    passage[1]!.trim().split('\n'),
  );
  expect(commands.length).toBeGreaterThanOrEqual(12);
  for (const command of commands) {
    const words = command.split(/\s+/);
    expect(words.slice(0, 2)).toEqual(['npx', 'paperwalk']);
    const argv = words.slice(2).map((word) => (/^(paper-gru-.*|slippage\.json)$/.test(word) ? join(folder, word) : word));
    const forward = argv[0] === 'paper' && argv.length === 2;
    // The session runs until some bars have closed; then somebody presses Ctrl-C.
    const stop = new AbortController();
    const { code, stdout, stderr } = await paperwalk([...argv, '--workspace', join(folder, 'w')], {
      environment: { PAPERWALK_EXCHANGE_URL: exchange.url },
      now: time.now,
      sleep: time.sleep,
      signal: stop.signal,
      schedule: time.schedule(time.now() + 44 * HOUR, () => stop.abort()),
    });
    expect({ command, code }, stderr + stdout).toEqual({ command, code: forward ? 130 : 0 });
    expect(stdout, command).not.toBe('');
  }
});
