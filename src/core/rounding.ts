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
