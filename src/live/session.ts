import type { Bars } from '../core/bars.ts';
import type { Event, State, Trace } from '../core/trace.ts';
import type { Candle } from '../data/exchange/feed.ts';
import type { HandAction, Observation } from './observation.ts';

/** What a session began with. It never changes. */
export interface Genesis {
  /** The bot's name. */
  readonly name: string;
  /** The bot file with every default filled in, plain JSON. */
  readonly config: unknown;
  /** What the bot is beyond its file: sha256 of a frozen model, rules that an exchange has stated, slippages that were measured. */
  readonly completion: unknown;
  /** Version of the program that began it. */
  readonly version: string;
  /** In the order of their names. */
  readonly markets: readonly string[];
  readonly intervalMs: number;
  /** Decisions are made at closes of bars that open at this instant or later, ms UTC; what lies before is history. */
  readonly from: number;
  /** The exchange's time when it began, ms UTC. */
  readonly begun: number;
  /** What a backtest's folds came to, for comparison; null where there was none. */
  readonly band: DriftBand | null;
}

/** Lowest and highest value over the folds of a backtest. */
export interface DriftBand {
  readonly run: string;
  readonly folds: number;
  /** Root mean square error of the expected return, a fraction; and share of moves whose direction was right. */
  readonly rmse: readonly [number, number];
  readonly directionAccuracy: readonly [number, number];
}

/** What one market contributes to a slice. */
export interface Decision {
  /** Expected return over the horizon, and the signal judged; NaN where unknown. */
  readonly forecast: number;
  readonly signal: number;
  /** As in `MarketTrace`. */
  readonly target: number;
  readonly exposure: number;
  readonly reason: number;
}

/** One slice that was decided. */
export interface SliceRecord {
  /** ms UTC. */
  readonly closeTime: number;
  /** Quote, marked at the closes; and of the same money in buy & hold of every market. */
  readonly equity: number;
  readonly holding: number;
  /** [market], undefined where it had no bar. */
  readonly bars: readonly (Candle | undefined)[];
  /** [market]. */
  readonly decisions: readonly Decision[];
}

/** Something a person is told, once it is stored. */
export interface Message {
  /** A function of what it is about, so that the same thing told twice can be told apart from two things. */
  readonly id: string;
  /** ms UTC of the slice or instant that it is about. */
  readonly time: number;
  readonly kind: MessageKind;
  /** One line. */
  readonly text: string;
}

export type MessageKind = 'order' | 'fill' | 'rejection' | 'guard' | 'hand' | 'fit' | 'alert';

/** All that one tick adds: stored as a whole or not at all. */
export interface TickRecord {
  /** The exchange's time, ms UTC. */
  readonly at: number;
  /** Oldest first; none where only observations are added. */
  readonly slices: readonly SliceRecord[];
  readonly events: readonly Event[];
  readonly observations: readonly Observation[];
  /** Where the engine stands after the last slice; as before where there is none. */
  readonly state?: State;
  readonly holdings?: readonly State[];
  readonly messages: readonly Message[];
  /** Requests of a person that this tick's observations answer. */
  readonly answered: readonly number[];
}

/** A session as its ledger has it. */
export interface Session {
  readonly genesis: Genesis;
  /** [market]: history, then what was delivered. */
  readonly bars: readonly Bars[];
  /** Rows of history, [market]. */
  readonly historyRows: readonly number[];
  /** Slices since the start; without any, columns of length 0. */
  readonly trace: Trace;
  /** Expected returns, [market][slice]. */
  readonly forecasts: readonly Float64Array[];
  /** Equity of buy & hold, by slice. */
  readonly holding: Float64Array;
  readonly observations: readonly Observation[];
  readonly state: State | undefined;
  readonly holdings: readonly State[] | undefined;
  /** Ticks whose content is not what was sealed, with the close times of their slices. */
  readonly broken: readonly { readonly tick: number; readonly from: number | null; readonly to: number | null }[];
}

/** What a person has asked for and no tick has answered yet. */
export interface HandRequest {
  readonly number: number;
  readonly action: HandAction;
  /** ms UTC. */
  readonly askedAt: number;
}
