import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bars, firstRowAt, sliceBars } from '../../src/core/bars.ts';
import { resample } from '../../src/core/resample.ts';
import type { ExchangeFeed } from '../../src/data/exchange/client.ts';
import { createLedger, type Ledger, openLedger } from '../../src/live/ledger.ts';
import {
  type CrashPoint,
  createLiveSession,
  type LiveSession,
  type SessionSettings,
  type TickReport,
} from '../../src/live/live-session.ts';
import { trainedModels } from '../../src/live/models.ts';
import { type Replay, type ReplayOptions, replay } from '../../src/live/replay.ts';
import type { Genesis, Session } from '../../src/live/session.ts';
import { createBarSource } from '../../src/live/source.ts';
import { learners } from '../../src/models/baselines/learners.ts';
import { type FitStore, memoryFitStore } from '../../src/models/bundle.ts';
import { loadTrainer } from '../../src/models/engines/load.ts';
import type { Trainer } from '../../src/models/trainer.ts';
import type { Bot } from '../../src/walk/bot.ts';
import { digest } from '../../src/walk/digest.ts';
import { onlyOnce } from '../../src/walk/only-once.ts';
import { testFeed } from '../data/exchange/test-feed.ts';
import { type Exchange, type ExchangeOptions, startExchange } from '../exchange/server.ts';
import { type VirtualTime, virtualTime } from '../support/virtual-time.ts';

/** A session against a local exchange in time that only passes where it is told to. */
export interface PaperWorld {
  readonly time: VirtualTime;
  readonly exchange: Exchange;
  readonly ledgerFile: string;
  /** Closes of the markets' bars after the session's beginning, ms UTC, ascending. */
  readonly closes: readonly number[];
  /** The session in the process; opened when it is first asked for. */
  session(): Promise<LiveSession>;
  /** As if the process had been started again. */
  restart(): Promise<LiveSession>;
  /** Ticks `after` ms behind each of the closes from the next one on, `count` of them, with all fits made in between. */
  run(count: number, after?: number): Promise<readonly TickReport[]>;
  /** One tick at an instant, which must not lie in the past. */
  tickAt(time: number): Promise<TickReport>;
  /** What the ledger has. */
  read(): Session;
  digest(): string;
  replay(options?: Partial<ReplayOptions>, fits?: FitStore): Promise<Replay>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** By symbol, such as BTC/USDT. */
  readonly markets: Readonly<Record<string, Bars>>;
  /** Length of the session's bars, ms; default: that of the markets' own, which the exchange offers. */
  readonly intervalMs?: number;
  /** The first bar (its opening time, ms UTC) that is decided live; those before are history. */
  readonly from: number;
  /** Bars of history at most. */
  readonly history?: number;
  readonly bot: Bot;
  readonly settings?: Partial<SessionSettings>;
  readonly fits?: FitStore;
  readonly exchange?: Partial<ExchangeOptions>;
  readonly crashPoint?: (name: CrashPoint) => void;
  /** A session that has begun already. */
  readonly ledgerFile?: string;
  /** How far the local clock is ahead of the exchange's, ms, as it reads now. */
  readonly drift?: () => number;
  /** What the session trains with in place of a real trainer; a replay has the real ones. */
  readonly trainer?: (real: Trainer) => Trainer;
  /** Deadline of a question to the exchange, real ms. */
  readonly deadlineMs?: number;
  /** Deadline of one try of a question, real ms. */
  readonly timeoutMs?: number;
  /** Sends the requests to the exchange. */
  readonly fetch?: typeof fetch;
  readonly onProblem?: (words: string) => void;
}

const trainer = onlyOnce(loadTrainer);

export async function paperWorld(options: WorldOptions): Promise<PaperWorld> {
  const { from, history = 2000, bot, fits = memoryFitStore(), drift = () => 0, trainer: trainerOf = (real) => real } = options;
  const listings = Object.entries(options.markets);
  const { intervalMs = listings[0]![1].intervalMs } = options;
  const dialect = options.exchange?.dialect ?? 'binance';
  const time = virtualTime(from + 1000);
  const exchange = await startExchange({
    dialect: 'binance',
    markets: listings.map(([symbol, bars]) => ({ symbol, bars })),
    now: time.now,
    ...options.exchange,
  });
  const stop = new AbortController();
  const clock = { now: () => time.now() + drift(), sleep: time.sleep };
  /** A process has a feed of its own, which knows nothing of the last one's. */
  const openFeed = () =>
    testFeed(dialect, exchange.url, {
      clock,
      signal: stop.signal,
      ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
      ...(options.fetch && { fetch: options.fetch }),
    });
  const named = listings.map(([symbol, offered]) => {
    const bars = offered.intervalMs === intervalMs ? offered : resample(offered, intervalMs).bars;
    return { symbol, bars: { ...bars, market: `${dialect}:${symbol}` } };
  });
  named.sort((a, b) => (a.bars.market < b.bars.market ? -1 : 1));
  const folder = options.ledgerFile === undefined ? mkdtempSync(join(tmpdir(), 'paperwalk-paper-')) : undefined;
  const ledgerFile = options.ledgerFile ?? join(folder!, 'session.sqlite');
  if (folder !== undefined) {
    const genesis: Genesis = {
      name: bot.name,
      config: {},
      completion: {},
      version: '0.1.0',
      markets: named.map(({ bars }) => bars.market),
      intervalMs,
      from,
      begun: from,
      band: null,
    };
    createLedger(
      ledgerFile,
      genesis,
      named.map(({ bars }) => sliceBars(bars, Math.max(0, firstRowAt(bars, from) - history), firstRowAt(bars, from))),
    ).close();
  }
  const settings: SessionSettings = { graceMs: 30_000, maxLatenessMs: 300_000, missed: 'skip', ...options.settings };
  const around = { networkTrainer: trainer, learnerTrainer: (kind: keyof typeof learners) => learners[kind], fits, clock: () => 0 };
  let ledger: Ledger | undefined;
  let live: LiveSession | undefined;
  let feed: ExchangeFeed | undefined;

  const start = async () => {
    ledger = openLedger(ledgerFile, 'write');
    const own = await openFeed();
    feed = own;
    const fresh = createLiveSession({
      bot,
      settings,
      ledger,
      source: createBarSource(
        named.map(({ symbol, bars }) => ({ market: bars.market, symbol, feed: own })),
        intervalMs,
        options.deadlineMs,
      ),
      models: (await trainedModels(bot, around)).map((one) => ({ ...one, trainer: trainerOf(one.trainer) })),
      fits,
      clock,
      signal: stop.signal,
      version: '0.1.0',
      onProblem: options.onProblem ?? (() => undefined),
      ...(options.crashPoint && { crashPoint: options.crashPoint }),
    });
    await fresh.open();
    live = fresh;
    return fresh;
  };
  const stopSession = async () => {
    live?.close();
    ledger?.close();
    await feed?.close();
    live = undefined;
    ledger = undefined;
  };
  const closes = [
    ...new Set(named.flatMap(({ bars }) => [...bars.openTime].filter((opened) => opened >= from).map((opened) => opened + intervalMs))),
  ].sort((a, b) => a - b);
  const tickAt = async (at: number) => {
    const session = live ?? (await start());
    await session.idle();
    time.moveTo(at);
    return session.tick();
  };
  const read = () => {
    const reader = openLedger(ledgerFile, 'read');
    try {
      return reader.read();
    } finally {
      reader.close();
    }
  };
  return {
    time,
    exchange,
    ledgerFile,
    closes,
    session: async () => live ?? start(),
    restart: async () => {
      await stopSession();
      return start();
    },
    tickAt,
    async run(count, after = 5000) {
      const reports: TickReport[] = [];
      for (const close of closes.filter((one) => one + after > time.now()).slice(0, count)) reports.push(await tickAt(close + after));
      return reports;
    },
    read,
    digest: () => digest(read().trace),
    replay: (more = {}, fresh = fits) =>
      replay(read(), { ...around, fits: fresh }, { recorded: { bot, missed: settings.missed }, ...more }),
    async close() {
      await stopSession();
      stop.abort();
      await exchange.close();
      if (folder !== undefined) rmSync(folder, { recursive: true });
    },
  };
}
