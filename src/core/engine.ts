import { Book } from './account.ts';
import type { Column } from './bars.ts';
import { type Costs, createBroker, type Meeting } from './broker.ts';
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
  const { markets, closeTime } = panel;
  checkRange(setup, state);
  const book = new Book(markets, rules.capital, state?.account);
  const memory = readMemory(setup, state);
  const lanes = markets.map((_, m) => createLane(setup, m));
  const equityColumn = new Float64Array(to - from);
  const marks = new Float64Array(markets.length);
  const events: Event[] = [];
  const broker = createBroker(book, rules.costs, events);
  const delayed = rules.fill !== 'this-close';
  const band = Math.max(rules.band, SMALLEST_BAND);
  let open: Order[] = state ? [...state.open] : [];

  for (let slice = from; slice < to; slice++) {
    if (delayed && open.length > 0) open = settle(slice, rules.fill === 'next-open');
    for (let m = 0; m < lanes.length; m++) {
      const lane = lanes[m]!;
      const row = lane.rows[slice]!;
      if (row >= 0) book.see(m, lane.close[row]!);
    }
    let equity = book.equity();
    for (let m = 0; m < lanes.length; m++) {
      if (lanes[m]!.rows[slice]! >= 0) decide(lanes[m]!, m, slice, equity);
      else recordExposure(m, slice, equity);
    }
    if (!delayed && open.length > 0) {
      open = settle(slice, false);
      equity = book.equity();
      for (let m = 0; m < lanes.length; m++) recordExposure(m, slice, equity);
    }
    equityColumn[slice - from] = equity;
  }

  const trace: Trace = { closeTime: closeTime.subarray(from, to), equity: equityColumn, market: lanes.map((lane) => lane.trace), events };
  return { trace, state: { schema: 1, slice: to - 1, account: book.snapshot(markets), open, memory: writeMemory(setup, memory) } };

  /** Fills the open orders whose market has a bar with volume in this slice; the others wait. */
  function settle(slice: number, atOpen: boolean): Order[] {
    const batch: Meeting[] = [];
    const waiting: Order[] = [];
    for (const order of open) {
      const market = markets.findIndex((bars) => bars.market === order.market);
      const bars = markets[market]!;
      const row = lanes[market]!.rows[slice]!;
      if (row < 0 || bars.volume[row] === 0) waiting.push(order);
      else batch.push({ order, market, price: atOpen ? bars.open[row]! : bars.close[row]! });
    }
    if (batch.length === 0) return waiting;
    batch.sort((a, b) => a.market - b.market);
    for (let m = 0; m < markets.length; m++) {
      const row = lanes[m]!.rows[slice]!;
      marks[m] = row >= 0 ? (atOpen ? markets[m]!.open[row]! : markets[m]!.close[row]!) : book.lastClose[m]!;
    }
    broker.fillBatch(batch, marks, closeTime[slice]! - (atOpen ? markets[0]!.intervalMs : 0));
    return waiting;
  }

  function exposureOf(m: number, equity: number): number {
    const held = book.quantity[m]!;
    if (held === 0) return 0;
    // Of nothing there is no fraction; the side is all that can be told.
    return equity > 0 ? (held * book.lastClose[m]!) / equity : Math.sign(held);
  }

  function recordExposure(m: number, slice: number, equity: number): void {
    lanes[m]!.trace.exposure[slice - from] = exposureOf(m, equity);
  }

  function decide(lane: Lane, m: number, slice: number, equity: number): void {
    const { view, trace } = lane;
    const row = lane.rows[slice]!;
    const held = book.quantity[m]!;
    const exposure = exposureOf(m, equity);
    view.i = row;
    view.exposure = exposure;
    view.entryPrice = book.entryPrice[m]!;
    view.barsHeld = book.barsHeld[m]!;
    view.reason = Reason.noForecast;
    let target = policy.decide(view, memory, m * policy.slots.length) * rules.share;
    let reason = view.reason as ReasonCode;
    if (target < 0 && !lane.shortable) {
      target = 0;
      reason = Reason.noShortOnSpot;
    }
    if (equity <= 0) {
      target = 0;
      reason = Reason.nothingLeft;
    }
    if (reason === Reason.noForecast && row < lane.firstKnown) reason = Reason.warmingUp;
    if (!Number.isNaN(target)) {
      if (open.length > 0) cancelOther(m, target, closeTime[slice]!);
      const wanted = target === 0 ? held !== 0 : target * held <= 0 || Math.abs(target - exposure) > band;
      if (wanted) {
        if (reason === Reason.holding) reason = Reason.rebalance;
        place(m, closeTime[slice]!, target, reason);
      } else if (target !== 0 && reason !== Reason.holding) {
        reason = Reason.inBand;
      }
    }
    trace.target[slice - from] = target;
    trace.exposure[slice - from] = exposure;
    trace.reason[slice - from] = reason;
  }

  /** A decision replaces an order of its market that still waits for a bar to fill in, unless it wants the same. */
  function cancelOther(m: number, exposure: number, time: number): void {
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

/** What the loop needs of one market at every slice. */
interface Lane {
  readonly rows: Int32Array;
  readonly close: Column;
  readonly view: View;
  readonly trace: MarketTrace;
  readonly shortable: boolean;
  /** First row at which the signal is known. */
  readonly firstKnown: number;
}

function createLane({ panel, signals, forecasts, rules, from, to }: Setup, m: number): Lane {
  const bars = panel.markets[m]!;
  const length = to - from;
  const columns = signals[m]!;
  const signal = columns[0]!;
  return {
    rows: panel.row[m]!,
    close: bars.close,
    view: {
      bars,
      i: 0,
      signals: columns,
      signal,
      forecast: forecasts[m]!,
      exposure: 0,
      entryPrice: Number.NaN,
      barsHeld: 0,
      reason: Reason.noForecast,
    },
    trace: {
      market: bars.market,
      signal: onClock(signal, panel.row[m]!, from, to),
      target: new Float64Array(length).fill(Number.NaN),
      exposure: new Float64Array(length),
      reason: new Uint8Array(length),
    },
    shortable: rules.margin.has(bars.market),
    firstKnown: firstKnownRow(signal),
  };
}

/** A market's column on the clock of slices `from .. to-1`: NaN where it has no bar. Without gaps the column itself, not a copy. */
function onClock(column: Column, rows: Int32Array, from: number, to: number): Column {
  const first = rows[from] ?? -1;
  if (first >= 0 && rows[to - 1] === first + to - 1 - from) return column.subarray(first, first + to - from);
  const copy = new Float64Array(to - from).fill(Number.NaN);
  for (let slice = from; slice < to; slice++) {
    if (rows[slice]! >= 0) copy[slice - from] = column[rows[slice]!]!;
  }
  return copy;
}

function checkRange({ panel, from, to }: Setup, state: State | undefined): void {
  if (!(from >= 0 && from <= to && to <= panel.closeTime.length)) {
    throw new TypeError(`Expected slices within 0 and ${panel.closeTime.length}, received ${from} to ${to}`);
  }
  if (state && state.slice !== from - 1) {
    throw new TypeError(`Expected the run to go on after slice ${state.slice}, received a start at ${from}`);
  }
}

function firstKnownRow(column: Column): number {
  for (let row = 0; row < column.length; row++) {
    if (!Number.isNaN(column[row])) return row;
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
  return Object.fromEntries(
    panel.markets.map((bars, m) => [bars.market, Array.from(memory.subarray(m * width, (m + 1) * width), (value) => value + 0)]),
  );
}
