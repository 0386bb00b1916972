import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { HOUR } from '../support/markets.ts';
import type { ProcessCommand, ProcessConfig } from './process.ts';

it('runs as a process of its own, takes commands and ends with its input', async () => {
  const from = Date.UTC(2020, 0, 10);
  const market = { symbol: 'BTC/USDT', source: 'synthetic:trend?bars=1000', interval: '1h' };
  const config: ProcessConfig = { dialect: 'binance', markets: [market], clock: { from, speed: 0 } };
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/exchange/process.ts', JSON.stringify(config)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const url = (await lines.next()).value as string;
    // Commands are read in order: once the last is answered, those before it have acted.
    const say = async (...commands: readonly ProcessCommand[]) => {
      for (const command of [...commands, { kind: 'calls' }]) child.stdin.write(`${JSON.stringify(command)}\n`);
      return JSON.parse((await lines.next()).value as string);
    };
    const time = async () => (await fetch(`${url}/api/v3/time`)).text();
    expect(await time()).toBe(`{"serverTime":${from}}`);
    await say({ kind: 'clock', from: from + HOUR, speed: 0 });
    expect(await time()).toBe(`{"serverTime":${from + HOUR}}`);
    const rows = (await (await fetch(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1h&limit=3`)).json()) as readonly [number][];
    expect(rows.map(([openTime]) => (openTime - from) / HOUR)).toEqual([-1, 0, 1]);
    await say({ kind: 'script', faults: [{ failure: { kind: 'body', body: 'null' } }] });
    expect(await time()).toBe('null');
    expect(await say()).toMatchObject({ time: 3, candles: 1 });
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
