import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Bars, createBars } from '../../src/core/bars.ts';
import { type IndicatorParameters, indicator } from '../../src/indicators/catalogue.ts';

const REFERENCE = '../shared/reference/indicators.json';
const DATA = '../shared/data/AAPL-1d-stooq.csv';
const absent = !existsSync(REFERENCE) || !existsSync(DATA);

interface Reference {
  readonly first_row_in_file: number;
  readonly rows: number;
  readonly indicators: Readonly<Record<string, { readonly first_valid_index: number; readonly values: readonly (number | null)[] }>>;
}

// [name in the reference, indicator, parameters, output, relative tolerance as the reference states it]
const CASES: readonly (readonly [string, string, IndicatorParameters, number, number])[] = [
  ['sma10', 'sma', 10, 0, 1e-9],
  ['sma20', 'sma', 20, 0, 1e-9],
  ['sma50', 'sma', 50, 0, 1e-9],
  ['sma200', 'sma', 200, 0, 1e-9],
  ['ema10', 'ema', 10, 0, 1e-9],
  ['ema20', 'ema', 20, 0, 1e-9],
  ['ema50', 'ema', 50, 0, 1e-9],
  ['rsi14', 'rsi', 14, 0, 1e-9],
  ['macd', 'macd', {}, 0, 1e-9],
  ['macdSignal', 'macd', {}, 1, 1e-9],
  ['macdHist', 'macd', {}, 2, 1e-9],
  ['roc12', 'roc', 12, 0, 1e-9],
  ['bbUpper20', 'bollinger', { period: 20, width: 2 }, 0, 1e-7],
  ['bbMiddle20', 'bollinger', { period: 20, width: 2 }, 1, 1e-7],
  ['bbLower20', 'bollinger', { period: 20, width: 2 }, 2, 1e-7],
  ['atr14', 'atr', 14, 0, 1e-9],
  ['natr14', 'natr', 14, 0, 1e-9],
  ['adx14', 'adx', 14, 0, 1e-9],
  ['plusDi14', 'adx', 14, 1, 1e-9],
  ['minusDi14', 'adx', 14, 2, 1e-9],
  ['stochK', 'stochastic', { period: 14, smoothing: 3, signal: 3 }, 0, 1e-9],
  ['stochD', 'stochastic', { period: 14, smoothing: 3, signal: 3 }, 1, 1e-9],
  ['cci20', 'cci', 20, 0, 1e-7],
  ['willr14', 'williamsR', 14, 0, 1e-9],
  ['obv', 'obv', {}, 0, 1e-9],
  ['mfi14', 'mfi', 14, 0, 1e-7],
  ['volatility20', 'volatility', 20, 0, 1e-9],
];

describe.skipIf(absent)(`on AAPL 2020-2024 (needs ${REFERENCE} and ${DATA}) the indicators are those of TA-Lib 0.8.1 and pandas`, () => {
  const reference: Reference = absent ? { first_row_in_file: 0, rows: 0, indicators: {} } : JSON.parse(readFileSync(REFERENCE, 'utf8'));
  const bars = absent ? undefined : aapl(reference);

  it('is compared in full', () => {
    expect(CASES.map(([name]) => name).sort()).toEqual(Object.keys(reference.indicators).sort());
  });

  it.each(CASES)('%s', (entry, name, parameters, output, tolerance) => {
    const column = indicator(name, parameters).compute(bars!)[output]!;
    const { first_valid_index: first, values } = reference.indicators[entry]!;
    expect(column.findIndex((value) => !Number.isNaN(value))).toBe(first);
    let worst = 0;
    for (let i = first; i < column.length; i++) {
      const expected = values[i]!;
      // Differences of nearly equal averages are judged on the scale of an eps of their parts.
      worst = Math.max(worst, Math.abs(column[i]! - expected) / Math.max(Math.abs(expected), 1e-3));
    }
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
});

function aapl({ first_row_in_file, rows }: Reference): Bars {
  const lines = readFileSync(DATA, 'utf8').trim().split('\n').slice(1);
  const table = lines.slice(first_row_in_file, first_row_in_file + rows).map((line) => line.split(','));
  const column = (k: number) => Float64Array.from(table, (row) => Number(row[k]));
  return createBars('AAPL', 86_400_000, {
    openTime: Float64Array.from(table, (row) => Date.parse(row[0]!)),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}
