import { HOLD, type Policy, Reason, type View } from '../core/policy.ts';

/** When an opinion leads to an entry: whenever its condition holds, or only at the close at which it becomes true. */
export type Entry = 'level' | 'cross';
export type TradeSide = 'long' | 'both';

/** What an entry waits for. */
export interface EntryOptions {
  readonly side?: TradeSide;
  readonly entry?: Entry;
  /** Closes in a row, the present one included, at which the condition of an entry must have held; default 1. */
  readonly confirm?: number;
}

export interface ThresholdOptions extends EntryOptions {
  /** A signal above this is a reason to be long (below its negative, to be short). */
  readonly enter: number;
  /** A long position is left at or below this, a short one at or above its negative. Default: `enter`. */
  readonly exit?: number;
}

/** Levels of a signal: long above `enter` until at or below `exit`, short below `enterShort` until at or above `exitShort`. */
export interface Levels {
  readonly enter: number;
  readonly exit: number;
  readonly enterShort: number;
  readonly exitShort: number;
}

const UNKNOWN = 0;
const ABOVE = 1;
const BETWEEN = 2;
const BELOW = 3;

/**
 * Long above `enter`, flat again at or below `exit`; with `side: both` mirrored for shorts. Signals and thresholds share their
 * unit (a return, or a difference of averages). Throws a TypeError where `exit` lies above `enter`.
 */
export function threshold(options: ThresholdOptions): Policy {
  const { enter, exit = enter, side = 'long' } = options;
  if (!Number.isFinite(enter) || !Number.isFinite(exit) || exit > enter) {
    throw new TypeError(`Expected finite thresholds with exit <= enter, received enter ${enter} and exit ${exit}`);
  }
  if (side === 'both' && enter < 0) {
    throw new TypeError(`Expected enter >= 0 for side both, where long and short conditions must exclude each other, received ${enter}`);
  }
  return between('threshold', { enter, exit, enterShort: -enter, exitShort: -exit }, options);
}

/** The policy of a signal that is compared with levels. Throws a TypeError for a `confirm` that is no whole number >= 1. */
export function between(kind: string, levels: Levels, { side = 'long', entry = 'level', confirm = 1 }: EntryOptions): Policy {
  if (!(Number.isInteger(confirm) && confirm >= 1)) throw new TypeError(`Expected confirm to be a whole number >= 1, received ${confirm}`);
  const { enter, exit, enterShort, exitShort } = levels;
  const short = side === 'both';
  const crossing = entry === 'cross';
  const waiting = confirm > 1;

  return {
    kind,
    // Where the signal stood at the last close, and for how many closes in a row: only what an entry needs is remembered.
    slots: waiting ? ['zone', 'closes'] : crossing ? ['zone'] : [],
    decide(view: View, memory: Float64Array, at: number): number {
      const value = view.signal[view.i]!;
      const remembers = crossing || waiting;
      if (Number.isNaN(value)) {
        view.reason = Reason.noForecast;
        if (remembers) memory[at] = UNKNOWN;
        return HOLD;
      }
      const zone = value > enter ? ABOVE : short && value < enterShort ? BELOW : BETWEEN;
      let closes = 1;
      if (remembers) {
        if (memory[at] === zone) closes = waiting ? memory[at + 1]! + 1 : 2;
        // A condition that holds at the first known close has not become true there: it never counts as a cross.
        else if (crossing && memory[at] === UNKNOWN) closes = confirm + 1;
        memory[at] = zone;
        if (waiting) memory[at + 1] = closes;
      }
      const entering = zone !== BETWEEN && (crossing ? closes === confirm : closes >= confirm);
      if (zone === ABOVE && (entering || view.exposure > 0)) return want(view, 1, view.exposure > 0, crossing && !entering);
      if (zone === BELOW && (entering || view.exposure < 0)) return want(view, -1, view.exposure < 0, crossing && !entering);
      if ((view.exposure > 0 && value <= exit) || (view.exposure < 0 && value >= exitShort)) {
        view.reason = Reason.exit;
        return 0;
      }
      if (view.exposure !== 0) {
        view.reason = Reason.holding;
        return HOLD;
      }
      view.reason = zone !== BETWEEN && closes < confirm ? Reason.unconfirmed : Reason.belowThreshold;
      // Nothing speaks for a position any more: an entry that still waits for a bar to fill in is withdrawn.
      return value <= exit && (!short || value >= exitShort) ? 0 : HOLD;
    },
  };
}

/** A level policy goes on wanting its target while it holds; a crossing one leaves the position alone but at a new cross. */
function want(view: View, target: number, held: boolean, leave: boolean): number {
  view.reason = held ? Reason.holding : target > 0 ? Reason.enterLong : Reason.enterShort;
  return held && leave ? HOLD : target;
}
