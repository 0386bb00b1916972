import type { Book } from './account.ts';
import { firstAtOrAfter } from './ascending.ts';
import type { Bars } from './bars.ts';
import { createBroker, type Meeting } from './broker.ts';
import { createCharges } from './charges.ts';
import { isSetOff, matchOpen, matchRange } from './matching.ts';
import { createPrecedence, type Moment } from './precedence.ts';
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
  /** Whether the rest of a position that a level gave up waits for volume. */
  givesUp(market: number): boolean;
  /** What waits, in the order in which it was placed. */
  readonly open: readonly Working[];
}

type Match = (order: Working, m: number) => Meeting | undefined;
type Then = (entry: Meeting) => Reached | undefined;

const nothing: Then = () => undefined;

export function createSettlement(setup: Setup, book: Book, events: Event[], resumed: readonly Working[]): Settlement {
  const { panel, rules } = setup;
  const { markets, closeTime, detail } = panel;
  const { fill, optimistic = false, ambiguity = 'worst' } = rules;
  const broker = createBroker(book, markets, rules, events);
  const levels = createLevels(book, markets, rules, setup.trueRange);
  const ticks = markets.map(({ market }) => rules.markets?.[market]?.tick);
  const interval = markets[0]!.intervalMs;
  const detailMs = detail?.find((bars) => bars !== undefined)?.intervalMs ?? interval;
  const charge = createCharges(setup, book);
  const marks = new Float64Array(markets.length);
  const before = new Float64Array(markets.length);
  const entered = new Int32Array(markets.length).fill(-1);
  // How often a position was given up in this slice.
  const left = new Int32Array(markets.length);
  const row = new Int32Array(markets.length);
  const source: Bars[] = [...markets];
  const moment: Moment = { slice: -1, time: 0, source, row, entered };
  const { reached, precedes, comesBefore, afterEntry } = createPrecedence(book, levels, moment, ambiguity === 'worst', events);
  const open: Working[] = [...resumed];
  // Whether any position can have a level: by a guard, by its margin, or by an order that brought one.
  let levelled = levels.always || markets.some((_, m) => levels.any(m)) || resumed.some(({ protection }) => protection !== undefined);
  let begun = -1;
  let instant = 0;

  return {
    open,
    settle(slice) {
      moment.slice = slice;
      charge?.(slice);
      if (open.length === 0 && !(levelled && anyLevels())) return;
      begin(slice);
      moment.time = closeTime[slice]! - interval;
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
    givesUp(m) {
      for (const order of open) if (order.m === m && order.protective) return true;
      return false;
    },
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
      left[m] = 0;
      broker.open(m, volume);
    }
  }

  /** At an opening: positions beyond a level are given up, then orders meet it, then what was entered looks at its own levels. */
  function opening(whole: boolean): void {
    giveUp(beyond);
    if (open.length === 0) return;
    if (whole) refusePosts();
    instant++;
    meet(
      (order, m) => {
        if (order.kind === 'market' && !(whole && (fill === 'next-open' || order.triggered))) return undefined;
        const { price, maker, gap } = matchOpen(order, openOf(m), whole && order.bars === 0, ticks[m]);
        return Number.isNaN(price) ? undefined : { order, market: m, price, maker, gap };
      },
      ({ market }) => levels.beyond(market, openOf(market), false),
    );
    setOff(openOf, openOf);
    // What an exit that was due has left of a position.
    giveUp(beyond);
  }

  function beyond(m: number): Reached | undefined {
    return levels.beyond(m, openOf(m), entered[m] !== moment.slice);
  }

  /** Post-only orders that would fill at their first opening. */
  function refusePosts(): void {
    sweep(
      (order) => order.postOnly && order.bars === 0 && row[order.m]! >= 0 && !Number.isNaN(matchOpen(order, openOf(order.m), true).price),
      (order) => broker.reject(order, moment.time, 'post-only, and it would have filled at once'),
    );
  }

  /** Inside a bar, or a part of it: orders that are met before a level of what is held, such levels, then the other orders. */
  function ranging(): void {
    instant++;
    if (open.length > 0 && levelled) {
      meet((order, m) => {
        const meeting = book.quantity[m] !== 0 && levels.any(m) && !leaving(m) ? matchInside(order, m) : undefined;
        const level = meeting && reached(m);
        return level && precedes(meeting, level) ? meeting : undefined;
      }, afterEntry);
    }
    giveUp(reached);
    if (open.length === 0) return;
    meet(matchInside, afterEntry);
    setOff(highOf, lowOf);
  }

  function matchInside(order: Working, m: number): Meeting | undefined {
    if (order.kind === 'market') return undefined;
    const maker = order.kind === 'limit' || order.triggered;
    const price = matchRange(order, highOf(m), lowOf(m), optimistic, ticks[m]);
    return Number.isNaN(price) ? undefined : { order, market: m, price, maker, gap: false };
  }

  /** Stop-limits whose trigger was reached without a fill are limits from here on. */
  function setOff(high: (m: number) => number, low: (m: number) => number): void {
    for (const order of open) {
      if (order.kind !== 'stop-limit' || order.triggered || row[order.m]! < 0) continue;
      order.triggered = isSetOff(order, high(order.m), low(order.m));
    }
  }

  /** Market orders at the close. */
  function closing(slice: number): void {
    moment.time = closeTime[slice]!;
    for (let m = 0; m < markets.length; m++) {
      const at = panel.row[m]![slice]!;
      // A bar without volume has a close all the same.
      marks[m] = at >= 0 ? markets[m]!.close[at]! : book.lastClose[m]!;
    }
    instant++;
    meet(
      (order, m) =>
        order.kind === 'market' && !order.triggered
          ? { order, market: m, price: markets[m]!.close[row[m]!]!, maker: false, gap: false }
          : undefined,
      nothing,
    );
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
      moment.time = time;
      for (let m = 0; m < markets.length; m++) {
        const bars = covered[m] ? detail[m]! : markets[m]!;
        source[m] = bars;
        if (!covered[m]) row[m] = time === start ? whole[m]! : -1;
        else if (bars.openTime[next[m]!] !== time) row[m] = -1;
        else {
          row[m] = bars.volume[next[m]!]! > 0 ? next[m]! : -1;
          next[m]! += 1;
        }
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
    for (const { m: market, kind, triggered, exposure, side, quantity, remaining } of open) {
      if (market !== m || kind !== 'market' || !(triggered || fill === 'next-open')) continue;
      const gives =
        exposure !== undefined && remaining === undefined
          ? exposure * held <= 0
          : side === (held > 0 ? 'sell' : 'buy') && (remaining ?? Math.abs(quantity!)) >= Math.abs(held);
      if (gives) return true;
    }
    return false;
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
    left[m]! += 1;
    const id = `${setup.name}:${market}:${moment.time}:${reason}${left[m] === 1 ? '' : `:${left[m]}`}`;
    withdraw(
      m,
      moment.time,
      `withdrawn by ${reason}`,
      (order) => !order.reduceOnly && (order.target || (order.side === 'buy') === held > 0),
    );
    if (reason === 'liquidation' || reason === 'liquidationGap') {
      broker.liquidate(m, price, moment.time, id, reason);
      return;
    }
    const side = held > 0 ? 'sell' : 'buy';
    const order = workingOf({ quantity: -held, reduceOnly: true, reason }, id, market, m, side, moment.time, false);
    order.protective = true;
    order.triggered = true;
    exits.push({ order, market: m, price, maker: false, gap: false });
  }

  function fillProtective(exits: readonly Meeting[]): void {
    for (const order of broker.fillBatch(exits, marks, moment.time)) {
      events.push({ kind: 'order', time: moment.time, order: orderOf(order) });
      open.push(order);
    }
  }

  /**
   * Fills open orders that `match` finds a price for, in rounds of one per market, in their order at an opening and by their distance
   * from it inside a bar; after each, `then` may give up what it entered.
   */
  function meet(match: Match, then: Then): void {
    for (;;) {
      const batch: Meeting[] = [];
      for (const order of open) {
        if (order.met === instant || row[order.m]! < 0) continue;
        const meeting = match(order, order.m);
        if (!meeting) continue;
        const rival = batch.length === 0 ? -1 : batch.findIndex((other) => other.market === order.m);
        if (rival < 0) batch.push(meeting);
        else if (comesBefore(meeting, batch[rival]!)) batch[rival] = meeting;
      }
      if (batch.length === 0) return;
      if (batch.length > 1) batch.sort((a, b) => a.market - b.market);
      settleBatch(batch, then);
    }
  }

  function settleBatch(batch: readonly Meeting[], then: Then): void {
    for (const { order, market } of batch) {
      order.met = instant;
      before[market] = book.quantity[market]!;
      open.splice(open.indexOf(order), 1);
    }
    const waiting = broker.fillBatch(batch, marks, moment.time);
    open.push(...waiting);
    let exits: Meeting[] | undefined;
    for (const meeting of batch) {
      const { order, market } = meeting;
      const held = book.quantity[market]!;
      const was = before[market]!;
      if (held === was) continue;
      if (order.group !== undefined) {
        withdraw(market, moment.time, 'cancelled by another order of its group', (other) => other !== order && other.group === order.group);
      }
      if (held === 0 || (was * held > 0 && Math.abs(held) <= Math.abs(was))) continue;
      const fresh = was * held <= 0;
      if (fresh || order.protection?.trailingStop) entered[market] = moment.slice;
      levels.enter(market, panel.row[market]![moment.slice]!, meeting.price, order.protection, fresh);
      const found = levels.any(market) && !leaving(market) ? then(meeting) : undefined;
      if (!found) continue;
      exits ??= [];
      leave(market, found, exits);
    }
    if (exits && exits.length > 0) fillProtective(exits);
    for (const order of waiting) {
      if (order.kind === 'market' || order.kind === 'limit') continue;
      order.triggered = true;
      if (order.kind !== 'stop-limit') order.kind = 'market';
    }
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
