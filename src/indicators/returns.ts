import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';

/**
 * Simple return over `period` rows as a fraction: value[i] / value[i - period] - 1. NaN for the first `period` rows and where
 * either value is NaN.
 *
 * Fills `into` from row `from` on. Throws a TypeError for a bad period.
 */
export function simpleReturn(values: Column, period = 1, into: Column = new Float64Array(values.length), from = 0): Column {
  checkPeriod(period);
  for (let i = from; i < values.length; i++) into[i] = i < period ? Number.NaN : values[i]! / values[i - period]! - 1;
  return into;
}

/** Logarithmic return over `period` rows: ln(value[i] / value[i - period]). Otherwise as `simpleReturn`. */
export function logReturn(values: Column, period = 1, into: Column = new Float64Array(values.length), from = 0): Column {
  checkPeriod(period);
  for (let i = from; i < values.length; i++) into[i] = i < period ? Number.NaN : Math.log(values[i]! / values[i - period]!);
  return into;
}
