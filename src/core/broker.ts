import type { Book } from './account.ts';
import type { Event, Order } from './trace.ts';

/** Costs as fractions: of notional for the fee, of price for slippage, which always moves the price against us. */
export interface Costs {
  readonly taker: number;
  readonly slippage: number;
}

/** An order that meets a price now: its market's index, and the price of the bar at this instant, quote, before slippage. */
export interface Meeting {
  readonly order: Order;
  readonly market: number;
  readonly price: number;
}

export interface Broker {
  /**
   * Fills a batch of market orders that meet their prices at one instant (ms UTC), at most one order per market.
   *
   * Positions to be given up go first (longs sold, then shorts bought back). Then the account is valued at what it would cost to
   * have its positions, fee and slippage included, every exposure becomes a quantity - full long = all cash / (price x (1 + fee)) -
   * and sales go before purchases. Where the cash does not suffice for all purchases one factor shrinks them all, so the order of
   * markets never matters. An order that leads to no fill becomes a rejection with its reason.
   *
   * `marks` holds, by market, the price at which it counts if it takes no part in the batch (NaN where it never had one).
   */
  fillBatch(batch: readonly Meeting[], marks: Float64Array, time: number): void;
}

/** The one place where orders meet bars. Fills and rejections are booked and appended to `events`. */
export function createBroker(book: Book, { taker, slippage }: Costs, events: Event[]): Broker {
  const markets = book.quantity.length;
  const wanted = new Float64Array(markets);
  const settled = new Uint8Array(markets);
  const buying = 1 + slippage;
  const selling = 1 - slippage;
  let now = 0;

  return {
    fillBatch(batch, marks, time) {
      now = time;
      settled.fill(0);
      closePositions(batch, 1);
      closePositions(batch, -1);
      const equity = Math.max(valueAtFillPrices(batch, marks), 0);
      let cost = 0;
      for (const { order, market, price } of batch) {
        const unit = price * (order.exposure > 0 ? buying : selling) * (1 + taker);
        wanted[market] = order.exposure === 0 ? 0 : (order.exposure * equity) / unit - book.quantity[market]!;
        if (wanted[market]! > 0) cost += wanted[market]! * price * buying * (1 + taker);
      }
      for (const { order, market, price } of batch) {
        if (wanted[market]! < 0) fill(order, market, wanted[market]!, price, 1);
      }
      const cash = Math.max(book.cash, 0);
      // A factor within a few units in the last place of 1 is rounding, not competition for cash.
      const factor = cost * (1 - 1e-12) > cash ? cash / cost : 1;
      for (const { order, market, price } of batch) {
        if (wanted[market]! > 0) fill(order, market, affordable(wanted[market]! * factor, price), price, factor);
      }
      for (const { order, market } of batch) {
        if (settled[market] === 0) reject(order, equity > 0 ? 'nothing to trade' : 'no equity left');
      }
    },
  };

  /** Gives up the positions of one sign that their orders do not want to keep. */
  function closePositions(batch: readonly Meeting[], sign: number): void {
    for (const { order, market, price } of batch) {
      const held = book.quantity[market]!;
      if (sign * held > 0 && order.exposure * held <= 0) fill(order, market, -held, price, 1);
    }
  }

  function valueAtFillPrices(batch: readonly Meeting[], marks: Float64Array): number {
    for (const { market, price } of batch) marks[market] = price * buying * (1 + taker);
    let equity = book.cash;
    for (let m = 0; m < markets; m++) {
      const quantity = book.quantity[m]!;
      if (quantity !== 0) equity += quantity * marks[m]!;
    }
    return equity;
  }

  /** The largest quantity up to `quantity` whose cost, rounded as it will be booked, leaves cash >= 0. */
  function affordable(quantity: number, barPrice: number): number {
    const price = barPrice * buying;
    let size = quantity;
    while (size > 0 && book.cash - (size * price + size * price * taker) < 0) {
      // One unit in the last place less, relative to a size that can never be subnormal here.
      const less = size - size * (Number.EPSILON / 2);
      if (!(less < size) || book.cash <= 0) return 0;
      size = less;
    }
    return size;
  }

  function fill(order: Order, market: number, signed: number, barPrice: number, factor: number): void {
    settled[market] = 1;
    if (signed === 0) {
      reject(order, 'no cash left');
      return;
    }
    const price = barPrice * (signed > 0 ? buying : selling);
    const quantity = Math.abs(signed);
    const fee = quantity * price * taker;
    const lost = quantity * Math.abs(price - barPrice);
    book.apply(market, signed, price, fee, lost);
    const side = signed > 0 ? 'buy' : 'sell';
    events.push({
      kind: 'fill',
      time: now,
      id: order.id,
      market: order.market,
      side,
      quantity,
      price,
      fee,
      slippage: lost,
      factor,
      reason: order.reason,
    });
  }

  function reject(order: Order, reason: string): void {
    events.push({ kind: 'rejection', time: now, id: order.id, market: order.market, reason });
  }
}
