import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type Bars, createBars } from '../../src/core/bars.ts';
import { createRandom } from '../../src/core/random.ts';
import { ACTIONS } from '../../src/data/exchange/actions.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { createStrategy } from '../../src/strategies/registry.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import type { EndpointKind } from '../exchange/dialect.ts';
import type { Failure } from '../exchange/faults.ts';
import { startExchange } from '../exchange/server.ts';
import { type PaperWorld, paperWorld, type WorldOptions } from '../live/paper-world.ts';
import { ridgeBot } from '../support/bots.ts';
import { count, size } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { virtualTime } from '../support/virtual-time.ts';

const MINUTE = 60_000;
const FROM = Date.UTC(2020, 0, 1) + 100 * HOUR;
const SYMBOL = 'BTC/USDT';
const timeout = 900_000;
const BOT = ridgeBot({ strategy: createStrategy({ kind: 'proportional', window: 20 }) });
const bars = randomBars({ seed: 31, length: size(260, 900), gaps: 0, silent: 0 });

const worlds: PaperWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function open(options: Partial<WorldOptions> = {}): Promise<PaperWorld> {
  const world = await paperWorld({ markets: { [SYMBOL]: bars }, from: FROM, bot: BOT, ...options });
  worlds.push(world);
  return world;
}

/** What a session of so many ticks comes to that nothing happens to. */
const references = new Map<string, Promise<string>>();
function reference(ticks: number, options: Partial<WorldOptions> = {}): Promise<string> {
  const run = async () => {
    const world = await open(options);
    await world.run(ticks);
    return world.digest();
  };
  const name = `${ticks} ${Object.keys(options.markets ?? {})}`;
  const known = references.get(name) ?? run();
  references.set(name, known);
  return known;
}

/** The session has decided all of it as one that nothing happened to, and comes out the same again. */
async function expectRecovered(world: PaperWorld, ticks: number, options: Partial<WorldOptions> = {}): Promise<void> {
  expect(world.read().trace.closeTime).toHaveLength(ticks);
  expect(world.digest()).toBe(await reference(ticks, options));
  expect((await world.replay({}, memoryFitStore())).differences).toEqual([]);
}

const failureOf = (tick: Promise<unknown>) =>
  tick.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

type ErrorClass = new (message: string) => Error;
const base = new URL('./src/base/', import.meta.resolve('ccxt'));
const classes = (await import(new URL('errors.js', base).href)) as Readonly<Record<string, ErrorClass>>;

describe('every class of errors', () => {
  const PATHS = { candles: 'klines', time: 'time', ticker: '24hr', markets: 'exchangeInfo' } as const;
  type Question = keyof typeof PATHS;
  // One of each action in the suite; all of them in full.
  const names = Object.keys(ACTIONS).filter((name) => Object.hasOwn(classes, name));
  const few = ['RequestTimeout', 'RateLimitExceeded', 'AuthenticationError', 'BadSymbol'];

  test('E1: once, three times and always, at every question: a session waits, goes on, and decides as if nothing had been', {
    timeout,
  }, async () => {
    const cases = (process.env.PAPERWALK_FAULTS === 'full' ? names : few).flatMap((name) =>
      (Object.keys(PATHS) as Question[]).flatMap((question) =>
        [1, 3, Number.POSITIVE_INFINITY].map((times) => ({ name, question, times })),
      ),
    );
    expect(cases).toHaveLength(count(48, 12 * names.length));
    let armed: { readonly name: string; readonly path: string; left: number } | undefined;
    let asked = 0;
    const world = await open({
      settings: { maxLatenessMs: 30 * MINUTE },
      fetch: async (input, init) => {
        const path = new URL(String(input)).pathname.split('/').at(-1)!;
        if (armed?.path === path) {
          asked++;
          if (armed.left-- > 0) throw new classes[armed.name]!(`it says ${armed.name}`);
        }
        return fetch(input, init);
      },
    });
    await world.run(1);
    for (const [k, { name, question, times }] of cases.entries()) {
      const cell = `${name} at ${question}, ${times} times`;
      const close = world.closes[k + 1]!;
      // What markets there are is asked by every process once.
      if (question === 'markets') await world.restart();
      const before = world.digest();
      armed = { name, path: PATHS[question], left: times };
      asked = 0;
      const session = await world.session();
      await session.idle();
      world.time.moveTo(close + 5000);
      const error = await failureOf(session.tick());
      const action = ACTIONS[name]!;
      // A quote is of use where there is one, and never waited for in vain.
      const fatal = question !== 'ticker' && (action.kind === 'refuse' || times > 4);
      expect(error?.name, cell).toBe(fatal ? 'ExchangeError' : undefined);
      if (error) {
        expect(error.message, cell).toMatch(/^binance: Expected .+, received .+; .+$/);
        expect(world.digest(), cell).toBe(before);
      }
      if (question !== 'ticker') expect(asked, cell).toBeGreaterThan(0);
      armed = undefined;
      await world.tickAt(close + 10 * MINUTE);
      expect(world.read().trace.closeTime.at(-1), cell).toBe(close);
    }
    await expectRecovered(world, cases.length + 1);
  });
});

describe('a rate limit', () => {
  test('E2: of twenty markets is kept: after a 429 or a 418 nothing is asked for as long as the exchange wants', { timeout }, async () => {
    const ticks = count(4, 60);
    const markets = Object.fromEntries(
      Array.from({ length: 20 }, (_, k) => [
        `M${k}/USDT`,
        randomBars({ seed: 200 + k, length: 120 + ticks, gaps: 0, silent: 0, market: `m${k}` }),
      ]),
    );
    const { model: _, ...plain } = ridgeBot({ strategy: createStrategy({ kind: 'crossover', fast: 2, slow: 5 }) });
    const options = { markets, bot: plain };
    const limits: Failure[] = [
      { kind: 'status', status: 429, retryAfter: 7 },
      { kind: 'status', status: 418, retryAfter: 90 },
    ];
    const world = await open(options);
    const random = createRandom(2);
    for (let k = 0; k < ticks; k++) {
      const on = (['candles', 'time', 'ticker'] as const)[random.below(3)]!;
      world.exchange.script([{ on, from: 1 + random.below(on === 'candles' ? 20 : 2), times: 1, failure: limits[random.below(2)]! }]);
      await world.run(1);
    }
    const asked = world.exchange.requests();
    const refused = asked.filter(({ status }) => status === 429 || status === 418);
    expect(refused.length).toBeGreaterThan(ticks / 2);
    for (const { at, status } of refused) {
      const until = at + (status === 429 ? 7000 : 90_000);
      // Those that were under way came at the same instant.
      expect(asked.filter((other) => other.at > at && other.at < until)).toEqual([]);
    }
    await expectRecovered(world, ticks, options);
  });
});

describe('maintenance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-maintenance-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const intervals = (
    [
      ['4h', 4 * HOUR],
      ['1h', HOUR],
      ['15m', 15 * MINUTE],
      ['5m', 5 * MINUTE],
      ['1m', MINUTE],
    ] as const
  ).slice(0, size(1, 5));

  test.each(intervals)(
    'E3: of five hours is survived on bars of %s with two lines, and what was missed is decided afterwards',
    async (name, intervalMs) => {
      count(1, 1);
      const begin = Date.UTC(2024, 0, 15);
      const away = 5 * HOUR;
      const live = Math.ceil(away / intervalMs) + 12;
      const random = randomBars({ seed: 5, length: 620 + live, gaps: 0, silent: 0 });
      const openTime = Float64Array.from({ length: random.length }, (_, k) => begin + (k - 600) * intervalMs);
      const market: Bars = createBars(SYMBOL, intervalMs, { ...random, openTime });
      const time = virtualTime(begin + 1000);
      const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: SYMBOL, bars: market }], now: time.now });
      const bot = join(folder, `${name}.yaml`);
      writeFileSync(
        bot,
        `name: bot-${name}\nmarkets: [binance:${SYMBOL}]\ninterval: ${name}\nstrategy: { kind: crossover, fast: 2, slow: 5 }\n`,
      );
      const [from, to] = [begin + 3.5 * intervalMs, begin + 3.5 * intervalMs + away];
      const stop = new AbortController();
      const environment = { PAPERWALK_EXCHANGE_URL: exchange.url };
      let down = false;
      const { code, stdout, stderr } = await paperwalk(['paper', bot, '--workspace', join(folder, name)], {
        now: time.now,
        sleep: time.sleep,
        signal: stop.signal,
        environment,
        schedule: time.schedule(
          begin + (live + 1) * intervalMs,
          () => stop.abort(),
          async (at) => {
            const now = at >= from && at < to;
            if (now !== down) exchange.script(now ? [{ failure: { kind: 'status', status: 503 } }] : []);
            down = now;
          },
        ),
      });
      expect({ code, missed: exchange.requests().some(({ status }) => status === 503) }).toEqual({ code: 130, missed: true });
      const lines = stderr.trim().split('\n');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(
        /Expected the time, received .*503.* \(5 tries\); try again later; the session waits and goes on by itself$/,
      );
      expect(lines[1]).toMatch(/back again, \d+ bars decided$/);
      // Those of decisions are one a bar.
      expect(stdout.split('\n').filter((line) => /equity/.test(line)).length).toBeLessThanOrEqual(live + 2);
      const replayed = await paperwalk(['replay', bot, '--json', '--workspace', join(folder, name)], { environment, now: time.now });
      expect(JSON.parse(replayed.stdout)).toMatchObject({ identical: true });
      expect(JSON.parse(replayed.stdout).decisions).toBeGreaterThanOrEqual(live);
      await exchange.close();
    },
  );
});

describe('a connection that goes wrong', () => {
  const failures: readonly (readonly [string, Failure])[] = [
    ['a body that never ends', { kind: 'hang', where: 'in body' }],
    ['no answer at all', { kind: 'hang', where: 'before headers' }],
    ['a slow body', { kind: 'slow', bytes: 1, everyMs: 30 }],
    ['a reset in the body', { kind: 'reset', where: 'in body' }],
  ];
  const open4 = () => process.getActiveResourcesInfo().filter((name) => /TCPSocket|Timeout/.test(name)).length;

  /** On a machine that is busy a deadline may pass by itself: then the next tick asks again. */
  async function decide(world: PaperWorld, close: number): Promise<void> {
    for (let minute = 1; world.read().trace.closeTime.at(-1) !== close; minute++) {
      const error = await failureOf(world.tickAt(close + minute * MINUTE));
      if (minute === 10 && error) throw error;
    }
  }

  test('E4: ends a question at its deadline and never a session, and leaves no socket and no timer behind', { timeout }, async () => {
    const each = count(4, 200) / failures.length;
    const before = open4();
    const world = await open({ deadlineMs: 300, timeoutMs: 600, settings: { maxLatenessMs: 30 * MINUTE } });
    await decide(world, world.closes[0]!);
    let ticks = 1;
    for (const [name, failure] of failures) {
      for (let k = 0; k < each; k++) {
        const close = world.closes[ticks++]!;
        const on: EndpointKind = (['candles', 'time'] as const)[k % 2]!;
        world.exchange.script([{ on, times: 1, failure }]);
        const error = await failureOf(world.tickAt(close + 5000));
        // What breaks off is asked for again at once; what hangs is given up.
        if (failure.kind !== 'reset')
          expect(error?.message, name).toMatch(/^binance: Expected .+ within 300 ms, received nothing; the next tick asks again$/);
        world.exchange.script([]);
        await decide(world, close);
      }
    }
    await expectRecovered(world, ticks);
    for (const one of worlds.splice(0)) await one.close();
    await expect.poll(open4, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  });

  test('E4: of a quote costs the quote alone', async () => {
    const world = await open({ deadlineMs: 300, timeoutMs: 600, settings: { maxLatenessMs: 30 * MINUTE } });
    world.exchange.script([{ on: 'ticker', failure: { kind: 'hang', where: 'before headers' } }]);
    for (const close of world.closes.slice(0, count(12, 12))) await decide(world, close);
    expect(world.exchange.calls().ticker).toBeGreaterThan(0);
    expect(world.read().observations.map(({ kind }) => kind)).not.toContain('quote');
    await expectRecovered(world, 12);
  });
});

describe('garbage', () => {
  const other = randomBars({ seed: 32, length: bars.length, gaps: 0, silent: 0, market: 'other' });
  // Another market, at other prices.
  const cheap: Bars = createBars('other', HOUR, {
    openTime: other.openTime,
    volume: other.volume,
    ...Object.fromEntries((['open', 'high', 'low', 'close'] as const).map((name) => [name, other[name].map((price) => price / 50)])),
  } as Bars);
  const random = createRandom(55);
  const numbers = ['0', '-1', '1577836800000', '1e308', '"x"', 'null', '""', '[]', '{}', 'true', '"NaN"'];
  const pick = <T>(values: readonly T[]): T => values[random.below(values.length)]!;
  const row = () => `[${Array.from({ length: 1 + random.below(12) }, () => pick(numbers)).join()}]`;
  const garbage = (): Failure =>
    pick<() => Failure>([
      () => ({ kind: 'body', body: '<html><body><h1>Attention required</h1></body></html>' }),
      () => ({ kind: 'truncated' }),
      () => ({ kind: 'body', body: pick(['', '[]', 'null', '{}', '0', '"text"', '{"code":-1,"msg":"x"}']) }),
      () => ({ kind: 'body', body: `[${Array.from({ length: 1 + random.below(5) }, row).join()}]` }),
      () => ({ kind: 'body', body: `{"serverTime":${pick(numbers)},"symbols":${pick(numbers)},"symbol":"ETHUSDT"}` }),
      () => ({ kind: 'body', body: `[${'[1577836800000,"1","1","1","1","1"],'.repeat(300_000)}[]]` }),
      () => ({ kind: 'other market', symbol: 'CHEAP/USDT' }),
    ])();

  test('E5: in place of any answer, for ever, decides nothing, says why, and is forgotten once the exchange is itself again', {
    timeout,
  }, async () => {
    const payloads = count(20, 500);
    const world = await open({
      exchange: {
        markets: [
          { symbol: SYMBOL, bars },
          { symbol: 'CHEAP/USDT', bars: cheap },
        ],
      },
    });
    await world.run(1);
    let refused = 0;
    for (let k = 0; k < payloads; k++) {
      const close = world.closes[k + 1]!;
      const failure = garbage();
      const on = failure.kind === 'other market' ? 'candles' : pick(['candles', 'time', 'ticker'] as const);
      const cell = `${on}: ${JSON.stringify(failure).slice(0, 100)}`;
      world.exchange.script([{ on, failure }]);
      const before = world.digest();
      const error = await failureOf(world.tickAt(close + 5000));
      if (on !== 'ticker') {
        refused++;
        expect(world.digest(), cell).toBe(before);
      }
      if (error) {
        expect(['ExchangeError', 'SessionError'], cell).toContain(error.name);
        expect(error.message, cell).toMatch(/^(binance: )?Expected .+, received .+; .+$/);
        expect(error.message.length, cell).toBeLessThan(300);
      }
      world.exchange.script([]);
      await world.tickAt(close + 2 * MINUTE);
      expect(world.read().trace.closeTime.at(-1), cell).toBe(close);
    }
    expect(refused).toBeGreaterThan(payloads / 2);
    const { observations } = world.read();
    expect(observations.map(({ kind }) => kind)).not.toContain('revision');
    const reasons = observations.flatMap((one) => (one.kind === 'refusedBar' ? [one.reason] : []));
    expect(reasons).toContain('expected bars of binance:BTC/USDT, received those of another market');
    await expectRecovered(world, payloads + 1);
  });
});
