import type { Backtest } from '../backtest/result.ts';
import { isoInstant } from '../core/instant.ts';
import type { Trail } from '../core/order.ts';
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

const ORDER_COLUMNS = [
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
  'trail',
  'timeInForce',
  'postOnly',
  'reduceOnly',
  'group',
  'stopLoss',
  'takeProfit',
  'trailingStop',
  'price',
  'fee',
  'slippage',
  'factor',
  'maker',
  'reason',
] as const;

/**
 * One row per event in the order it happened: orders (what was asked for), fills (what they became), rejections (why not), guards, and bars in which
 * it cannot be known what came first.
 */
export function ordersCsv({ trace }: Backtest): string {
  const rows = trace.events.map((event) => {
    const fields: Readonly<Record<string, unknown>> = { ...fieldsOf(event), time: isoInstant(event.time), kind: event.kind };
    return ORDER_COLUMNS.map((name) => cellOf(fields[name]));
  });
  return csv(ORDER_COLUMNS, rows);
}

function fieldsOf(event: Event): Readonly<Record<string, unknown>> {
  if (event.kind === 'guard') return { ...event, type: event.guard, reason: `${event.action}: ${event.reason}` };
  if (event.kind !== 'order') return { ...event };
  const { kind, quantity, trail, protection, ...order } = event.order;
  return {
    ...order,
    type: kind,
    ...(quantity !== undefined && { quantity: Math.abs(quantity) }),
    ...protection,
    trail: trailWords(trail),
    trailingStop: trailWords(protection?.trailingStop),
  };
}

function trailWords(trail: Trail | undefined): string | undefined {
  if (trail === undefined) return undefined;
  return 'fraction' in trail ? `${trail.fraction} of the price` : `${trail.distance}`;
}

function cellOf(value: unknown): Cell {
  return typeof value === 'number' || typeof value === 'string' ? value : value === true ? 'true' : null;
}

/** One row per thing a guard did; of the account where there is no market. */
export function guardsCsv({ report: { guards } }: Backtest): string {
  return csv(
    ['time', 'market', 'guard', 'action', 'reason'],
    guards.map(({ time, market, guard, action, reason }) => [time, market, guard, action, reason]),
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

const SPOKEN = ['spread', 'lower', 'upper', 'probability'] as const;

/**
 * One row per market and bar: close, expected and actual return over the horizon (fractions), signal and exposure at the close; and where the model
 * says them an ensemble's spread, the bounds of its quantiles, the probability of a rise.
 */
export function forecastsCsv({ columns }: Backtest): string {
  const spoken = SPOKEN.filter((name) => columns.some((column) => column[name]));
  const rows = columns.flatMap((column) =>
    Array.from(column.time, (time, i): Cell[] => [
      column.market,
      isoInstant(time),
      ...[column.close, column.forecast, column.actual, column.signal, column.exposure].map((values) => values[i] ?? null),
      ...spoken.map((name) => column[name]?.[i] ?? null),
    ]),
  );
  return csv(['market', 'time', 'close', 'forecast', 'actual', 'signal', 'exposure', ...spoken], rows);
}
