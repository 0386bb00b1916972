const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Density of the standard normal. */
export function normalDensity(x: number): number {
  return Math.exp(-(x * x) / 2) / ROOT_TWO_PI;
}

/**
 * P(Z <= x) of the standard normal. Near the centre the series `1/2 + density x (x + x^3/3 + x^5/15 + ...)` (Marsaglia 2004), beyond 3 the
 * continued fraction `density / (x + 1/(x + 2/(x + ...)))` (Laplace; Abramowitz and Stegun 26.2.14): 1e-13 relative, in the lower tail too.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > 3) return 1 - upperTail(x);
  if (x < -3) return upperTail(-x);
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > Math.abs(sum) * 1e-17; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * normalDensity(x);
}

/**
 * The x with P(Z <= x) = p: -Infinity at 0, Infinity at 1, NaN outside. Halley's iteration on `normalCdf` from the tail's first approximation
 * (Abramowitz and Stegun 26.2.23, error below 4.5e-4), done in the lower half where small probabilities keep their digits.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p === 0) return -Infinity;
  const t = Math.sqrt(-2 * Math.log(p));
  let x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  // Cubic convergence: the second step is already at the last digits.
  for (let step = 0; step < 2; step++) {
    const error = (normalCdf(x) - p) / normalDensity(x);
    x -= error / (1 + (x * error) / 2);
  }
  return x;
}

/** For x > 3; 60 levels are more than enough there. */
function upperTail(x: number): number {
  let fraction = x;
  for (let level = 60; level >= 1; level--) fraction = x + level / fraction;
  return normalDensity(x) / fraction;
}
