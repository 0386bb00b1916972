import { expect, it } from 'vitest';
import type { Bars } from '../../src/core/bars.ts';
import { createBars } from '../../src/core/bars.ts';
import { type Run, run } from '../../src/core/engine.ts';
import type { Ticket } from '../../src/core/order.ts';
import { createPanel } from '../../src/core/panel.ts';
import { HOLD, type Policy, Reason, reasonName } from '../../src/core/policy.ts';
import type { Costs, MarketRules, Rules } from '../../src/core/rules.ts';
import type { Setup, VolatilityTarget } from '../../src/core/setup.ts';
import type { Account, Event, FillEvent, State } from '../../src/core/trace.ts';
import { threshold } from '../../src/strategies/threshold.ts';
import { HOUR } from './markets.ts';

/** [open, high, low, close, volume], where the volume is 1000 unless said; one number: a bar of that one price; null: no bar. */
export type Row = readonly number[] | number | null;
/** An order of the only market, or of the one that is named. */
export type Placed = Ticket & { readonly market?: string };
/** By the number of a bar, the first one being bar 1. */
type AtBar<T> = Readonly<Record<number, T>>;

/** A trading rule as an example: what the market did, what was ordered, and what must come of it. The market is called X unless named. */
export interface TradingCase {
  readonly name: string;
  readonly bars?: readonly Row[];
  readonly markets?: Readonly<Record<string, readonly Row[]>>;
  /** Orders placed at the close of a bar; the next bar is the first that they can meet. */
  readonly orders?: AtBar<readonly Placed[]>;
  /** Orders withdrawn at the close of a bar: all. */
  readonly cancel?: readonly number[];
  /** Exposure wanted from the close of a bar: 1 all the equity, 0 none, -1 short; of one market, or by name. Elsewhere the position is left alone. */
  readonly targets?: AtBar<number | Readonly<Record<string, number>>>;
  /** In place of targets a signal at every close: long above 0. A level policy asks at every close, a cross policy where it turns. */
  readonly level?: readonly number[];
  readonly cross?: readonly number[];
  readonly short?: boolean;
  /** On top of: 1000 of capital, no costs, no band, all at the next open. */
  readonly rules?: Partial<Omit<Rules, 'costs' | 'markets'>>;
  readonly costs?: Partial<Costs>;
  /** What the market, or every one of them, allows; or by name. */
  readonly allows?: MarketRules;
  readonly allowsEach?: Readonly<Record<string, MarketRules>>;
  /** Funding rates due at the opening of bars. */
  readonly funding?: AtBar<number>;
  /** Bars of a lower interval, the same number of them in every bar. */
  readonly detail?: readonly Row[];
  readonly detailPerBar?: number;
  /** Average true range, or the share that a target of 1 stands for, bar by bar. */
  readonly trueRange?: readonly number[];
  readonly weights?: readonly number[];
  readonly volatility?: { readonly aim: number; readonly most: number; readonly variance: readonly number[] };
  /** Every fill, rejection, guard and ambiguous bar in order, then what still waits, in words. */
  readonly expect: readonly string[];
  /** Figures after the close of a bar: of the account, of its only position, or of each by name. */
  readonly after?: AtBar<Readonly<Record<string, number | null>>>;
  /** Why each bar's target is what it is. */
  readonly reasons?: readonly string[];
}

/** A number as it stands in expected lines: eight digits. */
export const n = (value: number): string => String(Number(value.toPrecision(8)));

/** Makes every case a test: run in one piece, and cut after every bar with the state through JSON, which must give the same. */
export function testCases(cases: readonly TradingCase[]): void {
  for (const one of cases) it(one.name, () => check(one));
}

function check(one: TradingCase): void {
  const setup = setupOf(one);
  const { whole, pieces } = lawful(setup);
  const lines = pieces.flatMap(({ trace }, slice) => wordsOf(trace.events, barOf(setup, slice), setup, whole.trace.events));
  expect([...lines, ...whole.state.open.map((order) => `waiting: ${order.side} ${order.kind}`)]).toEqual(one.expect);
  for (const [bar, figures] of Object.entries(one.after ?? {})) {
    checkFigures(pieces.find((_, slice) => barOf(setup, slice) === Number(bar))!, Number(bar), figures);
  }
  if (one.reasons) expect([...whole.trace.market[0]!.reason].map(reasonName)).toEqual(one.reasons);
}

/** Runs a setup whole and cut after every bar, and checks what holds in every run. */
export function lawful(setup: Setup): { readonly whole: Run; readonly pieces: readonly Run[] } {
  const whole = run(setup);
  const pieces = piecesOf(setup);
  expect(pieces.flatMap(({ trace }) => trace.events)).toEqual(whole.trace.events);
  expect(pieces.map(({ trace }) => trace.equity[0])).toEqual([...whole.trace.equity]);
  expect(pieces[pieces.length - 1]!.state).toEqual(whole.state);
  checkAccount(setup, pieces);
  checkFills(setup, pieces);
  checkOrders(
    whole,
    setup.panel.markets.every(({ market }) => !setup.rules.markets?.[market]?.margin && setup.rules.costs.currency !== 'base'),
  );
  return { whole, pieces };
}

export function setupOf(one: TradingCase): Setup {
  const rows: Readonly<Record<string, readonly Row[]>> = one.markets ?? { X: one.bars ?? [] };
  const bars = Object.entries(rows).map(([market, of]) => barsFrom(market, of, HOUR));
  const dueAt = Object.entries(one.funding ?? {}).map(([bar, rate]) => [START + (Number(bar) - 1) * HOUR, rate] as const);
  const time = Float64Array.from(dueAt, ([due]) => due);
  const rate = Float64Array.from(dueAt, ([, due]) => due);
  const panel = createPanel(bars, {
    ...(one.funding && { funding: new Map(bars.map(({ market }) => [market, { time, rate }])) }),
    ...(one.detail && { detail: new Map([['X', barsFrom('X', one.detail, HOUR / (one.detailPerBar ?? 2))]]) }),
  });
  const columns = panel.markets.map((market) => {
    const given = one.level ?? one.cross;
    return Float64Array.from({ length: market.length }, (_, row) => (given ? (given[row] ?? Number.NaN) : 0));
  });
  const each = Object.fromEntries(panel.markets.map(({ market }) => [market, { ...one.allows, ...one.allowsEach?.[market] }]));
  const volatilityTarget: VolatilityTarget | undefined = one.volatility && {
    volatility: one.volatility.aim,
    most: one.volatility.most,
    covariance: [[Float64Array.from(one.volatility.variance)]],
  };
  return {
    name: 'case',
    panel,
    policy: policyOf(one),
    signals: columns.map((column) => [column]),
    forecasts: columns,
    from: 0,
    to: panel.closeTime.length,
    rules: {
      capital: 1000,
      fill: 'next-open',
      share: 1,
      band: 0,
      ...one.rules,
      costs: { taker: 0, slippage: 0, ...one.costs },
      markets: each,
    },
    ...(one.weights && { weights: [Float64Array.from(one.weights)] }),
    ...(one.trueRange && { trueRange: [Float64Array.from(one.trueRange)] }),
    ...(volatilityTarget && { volatilityTarget }),
  };
}

const START = Date.UTC(2020, 0, 1);

function barsFrom(market: string, rows: readonly Row[], interval: number): Bars {
  const there = rows.flatMap((row, k) =>
    row === null ? [] : [[START + k * interval, ...(typeof row === 'number' ? [row, row, row, row] : row)]],
  );
  const column = (k: number, otherwise = Number.NaN) => Float64Array.from(there, (row) => row[k] ?? otherwise);
  return createBars(market, interval, {
    openTime: column(0),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5, 1000),
  });
}

function policyOf({ targets = {}, orders = {}, cancel = [], level, cross, short }: TradingCase): Policy {
  if (level || cross) return threshold({ enter: 0, entry: level ? 'level' : 'cross', side: short ? 'both' : 'long' });
  return {
    kind: 'written down',
    slots: [],
    decide(view) {
      const { market, openTime } = view.bars;
      const bar = Math.round((openTime[view.i]! - START) / HOUR) + 1;
      if (cancel.includes(bar)) view.cancel();
      for (const { market: name, ...ticket } of orders[bar] ?? []) if (name === undefined || name === market) view.place(ticket);
      const target = targets[bar];
      const wish = typeof target === 'object' ? target[market] : target;
      if (wish === undefined) {
        view.reason = Reason.holding;
        return HOLD;
      }
      view.reason = wish > 0 ? Reason.enterLong : wish < 0 ? Reason.enterShort : Reason.exit;
      return wish;
    },
  };
}

/** The number of the bar that a slice is, missing ones counted. */
const barOf = ({ panel }: Setup, slice: number): number => Math.round((panel.closeTime[slice]! - START) / HOUR);

function piecesOf(setup: Setup): readonly Run[] {
  const pieces: Run[] = [];
  let state: State | undefined;
  for (let from = 0; from < setup.to; from++) {
    const piece = run({ ...setup, from, to: from + 1 }, state);
    pieces.push(piece);
    state = JSON.parse(JSON.stringify(piece.state)) as State;
  }
  return pieces;
}

function wordsOf(events: readonly Event[], bar: number, { panel }: Setup, all: readonly Event[]): string[] {
  const kinds = new Map(all.flatMap((event) => (event.kind === 'order' ? [[event.order.id, event.order.kind] as const] : [])));
  const several = panel.markets.length > 1;
  const of = (market: string | null) => (several ? ` ${market ?? 'account'}` : '');
  return events.flatMap((event) => {
    switch (event.kind) {
      case 'order':
        return [];
      case 'fill':
        return [`bar ${bar}: ${fillInWords(event, of(event.market))}`];
      case 'rejection':
        return [`bar ${bar}: no ${kinds.get(event.id) ?? 'order'}${of(event.market)}: ${event.reason}`];
      case 'guard':
        return [`bar ${bar}: ${event.guard}${of(event.market)} ${event.action}: ${event.reason}`];
      default:
        return [`bar ${bar}: ambiguous${of(event.market)}: ${event.reason}`];
    }
  });
}

function fillInWords({ side, quantity, price, fee, slippage, factor, maker, reason }: FillEvent, market: string): string {
  const more = [
    ...(fee === 0 ? [] : [`fee ${n(fee)}`]),
    ...(slippage === 0 ? [] : [`slippage ${n(slippage)}`]),
    ...(factor === 1 ? [] : [`factor ${n(factor)}`]),
    ...(maker ? ['maker'] : []),
  ];
  return [`${side} ${n(quantity)}${market} @ ${n(price)} (${reason})`, ...more].join(', ');
}

/** `cash`, `equity` and totals of the account; figures of the only position by their names, or of one of several as `X quantity`. */
function checkFigures({ trace, state }: Run, bar: number, figures: Readonly<Record<string, number | null>>): void {
  const { account } = state;
  for (const [name, expected] of Object.entries(figures)) {
    const [first, second] = name.split(' ');
    const position = second === undefined ? account.positions[0]! : account.positions.find(({ market }) => market === first)!;
    const key = second ?? first!;
    const received =
      key === 'equity'
        ? trace.equity[0]!
        : key === 'exposure'
          ? trace.market.find(({ market }) => market === position.market)!.exposure[0]!
          : ((key in account ? account[key as keyof Account] : position[key as keyof typeof position]) as number | null);
    const near =
      received === expected || Math.abs((received ?? Infinity) - (expected ?? Infinity)) <= 1e-9 * Math.max(1, Math.abs(expected!));
    expect(near, `bar ${bar}: expected ${name} ${expected}, received ${received}`).toBe(true);
  }
}

/** Spot cash is never negative, and equity changes by nothing but price moves of what is held and what was paid. */
function checkAccount({ panel, rules }: Setup, pieces: readonly Run[]): void {
  const spot = panel.markets.every(({ market }) => !rules.markets?.[market]?.margin);
  const held = new Map<string, { quantity: number; mark: number }>();
  let moves = 0;
  let cash = rules.capital;
  let charged = 0;
  pieces.forEach(({ trace, state: { account } }, slice) => {
    const charges = account.funding + account.interest;
    cash -= charges - charged;
    charged = charges;
    for (const event of trace.events) {
      if (event.kind !== 'fill') continue;
      const { market, side, quantity, price, slippage, fee } = event;
      const position = held.get(market) ?? { quantity: 0, mark: 0 };
      const sign = side === 'buy' ? 1 : -1;
      const raw = price - (sign * slippage) / quantity;
      if (position.quantity !== 0) moves += position.quantity * (raw - position.mark);
      const inBase = rules.costs.currency === 'base' && sign > 0;
      cash -= sign * quantity * price + (inBase ? 0 : fee);
      if (spot) expect(cash, `cash after ${event.id}`).toBeGreaterThanOrEqual(-1e-9 * rules.capital);
      position.quantity += sign * quantity - (inBase ? fee / price : 0);
      // What a fee in base is worth is counted at the price paid, and held at the bar's.
      if (inBase) moves += fee - (fee / price) * raw;
      position.mark = raw;
      held.set(market, position);
    }
    for (const bars of panel.markets) {
      const position = held.get(bars.market);
      const row = panel.row[panel.markets.indexOf(bars)]![slice]!;
      if (!position) continue;
      if (row >= 0) {
        moves += position.quantity * (bars.close[row]! - position.mark);
        position.mark = bars.close[row]!;
      }
      const booked = account.positions.find(({ market }) => market === bars.market)!.quantity;
      expect(Math.abs(position.quantity - booked), `quantity of ${bars.market} after bar ${slice + 1}`).toBeLessThanOrEqual(1e-9);
    }
    const { fees, slippage, funding, interest, shortfall } = account;
    const expected = rules.capital + moves - fees - slippage - funding - interest + shortfall;
    expect(Math.abs(trace.equity[0]! - expected), `equity after bar ${slice + 1}`).toBeLessThanOrEqual(1e-9 * rules.capital);
    if (spot) expect(account.cash, `cash after bar ${slice + 1}`).toBeGreaterThanOrEqual(0);
  });
}

/** Before slippage every fill is at a price that its bar traded, and all of a bar's are within the volume cap. */
function checkFills({ panel, rules }: Setup, pieces: readonly Run[]): void {
  pieces.forEach(({ trace }, slice) => {
    panel.markets.forEach((bars, m) => {
      const fills = trace.events.filter((event): event is FillEvent => event.kind === 'fill' && event.market === bars.market);
      if (fills.length === 0) return;
      const row = panel.row[m]![slice]!;
      for (const { side, price, slippage, quantity } of fills) {
        expect(quantity).toBeGreaterThan(0);
        const raw = price - ((side === 'buy' ? 1 : -1) * slippage) / quantity;
        expect(raw).toBeGreaterThanOrEqual(bars.low[row]! - 1e-9);
        expect(raw).toBeLessThanOrEqual(bars.high[row]! + 1e-9);
      }
      const traded = fills.filter(({ reason }) => !reason.startsWith('liquidation')).reduce((sum, { quantity }) => sum + quantity, 0);
      expect(bars.volume[row]).toBeGreaterThan(0);
      if (rules.volumeCap) expect(traded).toBeLessThanOrEqual(bars.volume[row]! * rules.volumeCap.share + 1e-9);
    });
  });
}

/**
 * Every order ends as a fill, a rejection, or among those that wait; no two share an id; none trades more than its quantity, at a price worse
 * than its limit, before it was decided, or to make a position larger that it may only reduce.
 */
function checkOrders({ trace: { events }, state }: Run, spot: boolean): void {
  const waiting = new Set(state.open.map(({ id }) => id));
  const ended = new Set(events.flatMap((event) => (event.kind === 'fill' || event.kind === 'rejection' ? [event.id] : [])));
  const orders = new Map(events.flatMap((event) => (event.kind === 'order' ? [[event.order.id, event.order] as const] : [])));
  expect(orders.size).toBe(events.filter(({ kind }) => kind === 'order').length);
  for (const id of orders.keys()) expect(waiting.has(id) || ended.has(id), id).toBe(true);
  const alone = new Set<string>();
  const traded = new Map<string, number>();
  const held = new Map<string, number>();
  for (const event of events) {
    if (event.kind !== 'fill') continue;
    const { id, market, side, quantity, price, time } = event;
    const order = orders.get(id);
    const before = held.get(market) ?? 0;
    const signed = side === 'buy' ? quantity : -quantity;
    held.set(market, before + signed);
    if (spot) expect(before + signed, `position after ${id}`).toBeGreaterThanOrEqual(-1e-9);
    if (!order) {
      expect(alone.has(id), id).toBe(false);
      alone.add(id);
      continue;
    }
    traded.set(id, (traded.get(id) ?? 0) + quantity);
    if (order.quantity !== undefined) expect(traded.get(id), id).toBeLessThanOrEqual(Math.abs(order.quantity) + 1e-9);
    if (order.limit !== undefined) expect((price - order.limit) * signed, id).toBeLessThanOrEqual(1e-9);
    if (order.reduceOnly) expect(before * signed, id).toBeLessThan(0);
    expect(time, id).toBeGreaterThanOrEqual(order.decidedAt);
  }
}
