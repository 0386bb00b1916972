import { describe, expect, it } from 'vitest';
import { crossing } from '../../src/statistics/crossing.ts';

/** Where a curve crosses zero within [0, 0.1], and after how many looks. */
function found(of: (at: number) => number): { at: number; looks: number } {
  let looks = 0;
  const counted = (at: number) => {
    looks++;
    return of(at);
  };
  return { at: crossing(counted, [0, of(0)], [0.1, of(0.1)], 1e-6), looks };
}

describe('the crossing of a curve', () => {
  // The roots are those of the formulas.
  it.each([
    ['a line', (x: number) => 0.03 - x, 0.03, 4],
    ['a nearly straight logarithm', (x: number) => 200 * Math.log(1 - x) + 1, 1 - Math.exp(-1 / 200), 8],
    ['a steep exponential', (x: number) => 3 * Math.exp(-100 * x) - 1, Math.log(3) / 100, 12],
    ['a root at the very start', (x: number) => 1e-9 - x, 1e-9, 4],
    ['a root at the very end', (x: number) => 0.1 - 1e-9 - x, 0.1 - 1e-9, 4],
  ])('of %s is found within the precision, in few looks', (_, of, root, most) => {
    const { at, looks } = found(of);
    expect(Math.abs(at - root)).toBeLessThanOrEqual(1e-6);
    expect(looks).toBeLessThanOrEqual(most);
  });

  it.each([0.0123456, 0.05, 0.0999])('of a curve that jumps at %d is found too, in a few times the looks of bisection', (jump) => {
    const { at, looks } = found((x) => (x < jump ? 1000 : -1e-3));
    expect(Math.abs(at - jump)).toBeLessThanOrEqual(1e-6);
    expect(looks).toBeLessThanOrEqual(4 * 17);
  });

  it('is a change of sign where a curve crosses more than once', () => {
    const of = (x: number) => Math.cos(100 * x);
    const { at } = found((x) => of(x) - 0.5 * (x > 0.09 ? 2 : 0));
    expect(of(at - 1e-6) - 0.5 * (at - 1e-6 > 0.09 ? 2 : 0)).toBeGreaterThan(0);
    expect(of(at + 1e-6) - 0.5 * (at + 1e-6 > 0.09 ? 2 : 0)).toBeLessThanOrEqual(0);
  });
});
