import { type BarColumns, type Bars, createBars } from '../../src/core/bars.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';
import { createRandom } from '../../src/core/random.ts';

export const HOUR = 3_600_000;

/** Rows of [open, high, low, close, volume?] as hourly bars from 2020-01-01 on; a market a trader could write down by hand. */
export function barsOf(rows: readonly (readonly number[])[], market = 'test', start = Date.UTC(2020, 0, 1)): Bars {
  const column = (k: number, otherwise?: number) => Float64Array.from(rows, (row) => row[k] ?? otherwise ?? Number.NaN);
  return createBars(market, HOUR, {
    openTime: Float64Array.from(rows, (_, i) => start + i * HOUR),
    open: column(0),
    high: column(1),
    low: column(2),
    close: column(3),
    volume: column(4, 1000),
  });
}

/** Flat bars: open, high, low and close are one price each. */
export function flatBars(prices: readonly number[], market = 'test'): Bars {
  return barsOf(
    prices.map((price) => [price, price, price, price]),
    market,
  );
}

export interface RandomMarket {
  readonly seed: number;
  readonly length: number;
  readonly market?: string;
  /** Share of bars that are missing. */
  readonly gaps?: number;
  /** Share of bars without volume. */
  readonly silent?: number;
}

/** A seeded random walk with ranges, gaps in time and bars without volume, rounded to cents as real quotes are. */
export function randomBars({ seed, length, market = `random-${seed}`, gaps = 0.05, silent = 0.05 }: RandomMarket): Bars {
  const random = createRandom(seed);
  const rows: number[][] = [];
  let price = 100;
  for (let i = 0; rows.length < length; i++) {
    const open = price * (1 + 0.003 * random.normal());
    const close = open * (1 + 0.01 * random.normal());
    const high = Math.max(open, close) * (1 + 0.005 * random.uniform());
    const low = Math.min(open, close) * (1 - 0.005 * random.uniform());
    price = close;
    if (random.uniform() < gaps) continue;
    const volume = random.uniform() < silent ? 0 : 1 + random.below(1000);
    rows.push([Date.UTC(2020, 0, 1) + i * HOUR, open, high, low, close, volume]);
  }
  const column = (k: number) => Float64Array.from(rows, (row) => row[k]!);
  return createBars(market, HOUR, {
    openTime: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}

/** The same bars with every value after row `keep` replaced by wild ones: what a causal computation must not notice. */
export function poisoned(bars: Bars, keep: number, seed = 99): Bars {
  const random = createRandom(seed);
  const copy: Record<string, Float64Array> = {};
  for (const name of ['open', 'high', 'low', 'close', 'volume'] as const) copy[name] = bars[name].slice();
  for (let row = keep; row < bars.length; row++) {
    const low = 0.01 + 1e6 * random.uniform();
    const high = low * (1 + 10 * random.uniform());
    copy.low![row] = low;
    copy.high![row] = high;
    copy.open![row] = low + (high - low) * random.uniform();
    copy.close![row] = low + (high - low) * random.uniform();
    copy.volume![row] = 1e9 * random.uniform();
  }
  return createBars(bars.market, bars.intervalMs, { openTime: bars.openTime, ...copy } as unknown as BarColumns);
}

/** A panel of one market. */
export function singlePanel(bars: Bars): Panel {
  return createPanel([bars]);
}

/** By doubling or halving, so that it is exact. */
export function powerOfTwo(exponent: number): number {
  let value = 1;
  for (let k = 0; k < Math.abs(exponent); k++) value *= exponent > 0 ? 2 : 0.5;
  return value;
}
