import { type Run, run } from '../core/engine.ts';
import type { Setup } from '../core/setup.ts';
import type { CostBreakdown } from './result.ts';

/** Highest fee that is tried, a fraction. */
const MOST = 0.1;
/** A fee is told to a hundredth of a basis point. */
const PRECISION = 1e-6;
/** Bars of all markets from which on runs with other fees would take seconds. */
const MANY = 300_000;

/** From the profit before costs to the profit, quote. */
export function waterfall(capital: number, { trace, state: { account } }: Run): Omit<CostBreakdown, 'breakEvenFee'> {
  const net = trace.equity[trace.equity.length - 1]! - capital;
  const { fees, slippage, funding, interest, shortfall } = account;
  return { gross: net + fees + slippage + funding + interest - shortfall, fees, slippage, funding, interest, shortfall, net };
}

/**
 * The flat fee of every fill (whoever takes or makes) at which the profit is 0, and at which it is that of buy & hold (whose own fee stays);
 * each null where the strategy is behind even without a fee, ahead even at 10 %, or where there are too many bars to try.
 */
export function breakEvenFees(setup: Setup, holding: number): CostBreakdown['breakEvenFee'] {
  const { rules, panel } = setup;
  if (panel.markets.reduce((sum, { length }) => sum + length, 0) > MANY) return { profit: null, buyAndHold: null };
  const known = new Map<number, number>();
  const endEquity = (fee: number) => {
    const found = known.get(fee) ?? endOf(run({ ...setup, rules: { ...rules, costs: { taker: fee, slippage: rules.costs.slippage } } }));
    known.set(fee, found);
    return found;
  };
  return { profit: root((fee) => endEquity(fee) - rules.capital), buyAndHold: root((fee) => endEquity(fee) - holding) };
}

/** Where a curve that starts above zero crosses it: bisection. */
function root(of: (fee: number) => number): number | null {
  if (!(of(0) > 0) || of(MOST) > 0) return null;
  let low = 0;
  let high = MOST;
  while (high - low > PRECISION) {
    const middle = (low + high) / 2;
    if (of(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
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
