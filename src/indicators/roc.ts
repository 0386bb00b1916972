import type { Column } from '../core/bars.ts';
import { checkPeriod } from './period.ts';

/**
 * Rate of change in percent: 100 * (value[i] / value[i - period] - 1), as TA-Lib. NaN for the first `period` rows and where
 * either value is NaN.
 *
 * Fills `into` from row `from` on. Throws a TypeError for a bad period.
 */
export function roc(values: Column, period: number, into: Column = new Float64Array(values.length), from = 0): Column {
  checkPeriod(period);
  for (let i = from; i < values.length; i++) into[i] = i < period ? Number.NaN : 100 * (values[i]! / values[i - period]! - 1);
  return into;
}
