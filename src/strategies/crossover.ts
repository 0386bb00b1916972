import type { Column } from '../core/bars.ts';
import { kept } from '../core/growth.ts';
import type { Signal } from '../core/policy.ts';
import { indicator } from '../indicators/catalogue.ts';

export type Average = 'sma' | 'ema';

/** The fast average of the closes less the slow one, in quote currency: above 0 while the fast one lies above. */
export function crossover(fast: number, slow: number, average: Average = 'sma'): Signal {
  if (!(Number.isInteger(fast) && Number.isInteger(slow) && fast >= 1 && slow > fast)) {
    throw new TypeError(`Expected whole periods with 1 <= fast < slow, received fast ${fast} and slow ${slow}`);
  }
  const name = `${average}(${fast})-${average}(${slow})`;
  return {
    name,
    column(bars): Column {
      const [quick, steady] = [fast, slow].map((period) => indicator(average, period).compute(bars)[0]!);
      const [difference] = kept(bars, `crossover ${name}`, [1], ([column], from) => {
        for (let i = from; i < bars.length; i++) column![i] = quick![i]! - steady![i]!;
      });
      return difference!;
    },
  };
}
