import { type Run, run } from '../core/engine.ts';
import type { Setup } from '../core/setup.ts';
import { crossing } from '../statistics/crossing.ts';
import { type BreakEven, type CostBreakdown, HIGHEST_FEE } from './result.ts';

/** A fee is told to a hundredth of a basis point. */
const PRECISION = 1e-6;
/** An account that is worth less has no logarithm of use. */
const NOTHING = 1e-300;
/** Bars of all markets from which on runs with other fees would take seconds. */
const MANY = 300_000;

/** From the profit before costs to the profit, quote. */
export function waterfall(capital: number, { trace, state: { account } }: Run): Omit<CostBreakdown, 'breakEvenFee'> {
  const net = trace.equity[trace.equity.length - 1]! - capital;
  const { fees, slippage, funding, interest, shortfall } = account;
  return { gross: net + fees + slippage + funding + interest - shortfall, fees, slippage, funding, interest, shortfall, net };
}

/**
 * The flat fee of every fill (whoever takes or makes) at which the profit is 0, and at which it is that of buy & hold (whose own fee stays).
 * Null where nothing is traded, or where there are too many bars to try.
 */
export function breakEvenFees(setup: Setup, holding: number): CostBreakdown['breakEvenFee'] {
  const { rules, panel } = setup;
  const unknown = { profit: null, buyAndHold: null };
  if (panel.markets.reduce((sum, { length }) => sum + length, 0) > MANY) return unknown;
  const withFee = (fee: number) => run({ ...setup, rules: { ...rules, costs: { taker: fee, slippage: rules.costs.slippage } } });
  const free = withFee(0);
  if (!free.trace.events.some(({ kind }) => kind === 'fill')) return unknown;
  const known = new Map([[0, endOf(free)]]);
  const endEquity = (fee: number) => {
    const found = known.get(fee) ?? endOf(withFee(fee));
    known.set(fee, found);
    return found;
  };
  return { profit: breakEven(endEquity, rules.capital), buyAndHold: breakEven(endEquity, holding) };
}

/** The fee at which an end equity comes down to a level. Every fill takes its share of what there is, so that its logarithm is nearly straight. */
function breakEven(endEquity: (fee: number) => number, level: number): BreakEven {
  const above = (fee: number) => Math.log(Math.max(endEquity(fee), NOTHING) / Math.max(level, NOTHING));
  const start = above(0);
  if (start < 0) return { kind: 'behind' };
  if (start === 0) return { kind: 'fee', fee: 0 };
  const end = above(HIGHEST_FEE);
  return end > 0 ? { kind: 'ahead' } : { kind: 'fee', fee: crossing(above, [0, start], [HIGHEST_FEE, end], PRECISION) };
}

/** The total return with every ambiguous bar taken for the worse, and for the better; as the account went on from there. */
export function bounds(setup: Setup, finished: Run): { readonly worst: number; readonly best: number } {
  const { rules } = setup;
  const totalReturn = (ended: Run) => endOf(ended) / rules.capital - 1;
  const other = run({ ...setup, rules: { ...rules, ambiguity: rules.ambiguity === 'best' ? 'worst' : 'best' } });
  const [worst, best] = rules.ambiguity === 'best' ? [other, finished] : [finished, other];
  return { worst: totalReturn(worst), best: totalReturn(best) };
}

function endOf({ trace: { equity } }: Run): number {
  return equity[equity.length - 1]!;
}
