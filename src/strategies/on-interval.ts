import { higherBars } from '../core/higher-bars.ts';
import { intervalName } from '../core/interval.ts';
import type { Signal } from '../core/policy.ts';
import { asOf } from '../core/resample.ts';

/**
 * A signal computed on bars of a higher interval (ms, a multiple of the bot's): at each bar its value at the last higher bar that is
 * closed; one that is still forming is never seen. There are no forecasts on higher bars: signals that read one are NaN.
 */
export function onInterval(signal: Signal, interval: number): Signal {
  return {
    name: `${signal.name} on ${intervalName(interval)}`,
    column(bars) {
      const higher = higherBars(bars, interval);
      return asOf(higher, signal.column(higher.bars, new Float64Array(higher.bars.length).fill(Number.NaN)));
    },
  };
}
