import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isoInstant } from '../../src/core/instant.ts';
import { synthetic } from '../../src/data/synthetic.ts';
import { type Exchange, startExchange } from '../exchange/server.ts';
import { count } from '../support/counts.ts';
import { HOUR } from '../support/markets.ts';
import { readSession } from './paper-reference.ts';
import { command, start } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-two-'));
const bot = join(folder, 'bot.yaml');
let exchange: Exchange;
beforeAll(async () => {
  // The commands live by the clock of the machine, and so does their exchange.
  const begin = Math.floor(Date.now() / HOUR - 400) * HOUR;
  const { bars } = synthetic('trend', { bars: 1000, intervalMs: HOUR, start: begin, seed: 7 });
  exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: Date.now });
  const lines = ['name: paper', 'markets: ["binance:BTC/USDT"]', 'interval: 1h', `history: { from: ${isoInstant(begin)} }`];
  writeFileSync(bot, [...lines, 'strategy: { kind: crossover, fast: 2, slow: 5, entry: level }', ''].join('\n'));
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true });
});

/** The real command, which runs until it is told to stop, or the test ends. */
function paper(workspace: string) {
  const begun = performance.now();
  const child = start('src/cli/main.ts', ['paper', bot, '--workspace', workspace], {
    environment: { PAPERWALK_EXCHANGE_URL: exchange.url },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'close'), text(child.stderr!)]).then(([[code, signal], stderr]) => ({
    child,
    code: code as number | null,
    signal: signal as string | null,
    stderr,
    ms: performance.now() - begun,
  }));
  return { child, ended, running: runs(child) };
}

/** Whether it comes to wait for its next tick. */
function runs(child: ChildProcess): Promise<boolean> {
  let said = '';
  return new Promise((resolve) => {
    child.stdout!.on('end', () => resolve(false));
    child.stdout!.on('data', (chunk) => {
      said += chunk;
      if (said.includes('next tick at')) resolve(true);
    });
  });
}

/** How long two commands at once take to read what they are about, ms. */
async function loading(): Promise<number> {
  const before = performance.now();
  for (const { code } of await Promise.all([1, 2].map(() => command(['paper', join(folder, 'none.yaml')])))) expect(code).not.toBe(5);
  return performance.now() - before;
}

test('A7: of two sessions of one bot started at once exactly one runs, and the other ends with exit code 5 and names it', async () => {
  const pairs = count(1, 50);
  const lives: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const workspace = join(folder, `pair-${pair}`);
    const two = [paper(workspace), paper(workspace)];
    const loser = await Promise.race(two.map(({ ended }) => ended));
    const winner = two.find(({ child }) => child !== loser.child)!;
    expect({ code: loser.code, stderr: loser.stderr }, `pair ${pair}`).toEqual({
      code: 5,
      stderr: expect.stringContaining(`received one held by process ${winner.child.pid} since `),
    });
    lives.push(loser.ms);
    expect(await winner.running, `pair ${pair}`).toBe(true);

    // Killed, it leaves a lock behind that holds nobody.
    winner.child.kill('SIGKILL');
    expect(await winner.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    const heir = paper(workspace);
    expect(await heir.running, `pair ${pair}`).toBe(true);
    heir.child.kill('SIGTERM');
    expect(await heir.ended).toMatchObject({ code: 130, stderr: '' });
    expect(readSession(workspace)).toMatchObject({ broken: [] });
  }
  // A bound on time would tell of the other tests in a suite.
  if (pairs === 1) return;
  const alone = await loading();
  lives.sort((a, b) => a - b);
  const median = lives[pairs >> 1]!;
  console.log(
    `A7: commands load in ${alone.toFixed(0)} ms; who is refused ends after ${median.toFixed(0)} ms, at most ${lives.at(-1)!.toFixed(0)} ms`,
  );
  expect(median - alone).toBeLessThan(2000);
});
