/** Whether the window that ends at row `end` holds finite numbers only: no engine is asked about others, their forecast is NaN. */
export function isFiniteWindow(rows: Float32Array, inputs: number, lookback: number, end: number): boolean {
  for (let k = (end - lookback + 1) * inputs; k < (end + 1) * inputs; k++) {
    if (!Number.isFinite(rows[k]!)) return false;
  }
  return true;
}
