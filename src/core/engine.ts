import { Book } from './account.ts';
import type { Column } from './bars.ts';
import { type Costs, fillBatch, type Meeting } from './broker.ts';
import type { Panel } from './panel.ts';
import { type Policy, Reason, type ReasonCode, reasonName, type View } from './policy.ts';
import type { Event, FillRule, MarketTrace, Order, State, Trace } from './trace.ts';

/** The rules of trading, the same in every mode. */
export interface Rules {
  /** Quote. */
  readonly capital: number;
  readonly fill: FillRule;
  readonly costs: Costs;
  /** Share of equity a target of 1 stands for, in every market: a fraction of the account divided by the number of markets. */
  readonly share: number;
  /** Drift from the exposure wanted that is left alone, as a fraction of equity. */
  readonly band: number;
  /** Names of the markets that may be sold short. */
  readonly margin: ReadonlySet<string>;
}

/** What a run folds: slices `from .. to-1` of the panel, and the columns that were computed before it. */
export interface Setup {
  /** The bot's name, the first part of order ids. */
  readonly name: string;
  readonly panel: Panel;
  readonly policy: Policy;
  /** Signals of the strategy, [market][signal], aligned with the market's bars. */
  readonly signals: readonly (readonly Column[])[];
  /** Expected returns, [market]. */
  readonly forecasts: readonly Column[];
  readonly rules: Rules;
  readonly from: number;
  readonly to: number;
}

export interface Run {
  readonly trace: Trace;
  readonly state: State;
}

// Below this a difference in exposure is rounding, never a wish.
const SMALLEST_BAND = 1e-9;

/**
 * Folds slices: settle, decide, size, mark, record. The only loop that trades.
 *
 * With `state` the run goes on after `state.slice` (which `from` must follow); any cut of the slices into runs, with the state
 * through JSON in between, gives the same trace. Throws a TypeError where state, panel and setup do not fit each other.
 */
export function run(setup: Setup, state?: State): Run {
  const { panel, policy, rules, from, to } = setup;
  const { markets } = panel;
  if (!(from >= 0 && from <= to && to <= panel.closeTime.length)) {
    throw new TypeError(`Expected slices within 0 and ${panel.closeTime.length}, received ${from} to ${to}`);
  }
  if (state && state.slice !== from - 1) {
    throw new TypeError(`Expected the run to go on after slice ${state.slice}, received a start at ${from}`);
  }
  const length = to - from;
  const book = new Book(markets, rules.capital, state?.account);
  const memory = readMemory(setup, state);
  const equityColumn = new Float64Array(length);
  const events: Event[] = [];
  const traces = markets.map((bars) => emptyTrace(bars.market, length));
  const firstKnown = setup.signals.map((columns) => firstKnownRow(columns[0]!));
  const shortable = markets.map((bars) => rules.margin.has(bars.market));
  const marks = new Float64Array(markets.length);
  const views = markets.map((bars, m) => emptyView(bars, setup.signals[m]!, setup.forecasts[m]!));
  const delayed = rules.fill !== 'this-close';
  let open: Order[] = state ? [...state.open] : [];

  for (let slice = from; slice < to; slice++) {
    const at = slice - from;
    if (delayed && open.length > 0) open = settle(slice, rules.fill === 'next-open');
    for (let m = 0; m < markets.length; m++) {
      const row = panel.row[m]![slice]!;
      if (row >= 0) book.see(m, markets[m]!.close[row]!);
    }
    let equity = book.equity();
    for (let m = 0; m < markets.length; m++) {
      const row = panel.row[m]![slice]!;
      if (row >= 0) decide(m, row, slice, at, equity);
    }
    if (!delayed && open.length > 0) {
      open = settle(slice, false);
      equity = book.equity();
    }
    equityColumn[at] = equity;
    for (let m = 0; m < markets.length; m++) {
      const quantity = book.quantity[m]!;
      traces[m]!.exposure[at] = quantity === 0 ? 0 : (quantity * book.lastClose[m]!) / equity;
    }
  }

  const trace: Trace = { closeTime: panel.closeTime.subarray(from, to), equity: equityColumn, market: traces, events };
  return { trace, state: { schema: 1, slice: to - 1, account: book.snapshot(markets), open, memory: writeMemory(setup, memory) } };

  /** Fills the open orders whose market has a bar with volume in this slice; the others wait. */
  function settle(slice: number, atOpen: boolean): Order[] {
    const batch: Meeting[] = [];
    const waiting: Order[] = [];
    for (const order of open) {
      const market = markets.findIndex((bars) => bars.market === order.market);
      const bars = markets[market]!;
      const row = panel.row[market]![slice]!;
      if (row < 0 || bars.volume[row] === 0) waiting.push(order);
      else batch.push({ order, market, price: atOpen ? bars.open[row]! : bars.close[row]! });
    }
    if (batch.length === 0) return waiting;
    batch.sort((a, b) => a.market - b.market);
    for (let m = 0; m < markets.length; m++) {
      const row = panel.row[m]![slice]!;
      marks[m] = atOpen && row >= 0 ? markets[m]!.open[row]! : book.lastClose[m]!;
    }
    const time = panel.closeTime[slice]! - (atOpen ? markets[0]!.intervalMs : 0);
    fillBatch(batch, book, marks, rules.costs, time, events);
    return waiting;
  }

  function decide(m: number, row: number, slice: number, at: number, equity: number): void {
    const view = views[m]!;
    const held = book.quantity[m]!;
    const exposure = held === 0 ? 0 : (held * book.lastClose[m]!) / equity;
    view.i = row;
    view.exposure = exposure;
    view.entryPrice = book.entryPrice[m]!;
    view.barsHeld = book.barsHeld[m]!;
    view.signal = view.signals[0]!;
    view.reason = Reason.noForecast;
    const opinion = policy.decide(view, memory, m * policy.slots.length);
    const signal = view.signals[0]![row]!;
    const trace = traces[m]!;
    trace.signal[at] = signal;
    let reason = view.reason as ReasonCode;
    let target = opinion * rules.share;
    if (target < 0 && !shortable[m]) {
      target = 0;
      reason = Reason.noShortOnSpot;
    }
    if (reason === Reason.noForecast && row < firstKnown[m]!) reason = Reason.warmingUp;
    trace.target[at] = target;
    if (target === target) {
      cancelOther(m, target, panel.closeTime[slice]!);
      const wanted = target === 0 ? held !== 0 : target * held <= 0 || Math.abs(target - exposure) > Math.max(rules.band, SMALLEST_BAND);
      if (wanted) {
        if (reason === Reason.holding) reason = Reason.rebalance;
        place(m, panel.closeTime[slice]!, target, reason);
      } else if (target !== 0 && reason !== Reason.holding) {
        reason = Reason.inBand;
      }
    }
    trace.reason[at] = reason;
  }

  /** A decision replaces an order of its market that still waits for a bar to fill in, unless it wants the same. */
  function cancelOther(m: number, exposure: number, time: number): void {
    if (open.length === 0) return;
    const { market } = markets[m]!;
    const waiting = open.find((order) => order.market === market);
    if (!waiting || waiting.exposure === exposure) return;
    open = open.filter((order) => order !== waiting);
    events.push({ kind: 'rejection', time, id: waiting.id, market, reason: 'replaced by a later decision' });
  }

  function place(m: number, time: number, exposure: number, reason: ReasonCode): void {
    const { market } = markets[m]!;
    if (open.length > 0 && open.some((order) => order.market === market)) return;
    const order: Order = { id: `${setup.name}:${market}:${time}:0`, market, decidedAt: time, exposure, reason: reasonName(reason) };
    open.push(order);
    events.push({ kind: 'order', time, order });
  }
}

function emptyTrace(market: string, length: number): MarketTrace {
  return {
    market,
    signal: new Float64Array(length).fill(Number.NaN),
    target: new Float64Array(length).fill(Number.NaN),
    exposure: new Float64Array(length),
    reason: new Uint8Array(length),
  };
}

function emptyView(bars: View['bars'], signals: readonly Column[], forecast: Column): View {
  return { bars, i: 0, signals, signal: signals[0]!, forecast, exposure: 0, entryPrice: Number.NaN, barsHeld: 0, reason: Reason.noForecast };
}

function firstKnownRow(column: Column): number {
  for (let row = 0; row < column.length; row++) {
    if (column[row] === column[row]) return row;
  }
  return column.length;
}

function readMemory({ panel, policy }: Setup, state: State | undefined): Float64Array {
  const width = policy.slots.length;
  const memory = new Float64Array(width * panel.markets.length);
  if (!state) return memory;
  panel.markets.forEach((bars, m) => {
    const kept = state.memory[bars.market];
    if (kept?.length !== width) {
      throw new TypeError(`Expected ${width} numbers of memory for ${bars.market} in the state, received ${kept?.length ?? 'none'}`);
    }
    memory.set(kept, m * width);
  });
  return memory;
}

function writeMemory({ panel, policy }: Setup, memory: Float64Array): Record<string, readonly number[]> {
  const width = policy.slots.length;
  // Adding 0 turns -0 into 0, which JSON cannot tell apart.
  return Object.fromEntries(panel.markets.map((bars, m) => [bars.market, Array.from(memory.subarray(m * width, (m + 1) * width), (value) => value + 0)]));
}
