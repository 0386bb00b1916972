import type { Bars, Column } from './bars.ts';
import type { Ticket } from './order.ts';
import type { Panel } from './panel.ts';

/** The target that leaves the position as it is. Never stored in State. */
export const HOLD = Number.NaN;

/** Why a market's target is what it is; one code for every market and slice of a Trace. */
export const Reason = {
  /** The market has no bar in this slice. */
  absent: 0,
  /** No signal has been known yet. */
  warmingUp: 1,
  /** The signal is unknown here: no fit serves, or an input is missing. */
  noForecast: 2,
  /** The signal asks for nothing. */
  belowThreshold: 3,
  /** The signal supports the position that is held. */
  holding: 4,
  enterLong: 5,
  enterShort: 6,
  exit: 7,
  /** The exposure wanted is within the rebalancing band of the one held, or nearer to it than the market's smallest order. */
  inBand: 8,
  /** A short exposure was wanted on a spot market; taken as flat. */
  noShortOnSpot: 9,
  /** The position is resized towards the exposure wanted. */
  rebalance: 10,
  /** The account is worth nothing any more: whatever is held is given up, and nothing is entered. */
  nothingLeft: 11,
  /** The signal asks for an entry, but has not done so for as many closes as the policy waits for. */
  unconfirmed: 12,
  /** The size of a position is not known here: what it is worked out from is still warming up. */
  unsized: 13,
  /** Guards: what keeps the market, or the account, from entering, or made it give the position up. */
  cooldown: 14,
  timeStop: 15,
  drawdownHalt: 16,
  dailyLossHalt: 17,
  lossesHalt: 18,
  exposureLimit: 19,
  staleData: 20,
  expiredModel: 21,
  /** Of a session: the close was decided too late to enter anything; a person has paused it, or wants no position. */
  missed: 22,
  paused: 23,
  flattened: 24,
} as const;
export type ReasonCode = (typeof Reason)[keyof typeof Reason];

const NAMES = Object.fromEntries(Object.entries(Reason).map(([name, code]) => [code, name]));

/** The name of a reason code, such as `belowThreshold`. */
export function reasonName(code: number): string {
  return NAMES[code] ?? `unknown reason ${code}`;
}

/** What a policy sees at a close. One object is reused for the whole run: read it, never keep it, and never write into its columns. */
export interface View {
  bars: Bars;
  /** Row of the bar that has just closed; nothing beyond it may be read. */
  i: number;
  /** The columns of the strategy's signals; `signal` is the one this policy is to judge. */
  signals: readonly Column[];
  signal: Column;
  /** Expected return over the horizon; all NaN without a model. */
  forecast: Column;
  /** Exposure held, as a fraction of equity at the closes; negative when short. */
  exposure: number;
  /** Average entry price in quote currency; NaN when flat. */
  entryPrice: number;
  /** Closes seen with this position, the entry bar's included; 0 when flat. */
  barsHeld: number;
  /** Set by the policy: why its target is what it is. */
  reason: ReasonCode;
  /**
   * Places an order beside the target, which may then be HOLD; answers its id. It lives until it is filled, cancelled or expired. Throws a
   * TypeError for one that contradicts itself; one on the wrong side of the price, or too small, becomes a rejection.
   */
  readonly place: (ticket: Ticket) => string;
  /** Withdraws an order of this market by its id, or all of them; not the one that reaches the target. */
  readonly cancel: (id?: string) => void;
}

/**
 * From signal and position to the exposure wanted. Its memory is explicit: `slots` names what it keeps, the values lie at
 * `memory[at ..]`, start at 0, must stay finite, and are part of State. `decide` must not keep anything else.
 */
export interface Policy {
  readonly kind: string;
  readonly slots: readonly string[];
  /** Target exposure in units of the market's share of equity (1 fully long, 0 flat, -1 fully short), or HOLD. */
  decide(view: View, memory: Float64Array, at: number): number;
}

/** A policy that breaks its contract: it reads what comes later, or remembers outside of its slots. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** What a model says beyond the expected return over its horizon: columns that are NaN where it does not. */
export interface Outlook {
  /** Bars ahead that all of it is about. */
  readonly horizon: number;
  /** Bounds of the interval that its lowest and highest quantile make, as returns over the horizon. */
  readonly lower: Column;
  readonly upper: Column;
  /** Probability that the close rises over the horizon. */
  readonly probability: Column;
}

/** An opinion as a causal column; knows nothing of money. NaN where there is none. */
export interface Signal {
  readonly name: string;
  /** What it cannot do without: an expected return, the bounds of an Outlook, or its probability. */
  readonly needs?: 'forecast' | 'interval' | 'probability';
  column(bars: Bars, forecast: Column, outlook?: Outlook): Column;
}

/** A name, its signals and the policy that judges them; a value, not a class to extend. */
export interface Strategy {
  readonly name: string;
  readonly signals: readonly Signal[];
  readonly policy: Policy;
  /** Whether the policy may ask for short exposure. */
  readonly short: boolean;
  /** A decision is possible as soon as any of its signals is known; by default all must be. */
  readonly anySignal?: boolean;
  /**
   * Across markets: from the panel and every market's signal columns ([market][signal]) to one more signal column for each market, aligned
   * with its bars, which the policy finds last in `view.signals`. Causal by slice: row by row nothing later may be read.
   */
  readonly across?: (panel: Panel, signals: readonly (readonly Column[])[]) => readonly Column[];
}
