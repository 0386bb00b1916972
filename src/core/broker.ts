import type { Book } from './account.ts';
import type { Bars } from './bars.ts';
import { feeOf, feeRate, slippageOf, unitCost } from './costs.ts';
import type { Order } from './order.ts';
import { roundDown, sizeProblem } from './rounding.ts';
import type { MarketRules, Rules } from './rules.ts';
import type { Event } from './trace.ts';
import type { Working } from './working.ts';

/** An order that meets a price now. */
export interface Meeting {
  readonly order: Working;
  /** Index of its market. */
  readonly market: number;
  /** Price of the bar at this instant, quote, before slippage. */
  readonly price: number;
  /** It waited in the book: maker fee, no slippage. */
  readonly maker: boolean;
  /** The bar opened beyond its trigger. */
  readonly gap: boolean;
}

export interface Broker {
  /** A new bar of a market, with its volume, of which a share may be taken. */
  open(market: number, volume: number): void;
  /**
   * Fills a batch of orders that meet their prices at one instant (ms UTC), at most one order per market; answers those that wait for more
   * volume.
   *
   * Positions to be given up go first (longs sold, then shorts bought back). Then the account is valued at what it would cost to
   * have its positions, fee and slippage included, every exposure becomes a quantity - full long = all cash / (price x (1 + fee)) -
   * and what makes positions smaller goes before what makes them larger. Where the cash does not suffice for all of the latter one factor
   * shrinks them, so the order of markets never matters. An order that leads to no fill becomes a rejection with its reason.
   *
   * `marks` holds, by market, the price at which it counts if it takes no part in the batch (NaN where it never had one).
   */
  fillBatch(batch: readonly Meeting[], marks: Float64Array, time: number): readonly Working[];
  /** Sells a position that its maintenance margin no longer carries, whole and without slippage. */
  liquidate(market: number, price: number, time: number, id: string, reason: string): void;
  reject(order: Pick<Order, 'id' | 'market'>, time: number, reason: string): void;
}

const NONE: readonly Working[] = [];

/** Sums of parts miss the whole by a few units in the last place: what is nearer than this share of it is the whole. */
const NEARLY = 1e-12;

/** What is left of a wish below this share of it is rounding left in the cash, not a purchase. */
const DUST = 1e-9;

/** The one place where orders become fills, which are booked and appended to `events`, as are rejections. */
export function createBroker(book: Book, markets: readonly Bars[], rules: Rules, events: Event[]): Broker {
  const { costs, volumeCap } = rules;
  const inBase = costs.currency === 'base';
  const fixed = volumeCap?.quantity === 'fixed';
  const of: readonly MarketRules[] = markets.map(({ market }) => rules.markets?.[market] ?? {});
  // By market, for the batch at hand.
  const wanted = new Float64Array(markets.length);
  const settled = new Uint8Array(markets.length);
  const capped = new Uint8Array(markets.length);
  const volume = new Float64Array(markets.length);
  const left = new Float64Array(markets.length).fill(Infinity);
  let now = 0;

  return {
    open(m, traded) {
      volume[m] = traded;
      left[m] = volumeCap ? traded * volumeCap.share : Infinity;
    },
    fillBatch(batch, marks, time) {
      now = time;
      settled.fill(0);
      capped.fill(0);
      for (const meeting of batch) closePosition(meeting, 1);
      for (const meeting of batch) closePosition(meeting, -1);
      const equity = Math.max(valueAtFillPrices(batch, marks), 0);
      for (const meeting of batch) wanted[meeting.market] = resolve(meeting, equity);
      for (const meeting of batch) if (!enlarges(meeting.market)) fill(meeting, wanted[meeting.market]!, 1);
      enlarge(batch);
      let waiting: Working[] | undefined;
      for (const { order, market } of batch) {
        if (capped[market] === 1) {
          waiting ??= [];
          waiting.push(order);
        } else if (settled[market] === 0) reject(order, now, equity > 0 ? 'nothing to trade' : 'no equity left');
      }
      return waiting ?? NONE;
    },
    liquidate(m, price, time, id, reason) {
      now = time;
      const signed = -book.quantity[m]!;
      const fee = Math.abs(signed) * price * (of[m]!.liquidationFee ?? 0);
      book.apply(m, signed, price, fee, 0, false);
      record(id, m, signed, price, fee, 0, 1, false, reason);
    },
    reject,
  };

  /** Gives up a position of this sign that its order does not want to keep. */
  function closePosition(meeting: Meeting, sign: number): void {
    const { order, market } = meeting;
    const held = book.quantity[market]!;
    if (sign * held <= 0 || wrongSide(order, -held)) return;
    const given = outstanding(order);
    if (given !== undefined) {
      // Whoever trades at least what is held closes the position first.
      if (given * held < 0 && Math.abs(given) >= Math.abs(held) * (1 - NEARLY)) take(meeting, -held, Math.abs(given));
    } else if (order.exposure! * held <= 0) {
      take(meeting, -held, fixed && order.exposure === 0 ? Math.abs(held) : undefined);
    }
  }

  /** The quantity an order has still to trade, signed, where that is given already; undefined for an exposure to be resolved. */
  function outstanding({ side, quantity, remaining }: Working): number | undefined {
    return remaining === undefined ? quantity : side === 'buy' ? remaining : -remaining;
  }

  /** Kinds other than market were placed for one side. */
  function wrongSide({ kind, side }: Working, signed: number): boolean {
    return kind !== 'market' && signed > 0 !== (side === 'buy');
  }

  /** The quantity to trade after positions were given up, signed: 0 where there is nothing to do. */
  function resolve(meeting: Meeting, equity: number): number {
    const { order, market } = meeting;
    if (capped[market] === 1) return 0;
    const held = book.quantity[market]!;
    let signed = outstanding(order) ?? towards(meeting, equity);
    if (signed === 0) return 0;
    const only = order.reduceOnly ? 'reduce-only, and there is no position to make smaller' : 'spot is never sold short';
    if (order.reduceOnly || (book.margined[market] === 0 && signed < 0)) {
      if (held * signed >= 0) {
        if (settled[market] === 0) refuse(order, market, only);
        return 0;
      }
      if (Math.abs(signed) > Math.abs(held)) signed = -held;
    }
    return signed;
  }

  /** From what is held to the exposure an order is to reach. */
  function towards({ order, market, price, maker }: Meeting, equity: number): number {
    const exposure = order.exposure!;
    if (exposure === 0) return 0;
    const held = book.quantity[market]!;
    const sign = exposure > 0 ? 1 : -1;
    const about = Math.abs((exposure * equity) / price - held);
    const at = maker ? price : price * slipped(order, market, sign, about);
    let signed = (exposure * equity) / unitCost(costs, at, maker) - held;
    if (inBase && signed > 0) signed /= 1 - feeRate(costs, maker);
    if (wrongSide(order, signed)) return 0;
    if (fixed && signed !== 0) {
      order.remaining = Math.abs(signed);
      order.side = signed > 0 ? 'buy' : 'sell';
    }
    return signed;
  }

  function enlarges(m: number): boolean {
    return wanted[m]! !== 0 && wanted[m]! * book.quantity[m]! >= 0;
  }

  /** What makes positions larger, shrunk by one factor where the cash does not suffice for all. */
  function enlarge(batch: readonly Meeting[]): void {
    let cost = 0;
    // Minimum fees do not shrink with the quantities.
    let unshrunk = 0;
    let freed = 0;
    for (const { order, market, price, maker } of batch) {
      if (!enlarges(market)) continue;
      const signed = wanted[market]!;
      const size = roundDown(Math.min(Math.abs(signed), left[market]!), of[market]!.lot);
      const at = priceOf(order, market, signed, size, price, maker);
      const fee = inBase ? 0 : feeOf(costs, size, at, maker);
      cost += size * at * book.initial[market]! + fee;
      if (!inBase && fee === costs.minimum) unshrunk += fee;
      freed += book.available(market, at) - book.cash;
    }
    const cash = Math.max(book.cash + freed, 0);
    // A factor within a few units in the last place of 1 is rounding, not competition for cash.
    const factor = cost * (1 - NEARLY) > cash ? Math.max(cash - unshrunk, 0) / (cost - unshrunk) : 1;
    for (const meeting of batch) if (enlarges(meeting.market)) fill(meeting, wanted[meeting.market]!, factor);
  }

  function valueAtFillPrices(batch: readonly Meeting[], marks: Float64Array): number {
    for (const { order, market, price, maker } of batch) {
      marks[market] = unitCost(costs, maker ? price : price * slipped(order, market, 1, 0), maker);
    }
    let equity = book.cash;
    for (let m = 0; m < markets.length; m++) {
      if (book.quantity[m] !== 0) equity += book.value(m, marks[m]!);
    }
    return equity;
  }

  /** 1 and the slippage of a fill, for a purchase; 1 less it for a sale. */
  function slipped(order: Working, market: number, sign: number, quantity: number): number {
    const most = Math.min(quantity, left[market]!);
    return 1 + sign * slippageOf(costs, most, volume[market]!, order.id, now);
  }

  function priceOf(order: Working, market: number, signed: number, size: number, price: number, maker: boolean): number {
    if (maker) return price;
    const sign = signed > 0 ? 1 : -1;
    const slippedPrice = price * slipped(order, market, sign, size);
    // Nobody pays more than the limit of the order.
    return order.limit !== undefined && sign * (slippedPrice - order.limit) > 0 ? order.limit : slippedPrice;
  }

  /** Gives up a whole position, as far as the volume goes; `total`: what the order has to trade in all, from here on fixed. */
  function take(meeting: Meeting, signed: number, total: number | undefined): void {
    const { order } = meeting;
    if (total !== undefined) {
      order.side = signed > 0 ? 'buy' : 'sell';
      order.remaining = total;
    }
    fill(meeting, signed, 1);
  }

  /** Fills what volume, lots and cash allow of `signed` times the factor. */
  function fill(meeting: Meeting, signed: number, factor: number): void {
    const { order, market, price: barPrice, maker, gap } = meeting;
    if (signed === 0) return;
    const { lot } = of[market]!;
    const held = book.quantity[market]!;
    const closing = signed === -held;
    if (!closing && !order.partly && tooSmall(order, market, Math.abs(signed), barPrice)) return;
    let size = closing ? Math.abs(signed) : roundDown(Math.abs(signed), lot);
    if (size === 0) {
      // Of an order that was filled in part less than a lot is left.
      settled[market] = 1;
      return;
    }
    if (size > left[market]! * (1 + NEARLY)) {
      size = roundDown(left[market]!, lot);
      capped[market] = 1;
      if (size === 0) return;
    }
    const enlarging = signed * held >= 0;
    let price = priceOf(order, market, signed, size, barPrice, maker);
    if (enlarging) {
      size = affordable(market, roundDown(size * factor, lot), price, maker);
      if (size === 0 || factor < DUST) {
        capped[market] = 0;
        refuse(order, market, 'no cash left');
        return;
      }
      if (!order.partly && factor < 1 && tooSmall(order, market, size, barPrice)) {
        capped[market] = 0;
        return;
      }
      // A smaller size never costs more slippage.
      price = priceOf(order, market, signed, size, barPrice, maker);
      if (factor < 1) capped[market] = 0;
    }
    const trade = signed > 0 ? size : -size;
    const due = feeOf(costs, size, price, maker);
    if (inBase && signed > 0 && due >= size * price) {
      capped[market] = 0;
      refuse(order, market, 'worth less than its fee');
      return;
    }
    // A sale never costs more than it brings: the cash of a spot account stays at 0 or above.
    const fee = !enlarging && book.margined[market] === 0 ? Math.min(due, size * price) : due;
    const lost = size * (signed > 0 ? price - barPrice : barPrice - price);
    book.apply(market, trade, price, fee, lost, inBase);
    left[market] = Math.max(left[market]! - size, 0);
    settled[market] = 1;
    order.partly = true;
    if (order.remaining !== undefined) order.remaining -= size;
    else if (order.quantity !== undefined) order.remaining = Math.abs(order.quantity) - size;
    if (order.remaining !== undefined && order.remaining <= 0) order.remaining = 0;
    record(
      order.id,
      market,
      trade,
      price,
      fee,
      lost,
      factor,
      maker,
      gap && order.reduceOnly && !order.reason.endsWith('Gap') ? `${order.reason}Gap` : order.reason,
    );
  }

  /** Whether the market refuses an order of this size; it is rejected then. A position is always given up whole, however small. */
  function tooSmall(order: Working, market: number, size: number, price: number): boolean {
    const problem = sizeProblem(size, price, of[market]!);
    if (problem === undefined) return false;
    refuse(order, market, problem);
    return true;
  }

  function refuse(order: Working, market: number, reason: string): void {
    settled[market] = 1;
    reject(order, now, reason);
  }

  /** The largest quantity up to `quantity`, in whole lots, whose cost, rounded as it will be booked, leaves cash >= 0. */
  function affordable(market: number, quantity: number, price: number, maker: boolean): number {
    const cash = book.available(market, price);
    const share = book.initial[market]!;
    const { lot } = of[market]!;
    const leaves = (size: number) => cash - (size * price * share + (inBase ? 0 : feeOf(costs, size, price, maker)));
    if (leaves(quantity) >= 0) return quantity;
    if (!(cash > 0)) return 0;
    const unit = price * share + (inBase ? 0 : unitCost(costs, price, maker) - price);
    // Fees are the larger of the minimum, which does not shrink with the quantity, and of what does.
    let size = Math.max(Math.min(quantity, cash / unit, inBase ? Infinity : (cash - (costs.minimum ?? 0)) / (price * share)), 0);
    if (lot !== undefined) size = roundDown(size, lot);
    // A lot less, or twice as much each time as rounding can have added.
    for (let less = Number.EPSILON / 2; size > 0 && leaves(size) < 0; less *= 2) {
      size = lot === undefined ? size - size * less : roundDown(Math.max(size - lot, 0), lot);
    }
    return size;
  }

  function record(
    id: string,
    m: number,
    signed: number,
    price: number,
    fee: number,
    slippage: number,
    factor: number,
    maker: boolean,
    reason: string,
  ): void {
    const side = signed > 0 ? 'buy' : 'sell';
    events.push({
      kind: 'fill',
      time: now,
      id,
      market: markets[m]!.market,
      side,
      quantity: Math.abs(signed),
      price,
      fee,
      slippage,
      factor,
      ...(inBase && signed > 0 && { inBase: true as const }),
      maker,
      reason,
    });
  }

  function reject({ id, market }: Pick<Order, 'id' | 'market'>, time: number, reason: string): void {
    events.push({ kind: 'rejection', time, id, market, reason });
  }
}
