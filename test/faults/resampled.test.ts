import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { resample } from '../../src/core/resample.ts';
import { readCsv } from '../../src/data/csv.ts';
import { count } from '../support/counts.ts';
import { HOUR, randomBars } from '../support/markets.ts';

const FILE = '../shared/data/BTC-USD-4h-coinbase.csv';
const DAY = 24 * HOUR;

interface Bar {
  readonly key: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** The bars of each key, from their definition: nothing is shared with what is tested. */
function grouped(rows: readonly Bar[]): readonly Bar[] {
  return [...new Set(rows.map(({ key }) => key))].map((key) => {
    const parts = rows.filter((row) => row.key === key);
    return {
      key,
      open: parts[0]!.open,
      high: Math.max(...parts.map(({ high }) => high)),
      low: Math.min(...parts.map(({ low }) => low)),
      close: parts.at(-1)!.close,
      // From the last on: another order than the one in which bars are added up.
      volume: parts.reduceRight((sum, { volume }) => sum + volume, 0),
    };
  });
}

function rowsOf({ openTime, open, high, low, close, volume }: Bars, keyOf: (time: number) => string): readonly Bar[] {
  return Array.from(openTime, (time, row) => ({
    key: keyOf(time),
    open: open[row]!,
    high: high[row]!,
    low: low[row]!,
    close: close[row]!,
    volume: volume[row]!,
  }));
}

function expectSame(higher: Bars, expected: readonly Bar[], keyOf: (time: number) => string): void {
  const rows = rowsOf(higher, keyOf);
  const prices = (bars: readonly Bar[]) => bars.map(({ volume, ...rest }) => rest);
  expect(prices(rows)).toEqual(prices(expected));
  for (const [row, { volume }] of rows.entries())
    expect(Math.abs(volume - expected[row]!.volume)).toBeLessThanOrEqual(1e-9 * expected[row]!.volume);
}

test.skipIf(!existsSync(FILE))(
  'C13: 4h to 1d of nine real years has the open, high, low and close of each date, and its volume to 1e-9 (skipped where ../shared is absent)',
  async () => {
    const [, ...lines] = readFileSync(FILE, 'utf8').trimEnd().split('\n');
    const rows = lines.map((line) => {
      const [time = '', ...values] = line.split(',');
      const [open = 0, high = 0, low = 0, close = 0, volume = 0] = values.map(Number);
      return { key: time.slice(0, 10), open, high, low, close, volume };
    });
    // Dates stand together: each is looked for among its neighbours only.
    const expected: Bar[] = [];
    for (let from = 0; from < rows.length; ) {
      const to = rows.findIndex(({ key }, row) => row > from && key !== rows[from]!.key);
      const end = to < 0 ? rows.length : to;
      expected.push(...grouped(rows.slice(from, end)));
      from = end;
    }
    const { bars } = await readCsv(FILE, { market: 'BTC', intervalMs: 4 * HOUR });
    const days = resample(bars, DAY).bars;
    expect(days.length).toBe(3451);
    expectSame(days, expected, (time) => new Date(time).toISOString().slice(0, 10));
  },
);

test('C13: any series with any gaps has at each higher interval what its bars of that interval amount to', () => {
  const market = fc.record({
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    length: fc.integer({ min: 1, max: 200 }),
    gaps: fc.constantFrom(0, 0.05, 0.5, 0.9),
  });
  fc.assert(
    fc.property(market, fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24), (options, hours) => {
      const bars = randomBars(options);
      const interval = hours * HOUR;
      const keyOf = (time: number) => String(Math.floor(time / interval));
      expectSame(resample(bars, interval).bars, grouped(rowsOf(bars, keyOf)), keyOf);
    }),
    { seed: 13, numRuns: count(200, 5000) },
  );
});
