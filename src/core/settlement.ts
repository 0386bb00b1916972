import type { Book } from './account.ts';
import { firstAtOrAfter } from './ascending.ts';
import type { Bars } from './bars.ts';
import { createBroker, type Meeting } from './broker.ts';
import { createCharges } from './charges.ts';
import { matchOpen, matchRange } from './matching.ts';
import { createLevels, type Reached } from './protection.ts';
import type { Setup } from './setup.ts';
import type { Event } from './trace.ts';
import { orderOf, type Working, workingOf } from './working.ts';

/** What happens to orders and positions between two decisions: the one place where they meet bars. */
export interface Settlement {
  /** Charges, then the opening, the range and, for next-close, the close of a slice, for everything decided before it. */
  settle(slice: number): void;
  /** Orders of this-close at the close they were decided at. */
  settleClose(slice: number): void;
  /** After the marks of a slice: trailing stops follow. */
  follow(slice: number): void;
  place(order: Working): void;
  /** Withdraws orders of a market; each becomes a rejection with the reason. */
  withdraw(market: number, time: number, reason: string, which: (order: Working) => boolean): void;
  /** The order that is to reach the target of a market, if one waits. */
  target(market: number): Working | undefined;
  /** What waits, in the order in which it was placed. */
  readonly open: readonly Working[];
}

type Match = (order: Working, m: number) => Meeting | undefined;
type Then = (m: number, order: Working) => Reached | undefined;

const nothing: Then = () => undefined;

export function createSettlement(setup: Setup, book: Book, events: Event[], resumed: readonly Working[]): Settlement {
  const { panel, rules } = setup;
  const { markets, closeTime, detail } = panel;
  const { fill, optimistic = false, ambiguity = 'worst' } = rules;
  const worst = ambiguity === 'worst';
  const broker = createBroker(book, markets, rules, events);
  const levels = createLevels(book, markets, rules, setup.trueRange);
  const interval = markets[0]!.intervalMs;
  const detailMs = detail?.find((bars) => bars !== undefined)?.intervalMs ?? interval;
  const charge = createCharges(setup, book);
  const marks = new Float64Array(markets.length);
  const before = new Float64Array(markets.length);
  // Slice in which a position was entered: its trailing stop waits for the next one.
  const entered = new Int32Array(markets.length).fill(-1);
  // The bar, or the part of it, that is met: its row in `source`, -1 where a market takes no part.
  const row = new Int32Array(markets.length);
  const source: Bars[] = [...markets];
  const open: Working[] = [...resumed];
  // Whether any position can have a level: by a guard, by its margin, or by an order that brought one.
  let levelled = levels.always || markets.some((_, m) => levels.any(m)) || resumed.some(({ protection }) => protection !== undefined);
  let present = -1;
  let begun = -1;
  let now = 0;
  let instant = 0;

  return {
    open,
    settle(slice) {
      present = slice;
      charge?.(slice);
      if (open.length === 0 && !(levelled && anyLevels())) return;
      begin(slice);
      now = closeTime[slice]! - interval;
      for (let m = 0; m < markets.length; m++) {
        const at = panel.row[m]![slice]!;
        marks[m] = at >= 0 ? markets[m]!.open[at]! : book.lastClose[m]!;
      }
      opening(true);
      if (!inDetail(slice)) ranging();
      if (open.length === 0) return;
      if (fill === 'next-close') closing(slice);
      age(slice);
    },
    settleClose(slice) {
      begin(slice);
      closing(slice);
    },
    follow(slice) {
      if (!levelled && open.length === 0) return;
      for (let m = 0; m < markets.length; m++) {
        const at = panel.row[m]![slice]!;
        if (at >= 0 && book.quantity[m] !== 0) levels.follow(m, at, entered[m] === slice);
      }
      for (const order of open) {
        const at = panel.row[order.m]![slice]!;
        if (order.kind !== 'trailing-stop' || at < 0) continue;
        const close = markets[order.m]!.close[at]!;
        if (order.side === 'sell' ? close > order.peak! : close < order.peak!) order.peak = close;
      }
    },
    place(order) {
      if (order.protection !== undefined) levelled = true;
      open.push(order);
    },
    withdraw,
    target(m) {
      for (const order of open) if (order.m === m && order.target) return order;
      return undefined;
    },
  };

  function anyLevels(): boolean {
    for (let m = 0; m < markets.length; m++) if (book.quantity[m] !== 0 && levels.any(m)) return true;
    return false;
  }

  /** Every market with a bar that traded takes part in the slice; the others wait. */
  function begin(slice: number): void {
    if (begun === slice) return;
    begun = slice;
    for (let m = 0; m < markets.length; m++) {
      const at = panel.row[m]![slice]!;
      const volume = at >= 0 ? markets[m]!.volume[at]! : 0;
      row[m] = volume > 0 ? at : -1;
      broker.open(m, volume);
    }
  }

  /** At an opening: positions beyond a level are given up, then orders meet it, then what was entered looks at its own levels. */
  function opening(whole: boolean): void {
    giveUp((m) => levels.beyond(m, openOf(m), entered[m] !== present));
    if (open.length === 0) return;
    if (whole) refusePosts();
    meet(
      (order, m) => {
        if (order.kind === 'market' && !(whole && fill === 'next-open')) return undefined;
        const { price, maker, gap } = matchOpen(order, openOf(m), whole && order.bars === 0);
        return Number.isNaN(price) ? undefined : { order, market: m, price, maker, gap };
      },
      (m) => levels.beyond(m, openOf(m), false),
    );
  }

  /** Post-only orders that would fill at their first opening. */
  function refusePosts(): void {
    sweep(
      (order) => order.postOnly && order.bars === 0 && row[order.m]! >= 0 && !Number.isNaN(matchOpen(order, openOf(order.m), true).price),
      (order) => broker.reject(order, now, 'post-only, and it would have filled at once'),
    );
  }

  /** Inside a bar, or a part of it: levels of what is held first, then orders. */
  function ranging(): void {
    giveUp(reached);
    if (open.length === 0) return;
    meet((order, m) => {
      if (order.kind === 'market') return undefined;
      const maker = order.kind === 'limit' || order.triggered;
      const price = matchRange(order, highOf(m), lowOf(m), optimistic);
      return Number.isNaN(price) ? undefined : { order, market: m, price, maker, gap: false };
    }, afterEntry);
  }

  /** Market orders at the close. */
  function closing(slice: number): void {
    now = closeTime[slice]!;
    for (let m = 0; m < markets.length; m++) marks[m] = row[m]! >= 0 ? markets[m]!.close[row[m]!]! : closeBefore(m, slice);
    meet(
      (order, m) =>
        order.kind === 'market' ? { order, market: m, price: markets[m]!.close[row[m]!]!, maker: false, gap: false } : undefined,
      nothing,
    );
  }

  /** A bar without volume has a close all the same. */
  function closeBefore(m: number, slice: number): number {
    const at = panel.row[m]![slice]!;
    return at >= 0 ? markets[m]!.close[at]! : book.lastClose[m]!;
  }

  function openOf(m: number): number {
    return source[m]!.open[row[m]!]!;
  }

  function highOf(m: number): number {
    return source[m]!.high[row[m]!]!;
  }

  function lowOf(m: number): number {
    return source[m]!.low[row[m]!]!;
  }

  /** Where bars of a lower interval cover a slice they are met one after the other, at their own openings and ranges. */
  function inDetail(slice: number): boolean {
    if (!detail) return false;
    const end = closeTime[slice]!;
    const start = end - interval;
    const next = detail.map((bars) => (bars ? firstAtOrAfter(bars.openTime, start) : 0));
    const covered = detail.map((bars, m) => row[m]! >= 0 && bars !== undefined && (bars.openTime[next[m]!] ?? end) < end);
    if (!covered.some(Boolean)) return false;
    const whole = row.slice();
    for (let time = start; time < end; time += detailMs) {
      now = time;
      for (let m = 0; m < markets.length; m++) {
        const bars = covered[m] ? detail[m]! : markets[m]!;
        source[m] = bars;
        if (!covered[m]) row[m] = time === start ? whole[m]! : -1;
        else row[m] = bars.openTime[next[m]!] === time ? next[m]!++ : -1;
      }
      if (time > start) opening(false);
      ranging();
    }
    for (let m = 0; m < markets.length; m++) source[m] = markets[m]!;
    row.set(whole);
    return true;
  }

  /** An order that gives the position up at this opening, or for want of volume at the next one, makes its levels pointless. */
  function leaving(m: number): boolean {
    const held = book.quantity[m]!;
    for (const { m: market, kind, target, exposure, side, quantity, remaining } of open) {
      if (market !== m || kind !== 'market' || (target && fill !== 'next-open')) continue;
      const gives =
        exposure !== undefined
          ? exposure * held <= 0
          : side === (held > 0 ? 'sell' : 'buy') && (remaining ?? Math.abs(quantity!)) >= Math.abs(held);
      if (gives) return true;
    }
    return false;
  }

  /** The levels a bar's range reaches: where both sides are, the one against the position, unless the better outcome is asked for. */
  function reached(m: number): Reached | undefined {
    const against = levels.against(m, highOf(m), lowOf(m), entered[m] !== present);
    const inFavour = levels.inFavour(m, highOf(m), lowOf(m));
    if (!against || !inFavour) return against ?? inFavour;
    ambiguous(m, `${against.reason} and ${inFavour.reason} within one bar`);
    return worst ? against : inFavour;
  }

  /**
   * What was entered inside a bar looks at the rest of it. A level that the price can only have reached afterwards counts; of what may have come
   * before the entry the worse is assumed.
   */
  function afterEntry(m: number, { kind }: Working): Reached | undefined {
    if (book.quantity[m] === 0) return undefined;
    const sign = book.quantity[m]! > 0 ? 1 : -1;
    const close = source[m]!.close[row[m]!]!;
    const against = levels.against(m, highOf(m), lowOf(m), false);
    const inFavour = levels.inFavour(m, highOf(m), lowOf(m));
    if (!against && !inFavour) return undefined;
    // A limit is reached with the price moving against the position to come, a stop with it moving in its favour.
    const fell = kind === 'limit' || kind === 'take-profit';
    const surelyAgainst = against !== undefined && (fell || sign * (close - against.price) <= 0);
    const surelyInFavour = inFavour !== undefined && (!fell || sign * (close - inFavour.price) >= 0);
    if (surelyAgainst && !inFavour) return against;
    if (surelyInFavour && !against) return inFavour;
    ambiguous(m, `entered within a bar that reached ${[against, inFavour].flatMap((found) => found?.reason ?? []).join(' and ')}`);
    if (worst) return against;
    return inFavour ?? (surelyAgainst ? against : undefined);
  }

  function ambiguous(m: number, reason: string): void {
    events.push({ kind: 'ambiguity', time: now, market: markets[m]!.market, reason });
  }

  /** Gives up the positions whose level `find` names, all at once. */
  function giveUp(find: (m: number) => Reached | undefined): void {
    let exits: Meeting[] | undefined;
    for (let m = 0; m < markets.length; m++) {
      if (!levelled || row[m]! < 0 || book.quantity[m] === 0 || !levels.any(m) || (open.length > 0 && leaving(m))) continue;
      const found = find(m);
      if (!found) continue;
      exits ??= [];
      leave(m, found, exits);
    }
    if (exits && exits.length > 0) fillProtective(exits);
  }

  function leave(m: number, { reason, price }: Reached, exits: Meeting[]): void {
    const { market } = markets[m]!;
    const held = book.quantity[m]!;
    const id = `${setup.name}:${market}:${now}:${reason}`;
    withdraw(m, now, `withdrawn by ${reason}`, (order) => !order.reduceOnly && (order.target || (order.side === 'buy') === held > 0));
    if (reason === 'liquidation' || reason === 'liquidationGap') {
      broker.liquidate(m, price, now, id, reason);
      return;
    }
    const side = held > 0 ? 'sell' : 'buy';
    const order = workingOf({ quantity: -held, reduceOnly: true }, m, { id, market, side, decidedAt: now, reason, target: false });
    exits.push({ order, market: m, price, maker: false, gap: false });
  }

  function fillProtective(exits: readonly Meeting[]): void {
    for (const order of broker.fillBatch(exits, marks, now)) {
      events.push({ kind: 'order', time: now, order: orderOf(order) });
      open.push(order);
    }
  }

  /**
   * Fills open orders that `match` finds a price for, in rounds of one per market, in their order at an opening and by their distance
   * from it inside a bar; after each, `then` may give up what it entered.
   */
  function meet(match: Match, then: Then): void {
    instant++;
    for (;;) {
      const batch: Meeting[] = [];
      for (const order of open) {
        if (order.met === instant || row[order.m]! < 0) continue;
        const meeting = match(order, order.m);
        if (!meeting) continue;
        const rival = batch.length === 0 ? -1 : batch.findIndex((other) => other.market === order.m);
        if (rival < 0) batch.push(meeting);
        else if (comesBefore(meeting, batch[rival]!, order.m)) batch[rival] = meeting;
      }
      if (batch.length === 0) return;
      if (batch.length > 1) batch.sort((a, b) => a.market - b.market);
      settleBatch(batch, then);
    }
  }

  /**
   * At one price orders keep their order; of different prices the nearer to the opening is met first, but before all what makes a position smaller
   * by a stop.
   */
  function comesBefore(one: Meeting, other: Meeting, m: number): boolean {
    if (one.price === other.price) return false;
    const held = book.quantity[m]!;
    if (held === 0 && one.order.group !== undefined && one.order.group === other.order.group) {
      ambiguous(m, 'two orders of a group within one bar');
    }
    const stops = ({ order: { kind, side } }: Meeting) =>
      held !== 0 && (kind === 'stop' || kind === 'trailing-stop') && (side === 'sell') === held > 0;
    if (stops(one) !== stops(other)) {
      ambiguous(m, `${one.order.kind} and ${other.order.kind} orders within one bar`);
      return stops(one) === worst;
    }
    return Math.abs(one.price - openOf(m)) < Math.abs(other.price - openOf(m));
  }

  function settleBatch(batch: readonly Meeting[], then: Then): void {
    for (const { order, market } of batch) {
      order.met = instant;
      before[market] = book.quantity[market]!;
      open.splice(open.indexOf(order), 1);
    }
    for (const order of broker.fillBatch(batch, marks, now)) {
      // What was set off is a market order from here on; the rest of a stop-limit waits at its limit.
      if (order.kind === 'stop-limit') order.triggered = true;
      else if (order.kind !== 'limit') order.kind = 'market';
      open.push(order);
    }
    let exits: Meeting[] | undefined;
    for (const { order, market } of batch) {
      const held = book.quantity[market]!;
      const was = before[market]!;
      if (held === was) continue;
      if (order.group !== undefined) {
        withdraw(market, now, 'cancelled by another order of its group', (other) => other !== order && other.group === order.group);
      }
      if (held === 0 || (was * held > 0 && Math.abs(held) <= Math.abs(was))) continue;
      const fresh = was * held <= 0;
      if (fresh) entered[market] = present;
      levels.enter(market, panel.row[market]![present]!, order.protection, fresh);
      const found = levels.any(market) ? then(market, order) : undefined;
      if (!found) continue;
      exits ??= [];
      leave(market, found, exits);
    }
    if (exits && exits.length > 0) fillProtective(exits);
  }

  /** Orders that have met as many bars as they may are cancelled. */
  function age(slice: number): void {
    for (const order of open) if (panel.row[order.m]![slice]! >= 0) order.bars += 1;
    sweep(
      ({ timeInForce, bars }) => timeInForce !== undefined && bars >= timeInForce,
      (order) => broker.reject(order, closeTime[slice]!, `expired after ${order.bars} bar${order.bars === 1 ? '' : 's'}`),
    );
  }

  function withdraw(m: number, time: number, reason: string, which: (order: Working) => boolean): void {
    sweep(
      (order) => order.m === m && which(order),
      (order) => broker.reject(order, time, reason),
    );
  }

  /** Takes orders out, in the order in which they were placed. */
  function sweep(which: (order: Working) => boolean, then: (order: Working) => void): void {
    for (let k = 0; k < open.length; ) {
      const order = open[k]!;
      if (!which(order)) {
        k++;
        continue;
      }
      open.splice(k, 1);
      then(order);
    }
  }
}
