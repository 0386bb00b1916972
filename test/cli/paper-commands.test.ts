import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { openLedger } from '../../src/live/ledger.ts';
import { lockSession } from '../../src/live/session-lock.ts';
import { ALWAYS, afterClose, BTC, CROSSOVER, type ForwardWorld, forwardWorld, MEAN_MOVE } from './forward-world.ts';
import { paperwalk } from './recorded-host.ts';

let world: ForwardWorld;
beforeAll(async () => {
  world = await forwardWorld();
});
afterAll(() => world.close());

const sessionOf = (name: string) => join(world.workspace, 'sessions', `${name}.sqlite`);
const HOURS_3 = 3 * 3_600_000;

function read(name: string) {
  const ledger = openLedger(sessionOf(name), 'read');
  try {
    return ledger.read();
  } finally {
    ledger.close();
  }
}

/** Code and error text of a command. */
async function refusal(...argv: string[]): Promise<readonly [number, string]> {
  const { code, stdout, stderr } = await world.run(argv);
  expect(stdout).toBe('');
  return [code, stderr];
}

function edit(name: string, sql: string): void {
  const database = new Database(sessionOf(name));
  database.exec(sql);
  database.close();
}

describe('a paper session is refused', () => {
  let bot: string;
  beforeAll(async () => {
    bot = world.bot('refused', CROSSOVER);
    for (const n of [1, 2]) expect((await world.once(bot, n)).code).toBe(0);
  });

  it('while another process holds it, which is named', async () => {
    const lock = lockSession(sessionOf('refused'), Date.UTC(2020, 0, 9, 8));
    try {
      const [code, words] = await refusal('paper', bot, '--once');
      expect(code).toBe(5);
      expect(words).toContain(`received one held by process ${process.pid} since 2020-01-09T08:00:00.000Z; stop that one first`);
    } finally {
      lock.release();
    }
    expect((await world.run(['paper', bot, '--once'])).code).toBe(0);
  });

  it('where its bot file was changed, in words about what; when it ticks and whom it tells is no such change', async () => {
    const [code, words] = await refusal('paper', bot, '--once', '--set', 'strategy.fast=3', '--set', 'capital=5');
    expect(code).toBe(5);
    expect(words).toContain('received a changed one (capital: 10000, now 5; strategy.fast: 2, now 3)');
    const harmless = ['--set', 'paper.cron=30 0 * * * *', '--set', 'paper.grace=10s'];
    expect((await world.run(['paper', bot, '--once', ...harmless])).code).toBe(0);
    expect((await refusal('paper', bot, '--once', '--set', 'paper.missed=replay'))[1]).toContain('paper.missed: none, now "replay"');
  });

  it('where its ledger is of a newer program, and leaves it as it is', async () => {
    const database = new Database(sessionOf('refused'));
    const [version] = database.prepare<[]>('PRAGMA user_version').raw().get() as [number];
    database.exec('PRAGMA user_version = 99');
    database.close();
    for (const argv of [
      ['paper', bot, '--once'],
      ['paper', 'pause', bot],
      ['replay', bot],
      ['backup', bot, join(world.folder, 'newer.sqlite')],
    ]) {
      const [code, words] = await refusal(...argv);
      expect([code, words]).toEqual([5, expect.stringContaining('received 99; update paperwalk')]);
    }
    edit('refused', `PRAGMA user_version = ${version}`);
    expect((await world.run(['paper', bot, '--once'])).code).toBe(0);
  });

  it('where its ledger was changed; replay names the tick', async () => {
    const before = readFileSync(sessionOf('refused'));
    edit('refused', 'UPDATE slice SET equity = equity + 1');
    const [code, words] = await refusal('paper', bot, '--once');
    expect([code, words]).toEqual([5, expect.stringContaining('Expected the session as it was stored, received another tick 2')]);
    const replay = await world.run(['replay', bot, '--json', '--quiet']);
    expect(replay.code).toBe(1);
    const document = documents.replay.parse(JSON.parse(replay.stdout));
    expect(document.identical).toBe(false);
    expect(document.differences).toContainEqual({
      time: new Date(BTC.openTime[202]!).toISOString(),
      what: 'seal',
      market: null,
      session: 'tick 2',
      backtest: null,
      cause: 'ledger changed',
    });
    expect((await world.run(['replay', bot])).stdout).toContain('NOT identical');
    writeFileSync(sessionOf('refused'), before);
    expect((await world.run(['paper', bot, '--once'])).code).toBe(0);
  });

  it('where the file is cut short', async () => {
    const cut = world.bot('cut', CROSSOVER);
    writeFileSync(sessionOf('cut'), readFileSync(sessionOf('refused')).subarray(0, 5000));
    const [code, words] = await refusal('paper', cut, '--once');
    expect([code, words]).toEqual([5, expect.stringContaining(`${sessionOf('cut')}: Expected the session as it was stored`)]);
  });

  it('while the clock is wrong by more than half an interval, and goes on when it is set', async () => {
    const slow = world.bot('slow', CROSSOVER.replace('interval: 1h', 'interval: 4h'));
    expect((await world.run(['paper', slow, '--once'])).code).toBe(0);
    const { code, stderr } = await world.run(['paper', slow, '--once'], { now: () => world.time.now() + HOURS_3 });
    expect([code, stderr]).toEqual([
      5,
      "Expected the local clock within half an interval (2 h) of the exchange's, received 3 h ahead; set the clock of this machine\n",
    ]);
    expect((await world.run(['paper', slow, '--once'])).code).toBe(0);
  });

  it.each([
    ['a market that ends', 'markets: ["csv:x.csv"]\ninterval: 1h\nstrategy: buy-and-hold\n', 'which ends; paperwalk backtest runs it'],
    ['detail', `${CROSSOVER}detail: 1m\n`, 'Expected none for a paper session'],
  ])('for %s', async (_what, text, words) => {
    expect(await refusal('paper', world.bot('file', text), '--once')).toEqual([2, expect.stringContaining(words)]);
  });

  it('for two bots of one name, before any of them ticks', async () => {
    mkdirSync(join(world.folder, 'twin'), { recursive: true });
    const [one, two] = [world.bot('twin', CROSSOVER), world.bot('twin/twin', CROSSOVER)];
    expect(await refusal('paper', one, two, '--once')).toEqual([2, expect.stringContaining('received twin twice')]);
    expect(existsSync(sessionOf('twin'))).toBe(false);
  });

  it('for another command, where there is none', async () => {
    const none = world.bot('none', CROSSOVER);
    for (const argv of [
      ['paper', 'pause', none],
      ['paper', 'slippage', none, join(world.folder, 'x.json')],
      ['replay', none],
      ['backup', none, join(world.folder, 'x.sqlite')],
      ['status', none],
    ]) {
      const { code, stdout, stderr } = await world.run(argv);
      expect([code, stdout + stderr]).toEqual([3, expect.stringContaining('Expected a session of none in')]);
    }
    expect(existsSync(sessionOf('none'))).toBe(false);
  });

  it('without the network, where it would begin as where it would go on', async () => {
    const offline = { environment: { PAPERWALK_EXCHANGE_URL: 'http://127.0.0.1:1' } };
    const decided = read('refused').trace.closeTime.length;
    for (const file of [world.bot('fresh', CROSSOVER), bot]) {
      const { code, stdout, stderr } = await world.run(['paper', file, '--once'], offline);
      expect([code, stderr]).toEqual([4, expect.stringMatching(/^binance: .*\n$/)]);
      expect(stdout).not.toContain('equity');
    }
    expect(existsSync(sessionOf('fresh'))).toBe(false);
    expect(read('refused').trace.closeTime.length).toBe(decided);
  });
});

describe('paper --once', () => {
  it('decides what has closed, and nothing twice; several bots in one process each by itself', async () => {
    const [one, two] = [world.bot('one', CROSSOVER), world.bot('two', MEAN_MOVE.replace('BTC/USDT', 'ETH/USDT'))];
    world.time.moveTo(afterClose(3));
    const tick = async () => documents.paper.parse(await world.json(['paper', one, two, '--once'])).sessions;
    // They begin with the history up to now.
    expect((await tick()).map(({ name, decided, last, equity }) => [name, decided, last, equity])).toEqual([
      ['one', 0, null, null],
      ['two', 0, null, null],
    ]);
    world.time.moveTo(afterClose(6));
    const decided = await tick();
    expect(decided.map(({ name, decided: bars, last }) => [name, bars, last])).toEqual([
      ['one', 3, new Date(BTC.openTime[206]!).toISOString()],
      ['two', 3, new Date(BTC.openTime[206]!).toISOString()],
    ]);
    expect((await tick()).map(({ decided: bars, ...rest }) => [bars, rest])).toEqual(
      decided.map(({ decided: _bars, ...rest }) => [0, rest]),
    );
    for (const name of ['one', 'two']) expect(read(name).trace.closeTime).toHaveLength(3);
  });

  it('says nothing where it is to be quiet', async () => {
    expect(await world.run(['paper', world.bot('one', CROSSOVER), '--once', '--quiet'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe("a person's hand", () => {
  it('is seen in status at once, acts from the next decision on, and is part of the replay', async () => {
    const bot = world.bot('hand', ALWAYS);
    const status = async () => {
      const [session] = documents.status.parse(await world.json(['status', bot])).sessions;
      if (!session || !('hand' in session)) throw new Error('Expected a session');
      const { hand, asked, positions, last } = session as Extract<typeof session, { readonly hand: unknown }>;
      return { hand, asked, held: positions.length, reason: last?.markets[0]?.reason };
    };
    const ask = async (action: string) => documents.hand.parse(await world.json(['paper', action, bot]));
    await world.once(bot, 10);
    expect(await ask('pause')).toEqual({ schema: 'paperwalk/hand@1', name: 'hand', action: 'pause' });
    expect(await status()).toEqual({ hand: 'resume', asked: ['pause'], held: 0, reason: undefined });
    await world.once(bot, 11);
    expect(await status()).toEqual({ hand: 'pause', asked: [], held: 0, reason: 'paused' });
    expect((await world.run(['status', bot])).stdout).toContain('hand  not running; PAUSED');
    await world.once(bot, 12);
    expect(await status()).toMatchObject({ held: 0, reason: 'paused' });
    await ask('resume');
    await world.once(bot, 13);
    expect(await status()).toMatchObject({ hand: 'resume', held: 0, reason: 'enterLong' });
    await world.once(bot, 14);
    expect(await status()).toMatchObject({ held: 1, reason: 'holding' });
    // Paused, it keeps what it has.
    await ask('pause');
    await world.once(bot, 15);
    expect(await status()).toMatchObject({ hand: 'pause', held: 1, reason: 'holding' });
    await ask('flatten');
    await world.once(bot, 16);
    expect(await status()).toMatchObject({ hand: 'flatten', held: 1, reason: 'flattened' });
    await world.once(bot, 17);
    expect(await status()).toMatchObject({ held: 0, reason: 'flattened' });
    expect(documents.replay.parse(await world.json(['replay', bot, '--quiet']))).toMatchObject({ identical: true, decisions: 7 });
    const without = await world.run(['replay', bot, '--quiet', '--json', '--no-observations']);
    expect(without.code).toBe(1);
    const { differences } = documents.replay.parse(JSON.parse(without.stdout));
    expect(new Set(differences.map(({ cause }) => cause))).toEqual(new Set(['observations left out']));
  });
});

describe('a session', () => {
  it('of a frozen model trains nothing and replays', async () => {
    const source = world.bot('source', MEAN_MOVE);
    await world.once(source, 18);
    const [{ key } = { key: '' }] = documents.models
      .parse(await world.json(['models', 'list']))
      .models.filter(({ kind }) => kind === 'drift');
    const frozen = world.bot(
      'frozen',
      MEAN_MOVE.replace(/model: .*\n/, '').replace(/schedule: .*\n/, `schedule: { frozen: ${key.slice(0, 12)} }\n`),
    );
    await world.once(frozen, 18);
    await world.once(frozen, 20);
    expect(read('frozen').observations.filter(({ kind }) => kind === 'fit')).toEqual([]);
    expect(read('frozen').forecasts[0]!.every((forecast) => Number.isFinite(forecast))).toBe(true);
    expect(documents.replay.parse(await world.json(['replay', frozen, '--quiet']))).toMatchObject({ identical: true, decisions: 2 });
    expect((await world.run(['status', frozen])).stdout).toContain('it is never trained again');
  });

  it('that was copied while it ran goes on in another workspace, without its fits, as it does at home', async () => {
    const bot = world.bot('moved', MEAN_MOVE);
    await world.once(bot, 20);
    await world.once(bot, 21);
    const copy = join(world.folder, 'moved-copy.sqlite');
    const lock = lockSession(sessionOf('moved'));
    const backup = documents.backup.parse(await world.json(['backup', bot, copy]));
    lock.release();
    expect(backup).toEqual({ schema: 'paperwalk/backup@1', name: 'moved', file: copy });
    const workspace = join(world.folder, 'elsewhere');
    mkdirSync(join(workspace, 'sessions'), { recursive: true });
    copyFileSync(copy, join(workspace, 'sessions', 'moved.sqlite'));
    const elsewhere = (...argv: string[]) => paperwalk([...argv, '--workspace', workspace], world.host);
    for (const n of [22, 23]) {
      expect((await world.once(bot, n)).code).toBe(0);
      expect((await elsewhere('paper', bot, '--once')).code).toBe(0);
    }
    const home = documents.replay.parse(await world.json(['replay', bot, '--quiet']));
    const { stdout } = await elsewhere('replay', bot, '--quiet', '--json', '--refit');
    const away = documents.replay.parse(JSON.parse(stdout));
    expect([home.identical, away.identical]).toEqual([true, true]);
    expect(away.decisions).toBe(3);
    expect(away.digest).toBe(home.digest);
    expect(await refusal('backup', bot, copy)).toEqual([5, expect.stringContaining(`Expected no file at ${copy}, received one`)]);
  });
});
