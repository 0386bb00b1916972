/** The instant at which market orders fill. `this-close` is optimistic: it trades at the price it was decided on. */
export type FillRule = 'next-open' | 'next-close' | 'this-close';

/** An exposure to reach in one market. Its id is a function of bot, market, close time and number. */
export interface Order {
  readonly id: string;
  readonly market: string;
  /** Close at which it was decided, ms UTC. */
  readonly decidedAt: number;
  /** Fraction of the account's equity; negative for short. Resolved to a quantity where it first meets a price. */
  readonly exposure: number;
  readonly reason: string;
}

export type Side = 'buy' | 'sell';

export interface OrderEvent {
  readonly kind: 'order';
  readonly time: number;
  readonly order: Order;
}

export interface FillEvent {
  readonly kind: 'fill';
  /** ms UTC: the opening of the bar for next-open, its close otherwise. */
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
  /** Quote lost to slippage: quantity x |price - the bar's price|. */
  readonly slippage: number;
  /** The share of what was wanted that the cash sufficed for: 1, or less where several buys competed. */
  readonly factor: number;
  readonly reason: string;
}

export interface RejectionEvent {
  readonly kind: 'rejection';
  readonly time: number;
  readonly id: string;
  readonly market: string;
  readonly reason: string;
}

export type Event = OrderEvent | FillEvent | RejectionEvent;

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

export interface Position {
  readonly market: string;
  /** Base units; negative when short. */
  readonly quantity: number;
  /** Average entry price, quote; null when flat. */
  readonly entryPrice: number | null;
  readonly barsHeld: number;
  /** Last close seen, quote; null before the market's first bar. */
  readonly lastClose: number | null;
}

export interface Account {
  /** Quote. */
  readonly cash: number;
  /** Totals paid so far, quote. */
  readonly fees: number;
  readonly slippage: number;
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
}
