import { describe, expect, it } from 'vitest';
import { maxDrawdown } from '../../src/statistics/drawdown.ts';
import { performance } from '../../src/statistics/performance.ts';
import { type Fill, roundTrips } from '../../src/statistics/round-trip.ts';
import { bookedCurve, expectClose, present, prices, reference, titled } from './reference.ts';

interface Variant {
  variant: string;
  start: number;
  final_equity: number;
  total_return: number;
  sharpe: number;
  sortino: number;
  volatility: number;
  max_drawdown: number;
  max_drawdown_peak_index: number;
  max_drawdown_trough_index: number;
  max_drawdown_recovered: boolean;
  max_drawdown_bars: number;
  years: number;
  cagr: number;
  calmar: number;
  total_fees: number;
  turnover: number;
  round_trips: number;
  open_at_end: boolean;
  exposure: number;
  win_rate: number;
  profit_factor: number;
  average_trade: number;
  equity_sum: number;
  buy_and_hold: {
    final_equity: number;
    sharpe: number;
    sortino: number;
    max_drawdown: number;
    max_drawdown_bars: number;
    cagr: number;
    calmar: number;
  };
  fills_note: string;
  fills: [time: string, side: 'buy' | 'sell', quantity: number, price: number, fee: number, reason: string][];
  closed_trades_pnl_first_20: number[];
}

interface Market {
  file: string;
  interval_seconds: number;
  bars_per_year: number;
  variants: Variant[];
}

const markets = present ? reference<{ markets: Market[] }>('backtests.json').markets : [];

describe.skipIf(!present)(titled('The golden backtests (backtests.json: plain Python, two implementations)'), () => {
  for (const market of markets) {
    const { time, open, close } = prices(market.file);
    const closeTime = time.map((opening) => opening + market.interval_seconds * 1000);
    for (const golden of market.variants) {
      const title = `${market.file}, ${golden.variant}`;
      const complete = golden.fills_note === 'all';
      const fills: Fill[] = golden.fills.map(([at, side, quantity, price, fee, reason]) => {
        return { market: market.file, time: Date.parse(at), side, quantity, price, fee, reason };
      });

      it.skipIf(!complete)(
        `${title}: every figure agrees to 1e-9${complete ? '' : ' (skipped: the file holds only some of its fills)'}`,
        () => {
          const { equity, positionHeld, held } = bookedCurve(fills, time, close, golden.start);
          expectClose(
            equity.reduce((sum, value) => sum + value, 0),
            golden.equity_sum,
          );
          const found = performance({
            equity,
            closeTime,
            positionHeld,
            periodsPerYear: market.bars_per_year,
            fills,
            slippage: 0,
            funding: 0,
          })!;
          expectClose(found.endEquity, golden.final_equity);
          expectClose(found.totalReturn, golden.total_return);
          expectClose(found.cagr, golden.cagr);
          expectClose(found.sharpe, golden.sharpe);
          expectClose(found.sortino, golden.sortino);
          expectClose(found.calmar, golden.calmar);
          expectClose(found.volatility, golden.volatility);
          expectClose(found.maxDrawdown, golden.max_drawdown);
          expect(found.maxDrawdownBars).toBe(golden.max_drawdown_bars);
          expectClose(found.exposure, golden.exposure);
          expectClose(found.fees, golden.total_fees);
          // The golden turnover is the summed notional alone.
          expectClose(found.turnover, golden.turnover / (golden.equity_sum / equity.length) / golden.years);
          expect(found.roundTrips).toBe(golden.round_trips);
          expectClose(found.winRate, golden.win_rate);
          expectClose(found.profitFactor, golden.profit_factor);
          // A mean of gains and losses that nearly cancel keeps fewer digits than its terms.
          expectClose(found.expectancy, golden.average_trade, 1e-8);
          const drawdown = maxDrawdown(equity)!;
          expect(drawdown.peak).toBe(golden.max_drawdown_peak_index);
          expect(drawdown.trough).toBe(golden.max_drawdown_trough_index);
          expect(drawdown.recovered).toBe(golden.max_drawdown_recovered);
          const trips = roundTrips(fills, new Map([[market.file, close[close.length - 1]!]]));
          expect(trips.some((trip) => trip.open)).toBe(golden.open_at_end);
          // Conservation: what the trips made is what the account gained, while the open one is marked.
          const gained = trips.reduce((sum, trip) => sum + trip.profit!, 0);
          expect(Math.abs(gained - (golden.final_equity - golden.start))).toBeLessThan(golden.turnover * 1e-12);
          expect(held !== 0).toBe(golden.open_at_end);
        },
      );

      it(`${title}: the first closed round trips made what they made there`, () => {
        const profits = roundTrips(fills).flatMap((trip) => (trip.open ? [] : [trip.profit!]));
        const expected = golden.closed_trades_pnl_first_20;
        expect(profits.length).toBeGreaterThanOrEqual(complete ? golden.round_trips : 1);
        // Where fills are missing, only trips of the first 300 are whole.
        const known = complete ? expected.length : Math.min(expected.length, roundTrips(fills.slice(0, 300)).length - 1);
        expect(known).toBeGreaterThan(3);
        for (let i = 0; i < known; i++) {
          expect(Math.abs(profits[i]! - expected[i]!)).toBeLessThanOrEqual(1e-9 * Math.max(golden.start, Math.abs(expected[i]!)));
        }
      });
    }

    for (const golden of market.variants.filter(({ variant }) => variant === 'plain' || variant === 'slippage5bp')) {
      it(`${market.file}, buy & hold beside ${golden.variant}: its figures agree to 1e-9`, () => {
        const price = open[1]! * (golden.variant === 'plain' ? 1 : 1.0005);
        const quantity = golden.start / (price * 1.001);
        const fills: Fill[] = [{ market: market.file, time: time[1]!, side: 'buy', quantity, price, fee: quantity * price * 0.001 }];
        const { equity, positionHeld } = bookedCurve(fills, time, close, golden.start);
        const found = performance({
          equity,
          closeTime,
          positionHeld,
          periodsPerYear: market.bars_per_year,
          fills,
          slippage: 0,
          funding: 0,
        })!;
        const expected = golden.buy_and_hold;
        expectClose(found.endEquity, expected.final_equity);
        expectClose(found.sharpe, expected.sharpe);
        expectClose(found.sortino, expected.sortino);
        expectClose(found.maxDrawdown, expected.max_drawdown);
        expect(found.maxDrawdownBars).toBe(expected.max_drawdown_bars);
        expectClose(found.cagr, expected.cagr);
        expectClose(found.calmar, expected.calmar);
        expect(found.roundTrips).toBe(0);
        expect(found.winRate).toBeNull();
      });
    }
  }
});
