import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { isoInstant } from '../../src/core/instant.ts';
import { readCsv, saveCsv } from '../../src/data/csv.ts';
import { HOUR } from '../support/markets.ts';

/** Of the bars of all scenes, ms. */
export const BAR = 4 * HOUR;
/** When sessions tick, ms after each close. */
export const AFTER = 5000;
/** Bars before the first decision. */
export const HISTORY = 300;

const FILE = '../shared/data/BTC-USD-4h-coinbase.csv';
/** Why tests on these bars are skipped where they are. */
export const absent = existsSync(FILE) ? undefined : '../shared/data is absent';

/** What a session is run on: a file of bars, a bot file, and the instant it begins at, ms UTC. */
export interface Scene {
  readonly bars: string;
  readonly bot: string;
  readonly begin: number;
}

/** Real bars, and bots that trade them often: by a rule, or by a regression that is fitted again every 20 bars, before the decision that needs it. */
export interface Scenes {
  readonly bars: Bars;
  readonly rules: Scene;
  readonly ridge: Scene;
  /** Closes that are decided, ms UTC. */
  readonly closes: readonly number[];
  /** A network whose first training takes longer than any test; it has to wait for bars where `window` exceeds the history. */
  long(name: string, window: number): Scene;
}

/** Real bars of BTC: so many of history, and `decided` more. */
export async function realBars(decided: number, history = HISTORY): Promise<Bars> {
  const { bars } = await readCsv(FILE, { market: 'BTC/USDT', intervalMs: BAR });
  return sliceBars(bars, 12_000, 12_000 + history + decided);
}

export async function createScenes(folder: string, decided: number): Promise<Scenes> {
  const bars = await realBars(decided);
  const file = join(folder, 'bars.csv');
  await saveCsv(file, bars);
  const opened = [...bars.openTime];
  const scene = (name: string, lines: readonly string[]): Scene => {
    const bot = join(folder, `${name}.yaml`);
    const common = [
      'name: paper',
      'markets: ["binance:BTC/USDT"]',
      'interval: 4h',
      `history: { from: ${isoInstant(opened[0]!)} }`,
      'costs: { taker: 0.1%, slippage: 2bp }',
    ];
    writeFileSync(bot, [...common, ...lines, ''].join('\n'));
    return { bars: file, bot, begin: opened[HISTORY]! + AFTER };
  };
  const threshold = 'strategy: { kind: threshold, enter: 0.05%, exit: -0.05% }';
  return {
    bars,
    rules: scene('rules', ['strategy: { kind: crossover, fast: 2, slow: 5, entry: level }']),
    ridge: scene('ridge', [
      threshold,
      'model: { kind: linear, lookback: 4, features: [logReturn, { rsi: 5 }, { ema: 3 }], train: { window: 100, validation: 20% } }',
      'schedule: { retrain: 20, delay: 0, maxAge: 45 }',
    ]),
    closes: opened.slice(HISTORY).map((time) => time + BAR),
    long: (name, window) =>
      scene(name, [
        threshold,
        `model: { kind: gru, units: [256, 256], lookback: 64, train: { window: ${window}, epochs: 2000, patience: 2000 } }`,
        'schedule: { retrain: 20, maxAge: 1000 }',
      ]),
  };
}
