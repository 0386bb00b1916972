import type { OrderKind, Ticket } from './order.ts';
import { onTick } from './rounding.ts';
import type { MarketRules, OrderStyle } from './rules.ts';
import type { Working } from './working.ts';

/** The prices of a style around a close: `sign` is 1 for a purchase. */
export function pricesOf(
  { kind, offset = 0, limitOffset = 0, timeInForce, postOnly }: OrderStyle,
  sign: number,
  close: number,
): Partial<Ticket> {
  const trigger = close * (1 + sign * offset);
  return {
    kind,
    ...(kind === 'limit' && { limit: close * (1 - sign * offset) }),
    ...((kind === 'stop' || kind === 'stop-limit') && { trigger }),
    ...(kind === 'stop-limit' && { limit: trigger * (1 + sign * limitOffset) }),
    ...(timeInForce !== undefined && { timeInForce }),
    ...(postOnly !== undefined && { postOnly }),
  };
}

/** A ticket with its prices on the market's ticks. */
export function onTicks(ticket: Ticket, rules: MarketRules | undefined): Ticket {
  const tick = rules?.tick;
  if (tick === undefined) return ticket;
  const { limit, trigger } = ticket;
  return {
    ...ticket,
    ...(limit !== undefined && { limit: onTick(limit, tick) }),
    ...(trigger !== undefined && { trigger: onTick(trigger, tick) }),
  };
}

/** Kinds whose trigger lies above the price for a purchase; of a take-profit it lies below. */
const ABOVE: Partial<Record<OrderKind, boolean>> = { stop: true, 'stop-limit': true, 'take-profit': false };

/** Why an order is not accepted at a close: it lies on the wrong side of it, or its market does not allow it. */
export function refusalOf(
  { kind, side, exposure, quantity, limit, trigger, protection }: Working,
  close: number,
  shortable: boolean,
  held: number,
): string | undefined {
  const sign = side === 'buy' ? 1 : -1;
  if (exposure !== undefined && exposure < 0 && !shortable) return 'spot is never sold short';
  const above = ABOVE[kind];
  if (above !== undefined && sign * (above ? 1 : -1) * (trigger! - close) <= 0) {
    const expected = above === sign > 0 ? 'above' : 'below';
    return `expected the trigger of a ${side} ${kind} order ${expected} the close ${close}, received ${trigger}`;
  }
  // Levels belong to the position that its fill leads to.
  const entry = limit ?? trigger ?? close;
  const long = (exposure ?? held + quantity!) > 0;
  const direction = long ? 1 : -1;
  const { stopLoss, takeProfit } = protection ?? {};
  if (stopLoss !== undefined && direction * (entry - stopLoss) <= 0) {
    return `expected the stop loss ${long ? 'below' : 'above'} the entry ${entry}, received ${stopLoss}`;
  }
  if (takeProfit !== undefined && direction * (takeProfit - entry) <= 0) {
    return `expected the take profit ${long ? 'above' : 'below'} the entry ${entry}, received ${takeProfit}`;
  }
  return undefined;
}
