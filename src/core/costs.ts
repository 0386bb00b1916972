import { createRandom, deriveSeed } from './random.ts';
import type { Costs } from './rules.ts';

/** Fraction of the notional. */
export function feeRate({ taker, maker = taker }: Costs, asMaker: boolean): number {
  return asMaker ? maker : taker;
}

/** Quote: the rate and the fee for each unit, but at least the minimum. */
export function feeOf(costs: Costs, quantity: number, price: number, maker: boolean): number {
  const { perUnit = 0, minimum } = costs;
  const fee = quantity * price * feeRate(costs, maker) + quantity * perUnit;
  return minimum !== undefined && fee < minimum ? minimum : fee;
}

/** What one unit held costs at a price, the fee of getting it included (a minimum fee left aside), quote. */
export function unitCost(costs: Costs, price: number, maker: boolean): number {
  const { perUnit = 0, currency } = costs;
  const rate = feeRate(costs, maker);
  return currency === 'base' ? price / (1 - rate) : price * (1 + rate) + perUnit;
}

/**
 * Slippage of a fill as a fraction of the price. `volume` is the bar's; `id` and `time` choose among what was measured, the same in every run.
 */
export function slippageOf({ slippage }: Costs, quantity: number, volume: number, id: string, time: number): number {
  if (typeof slippage === 'number') return slippage;
  if (slippage.kind === 'volume-share') {
    const share = volume > 0 ? Math.min(1, quantity / volume) : 0;
    return slippage.impact * share * share;
  }
  return slippage.sample[createRandom(deriveSeed(0, id, time)).below(slippage.sample.length)]!;
}
