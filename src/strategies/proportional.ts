import type { Column } from '../core/bars.ts';
import { HOLD, type Policy, Reason, type Signal, type Strategy } from '../core/policy.ts';
import { returnDeviation } from '../indicators/return-deviation.ts';
import type { TradeSide } from './threshold.ts';

export interface ProportionalOptions {
  /** Standard deviations of return over the horizon that a forecast must come to for a full position; default 1. */
  readonly scale?: number;
  /** Bars that the volatility is measured over; default 100. */
  readonly window?: number;
  readonly side?: TradeSide;
  /** Targets smaller than this are taken as flat, a fraction of a full position; default 0. */
  readonly least?: number;
}

/**
 * The model's expected return over its horizon in standard deviations of that return: those of the last `window` logarithmic returns from
 * row to row (divisor `window - 1`) times the root of the horizon, as if returns did not depend on each other. NaN where one of the two is
 * unknown, or nothing has moved.
 */
export function standardisedForecast(window: number): Signal {
  if (!(Number.isInteger(window) && window >= 2))
    throw new TypeError(`Expected window to be a whole number of bars >= 2, received ${window}`);
  return {
    name: `forecast/volatility(${window})`,
    needs: 'forecast',
    column(bars, forecast, outlook): Column {
      const root = Math.sqrt(outlook?.horizon ?? 1);
      return returnDeviation(bars, { window }).map((deviation, row) => (deviation > 0 ? forecast[row]! / (deviation * root) : Number.NaN));
    },
  };
}

/**
 * The exposure grows with the forecast, measured in what the market moves by chance: forecast / (scale x volatility), at most 1 either way.
 * Targets below `least` are flat. Throws a TypeError for an option out of range.
 */
export function proportional(options: ProportionalOptions = {}): Strategy {
  const { scale = 1, window = 100, side = 'long', least = 0 } = options;
  if (!(scale > 0 && scale < Infinity)) throw new TypeError(`Expected scale > 0, received ${scale}`);
  if (!(least >= 0 && least <= 1)) throw new TypeError(`Expected least to be a fraction from 0 to 1, received ${least}`);
  return {
    name: 'proportional',
    signals: [standardisedForecast(window)],
    policy: proportion(scale, side === 'both' ? -1 : 0, least),
    short: side === 'both',
  };
}

function proportion(scale: number, lowest: number, least: number): Policy {
  return {
    kind: 'proportional',
    slots: [],
    decide(view) {
      const size = view.signal[view.i]! / scale;
      if (Number.isNaN(size)) {
        view.reason = Reason.noForecast;
        return HOLD;
      }
      const wanted = Math.max(lowest, Math.min(1, size));
      if (wanted === 0 || Math.abs(wanted) < least) {
        view.reason = view.exposure !== 0 ? Reason.exit : Reason.belowThreshold;
        return 0;
      }
      view.reason = wanted * view.exposure > 0 ? Reason.holding : wanted > 0 ? Reason.enterLong : Reason.enterShort;
      return wanted;
    },
  };
}
