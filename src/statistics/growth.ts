import { defined } from './defined.ts';

/** 365.25 days in ms. */
const YEAR = 31_557_600_000;

/** Calendar years of 365.25 days between the first and the last of ascending times (ms UTC); 0 for fewer than two. */
export function yearsBetween(times: Float64Array): number {
  return times.length < 2 ? 0 : (times[times.length - 1]! - times[0]!) / YEAR;
}

/** `end / start - 1`; null for an empty curve or one that starts at zero or below, where no fraction exists. */
export function totalReturn(equity: Float64Array): number | null {
  const start = equity[0] ?? 0;
  return start > 0 ? defined(equity[equity.length - 1]! / start - 1) : null;
}

/**
 * Compound annual growth rate `(end / start)^(1 / years) - 1` by calendar time, as `exp(log(end / start) / years) - 1`.
 * -1 for a curve that ends at zero; null where no time passed, the start is not positive or the end is negative: no rate leads there.
 */
export function cagr(start: number, end: number, years: number): number | null {
  if (!(start > 0 && end >= 0 && years > 0)) return null;
  return defined(Math.exp(Math.log(end / start) / years) - 1);
}

/** CAGR / |maximum drawdown| (Young 1991, over the whole curve); null where either is unknown or nothing was ever lost: that is not "no reward". */
export function calmar(growth: number | null, maxDrawdown: number | null): number | null {
  if (growth === null || maxDrawdown === null || maxDrawdown === 0) return null;
  return defined(growth / Math.abs(maxDrawdown));
}
