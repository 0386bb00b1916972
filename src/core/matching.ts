import { onTick } from './rounding.ts';
import type { Working } from './working.ts';

/** A price at which an order fills, quote; NaN where it does not. */
export type FillPrice = number;

/** The level that a trailing stop stands at, on the market's tick. */
function trailingLevel({ side, trail, peak }: Working, tick: number | undefined): number {
  const sign = side === 'sell' ? 1 : -1;
  return onTick('fraction' in trail! ? peak! * (1 - sign * trail.fraction) : peak! - sign * trail!.distance, tick);
}

/** Whether a range reaches the trigger of a stop. */
export function isSetOff({ side, trigger }: Working, high: number, low: number): boolean {
  return side === 'buy' ? high >= trigger! : low <= trigger!;
}

/** How an order meets the opening of a bar. */
export interface OpenMatch {
  readonly price: FillPrice;
  readonly maker: boolean;
  /** The bar opened beyond the trigger. */
  readonly gap: boolean;
}

const NEVER: OpenMatch = { price: Number.NaN, maker: false, gap: false };

/**
 * At an opening, the first one an order meets or a later one: a market order at the open; a limit that is marketable at its first open as a taker at the open, one that the market
 * opens beyond later as a maker at the open; whatever has a trigger at the open, where the bar opened at or beyond it.
 */
export function matchOpen(order: Working, open: number, first: boolean, tick?: number): OpenMatch {
  const sign = order.side === 'buy' ? 1 : -1;
  switch (order.kind) {
    case 'market':
      return { price: open, maker: false, gap: false };
    case 'limit':
      return matchLimit(order, sign, open, first);
    case 'stop':
    case 'trailing-stop': {
      const trigger = order.kind === 'stop' ? order.trigger! : trailingLevel(order, tick);
      return sign * (open - trigger) >= 0 ? { price: open, maker: false, gap: true } : NEVER;
    }
    case 'take-profit':
      return sign * (open - order.trigger!) <= 0 ? { price: open, maker: false, gap: true } : NEVER;
    case 'stop-limit':
      return order.triggered || isSetOff(order, open, open) ? matchLimit(order, sign, open, !order.triggered) : NEVER;
  }
}

function matchLimit({ limit }: Working, sign: number, open: number, first: boolean): OpenMatch {
  const beyond = sign * (limit! - open);
  if (first) return beyond >= 0 ? { price: open, maker: false, gap: false } : NEVER;
  return beyond > 0 ? { price: open, maker: true, gap: false } : NEVER;
}

/**
 * Inside a bar that did not open beyond it: a limit at its price, where the bar trades through it (`optimistic`: where it is touched); what
 * has a trigger at the trigger, where the bar reaches it. A stop-limit that is set off fills at its trigger where its limit allows that, and
 * else waits as a limit order.
 */
export function matchRange(order: Working, high: number, low: number, optimistic: boolean, tick?: number): FillPrice {
  const buying = order.side === 'buy';
  switch (order.kind) {
    case 'market':
      return Number.NaN;
    case 'limit':
      return throughLimit(order, high, low, optimistic);
    case 'stop':
      return isSetOff(order, high, low) ? order.trigger! : Number.NaN;
    case 'trailing-stop': {
      const level = trailingLevel(order, tick);
      return (buying ? high >= level : low <= level) ? level : Number.NaN;
    }
    case 'take-profit':
      return (buying ? low <= order.trigger! : high >= order.trigger!) ? order.trigger! : Number.NaN;
    case 'stop-limit': {
      if (order.triggered) return throughLimit(order, high, low, optimistic);
      const allowed = buying ? order.trigger! <= order.limit! : order.trigger! >= order.limit!;
      return allowed && isSetOff(order, high, low) ? order.trigger! : Number.NaN;
    }
  }
}

function throughLimit({ side, limit }: Working, high: number, low: number, optimistic: boolean): FillPrice {
  const touched = side === 'buy' ? (optimistic ? low <= limit! : low < limit!) : optimistic ? high >= limit! : high > limit!;
  return touched ? limit! : Number.NaN;
}
