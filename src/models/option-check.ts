/*
 * Checks of a model's options. Each throws a TypeError that names the option, what it is expected to be, and what it is.
 */

// A layer of this size has tens of millions of weights; more is a slip of the pen.
const MOST_UNITS = 4096;

export function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new TypeError(`Expected ${name} to be a whole number >= ${least}, received ${value}`);
}

export function checkUnits(name: string, size: number): void {
  checkWhole(name, size, 1);
  if (size > MOST_UNITS) throw new TypeError(`Expected ${name} of at most ${MOST_UNITS}, received ${size}`);
}

export function checkShare(name: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new TypeError(`Expected ${name} to be a fraction >= 0 and < 1, received ${value}`);
}

export function checkNotNegative(name: string, value: number): void {
  if (!(value >= 0) || value === Infinity) throw new TypeError(`Expected ${name} to be a finite number >= 0, received ${value}`);
}
