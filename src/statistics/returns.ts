/**
 * Simple returns per bar: `equity[i] / equity[i - 1] - 1`, for n values n - 1 returns; none for an empty or one-bar curve.
 * A return on equity that is zero or negative has no meaning and is NaN, which makes every figure built on it `null`.
 */
export function returns(equity: Float64Array): Float64Array {
  const result = new Float64Array(Math.max(0, equity.length - 1));
  for (let i = 0; i < result.length; i++) {
    const before = equity[i]!;
    result[i] = before > 0 ? equity[i + 1]! / before - 1 : Number.NaN;
  }
  return result;
}
