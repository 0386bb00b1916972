import { logGammaHalfStep } from './gamma.ts';

/** P(T <= t) of Student's t with `degrees` > 0 degrees of freedom; NaN where either is not a number or `degrees` is not > 0. */
export function studentCdf(t: number, degrees: number): number {
  const tail = studentTwoSided(t, degrees) / 2;
  return t > 0 ? 1 - tail : tail;
}

/**
 * P(|T| >= |t|): the regularised incomplete beta I_x(degrees/2, 1/2) at x = degrees / (degrees + t^2) (Abramowitz and Stegun 26.7.1), by
 * its continued fraction (26.5.8) on the side where that converges fast. 1e-13 relative, in the far tail too; 1e-11 at a million degrees.
 */
export function studentTwoSided(t: number, degrees: number): number {
  if (!(degrees > 0) || Number.isNaN(t)) return Number.NaN;
  if (!Number.isFinite(t)) return 0;
  const a = degrees / 2;
  const b = 0.5;
  const square = t * t;
  const x = degrees / (degrees + square);
  const y = square / (degrees + square);
  if (y === 0) return 1;
  const logBeta = Math.log(Math.PI) / 2 - logGammaHalfStep(a);
  const front = Math.exp(-a * Math.log1p(square / degrees) + b * Math.log(y) - logBeta);
  return x < (a + 1) / (a + b + 2) ? (front / a) * betaFraction(a, b, x) : 1 - (front / b) * betaFraction(b, a, y);
}

/** Lentz's evaluation of the incomplete beta's continued fraction (Press et al., Numerical Recipes, 6.4). */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const nonzero = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  // Needs of the order of sqrt(max(a, b)) levels; the bound is far beyond any sample.
  for (let m = 1; m <= 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return fraction;
}
