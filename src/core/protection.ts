import type { Book } from './account.ts';
import type { Bars, Column } from './bars.ts';
import type { Protection } from './order.ts';
import { onTick } from './rounding.ts';
import type { PositionGuards, Rules } from './rules.ts';

/** Which level of a position was reached, and at what price it is given up. */
export interface Reached {
  readonly reason: ProtectiveReason;
  readonly price: number;
}

export type ProtectiveReason =
  | 'stopLoss'
  | 'stopLossGap'
  | 'takeProfit'
  | 'takeProfitGap'
  | 'trailingStop'
  | 'trailingStopGap'
  | 'liquidation'
  | 'liquidationGap';

/** The levels at which positions are given up: set at entries, moved at closes, compared with opens and ranges. */
export interface Levels {
  /** Whether the rules give every position some. */
  readonly always: boolean;
  /** Whether a market's position has any. */
  any(market: number): boolean;
  /** After a fill at `row` and a price that made a position larger, `fresh` where it was flat before. */
  enter(market: number, row: number, price: number, protection: Protection | undefined, fresh: boolean): void;
  /** After the close of `row`, where the trailing stop follows; `entered` in this very bar. */
  follow(market: number, row: number, entered: boolean): void;
  /** The level that a price lies at or beyond, given up at that price; `trails` unless entered in this very bar. */
  beyond(market: number, price: number, trails: boolean): Reached | undefined;
  /** The level against the position, and the one in its favour, that a range reaches. */
  against(market: number, high: number, low: number, trails: boolean): Reached | undefined;
  inFavour(market: number, high: number, low: number): Reached | undefined;
}

/** The guards of a market's positions: its own, and for what those leave open the account's. */
export function positionGuards({ guards, marketGuards }: Rules, market: string): PositionGuards {
  return { ...guards, ...marketGuards?.[market] };
}

export function createLevels(book: Book, markets: readonly Bars[], rules: Rules, trueRange: readonly Column[] | undefined): Levels {
  const guards = markets.map(({ market }) => positionGuards(rules, market));
  const ticks = markets.map(({ market }) => rules.markets?.[market]?.tick);
  const { stop, target, trail, peak, trailFraction, trailDistance, quantity } = book;

  return {
    always:
      guards.some(({ stopLoss, takeProfit, trailingStop }) => (stopLoss ?? takeProfit ?? trailingStop) !== undefined) ||
      book.maintenance.some((required) => required >= 0),
    any: (m) => stop[m]! > 0 || target[m]! > 0 || trail[m]! > 0 || peak[m]! > 0 || book.maintenance[m]! >= 0,
    enter(m, row, price, protection, fresh) {
      const { stopLoss, takeProfit, trailingStop } = guards[m]!;
      const sign = quantity[m]! > 0 ? 1 : -1;
      const entry = book.entryPrice[m]!;
      const tick = ticks[m];
      if (protection?.stopLoss !== undefined) stop[m] = onTick(protection.stopLoss, tick);
      else if (stopLoss !== undefined) stop[m] = onTick(entry * (1 - sign * stopLoss), tick);
      if (protection?.takeProfit !== undefined) target[m] = onTick(protection.takeProfit, tick);
      else if (takeProfit !== undefined) target[m] = onTick(entry * (1 + sign * takeProfit), tick);
      const own = protection?.trailingStop;
      if (own) {
        trailFraction[m] = 'fraction' in own ? own.fraction : Number.NaN;
        trailDistance[m] = 'distance' in own ? own.distance : Number.NaN;
        // A trail that an order brings starts where the order filled, whatever the position had before.
        trail[m] = Number.NaN;
        peak[m] = price;
      } else if (!trailingStop && !(peak[m]! > 0)) return;
      else if (fresh || !(peak[m]! > 0)) peak[m] = entry;
      // The range of the bar of the fill is not known yet when it is entered.
      move(m, sign, row - 1);
    },
    follow(m, row, entered) {
      if (!(peak[m]! > 0)) return;
      const sign = quantity[m]! > 0 ? 1 : -1;
      const bars = markets[m]!;
      const extreme = guards[m]!.trailingStop?.intrabar && !entered ? (sign > 0 ? bars.high : bars.low) : bars.close;
      const price = extreme[row]!;
      if (sign * (price - peak[m]!) > 0) peak[m] = price;
      move(m, sign, row);
    },
    beyond(m, price, trails) {
      const sign = quantity[m]! > 0 ? 1 : -1;
      // Beyond its liquidation price nobody waits for a stop to be filled.
      if (book.maintenance[m]! >= 0 && sign * (price - book.liquidationPrice(m)) <= 0) return { reason: 'liquidationGap', price };
      const found = hit(m, sign, price, trails);
      if (found) return { reason: `${found.reason}Gap` as ProtectiveReason, price };
      return sign * (price - target[m]!) >= 0 ? { reason: 'takeProfitGap', price } : undefined;
    },
    against(m, high, low, trails) {
      const sign = quantity[m]! > 0 ? 1 : -1;
      return hit(m, sign, sign > 0 ? low : high, trails);
    },
    inFavour(m, high, low) {
      const reached = quantity[m]! > 0 ? high >= target[m]! : low <= target[m]!;
      return reached ? { reason: 'takeProfit', price: target[m]! } : undefined;
    },
  };

  /** The trailing stop follows the best price and never loosens. */
  function move(m: number, sign: number, row: number): void {
    const fraction = trailFraction[m]! > 0 ? trailFraction[m]! : guards[m]!.trailingStop?.fraction;
    let level: number;
    if (trailDistance[m]! > 0) level = peak[m]! - sign * trailDistance[m]!;
    else if (fraction !== undefined) level = peak[m]! * (1 - sign * fraction);
    else level = peak[m]! - sign * guards[m]!.trailingStop!.multiple! * (trueRange?.[m]?.[row] ?? Number.NaN);
    level = onTick(level, ticks[m]);
    if (!(sign * (level - trail[m]!) <= 0) && level > 0) trail[m] = level;
  }

  /** Of the levels against a position that an adverse price lies at or beyond, the one that was reached first. */
  function hit(m: number, sign: number, price: number, trails: boolean): Reached | undefined {
    let reason: ProtectiveReason | undefined;
    let level = sign > 0 ? -Infinity : Infinity;
    if (sign * (price - stop[m]!) <= 0) {
      reason = 'stopLoss';
      level = stop[m]!;
    }
    if (trails && sign * (price - trail[m]!) <= 0 && sign * (trail[m]! - level) > 0) {
      reason = 'trailingStop';
      level = trail[m]!;
    }
    if (book.maintenance[m]! >= 0) {
      const liquidation = book.liquidationPrice(m);
      if (sign * (price - liquidation) <= 0 && sign * (liquidation - level) > 0) {
        reason = 'liquidation';
        level = liquidation;
      }
    }
    return reason && { reason, price: level };
  }
}
