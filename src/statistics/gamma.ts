/**
 * What Stirling's formula leaves out: `log Gamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2)`, z > 0. Bernoulli's series from 15 on
 * (Abramowitz and Stegun 6.1.42), below it by `Gamma(z + 1) = z Gamma(z)`. Ratios of large gammas keep their digits when built from this
 * (Loader 2000), where differences of logarithms would lose them.
 */
export function stirlingError(z: number): number {
  let error = 0;
  let shifted = z;
  for (; shifted < 15; shifted++) error += (shifted + 0.5) * Math.log1p(1 / shifted) - 1;
  const inverse = 1 / (shifted * shifted);
  const series =
    1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188 - (inverse * 691) / 360360))));
  return error + series / shifted;
}

/** `log(Gamma(z + 1/2) / Gamma(z))`, z > 0, without the cancellation of two large logarithms. */
export function logGammaHalfStep(z: number): number {
  return z * Math.log1p(1 / (2 * z)) + (Math.log(z) - 1) / 2 + stirlingError(z + 0.5) - stirlingError(z);
}
