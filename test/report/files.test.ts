import { describe, expect, it } from 'vitest';
import { equityCsv, forecastsCsv, ordersCsv, tradesCsv } from '../../src/report/files.ts';
import { fixture } from './fixture.ts';

const rowsOf = (text: string) => text.trimEnd().split('\n');
const backtest = fixture({ bars: 50 });

describe('the tables of a run', () => {
  it('hold one row per trade, with an empty exit where it is open', () => {
    const rows = rowsOf(tradesCsv(backtest));
    expect(rows[0]).toBe('market,side,entryTime,exitTime,quantity,entryPrice,exitPrice,fees,profit,profitFraction,exitReason');
    expect(rows.length).toBe(1 + 3);
    // Trades begin at bars 4, 24 and 44 and last 12 bars; the last one is open at the end.
    expect(rows[1]).toMatch(/^coinbase:BTC\/USD,long,2024-01-01T20:00:00\.000Z,2024-01-03T20:00:00\.000Z,0\.2,.*,signal$/);
    expect(rows[3]).toMatch(/^coinbase:BTC\/USD,long,2024-01-08T12:00:00\.000Z,,0\.2,[\d.]+,,16\.8,.*,$/);
  });

  it('hold one row per order, fill and rejection, in the order they happened', () => {
    const rows = rowsOf(ordersCsv(backtest)).map((row) => row.split(','));
    expect(rows.map((row) => row[1])).toEqual(['kind', 'order', 'fill', 'order', 'fill', 'order', 'fill', 'rejection']);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([15]));
    expect(rows[2]?.slice(6, 8)).toEqual(['buy', '0.2']);
    expect(rows.at(-1)?.at(-1)).toBe('below the smallest order');
  });

  it('give back every digit of equity', () => {
    const rows = rowsOf(equityCsv(backtest))
      .slice(1)
      .map((row) => row.split(','));
    expect(rows.map((row) => Date.parse(row[0] ?? ''))).toEqual([...backtest.trace.closeTime]);
    expect(rows.map((row) => Number(row[1]))).toEqual([...backtest.trace.equity]);
    expect(rows.map((row) => Number(row[2]))).toEqual([...backtest.buyAndHold]);
  });

  it('hold one row per market and bar, empty where a forecast or its outcome is unknown', () => {
    const rows = rowsOf(forecastsCsv(fixture({ bars: 50, markets: ['A', 'B'] }))).map((row) => row.split(','));
    expect(rows.length).toBe(1 + 2 * 50);
    // No forecast on the first eight bars; the outcome of the last bar lies beyond the end.
    expect(rows[1]?.[3]).toBe('');
    expect(Number(rows[9]?.[3])).not.toBeNaN();
    expect(rows[50]?.slice(0, 2)).toEqual(['A', '2024-01-09T08:00:00.000Z']);
    expect(rows[50]?.[4]).toBe('');
  });

  it('quote what would break a row', () => {
    const rows = rowsOf(tradesCsv(fixture({ bars: 5, markets: ['a,"b"'] })));
    expect(rows[1]).toMatch(/^"a,""b""",long,/);
  });
});
