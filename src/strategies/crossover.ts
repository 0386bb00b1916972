import type { Column } from '../core/bars.ts';
import type { Signal } from '../core/policy.ts';
import { ema } from '../indicators/ema.ts';
import { sma } from '../indicators/sma.ts';

export type Average = 'sma' | 'ema';

/** The fast average of the closes less the slow one, in quote currency: above 0 while the fast one lies above. */
export function crossover(fast: number, slow: number, average: Average = 'sma'): Signal {
  if (!(Number.isInteger(fast) && Number.isInteger(slow) && fast >= 1 && slow > fast)) {
    throw new TypeError(`Expected whole periods with 1 <= fast < slow, received fast ${fast} and slow ${slow}`);
  }
  const of = average === 'sma' ? sma : ema;
  return {
    name: `${average}(${fast})-${average}(${slow})`,
    column(bars): Column {
      const difference = of(bars.close, slow);
      const quick = of(bars.close, fast);
      for (let i = 0; i < difference.length; i++) difference[i] = quick[i]! - difference[i]!;
      return difference;
    },
  };
}
