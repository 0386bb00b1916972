import type { Column } from '../core/bars.ts';
import { HOLD, type Policy, Reason, type Signal, type Strategy } from '../core/policy.ts';
import { forecastReturn } from './forecast.ts';
import type { TradeSide } from './threshold.ts';

export interface QuantileOptions {
  /** What a round trip costs, a fraction of the price: the bound of the interval must lie beyond it. */
  readonly costs: number;
  /** A long position is left where the median forecast is at or below this return, a short one at or above its negative; default 0. */
  readonly exit?: number;
  readonly side?: TradeSide;
}

function bound(name: 'lower' | 'upper'): Signal {
  return {
    name,
    needs: 'interval',
    column: ({ length }, _forecast, outlook): Column => outlook?.[name] ?? new Float64Array(length).fill(Number.NaN),
  };
}

/** The model's lowest quantile of the return over its horizon, and its highest, as fractions. */
export const lowerBound = bound('lower');
export const upperBound = bound('upper');

/**
 * Trades only what the model's interval is sure of: long where its lower bound lies above the costs of a round trip, with `side: both` short
 * where its upper bound lies below their negative. The interval is wide, and is soon silent again: a position is left when the median turns
 * against it, not when the bound falls back. Needs a model of several quantiles. Throws a TypeError for costs below 0 or an `exit` above them.
 */
export function quantile({ costs, exit = 0, side = 'long' }: QuantileOptions): Strategy {
  if (!(costs >= 0 && costs < Infinity)) throw new TypeError(`Expected costs >= 0 as a fraction of the price, received ${costs}`);
  // An entry's median lies above its lower bound, and so above the costs: it must not be an exit at once.
  if (!(exit > -Infinity && exit <= costs)) throw new TypeError(`Expected exit <= costs (${costs}), received ${exit}`);
  return {
    name: 'quantile',
    signals: [forecastReturn, lowerBound, upperBound],
    policy: outside(costs, exit, side === 'both'),
    short: side === 'both',
  };
}

function outside(costs: number, exit: number, short: boolean): Policy {
  return {
    kind: 'quantile',
    slots: [],
    decide(view) {
      const median = view.signal[view.i]!;
      const lower = view.signals[1]![view.i]!;
      const upper = view.signals[2]![view.i]!;
      const held = view.exposure;
      if (Number.isNaN(median) || Number.isNaN(lower) || Number.isNaN(upper)) {
        view.reason = Reason.noForecast;
        return HOLD;
      }
      if (lower > costs) {
        view.reason = held > 0 ? Reason.holding : Reason.enterLong;
        return 1;
      }
      if (short && upper < -costs) {
        view.reason = held < 0 ? Reason.holding : Reason.enterShort;
        return -1;
      }
      if (held === 0 || (held > 0 ? median <= exit : median >= -exit)) {
        view.reason = held === 0 ? Reason.belowThreshold : Reason.exit;
        return 0;
      }
      view.reason = Reason.holding;
      return HOLD;
    },
  };
}
