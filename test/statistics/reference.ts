import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Fill } from '../../src/statistics/round-trip.ts';

/** Values made outside this project and real data; the folders stand beside it and are not part of it. */
const REFERENCE = '../shared/reference';
const DATA = '../shared/data';

export const present = existsSync(REFERENCE) && existsSync(DATA);

/** A title that carries the reason where the tests under it are skipped. */
export function titled(title: string): string {
  return present ? title : `${title} (skipped: ${REFERENCE} or ${DATA} is not there)`;
}

/** The parsed reference file; its shape is what the caller says. Only where `present`. */
export function reference<T>(file: string): T {
  return JSON.parse(readFileSync(`${REFERENCE}/${file}`, 'utf8')) as T;
}

/** Rows of a data file: opening times in ms UTC, opens and closes. */
export function prices(file: string): { time: Float64Array; open: Float64Array; close: Float64Array } {
  const rows = readFileSync(`${DATA}/${file}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  return {
    time: Float64Array.from(rows, (row) => Date.parse(row[0] ?? '')),
    open: Float64Array.from(rows, (row) => Number(row[1])),
    close: Float64Array.from(rows, (row) => Number(row[4])),
  };
}

/** Close-marked equity and the bars with a position, by booking the fills at the opening of their bar. */
export function bookedCurve(fills: readonly Fill[], time: Float64Array, close: Float64Array, start: number) {
  const equity = new Float64Array(time.length);
  const positionHeld = new Uint8Array(time.length);
  let cash = start;
  let held = 0;
  let next = 0;
  for (let i = 0; i < time.length; i++) {
    for (; fills[next]?.time === time[i]; next++) {
      const { side, quantity, price, fee } = fills[next]!;
      const signed = side === 'buy' ? quantity : -quantity;
      cash -= signed * price + fee;
      held += signed;
    }
    equity[i] = cash + held * close[i]!;
    positionHeld[i] = held === 0 ? 0 : 1;
  }
  expect(next).toBe(fills.length);
  return { equity, positionHeld, held };
}

/** Agreement to a relative tolerance; null only with null. */
export function expectClose(received: number | null, expected: number | null, tolerance = 1e-9): void {
  if (received === null || expected === null) {
    expect(received).toBe(expected);
    return;
  }
  const error = Math.abs(received - expected) / Math.max(Math.abs(expected), 1e-300);
  if (received !== expected) expect(error, `expected ${expected}, received ${received}`).toBeLessThanOrEqual(tolerance);
}

/** An equity curve of 1 that earned these returns. */
export function curveOf(returns: ArrayLike<number>): Float64Array {
  const equity = new Float64Array(returns.length + 1);
  equity[0] = 1;
  for (let i = 0; i < returns.length; i++) equity[i + 1] = equity[i]! * (1 + returns[i]!);
  return equity;
}
