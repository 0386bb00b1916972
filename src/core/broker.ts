import type { Book } from './account.ts';
import type { Event, Order } from './trace.ts';

/** Costs as fractions: of notional for the fee, of price for slippage, which always moves the price against us. */
export interface Costs {
  readonly taker: number;
  readonly slippage: number;
}

/** An order that meets a price now: its market's index, the bar's price, and what the account holds of it. */
export interface Meeting {
  readonly order: Order;
  readonly market: number;
  /** The price of the bar at this instant, quote, before slippage. */
  readonly price: number;
}

/**
 * Fills a batch of market orders that meet their prices at one instant, at most one order per market.
 *
 * Positions to be given up go first (longs sold, then shorts bought back). Then the account is valued at what it would cost to
 * have its positions, fee and slippage included, every exposure becomes a quantity - full long = all cash / (price x (1 + fee)) -
 * and sales go before purchases. Where the cash does not suffice for all purchases one factor shrinks them all, so the order of
 * markets never matters. An order that leads to no fill becomes a rejection with its reason.
 *
 * `marks` holds the price at which a market counts that takes no part in the batch (NaN where it never had one).
 */
export function fillBatch(batch: readonly Meeting[], book: Book, marks: Float64Array, costs: Costs, time: number, events: Event[]): void {
  const settled = new Set<string>();
  for (const side of [1, -1]) {
    for (const { order, market, price } of batch) {
      const held = book.quantity[market]!;
      // `side * held > 0` picks the longs in the first round and the shorts in the second.
      if (side * held > 0 && order.exposure * held <= 0) fill(order, market, -held, price, 1);
    }
  }
  const equity = valueAtFillPrices(batch, book, marks, costs);
  const wanted = batch.map(({ order, market, price }) => {
    if (order.exposure === 0) return 0;
    const unit = slipped(price, Math.sign(order.exposure), costs) * (1 + costs.taker);
    return (order.exposure * Math.max(equity, 0)) / unit - book.quantity[market]!;
  });

  batch.forEach(({ order, market, price }, k) => {
    if (wanted[k]! < 0) fill(order, market, wanted[k]!, price, 1);
  });
  let cost = 0;
  batch.forEach(({ price }, k) => {
    if (wanted[k]! > 0) cost += wanted[k]! * slipped(price, 1, costs) * (1 + costs.taker);
  });
  const cash = Math.max(book.cash, 0);
  const factor = cost > cash ? cash / cost : 1;
  batch.forEach(({ order, market, price }, k) => {
    if (wanted[k]! > 0) fill(order, market, affordable(wanted[k]! * factor, price), price, roundedFactor(factor));
  });
  for (const { order } of batch) {
    if (!settled.has(order.id)) reject(order, equity > 0 ? 'nothing to trade' : 'no equity left');
  }

  function fill(order: Order, market: number, signed: number, barPrice: number, shrunk: number): void {
    const price = slipped(barPrice, Math.sign(signed), costs);
    const quantity = Math.abs(signed);
    settled.add(order.id);
    if (quantity === 0) return reject(order, 'no cash left');
    const fee = quantity * price * costs.taker;
    const slippage = quantity * Math.abs(price - barPrice);
    book.apply(market, signed, price, fee, slippage);
    const side = signed > 0 ? 'buy' : 'sell';
    events.push({ kind: 'fill', time, id: order.id, market: order.market, side, quantity, price, fee, slippage, factor: shrunk, reason: order.reason });
  }

  function reject(order: Order, reason: string): void {
    events.push({ kind: 'rejection', time, id: order.id, market: order.market, reason });
  }

  /** The largest quantity up to `quantity` whose cost, rounded as it will be booked, leaves cash >= 0. */
  function affordable(quantity: number, barPrice: number): number {
    const price = slipped(barPrice, 1, costs);
    let size = quantity;
    while (size > 0 && book.cash - (size * price + size * price * costs.taker) < 0) {
      // One unit in the last place less, relative to a size that can never be subnormal here.
      const less = size - size * (Number.EPSILON / 2);
      if (!(less < size) || book.cash <= 0) return 0;
      size = less;
    }
    return size;
  }
}

/** The bar's price after slippage, for a purchase (direction 1) or a sale (-1). */
function slipped(price: number, direction: number, costs: Costs): number {
  return direction > 0 ? price * (1 + costs.slippage) : price * (1 - costs.slippage);
}

function valueAtFillPrices(batch: readonly Meeting[], book: Book, marks: Float64Array, costs: Costs): number {
  const prices = marks.slice();
  for (const { market, price } of batch) prices[market] = slipped(price, 1, costs) * (1 + costs.taker);
  let equity = book.cash;
  for (let m = 0; m < prices.length; m++) {
    const quantity = book.quantity[m]!;
    if (quantity !== 0) equity += quantity * prices[m]!;
  }
  return equity;
}

// A factor within a few units in the last place of 1 is rounding, not competition for cash.
function roundedFactor(factor: number): number {
  return factor > 1 - 1e-12 ? 1 : factor;
}
