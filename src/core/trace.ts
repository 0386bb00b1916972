import type { Order } from './order.ts';

/** The instant at which market orders fill. `this-close` is optimistic: it trades at the price it was decided on. */
export type FillRule = 'next-open' | 'next-close' | 'this-close';

export type Side = 'buy' | 'sell';

export interface OrderEvent {
  readonly kind: 'order';
  readonly time: number;
  readonly order: Order;
}

export interface FillEvent {
  readonly kind: 'fill';
  /** ms UTC: the opening of the bar in which it happened, for next-close and this-close its close. */
  readonly time: number;
  readonly id: string;
  readonly market: string;
  readonly side: Side;
  /** Base units, > 0. */
  readonly quantity: number;
  /** Quote per unit, after slippage. */
  readonly price: number;
  /** Quote. */
  readonly fee: number;
  /** Quote lost to slippage: quantity x how much worse the price was than the bar's; negative where it was better. */
  readonly slippage: number;
  /** The share of what was wanted that the cash sufficed for: 1, or less where several buys competed. */
  readonly factor: number;
  /** The fee was taken from the units received: `quantity` less fee / price of them. */
  readonly inBase?: true;
  /** It waited in the book. */
  readonly maker: boolean;
  readonly reason: string;
}

export interface RejectionEvent {
  readonly kind: 'rejection';
  readonly time: number;
  readonly id: string;
  readonly market: string;
  readonly reason: string;
}

/** A guard that acts: it begins to hold a market (or, without one, the account) back, to limit it, or lets go of it. */
export interface GuardEvent {
  readonly kind: 'guard';
  readonly time: number;
  readonly market: string | null;
  readonly guard: GuardName;
  readonly action: 'acts' | 'ends';
  /** What it looked at, in words. */
  readonly reason: string;
}

export type GuardName = 'maxDrawdown' | 'dailyLoss' | 'losses' | 'maxExposure' | 'cooldown' | 'timeStop' | 'staleData' | 'expiredModel';

/** A bar in which it cannot be known what happened first; what it was taken for is in `Rules.ambiguity`. */
export interface AmbiguityEvent {
  readonly kind: 'ambiguity';
  readonly time: number;
  readonly market: string;
  readonly reason: string;
}

export type Event = OrderEvent | FillEvent | RejectionEvent | GuardEvent | AmbiguityEvent;

/** What happened, from the first traded slice on: columns of equal length, one value per slice, and the events in order. */
export interface Trace {
  readonly closeTime: Float64Array;
  /** Quote, marked at the closes. */
  readonly equity: Float64Array;
  /** In the panel's order of markets. */
  readonly market: readonly MarketTrace[];
  readonly events: readonly Event[];
}

export interface MarketTrace {
  readonly market: string;
  readonly signal: Float64Array;
  /** Fraction of the account's equity wanted; NaN where the position was to stay. */
  readonly target: Float64Array;
  /** Fraction of the account's equity held at the close. */
  readonly exposure: Float64Array;
  /** Codes of `Reason`. */
  readonly reason: Uint8Array;
}

/** A market in the account. Prices and amounts quote, quantities base; null where there is none. */
export interface Position {
  readonly market: string;
  /** Negative when short. */
  readonly quantity: number;
  /** Average over the entries. */
  readonly entryPrice: number | null;
  readonly barsHeld: number;
  /** Last close seen. */
  readonly lastClose: number | null;
  /** Margin set apart for it, and the price from which its profit counts. */
  readonly posted: number;
  readonly basis: number | null;
  /** Cash that has flowed in from the market less what flowed out; and when the present position was entered. */
  readonly flow: number;
  readonly entryFlow: number;
  /** Losing round trips in a row. */
  readonly marketLosses: number;
  /** Closes since the last exit; -1 before the first one. */
  readonly sinceExit: number;
  /** Levels at which it is given up, the best price of its trailing stop, and what that stands at. */
  readonly stop: number | null;
  readonly target: number | null;
  readonly peak: number | null;
  readonly trail: number | null;
  readonly trailFraction: number | null;
  readonly trailDistance: number | null;
}

export interface Account {
  /** Quote. */
  readonly cash: number;
  /** Totals paid so far, quote; of funding and interest negative where more was received. */
  readonly fees: number;
  readonly slippage: number;
  readonly funding: number;
  readonly interest: number;
  /** Losses beyond the margin of liquidated positions, which the account did not bear. */
  readonly shortfall: number;
  /** Losing round trips in a row, in any market. */
  readonly losses: number;
  readonly positions: readonly Position[];
}

/** Where a run stands after its last slice: plain JSON, finite numbers only, `null` for absent. */
export interface State {
  readonly schema: 1;
  /** Last slice folded (index in the panel, whose earlier slices must not change). */
  readonly slice: number;
  readonly account: Account;
  readonly open: readonly Order[];
  /** The policy's memory by market. */
  readonly memory: Readonly<Record<string, readonly number[]>>;
  /** What the guards remember: by market, and of the account under ''. */
  readonly guards: Readonly<Record<string, readonly number[]>>;
}
