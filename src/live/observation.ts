import type { Candle, Quote } from '../data/exchange/feed.ts';

/**
 * A fact that only exists live, and that what follows may depend on. Closes and times are ms UTC; `slice` is the close time of the slice that it
 * belongs to, and from which on it acts.
 */
export type Observation =
  | LateDecision
  | FitArrived
  | FitMissing
  | PersonsHand
  /** A bar that came after its slice had been committed: to this session it does not exist. */
  | { readonly kind: 'absent'; readonly slice: number; readonly market: string; readonly bar: Candle }
  /** A closed bar that the exchange states otherwise than it was decided on. */
  | { readonly kind: 'revision'; readonly slice: number; readonly market: string; readonly before: Candle; readonly now: Candle }
  /** A candle that was not taken for a bar. */
  | {
      readonly kind: 'refusedBar';
      readonly slice: number;
      readonly market: string;
      readonly openTime: number | null;
      readonly reason: string;
    }
  /** A market has had no bar since the one that opened then, though several were expected. */
  | { readonly kind: 'stale'; readonly slice: number; readonly market: string; readonly openTime: number }
  /** What the market offered when orders had just been decided on. */
  | ({ readonly kind: 'quote'; readonly slice: number; readonly market: string } & Quote)
  /** The session was opened by a process. */
  | { readonly kind: 'opened'; readonly slice: number | null; readonly at: number; readonly version: string; readonly node: string }
  /** Something about time: the local clock is off by `driftMs`, or scheduled ticks did not run. */
  | { readonly kind: 'clock'; readonly slice: number | null; readonly at: number; readonly driftMs: number }
  | { readonly kind: 'skipped'; readonly slice: number | null; readonly at: number; readonly reason: string };

/** A slice was decided later after its close than the bot allows. */
export interface LateDecision {
  readonly kind: 'late';
  readonly slice: number;
  readonly byMs: number;
}

/** Which fit an observation is about: 0 is the bot's own model, then the members of its ensemble. */
export interface FitPlace {
  readonly model: number;
  readonly market: string;
  readonly slot: number;
}

/** A fit is known from this slice on. */
export interface FitArrived extends FitPlace {
  readonly kind: 'fit';
  readonly slice: number;
  readonly key: string;
  /** sha256 of its weights; null where there is nothing that could be learnt, and why. */
  readonly weights: string | null;
  readonly refused: string | null;
}

/** A fit should have served this slice, and was not there: it failed, or is late. */
export interface FitMissing extends FitPlace {
  readonly kind: 'fitMissing';
  readonly slice: number;
  readonly reason: string;
}

/** A person wants no entries, no position, or neither any longer. */
export interface PersonsHand {
  readonly kind: 'hand';
  readonly slice: number;
  readonly action: HandAction;
  readonly askedAt: number;
}

export type HandAction = 'pause' | 'resume' | 'flatten';

/** What a person wants after a further wish: whoever has given up everything has paused already, and is not held to less by a pause. */
export function afterWish(before: HandAction, wish: HandAction): HandAction {
  return wish === 'pause' && before === 'flatten' ? 'flatten' : wish;
}
