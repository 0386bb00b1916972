import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { documents } from '../../src/config/documents.ts';
import { isoInstant } from '../../src/core/instant.ts';
import { ALWAYS, afterClose, BTC, type ForwardWorld, forwardWorld, RIDGE, ridgeFits } from './forward-world.ts';
import { type Answer, paperwalk } from './recorded-host.ts';

let world: ForwardWorld;
let bot: string;
let file: string;
let exported: Answer;
const market = ['--market', 'binance:BTC/USDT', '--interval', '1h'];

beforeAll(async () => {
  world = await forwardWorld();
  bot = world.bot('ridge', RIDGE);
  await world.paper(bot, afterClose(25), ridgeFits);
  file = join(world.folder, 'ridge.csv');
  exported = await world.run(['export', file, ...market, '--session', 'ridge']);
});
afterAll(() => world.close());

/** The command lines of the hint, with a bot and another workspace in their places. */
function repeat(stdout: string, workspace: string, file = bot): readonly (readonly string[])[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('  paperwalk '));
  return lines.map((line) =>
    line
      .trim()
      .split(' ')
      .slice(1)
      .map((word) => ({ BOT: file, OTHER: workspace })[word] ?? word),
  );
}

describe('a session in another workspace', () => {
  it('is decided again by the command lines that its export prints, to the last bit, and explained in the same words', async () => {
    expect(exported.code).toBe(0);
    const workspace = join(world.folder, 'other');
    const [importing, backtest] = repeat(exported.stdout, workspace);
    expect((await paperwalk(importing!)).code).toBe(0);
    const run = documents.run.parse(JSON.parse((await paperwalk([...backtest!, '--json', '--quiet'])).stdout));
    const replayed = documents.replay.parse(await world.json(['replay', bot, '--quiet']));
    expect(replayed).toMatchObject({ identical: true, decisions: 25, fits: 3, changed: [], differences: [] });
    expect(run.digest).toBe(replayed.digest);
    expect(run.trades.length).toBeGreaterThan(2);

    const again = backtest!.slice(2);
    let orders = 0;
    for (const n of [1, 5, 12, 24]) {
      // The decision in force a second after a close is that of the close.
      const time = isoInstant(afterClose(n));
      const ofSession = documents.explain.parse(await world.json(['explain', bot, time, '--quiet']));
      const ofBacktest: unknown = JSON.parse((await paperwalk(['explain', bot, time, ...again, '--backtest', '--json', '--quiet'])).stdout);
      expect(ofBacktest).toEqual(ofSession);
      orders += ofSession.decisions[0]!.orders.length;
      expect(ofSession.decisions[0]!.bar.close).toBe(BTC.close[199 + n]);
      expect(ofSession.decisions[0]!.models[0]!.fit).not.toBeNull();
    }
    expect(orders).toBeGreaterThan(0);
  });

  it('is written as it saw its bars, whatever the exchange and the store say today', async () => {
    const seen = readFileSync(file, 'utf8');
    const first = afterClose(3) - 5000;
    world.exchange.revise('BTC/USDT', first, { volume: 2 * BTC.volume[203]! });
    await world.run(['fetch', 'binance', 'BTC/USDT', '1h', '--from', '2020-01-02']);
    const today = join(world.folder, 'today.csv');
    expect((await world.run(['export', today, ...market])).code).toBe(0);
    const again = join(world.folder, 'again.csv');
    expect((await world.run(['export', again, ...market, '--session', 'ridge'])).code).toBe(0);
    expect(readFileSync(again, 'utf8')).toBe(seen);
    expect(readFileSync(today, 'utf8')).not.toBe(seen);
    // A header, 176 bars of history and 25 that were delivered.
    expect(seen.trimEnd().split('\n')).toHaveLength(1 + 176 + 25);
  });

  it('says how to repeat it in its document, and nothing when it is to be quiet', async () => {
    const target = join(world.folder, 'quiet.parquet');
    const args = ['export', target, ...market, '--session', 'ridge'];
    expect(await world.run([...args, '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await world.json(args)).toEqual({
      schema: 'paperwalk/export@1',
      market: 'binance:BTC/USDT',
      interval: '1h',
      bars: 201,
      file: target,
      repeat: ['history.from=2020-01-02T00:00:00.000Z', 'period.from=2020-01-09T08:00:00.000Z', 'evaluate=all'],
    });
  });

  it('is refused for another market, another interval, another time, and where there is none', async () => {
    const refusal = async (...args: string[]) => {
      const { code, stderr } = await world.run(['export', file, ...args]);
      return [code, stderr.split('\n')[0]];
    };
    expect(await refusal('--market', 'binance:ETH/USDT', '--interval', '1h', '--session', 'ridge')).toEqual([
      3,
      'Expected a market of the session ridge, which has binance:BTC/USDT, received binance:ETH/USDT',
    ]);
    expect(await refusal('--market', 'binance:BTC/USDT', '--interval', '4h', '--session', 'ridge')).toEqual([
      3,
      'Expected the interval of the session ridge, 1h, received 4h',
    ]);
    expect(await refusal(...market, '--session', 'ridge', '--as-of', '2020-01-09')).toEqual([
      2,
      '--as-of: Expected it without --session, whose bars stand as they were seen, received both',
    ]);
    expect((await refusal(...market, '--session', 'gone'))[0]).toBe(3);
    expect((await refusal(...market, '--session', '../ridge'))[0]).toBe(5);
  });

  it('tells of what only happened live, which a backtest leaves out', async () => {
    await world.run(['paper', 'pause', bot]);
    world.time.moveTo(afterClose(26));
    await world.run(['paper', bot, '--once']);
    const { stdout } = await world.run(['export', file, ...market, '--session', 'ridge']);
    expect(stdout).toContain("It leaves out what only happened live, 1 time: late decisions and fits, a person's hand");
  });
});

describe('a session whose model expired', () => {
  it('is repeated by a backtest that is told to give the position up', async () => {
    const expiring = world.bot('expiring', ALWAYS.replace('maxAge: 40', 'maxAge: 5'));
    // The fit of slot 200 serves up to slot 205, the 30th bar of the others.
    for (const n of [27, 28, 29, 30, 31, 32]) await world.once(expiring, n);
    const { stdout } = await world.run(['export', file, ...market, '--session', 'expiring']);
    expect(stdout).toContain('--set guards.expiredModel=flat');
    const [importing, backtest] = repeat(stdout, join(world.folder, 'expired'), expiring);
    expect((await paperwalk(importing!)).code).toBe(0);
    const run = documents.run.parse(JSON.parse((await paperwalk([...backtest!, '--json', '--quiet'])).stdout));
    const replayed = documents.replay.parse(await world.json(['replay', expiring, '--quiet']));
    expect(replayed).toMatchObject({ identical: true, decisions: 5, digest: run.digest });
    expect(run.guards.map(({ guard }) => guard)).toContain('expiredModel');
  });
});

describe('the slippage that a session has measured', () => {
  type Slippage = z.infer<typeof documents.slippage>;
  let target: string;
  let said: Slippage;
  beforeAll(async () => {
    target = join(world.folder, 'slippage.json');
    said = documents.slippage.parse(await world.json(['paper', 'slippage', bot, target]));
  });

  it('is a sample that a bot file can name as its costs', async () => {
    const stored = JSON.parse(readFileSync(target, 'utf8'));
    expect(stored.sample).toEqual(said.sample);
    expect(said.count).toBeGreaterThan(3);
    // The exchange quotes the forming bar's price +- 1 bp; the ledger's fills take 5 bp.
    expect(said.simulated!.median).toBeCloseTo(0.0005, 12);
    expect(said.measured!.minimum).toBeGreaterThan(0);
    expect(said.measured!.maximum).toBeLessThan(0.0005);
    const measured = world.bot('measured', RIDGE.replace('slippage: 5bp', `slippage: { measured: ${target} }`));
    const { code, stderr } = await world.run(['backtest', measured, '--quiet', '--json']);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('is printed beside the simulated one', async () => {
    const { stdout } = await world.run(['paper', 'slippage', bot, target]);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`ridge: slippage of ${said.count} fills, positive where it cost`);
    expect(lines[1]!.trim().split(/ +/)).toEqual(['mean', 'min', 'p10', 'median', 'p90', 'max']);
    expect(lines[3]!.trim().split(/ +/)).toEqual(['simulated', ...Array(6).fill('5bp')]);
  });

  it('is refused where nothing was filled, and leaves the file as it was', async () => {
    const idle = world.bot('idle', RIDGE.replace('enter: 0%', 'enter: 50%').replace('exit: 0%', 'exit: -50%'));
    await world.run(['paper', idle, '--once']);
    writeFileSync(target, 'mine');
    const { code, stderr } = await world.run(['paper', 'slippage', idle, target]);
    expect([code, stderr.split(';')[0]]).toEqual([3, 'Expected a fill of idle that can be held against a quote, received none']);
    expect(readFileSync(target, 'utf8')).toBe('mine');
    const { code: folder } = await world.run(['paper', 'slippage', bot, join(world.folder, 'missing', 'slippage.json')]);
    expect(folder).toBe(4);
  });

  it('is not taken from a ledger that was changed', async () => {
    const database = new Database(join(world.workspace, 'sessions', 'ridge.sqlite'));
    database.exec('UPDATE slice SET equity = 1 WHERE tick = 3');
    database.close();
    for (const argv of [
      ['paper', 'slippage', bot, target],
      ['export', file, ...market, '--session', 'ridge'],
    ]) {
      const { code, stderr } = await world.run(argv);
      expect([code, stderr]).toEqual([5, expect.stringContaining('Expected the session as it was stored, received another tick 3')]);
    }
  });
});
