import type { Signal } from '../core/policy.ts';
import { indicator } from '../indicators/catalogue.ts';

/** The simple return over the last `bars` bars, as a fraction. Throws a TypeError for a number of bars that is no whole number >= 1. */
export function momentum(bars: number): Signal {
  if (!(Number.isInteger(bars) && bars >= 1)) throw new TypeError(`Expected momentum over a whole number of bars >= 1, received ${bars}`);
  return { name: `momentum(${bars})`, column: (market) => indicator('return', bars).compute(market)[0]! };
}
