import type { Order, OrderKind, Protection, Ticket, Trail } from './order.ts';
import type { Side } from './trace.ts';

/** An order at work. Every one has all fields, in one order: the loop meets many of them. */
export interface Working {
  readonly id: string;
  readonly market: string;
  /** Index of its market. */
  readonly m: number;
  kind: OrderKind;
  side: Side;
  readonly decidedAt: number;
  readonly reason: string;
  readonly target: boolean;
  readonly exposure: number | undefined;
  readonly quantity: number | undefined;
  readonly limit: number | undefined;
  readonly trigger: number | undefined;
  readonly trail: Trail | undefined;
  readonly timeInForce: number | undefined;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly group: string | undefined;
  readonly protection: Protection | undefined;
  /** A level gives the position up. */
  protective: boolean;
  bars: number;
  remaining: number | undefined;
  triggered: boolean;
  peak: number | undefined;
  partly: boolean;
  /** The instant at which it was met last, by number: an order is met once at each. */
  met: number;
}

/** A ticket, its prices on ticks already, as an order that has met no bar. */
export function workingOf(ticket: Ticket, id: string, market: string, m: number, side: Side, decidedAt: number, target: boolean): Working {
  const kind = ticket.kind ?? 'market';
  return {
    id,
    market,
    m,
    kind,
    side,
    decidedAt,
    reason: ticket.reason ?? kind,
    target,
    exposure: ticket.exposure,
    quantity: ticket.quantity,
    limit: ticket.limit,
    trigger: ticket.trigger,
    trail: ticket.trail,
    timeInForce: ticket.timeInForce,
    postOnly: ticket.postOnly === true,
    reduceOnly: ticket.reduceOnly === true,
    group: ticket.group,
    protection: ticket.protection,
    protective: false,
    bars: 0,
    remaining: undefined,
    triggered: false,
    peak: undefined,
    partly: false,
    met: -1,
  };
}

/** An order of a state, taken up again. */
export function resumed(order: Order, m: number): Working {
  const working = workingOf(order, order.id, order.market, m, order.side, order.decidedAt, order.target);
  working.protective = order.protective === true;
  working.bars = order.bars;
  working.remaining = order.remaining;
  working.triggered = order.triggered === true;
  working.peak = order.peak;
  working.partly = order.partly === true;
  return working;
}

/** As plain data, without what it does not have. */
export function orderOf(working: Working): Order {
  const { id, market, kind, side, decidedAt, reason, target, bars } = working;
  const order: { -readonly [K in keyof Order]: Order[K] } = { id, market, kind, side, decidedAt, reason, target, bars };
  if (working.exposure !== undefined) order.exposure = working.exposure;
  if (working.quantity !== undefined) order.quantity = working.quantity;
  if (working.limit !== undefined) order.limit = working.limit;
  if (working.trigger !== undefined) order.trigger = working.trigger;
  if (working.trail !== undefined) order.trail = working.trail;
  if (working.timeInForce !== undefined) order.timeInForce = working.timeInForce;
  if (working.postOnly) order.postOnly = true;
  if (working.reduceOnly) order.reduceOnly = true;
  if (working.group !== undefined) order.group = working.group;
  if (working.protection !== undefined) order.protection = working.protection;
  if (working.protective) order.protective = true;
  if (working.remaining !== undefined) order.remaining = working.remaining;
  if (working.triggered) order.triggered = true;
  if (working.peak !== undefined) order.peak = working.peak;
  if (working.partly) order.partly = true;
  return order;
}
