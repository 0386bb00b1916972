import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../../src/cli/host.ts';
import { type Exchange, type ExchangeOptions, startExchange } from '../exchange/server.ts';
import { randomBars } from '../support/markets.ts';
import { type VirtualTime, virtualTime } from '../support/virtual-time.ts';
import { type Answer, paperwalk } from './recorded-host.ts';

/** Hourly bars of two markets; sessions begin shortly after the close of bar 200. */
export const BTC = randomBars({ seed: 1, length: 400, gaps: 0, silent: 0 });
export const ETH = randomBars({ seed: 2, length: 400, gaps: 0, silent: 0 });
export const BEGUN = BTC.openTime[200]! + 1000;
/** A moment after the close of the n-th bar that is decided live. */
export const afterClose = (n: number) => BTC.openTime[200 + n]! + 5000;

/** The commands of paper trading in a workspace of their own, beside a local exchange, in time that passes only where somebody waits. */
export interface ForwardWorld {
  readonly folder: string;
  readonly workspace: string;
  readonly time: VirtualTime;
  readonly exchange: Exchange;
  /** Writes a bot file and gives its path. */
  bot(name: string, text: string): string;
  run(argv: readonly string[], changes?: Partial<Host>): Promise<Answer>;
  /** The clock and the exchange, for commands in another workspace. */
  readonly host: Partial<Host>;
  /** One tick of a bot a moment after the close of the n-th bar that is decided live. */
  once(file: string, n: number): Promise<Answer>;
  /** Runs a bot until an instant, ms UTC, as a person who then stops it; `fits`: how many there must be before it ticks at an instant. */
  paper(file: string, until: number, fits?: (at: number) => number): Promise<Answer>;
  json(argv: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

export async function forwardWorld(exchangeOptions: Partial<ExchangeOptions> = {}): Promise<ForwardWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-forward-'));
  const workspace = join(folder, 'workspace');
  const time = virtualTime(BEGUN);
  const exchange = await startExchange({
    dialect: 'binance',
    markets: [
      { symbol: 'BTC/USDT', bars: BTC },
      { symbol: 'ETH/USDT', bars: ETH },
    ],
    now: time.now,
    ...exchangeOptions,
  });
  const host: Partial<Host> = { environment: { PAPERWALK_EXCHANGE_URL: exchange.url }, now: time.now, sleep: time.sleep };
  const run: ForwardWorld['run'] = (argv, changes = {}) => paperwalk([...argv, '--workspace', workspace], { ...host, ...changes });
  return {
    folder,
    workspace,
    time,
    exchange,
    run,
    host,
    once(file, n) {
      time.moveTo(afterClose(n));
      return run(['paper', file, '--once']);
    },
    bot(name, text) {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, text);
      return file;
    },
    paper(file, until, fits = () => 0) {
      const stop = new AbortController();
      const folder = join(workspace, 'cache', 'fits');
      // A real training takes a while of real time, in which virtual time must not pass.
      const made = async (at: number) => {
        while (fits(at) > 0 && (existsSync(folder) ? readdirSync(folder).length : 0) < fits(at)) await sleep(5);
      };
      const schedule = time.schedule(until, () => stop.abort(), made);
      return run(['paper', file], { schedule, signal: stop.signal });
    },
    async json(argv) {
      const answer = await run([...argv, '--json']);
      if (answer.stdout === '') throw new Error(`Expected a document, received none: ${answer.stderr}`);
      return JSON.parse(answer.stdout);
    },
    async close() {
      await exchange.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A bot without a model that is nearly always invested. */
export const CROSSOVER = `
markets: ["binance:BTC/USDT"]
interval: 1h
history: { from: 2020-01-02 }
costs: { taker: 0.1%, slippage: 5bp }
strategy: { kind: crossover, fast: 2, slow: 5, side: long, entry: level }
`;

/** A ridge regression that is fitted again every ten bars, for the first time in the history: at the close of bar 194, then of 204 and so on. */
export const RIDGE = `
markets: ["binance:BTC/USDT"]
interval: 1h
history: { from: 2020-01-02 }
costs: { taker: 0.1%, slippage: 5bp }
model: { kind: linear, lookback: 3, features: [logReturn, { rsi: 5 }], train: { window: 60 } }
schedule: { retrain: 10, delay: 2, maxAge: 40 }
strategy: { kind: threshold, enter: 0%, exit: 0% }
`;

/** The same with a model whose fits need no thread. */
export const MEAN_MOVE = RIDGE.replace('kind: linear', 'kind: drift');

/** Long at every close. */
export const ALWAYS = MEAN_MOVE.replace('enter: 0%, exit: 0%', 'enter: -50%, exit: -60%');

/** Fits of `RIDGE` that were asked for before it ticks at an instant. */
export const ridgeFits = (at: number) => Math.floor(((at - BTC.openTime[200]!) / 3_600_000 + 174) / 10) - 16;
