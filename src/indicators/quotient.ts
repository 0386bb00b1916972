// 2^27 + 1 cuts a double into two halves whose products with a period are exact (Veltkamp, 1968).
const SPLITTER = 134_217_729;

/**
 * (sum + rest) / divisor, rounded once, where `rest` is the rounding error of `sum` and `divisor` a whole number below 2^26:
 * the first quotient is corrected by its own exact remainder (Dekker, 1971). Equal averages of different windows are thereby
 * equal numbers, and the average of equal prices is that price.
 */
export function quotient(sum: number, rest: number, divisor: number): number {
  const dividend = sum + rest;
  const error = rest - (dividend - sum);
  const first = dividend / divisor;
  const scaled = SPLITTER * first;
  const upper = scaled - (scaled - first);
  const remainder = dividend - upper * divisor - (first - upper) * divisor + error;
  return first + remainder / divisor;
}
