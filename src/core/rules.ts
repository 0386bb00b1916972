import type { OrderKind } from './order.ts';
import type { FillRule } from './trace.ts';

/**
 * How far a price moves against the account, as a fraction of it: always the same (half of a spread is that too), by the share of the
 * bar's volume that is taken (`impact x (quantity / volume)^2`, as in Zipline's VolumeShareSlippage), or drawn from what was measured,
 * by the order's id and the time, so that it is the same in every run.
 */
export type Slippage =
  | number
  | { readonly kind: 'volume-share'; readonly impact: number }
  | { readonly kind: 'measured'; readonly sample: readonly number[] };

/** What a fill costs. */
export interface Costs {
  /** Fee of a fill that takes liquidity, as a fraction of its notional; and of one that waited in the book (default: the same). */
  readonly taker: number;
  readonly maker?: number;
  /** Least fee of a fill, and fee for each base unit, quote. */
  readonly minimum?: number;
  readonly perUnit?: number;
  /** What fees of purchases are taken from: `base` makes the units received fewer. Default: quote. */
  readonly currency?: 'quote' | 'base';
  readonly slippage: Slippage;
}

/** What a market allows, and what it costs to be in it. A market without an entry is spot with fractional quantities. */
export interface MarketRules {
  /** Whether it may be held short, and more of it than there is equity. */
  readonly margin?: boolean;
  /** Steps of quantities (base) and of order prices (quote). */
  readonly lot?: number;
  readonly tick?: number;
  /** Smallest order: base, quote. */
  readonly minimumQuantity?: number;
  readonly minimumNotional?: number;
  /** Most notional for each unit of margin; default 1. */
  readonly leverage?: number;
  /** Share of the notional below which a position's margin may not fall; without it nothing is ever liquidated. */
  readonly maintenance?: number;
  /** Fraction of the notional. */
  readonly liquidationFee?: number;
  /** Interest a year on what is borrowed, a fraction: of the value of what is short, and of what longs cost beyond their margin and the cash. */
  readonly borrow?: number;
}

/** At most this share of a bar's volume is filled in it; what is left of an exposure is resolved again at each bar, or fixed at the first. */
export interface VolumeCap {
  readonly share: number;
  readonly quantity: 'resolve' | 'fixed';
}

/** How an order that reaches a target is placed, with its prices as fractions of the close it was decided at. */
export interface OrderStyle {
  readonly kind: Exclude<OrderKind, 'trailing-stop' | 'take-profit'>;
  /** Limit: below the close for a purchase, above it for a sale. Stop: the other way round. */
  readonly offset?: number;
  /** Of stop-limit: how far beyond its trigger the limit lies. */
  readonly limitOffset?: number;
  readonly timeInForce?: number;
  readonly postOnly?: boolean;
}

/** Guards of one market's position. Fractions of the entry price; bars. */
export interface PositionGuards {
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly trailingStop?: TrailingStop;
  /** Closes seen with a position after which it is given up. */
  readonly timeStop?: number;
  /** Closes from the bar of an exit on at which nothing is entered. */
  readonly cooldown?: number;
  /** Bars without trading, or of a gap, after which nothing is entered. */
  readonly staleData?: number;
  /** What is done with a position when the signal it rests on is no longer known. */
  readonly expiredModel?: 'flat' | 'hold';
}

export interface TrailingStop {
  /** Of the best price so far; or this many times the average true range over a period of bars. */
  readonly fraction?: number;
  readonly multiple?: number;
  readonly period?: number;
  /** The best price moves with the bars' extremes, not only with their closes. */
  readonly intrabar?: boolean;
}

/** A limit, and the bars for which nothing is entered once it was reached; without them until the session is reset. */
export interface Halt {
  readonly limit: number;
  readonly pause?: number;
}

/** Guards of a whole account; of one market, they measure that market's profit against the account's equity. */
export interface LimitGuards {
  /** Fall from the highest equity, a fraction: everything is given up. */
  readonly maxDrawdown?: Halt;
  /** Loss since the last close of the day before (UTC), a fraction: everything is given up until the next day. */
  readonly dailyLoss?: number;
  /** Losing round trips in a row: nothing is entered. */
  readonly losses?: Halt;
  /** Most exposure, a fraction of equity: of one market its size, of the account the sum of all sizes. */
  readonly maxExposure?: number;
}

/** Of the account, `LimitGuards` look at its equity; of one market, at that market's profit and exposure. */
export interface Guards extends PositionGuards, LimitGuards {}

/** The rules of trading, the same in every mode. */
export interface Rules {
  /** Quote. */
  readonly capital: number;
  readonly fill: FillRule;
  readonly costs: Costs;
  /** Share of equity a target of 1 stands for, in every market: a fraction of the account divided by the number of markets. */
  readonly share: number;
  /** Drift from the exposure wanted that is left alone, as a fraction of equity. */
  readonly band: number;
  /** A position keeps the size of its entry: it is resized by no drift. */
  readonly keepSize?: boolean;
  /** A fixed amount that a target of 1 stands for, quote; in place of `share`. */
  readonly amount?: number;
  /** By the market's name. */
  readonly markets?: Readonly<Record<string, MarketRules>>;
  readonly volumeCap?: VolumeCap;
  /** How targets are reached; market orders by default. */
  readonly entry?: OrderStyle;
  readonly exit?: OrderStyle;
  /** Limit orders fill when they are touched. */
  readonly optimistic?: boolean;
  /** What a bar that holds several levels is taken for: stop first, or the better outcome, which gives the other bound. */
  readonly ambiguity?: 'worst' | 'best';
  /** Of the account, and of every position. */
  readonly guards?: Guards;
  /** By market: in place of the guards of every position, and limits of this market alone. */
  readonly marketGuards?: Readonly<Record<string, Guards>>;
}
