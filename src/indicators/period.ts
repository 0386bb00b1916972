/** Throws a TypeError unless `period` is a whole number of bars, at least `least`. */
export function checkPeriod(period: number, name = 'period', least = 1): void {
  if (!(Number.isInteger(period) && period >= least)) {
    throw new TypeError(`Expected ${name} to be a whole number of bars >= ${least}, received ${String(period)}`);
  }
}
