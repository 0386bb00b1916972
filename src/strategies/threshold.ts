import { HOLD, type Policy, Reason, type View } from '../core/policy.ts';

/** When an opinion leads to an entry: whenever its condition holds, or only at the close at which it becomes true. */
export type Entry = 'level' | 'cross';
export type TradeSide = 'long' | 'both';

export interface ThresholdOptions {
  /** A signal above this is a reason to be long (below its negative, to be short). */
  readonly enter: number;
  /** A long position is left at or below this, a short one at or above its negative. Default: `enter`. */
  readonly exit?: number;
  readonly side?: TradeSide;
  readonly entry?: Entry;
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
  const { enter, exit = enter, side = 'long', entry = 'level' } = options;
  if (!Number.isFinite(enter) || !Number.isFinite(exit) || exit > enter) {
    throw new TypeError(`Expected finite thresholds with exit <= enter, received enter ${enter} and exit ${exit}`);
  }
  if (side === 'both' && enter < 0) {
    throw new TypeError(`Expected enter >= 0 for side both, where long and short conditions must exclude each other, received ${enter}`);
  }
  const short = side === 'both';
  const crossing = entry === 'cross';

  return {
    kind: 'threshold',
    // Where the signal stood at the last close at which it was known; only a crossing entry needs to remember.
    slots: crossing ? ['zone'] : [],
    decide(view: View, memory: Float64Array, at: number): number {
      const value = view.signal[view.i]!;
      if (Number.isNaN(value)) {
        view.reason = Reason.noForecast;
        if (crossing) memory[at] = UNKNOWN;
        return HOLD;
      }
      const zone = value > enter ? ABOVE : short && value < -enter ? BELOW : BETWEEN;
      let entering = zone !== BETWEEN;
      if (crossing) {
        entering = entering && memory[at] !== UNKNOWN && memory[at] !== zone;
        memory[at] = zone;
      }
      if (zone === ABOVE && (entering || view.exposure > 0)) return want(view, 1, view.exposure > 0, crossing && !entering);
      if (zone === BELOW && (entering || view.exposure < 0)) return want(view, -1, view.exposure < 0, crossing && !entering);
      if ((view.exposure > 0 && value <= exit) || (view.exposure < 0 && value >= -exit)) {
        view.reason = Reason.exit;
        return 0;
      }
      if (view.exposure !== 0) {
        view.reason = Reason.holding;
        return HOLD;
      }
      view.reason = Reason.belowThreshold;
      // Nothing speaks for a position any more: an entry that still waits for a bar to fill in is withdrawn.
      return value <= exit && (!short || value >= -exit) ? 0 : HOLD;
    },
  };
}

/** A level policy goes on wanting its target while it holds; a crossing one leaves the position alone but at a new cross. */
function want(view: View, target: number, held: boolean, leave: boolean): number {
  view.reason = held ? Reason.holding : target > 0 ? Reason.enterLong : Reason.enterShort;
  return held && leave ? HOLD : target;
}
