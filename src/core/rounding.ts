import type { MarketRules } from './rules.ts';

// A quotient this close to a whole number is that number, missed by rounding.
const NEARLY = 1e-12;

/** The quantity, rounded down to a whole number of lots; as it is where there are none. */
export function roundDown(quantity: number, lot: number | undefined): number {
  if (lot === undefined) return quantity;
  const lots = quantity / lot;
  const nearest = Math.round(lots);
  return (Math.abs(lots - nearest) <= NEARLY * Math.max(1, nearest) ? nearest : Math.floor(lots)) * lot;
}

/** The price on the nearest tick, at least one. */
export function onTick(price: number, tick: number | undefined): number {
  return tick === undefined ? price : Math.max(1, Math.round(price / tick)) * tick;
}

/** Why a market refuses an order of this size, in words; undefined where it does not. */
export function sizeProblem(quantity: number, price: number, { lot, minimumQuantity, minimumNotional }: MarketRules): string | undefined {
  const rounded = roundDown(quantity, lot);
  if (rounded === 0) return `smaller than the lot step ${lot}`;
  if (minimumQuantity !== undefined && rounded < minimumQuantity) return `smaller than the minimum quantity ${minimumQuantity}`;
  if (minimumNotional !== undefined && rounded * price < minimumNotional) return `worth less than the minimum notional ${minimumNotional}`;
  return undefined;
}
