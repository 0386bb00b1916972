import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { openLedger } from '../../src/live/ledger.ts';
import { lockSession } from '../../src/live/session-lock.ts';
import { ALWAYS, afterClose, BTC, CROSSOVER, ETH, type ForwardWorld, forwardWorld, MEAN_MOVE, RIDGE, ridgeFits } from './forward-world.ts';
import { NOW, paperwalk } from './recorded-host.ts';

let world: ForwardWorld;
let ridge: string;
let pair: string;
const sessionOf = (name: string) => join(world.workspace, 'sessions', `${name}.sqlite`);

/** `status --json` of one session, checked against its schema. */
async function statusOf(...argv: string[]) {
  const document = documents.status.parse(await world.json(['status', ...argv]));
  const [session] = document.sessions;
  if (!session || !('holder' in session)) throw new Error(`Expected a session, received ${JSON.stringify(session)}`);
  return session as Extract<(typeof document.sessions)[number], { readonly holder: unknown }>;
}

beforeAll(async () => {
  world = await forwardWorld();
  ridge = world.bot('ridge', RIDGE);
  pair = world.bot('pair', ALWAYS.replace('["binance:BTC/USDT"]', '["binance:BTC/USDT", "binance:ETH/USDT"]'));
  await world.run(['fetch', 'binance', 'BTC/USDT', '1h', '--from', '2020-01-01']);
  await world.paper(ridge, afterClose(9), ridgeFits);
  world.time.moveTo(afterClose(9));
  await world.run(['paper', pair, '--once']);
  world.time.moveTo(afterClose(10));
  await world.run(['paper', pair, '--once']);
});
afterAll(() => world.close());

describe('status', () => {
  it('tells what the ledger has of a session', async () => {
    const session = await statusOf(ridge);
    const ledger = openLedger(sessionOf('ridge'), 'read');
    const { trace, state, holding, forecasts } = ledger.read();
    ledger.close();
    expect(session).toMatchObject({
      name: 'ridge',
      file: sessionOf('ridge'),
      markets: ['binance:BTC/USDT'],
      interval: '1h',
      begun: '2020-01-09T08:00:01.000Z',
      capital: 10_000,
      holder: null,
      hand: 'resume',
      asked: [],
      decided: 9,
      cash: state!.account.cash,
    });
    expect(session.last).toEqual({
      closeTime: new Date(BTC.openTime[209]!).toISOString(),
      equity: trace.equity[8],
      holding: holding[8],
      markets: [
        {
          market: 'binance:BTC/USDT',
          close: BTC.close[208],
          forecast: forecasts[0]![8],
          signal: trace.market[0]!.signal[8],
          target: trace.market[0]!.target[8],
          exposure: trace.market[0]!.exposure[8],
          reason: expect.any(String),
        },
      ],
    });
    // Slot 184, where the fit of 180 serves; the next one is asked for at 190.
    expect(session.model).toEqual({
      kind: 'linear',
      frozen: false,
      age: [4],
      next: { bars: 6, time: new Date(BTC.openTime[215]!).toISOString() },
    });
    expect(session.drift).toMatchObject({ band: null, markets: [{ market: 'binance:BTC/USDT', bars: 8, alarm: false }] });
    expect(session.slippage.count).toBeGreaterThan(0);
  });

  it('ticks next when the cron expression says, that of the bot file where there is one', async () => {
    const at = new Date(afterClose(10)).toISOString();
    expect(at).toBe('2020-01-09T18:00:05.000Z');
    expect((await statusOf(ridge)).nextTick).toBe('2020-01-09T19:00:05.000Z');
    expect((await statusOf(ridge, '--set', 'paper.cron=30 */15 * * * *')).nextTick).toBe('2020-01-09T18:00:30.000Z');
    const { stdout } = await world.run(['status', ridge, '--set', 'paper.cron=0 12 18 * * *']);
    expect(stdout).toContain('next tick  2020-01-09 18:12:00 UTC, in 12 min; not running: paperwalk paper goes on');
  });

  it('tells of orders that wait, with --quotes where the forming bar opened, and of the positions that they become', async () => {
    const { forming, pending, positions } = await statusOf(pair, '--quotes');
    const opened = { 'binance:BTC/USDT': BTC.open[210]!, 'binance:ETH/USDT': ETH.open[210]! };
    const openTime = new Date(BTC.openTime[210]!).toISOString();
    expect(forming).toEqual(Object.entries(opened).map(([market, open]) => ({ market, open, openTime })));
    expect(
      pending.map(({ market, side, kind, quantity, exposure, decidedAt }) => ({ market, side, kind, quantity, exposure, decidedAt })),
    ).toEqual(
      Object.keys(opened).map((market) => ({ market, side: 'buy', kind: 'market', quantity: null, exposure: 0.5, decidedAt: openTime })),
    );
    expect(positions).toEqual([]);
    expect((await statusOf(pair)).forming).toEqual([]);

    // A bar later they are booked at these prices, 5 bp worse.
    await world.once(pair, 11);
    const after = await statusOf(pair);
    expect(after.pending).toEqual([]);
    expect(after.positions.map(({ market }) => market)).toEqual(Object.keys(opened));
    for (const { market, quantity, entryPrice, lastClose, profit, profitFraction } of after.positions) {
      const entry = 1.0005 * opened[market as keyof typeof opened];
      const close = (market === 'binance:BTC/USDT' ? BTC : ETH).close[210]!;
      expect(entryPrice).toBeCloseTo(entry, 8);
      expect(lastClose).toBe(close);
      expect(profit).toBeCloseTo(quantity * (close - entry), 6);
      expect(profitFraction).toBeCloseTo(close / entry - 1, 12);
    }
  });

  it('asks the exchange nothing without --quotes', async () => {
    const before = world.exchange.requests().length;
    await world.run(['status']);
    expect(world.exchange.requests().length).toBe(before);
  });

  it('tells the rest where the exchange cannot be asked, and exits with 4', async () => {
    const { code, stdout, stderr } = await world.run(['status', pair, '--quotes'], {
      environment: { PAPERWALK_EXCHANGE_URL: 'http://127.0.0.1:1' },
    });
    expect(code).toBe(4);
    expect(stdout).toContain('pair  not running');
    expect(stderr).toContain('pair: no price of binance:BTC/USDT: ');
  });

  it('reads a session that another process holds, and names it', async () => {
    const lock = lockSession(sessionOf('ridge'), Date.UTC(2020, 0, 9, 8));
    try {
      expect((await statusOf(ridge)).holder).toEqual({ pid: process.pid, since: '2020-01-09T08:00:00.000Z' });
      expect((await world.run(['status', ridge])).stdout).toContain(`running (process ${process.pid} since 2020-01-09 08:00)`);
    } finally {
      lock.release();
    }
    writeFileSync(`${sessionOf('ridge')}.holder`, '{"pid":999999999,"since":0}');
    expect((await statusOf(ridge)).holder).toBeNull();
  });

  it('shows each session of the workspace by itself: a damaged one is a line with its reason, and exit code 5', async () => {
    writeFileSync(sessionOf('broken'), 'no database at all, but longer than the header of one'.repeat(50));
    const { code, stdout } = await world.run(['status']);
    expect(code).toBe(5);
    const blocks = stdout.trimEnd().split('\n\n');
    expect(blocks.map((block) => block.split(/[ :]/)[0])).toEqual(['broken', 'pair', 'ridge']);
    expect(blocks[0]!.split('\n')).toEqual([expect.stringContaining('Expected the session as it was stored, received')]);
    const document = documents.status.parse(await world.json(['status']));
    expect(document.sessions.map((session) => 'error' in session)).toEqual([true, false, false]);
    rmSync(sessionOf('broken'));
    expect((await world.run(['status'])).code).toBe(0);
  });

  it('refuses a session whose bot is none, a bot without a session, and says so where there are no sessions', async () => {
    const database = new Database(sessionOf('pair'));
    const before = database.prepare<[]>('SELECT json FROM genesis').raw().get() as [string];
    database.prepare('UPDATE genesis SET json = ?').run([before[0].replace('"capital":10000', '"capital":"much"')]);
    database.close();
    const { code, stdout } = await world.run(['status', pair]);
    expect(code).toBe(5);
    expect(stdout).toContain('received another tick 0');
    const restored = new Database(sessionOf('pair'));
    restored.prepare('UPDATE genesis SET json = ?').run(before);
    restored.close();

    const other = world.bot('other', CROSSOVER);
    const two = await world.run(['status', other, ridge]);
    expect(two.code).toBe(3);
    expect(two.stdout).toContain('other.yaml: Expected a session of other in');
    expect(two.stdout).toContain('ridge  not running');
    const empty = join(world.folder, 'empty');
    const none = await paperwalk(['status', '--workspace', empty]);
    expect(none).toEqual({ code: 0, stdout: `No sessions in ${empty}; paperwalk paper BOT begins one\n`, stderr: '' });
    mkdirSync(join(empty, 'sessions'), { recursive: true });
    expect(JSON.parse((await paperwalk(['status', '--workspace', empty, '--json'])).stdout)).toEqual({
      schema: 'paperwalk/status@1',
      at: new Date(NOW).toISOString(),
      sessions: [],
    });
  });

  it('compares with the backtest that was there when the session began', async () => {
    const bot = world.bot(
      'compared',
      MEAN_MOVE.replace('retrain: 10', 'retrain: 40').replace('delay: 2, maxAge: 40', 'delay: 1, maxAge: 80'),
    );
    await world.run(['backtest', bot, '--quiet']);
    await world.run(['paper', bot, '--once']);
    const { drift } = await statusOf(bot);
    expect(drift!.band).toMatchObject({ run: expect.stringMatching(/^compared-/), folds: expect.any(Number) });
    expect(drift!.markets[0]!.rmse.place).toBeNull();
    expect((await world.run(['status', bot])).stdout).toContain('too few bars to tell');
  });
});
