/** A figure as it is reported: `null` where the arithmetic found no finite number, so that NaN and Infinity never leave this folder. */
export function defined(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
