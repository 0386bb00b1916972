import type { Signal } from '../core/policy.ts';
import { simpleReturn } from '../indicators/returns.ts';

/** The simple return over the last `bars` bars, as a fraction. Throws a TypeError for a number of bars that is no whole number >= 1. */
export function momentum(bars: number): Signal {
  if (!(Number.isInteger(bars) && bars >= 1)) throw new TypeError(`Expected momentum over a whole number of bars >= 1, received ${bars}`);
  return { name: `momentum(${bars})`, column: ({ close }) => simpleReturn(close, bars) };
}
