import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/trace.ts';
import { equityCsv, forecastsCsv, guardsCsv, ordersCsv, tradesCsv } from '../../src/report/files.ts';
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
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([24]));
    expect(rows[2]?.slice(6, 8)).toEqual(['buy', '0.2']);
    expect(rows.at(-1)?.at(-1)).toBe('below the smallest order');
  });

  it('hold all that an order asks for, and what a guard did', () => {
    const base = fixture({ bars: 50 });
    const [order] = base.trace.events;
    if (order?.kind !== 'order') throw new Error('expected an order first');
    const bracket: Event = {
      ...order,
      order: {
        ...order.order,
        kind: 'limit',
        limit: 100,
        timeInForce: 3,
        postOnly: true,
        group: 'g',
        protection: { stopLoss: 95, takeProfit: 110, trailingStop: { fraction: 0.05 } },
      },
    };
    const trailing: Event = {
      ...order,
      order: { ...order.order, kind: 'trailing-stop', quantity: -2, trail: { distance: 4 }, reduceOnly: true },
    };
    const guard = { time: order.time, market: null, guard: 'dailyLoss', action: 'acts', reason: 'a loss of 0.1, in a day' } as const;
    const events: Event[] = [bracket, trailing, { kind: 'guard', ...guard }];
    const guards = [{ ...guard, time: new Date(order.time).toISOString() }];
    const run = { ...base, trace: { ...base.trace, events }, report: { ...base.report, guards } };
    const [header = '', ...rows] = rowsOf(ordersCsv(run)).map((row) => row.split(','));
    const cell = (row: number, name: string) => rows[row]?.[header.indexOf(name)];
    const names = ['type', 'limit', 'timeInForce', 'postOnly', 'group', 'stopLoss', 'takeProfit', 'trailingStop'];
    expect(names.map((name) => cell(0, name))).toEqual(['limit', '100', '3', 'true', 'g', '95', '110', '0.05 of the price']);
    expect(['quantity', 'trail', 'reduceOnly', 'postOnly'].map((name) => cell(1, name))).toEqual(['2', '4', 'true', '']);
    expect(['kind', 'market', 'type'].map((name) => cell(2, name))).toEqual(['guard', '', 'dailyLoss']);
    expect(rowsOf(guardsCsv(run))).toEqual([
      'time,market,guard,action,reason',
      '2024-01-01T20:00:00.000Z,,dailyLoss,acts,"a loss of 0.1, in a day"',
    ]);
  });

  it('have columns for what a model says beside its forecast', () => {
    const base = fixture({ bars: 10 });
    const lower = new Float64Array(10).fill(-0.01);
    const columns = base.columns.map((column) => ({ ...column, lower, upper: lower.map((value) => -value) }));
    const rows = rowsOf(forecastsCsv({ ...base, columns }));
    expect(rows[0]).toBe('market,time,close,forecast,actual,signal,exposure,lower,upper');
    expect(rows[1]).toMatch(/,-0\.01,0\.01$/);
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
