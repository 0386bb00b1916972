import type { Backtest } from '../backtest/result.ts';
import { isoInstant } from '../core/instant.ts';
import type { Event } from '../core/trace.ts';
import { type Cell, csv } from './csv.ts';

/** One row per trade; an open position has an empty exit. */
export function tradesCsv(backtest: Backtest): string {
  return csv(
    ['market', 'side', 'entryTime', 'exitTime', 'quantity', 'entryPrice', 'exitPrice', 'fees', 'profit', 'profitFraction', 'exitReason'],
    backtest.report.trades.map((trade) => [
      trade.market,
      trade.side,
      trade.entryTime,
      trade.exitTime,
      trade.quantity,
      trade.entryPrice,
      trade.exitPrice,
      trade.fees,
      trade.profit,
      trade.profitFraction,
      trade.exitReason,
    ]),
  );
}

/** One row per event in the order it happened: orders (exposure wanted), fills (what they became) and rejections (why not). */
export function ordersCsv(backtest: Backtest): string {
  return csv(
    [
      'time',
      'kind',
      'id',
      'market',
      'type',
      'exposure',
      'side',
      'quantity',
      'limit',
      'trigger',
      'price',
      'fee',
      'slippage',
      'factor',
      'reason',
    ],
    backtest.trace.events.map((event) => [isoInstant(event.time), event.kind, ...eventCells(event)]),
  );
}

/** One row per slice: equity of the strategy and of buy & hold at the close, in quote currency. */
export function equityCsv(backtest: Backtest): string {
  const { closeTime, equity } = backtest.trace;
  return csv(
    ['time', 'strategy', 'buyAndHold'],
    Array.from(closeTime, (time, i) => [isoInstant(time), equity[i] ?? null, backtest.buyAndHold[i] ?? null]),
  );
}

/** One row per market and bar: close, expected and actual return over the horizon (fractions), signal, exposure at the close, and an ensemble's spread. */
export function forecastsCsv(backtest: Backtest): string {
  const rows = backtest.columns.flatMap((column) =>
    Array.from(column.time, (time, i): Cell[] => [
      column.market,
      isoInstant(time),
      ...[column.close, column.forecast, column.actual, column.signal, column.exposure].map((values) => values[i] ?? null),
      ...(column.spread ? [column.spread[i] ?? null] : []),
    ]),
  );
  const spread = backtest.columns.some((column) => column.spread) ? ['spread'] : [];
  return csv(['market', 'time', 'close', 'forecast', 'actual', 'signal', 'exposure', ...spread], rows);
}

function eventCells(event: Event): Cell[] {
  const nothing = [null, null, null, null, null, null, null, null, null, null];
  switch (event.kind) {
    case 'order': {
      const { id, market, kind, exposure, side, quantity, limit, trigger, reason } = event.order;
      const size = quantity === undefined ? null : Math.abs(quantity);
      return [id, market, kind, exposure ?? null, side, size, limit ?? null, trigger ?? null, null, null, null, null, reason];
    }
    case 'fill': {
      const { id, market, side, quantity, price, fee, slippage, factor, reason } = event;
      return [id, market, null, null, side, quantity, null, null, price, fee, slippage, factor, reason];
    }
    case 'rejection':
      return [event.id, event.market, ...nothing, event.reason];
    case 'guard':
      return [`${event.guard} ${event.action}`, event.market, ...nothing, event.reason];
    case 'ambiguity':
      return [null, event.market, ...nothing, event.reason];
  }
}
