import { Book } from './account.ts';
import type { Column } from './bars.ts';
import { createGuards, hasGuards, type Verdict } from './guards.ts';
import { type Ticket, ticketProblem } from './order.ts';
import { onTicks, pricesOf, refusalOf } from './placement.ts';
import { Reason, type ReasonCode, reasonName, type View } from './policy.ts';
import { isUrgent, Restraint, restrain, restraintName } from './restraint.ts';
import { checkRange, readMemory, resume, writeMemory } from './resumption.ts';
import { sizeProblem } from './rounding.ts';
import { createSettlement } from './settlement.ts';
import type { Setup } from './setup.ts';
import type { Event, MarketTrace, State, Trace } from './trace.ts';
import { orderOf, type Working, workingOf } from './working.ts';

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
 * through JSON in between, gives the same trace. Throws a TypeError where state, panel and setup do not fit each other, for a ticket that
 * contradicts itself, and for a missing funding rate.
 */
export function run(setup: Setup, state?: State): Run {
  const { panel, policy, rules, weights, volatilityTarget, restraint, from, to } = setup;
  const { markets, closeTime } = panel;
  checkRange(setup, state);
  const book = new Book(markets, rules.capital, rules.markets, state?.account);
  const memory = readMemory(setup, state);
  const equityColumn = new Float64Array(to - from);
  const events: Event[] = [];
  const settlement = createSettlement(setup, book, events, resume(setup, state));
  const guards = createGuards(rules, markets, book, events, state?.guards);
  const guarded = hasGuards(rules);
  const limited = volatilityTarget !== undefined || guards.most < Infinity;
  const atClose = rules.fill === 'this-close';
  const band = Math.max(rules.band, SMALLEST_BAND);
  const verdict: Verdict = { target: Number.NaN, reason: Reason.noForecast };
  const placed = new Int32Array(markets.length);
  let at = 0;
  let now = 0;
  let worth = 0;
  let restrained: number = Restraint.none;
  const lanes = markets.map((_, m) =>
    createLane(
      setup,
      m,
      (ticket) => submit(m, ticket, false),
      (id) => cancel(m, id),
    ),
  );
  const present = (m: number) => lanes[m]!.view.i >= 0;

  for (let slice = from; slice < to; slice++) {
    settlement.settle(slice);
    at = slice - from;
    now = closeTime[slice]!;
    if (restraint) restrained = restraint[slice]!;
    for (let m = 0; m < lanes.length; m++) {
      const lane = lanes[m]!;
      const row = lane.rows[slice]!;
      lane.view.i = row;
      placed[m] = 0;
      if (row >= 0) book.see(m, lane.close[row]!);
    }
    settlement.follow(slice);
    let equity = book.equity();
    worth = equity;
    if (guarded) guards.see(now, equity, present);
    for (let m = 0; m < lanes.length; m++) {
      const lane = lanes[m]!;
      lane.trace.exposure[at] = exposureOf(m, equity);
      if (lane.view.i >= 0) decide(lane, m, equity);
    }
    if (limited) limitTogether(slice);
    if (restrained !== Restraint.none) restrainAll();
    for (let m = 0; m < lanes.length; m++) {
      if (!Number.isNaN(lanes[m]!.trace.target[at])) act(lanes[m]!, m);
    }
    if (atClose && settlement.open.length > 0) {
      settlement.settleClose(slice);
      equity = book.equity();
      for (let m = 0; m < lanes.length; m++) lanes[m]!.trace.exposure[at] = exposureOf(m, equity);
    }
    equityColumn[at] = equity;
  }

  const trace: Trace = { closeTime: closeTime.subarray(from, to), equity: equityColumn, market: lanes.map((lane) => lane.trace), events };
  return {
    trace,
    state: {
      schema: 1,
      slice: to - 1,
      account: book.snapshot(markets),
      open: settlement.open.map(orderOf),
      memory: writeMemory(setup, memory),
      guards: guards.snapshot(),
    },
  };

  function exposureOf(m: number, equity: number): number {
    const held = book.quantity[m]!;
    if (held === 0) return 0;
    // Of nothing there is no fraction; the side is all that can be told.
    return equity > 0 ? (held * book.lastClose[m]!) / equity : Math.sign(held);
  }

  /** The exposure a market's policy wants, sized and under its guards: NaN to leave it. */
  function decide(lane: Lane, m: number, equity: number): void {
    const { view, trace } = lane;
    const row = view.i;
    const held = book.quantity[m]!;
    const exposure = trace.exposure[at]!;
    view.exposure = exposure;
    view.entryPrice = book.entryPrice[m]!;
    view.barsHeld = book.barsHeld[m]!;
    view.reason = Reason.noForecast;
    if (settlement.open.length > 0) withdrawEntries(m, row);
    const wish = policy.decide(view, memory, m * policy.slots.length);
    let reason = view.reason as ReasonCode;
    let target = wish;
    if (wish !== 0 && !Number.isNaN(wish)) {
      // A position of fixed size is left as it is by a wish for its own side.
      if (rules.keepSize && wish * held > 0) target = Number.NaN;
      else {
        target = wish * (weights ? weights[m]![row]! : rules.amount !== undefined ? rules.amount / equity : rules.share);
        if (Number.isNaN(target)) reason = Reason.unsized;
      }
    }
    if (target < 0 && !lane.shortable) {
      target = 0;
      reason = Reason.noShortOnSpot;
    }
    if (reason === Reason.noForecast && row < lane.firstKnown) reason = Reason.warmingUp;
    if (guarded) {
      verdict.target = target;
      verdict.reason = reason;
      guards.judge(m, row, now, exposure, verdict);
      target = verdict.target;
      reason = verdict.reason;
    }
    if (equity <= 0) {
      target = 0;
      reason = Reason.nothingLeft;
    }
    // Adding 0 turns -0 into 0, which tables and texts cannot tell apart.
    trace.target[at] = target + 0;
    trace.reason[at] = reason;
  }

  /** Last of all, since limits scale what is wanted. */
  function restrainAll(): void {
    for (const { view, trace } of lanes) {
      if (view.i < 0) continue;
      verdict.target = trace.target[at]!;
      verdict.reason = trace.reason[at]! as ReasonCode;
      restrain(restrained, trace.exposure[at]!, verdict);
      trace.target[at] = verdict.target;
      trace.reason[at] = verdict.reason;
    }
  }

  /** One factor on all targets, so that the account's volatility is what it aims at, and the sum of sizes within its limit. */
  function limitTogether(slice: number): void {
    if (volatilityTarget) {
      const { volatility, most } = volatilityTarget;
      const variance = varianceOf(slice);
      let sum = 0;
      for (let m = 0; m < lanes.length; m++) sum += Math.abs(wanted(m));
      if (sum > 0) {
        let factor = variance > 0 ? volatility / Math.sqrt(variance) : Number.isNaN(variance) ? Number.NaN : Infinity;
        if (factor * sum > most) factor = most / sum;
        scaleTargets(factor);
      }
    }
    if (guards.most === Infinity) return;
    let sum = 0;
    let kept = 0;
    for (let m = 0; m < lanes.length; m++) {
      const { target, exposure } = lanes[m]!.trace;
      sum += Math.abs(wanted(m));
      if (Number.isNaN(target[at])) kept += Math.abs(exposure[at]!);
    }
    const acts = sum > guards.most * (1 + 1e-12);
    guards.limit(acts, now);
    if (!acts) return;
    if (kept <= guards.most + band) {
      scaleTargets(Math.max(guards.most - kept, 0) / (sum - kept));
      return;
    }
    // What was to stay has itself grown beyond the limit.
    for (const { view, trace } of lanes) {
      if (trace.exposure[at] === 0 || view.i < 0) continue;
      trace.target[at] = Number.isNaN(trace.target[at]) ? (trace.exposure[at]! * guards.most) / kept : 0;
      trace.reason[at] = Reason.exposureLimit;
    }
  }

  function wanted(m: number): number {
    const { target, exposure } = lanes[m]!.trace;
    return Number.isNaN(target[at]) ? exposure[at]! : target[at]!;
  }

  function scaleTargets(factor: number): void {
    for (const { trace } of lanes) {
      if (Number.isNaN(trace.target[at]) || trace.target[at] === 0) continue;
      trace.target[at]! *= factor;
      if (Number.isNaN(factor)) trace.reason[at] = Reason.unsized;
    }
  }

  function varianceOf(slice: number): number {
    const { covariance } = volatilityTarget!;
    let variance = 0;
    for (let i = 0; i < lanes.length; i++) {
      const a = wanted(i);
      if (a === 0) continue;
      for (let j = 0; j <= i; j++) {
        const b = wanted(j);
        if (b !== 0) variance += (i === j ? 1 : 2) * a * b * covariance[i]![j]![slice]!;
      }
    }
    return variance;
  }

  /** From a target to an order, where it differs from what is held by more than the band. */
  function act({ trace, view }: Lane, m: number): void {
    const target = trace.target[at]!;
    const held = book.quantity[m]!;
    const exposure = trace.exposure[at]!;
    const waiting = settlement.open.length > 0 ? settlement.target(m) : undefined;
    const urgent = target === 0 && isUrgent(trace.reason[at]!);
    // What was ordered already comes near enough.
    const ordered =
      waiting !== undefined &&
      !(urgent && waiting.kind !== 'market') &&
      Math.sign(waiting.exposure!) === Math.sign(target) &&
      Math.abs(waiting.exposure! - target) <= band;
    if (waiting && !ordered) settlement.withdraw(m, now, 'replaced by a later decision', (order) => order === waiting);
    // The band is for drift: what an order that is turned back has traded already is none.
    const least = waiting && !ordered ? SMALLEST_BAND : band;
    const drift = Math.abs(target - exposure);
    const moves = target === 0 ? held !== 0 : target * held <= 0 || (drift > least && isTradable(m, drift));
    // A position that a level gives up, and that waits for volume, is not added to.
    if (moves && !(target * held > 0 && settlement.givesUp(m))) {
      if (trace.reason[at] === Reason.holding) trace.reason[at] = Reason.rebalance;
      if (!ordered) reach(m, target, view.bars.close[view.i]!, reasonName(trace.reason[at]!), urgent);
    } else if (target !== 0 && trace.reason[at] !== Reason.holding) {
      trace.reason[at] = Reason.inBand;
    }
  }

  /** Whether a market takes an order for this part of the equity: what drifts by less is left until it does. */
  function isTradable(m: number, drift: number): boolean {
    const of = rules.markets?.[markets[m]!.market];
    const close = lanes[m]!.view.bars.close[lanes[m]!.view.i]!;
    return of === undefined || sizeProblem((drift * worth) / close, close, of) === undefined;
  }

  /** Places the order that reaches a target, in the style of entries or of exits; in a hurry, at the market. */
  function reach(m: number, exposure: number, close: number, reason: string, urgent: boolean): void {
    const held = book.quantity[m]!;
    const style = urgent ? undefined : held !== 0 && exposure * held <= 0 ? rules.exit : rules.entry;
    if (!style) submit(m, { exposure, reason }, true);
    else submit(m, { exposure, reason, ...pricesOf(style, exposure >= exposureOf(m, worth) ? 1 : -1, close) }, true);
  }

  function submit(m: number, ticket: Ticket, target: boolean): string {
    const bars = markets[m]!;
    const { market } = bars;
    const problem = target ? undefined : ticketProblem(ticket);
    if (problem) throw new TypeError(`${market}, bar that closes at ${now}: ${problem}`);
    const { kind = 'market', exposure, quantity } = ticket;
    const close = bars.close[lanes[m]!.view.i]!;
    const held = book.quantity[m]!;
    // Of what is held the exposure is zero only when it is flat.
    const toTrade = quantity ?? (exposure === 0 ? -held : exposure! - exposureOf(m, worth));
    const id = `${setup.name}:${market}:${now}:${placed[m]!}`;
    const order = workingOf(onTicks(ticket, rules.markets?.[market]), id, market, m, toTrade < 0 ? 'sell' : 'buy', now, target);
    placed[m]! += 1;
    if (kind === 'trailing-stop') order.peak = close;
    events.push({ kind: 'order', time: now, order: orderOf(order) });
    const refusal = toTrade === 0 ? 'nothing to trade' : (heldBack(order) ?? refusalOf(order, close, lanes[m]!.shortable, held));
    if (refusal) events.push({ kind: 'rejection', time: now, id, market, reason: refusal });
    else settlement.place(order);
    return id;
  }

  /** An order of the policy itself that can only make a position larger, or begin one; targets are judged before they become orders. */
  function enters({ m, side, target, reduceOnly }: Working): boolean {
    const held = book.quantity[m]!;
    return !target && !reduceOnly && (held === 0 ? side === 'buy' || lanes[m]!.shortable : (side === 'buy') === held > 0);
  }

  /** Why an order is not accepted although it is sound. */
  function heldBack(order: Working): string | undefined {
    if (!(guarded || restrained !== Restraint.none) || !enters(order)) return undefined;
    const guard = guarded ? guards.keepsOut(order.m, lanes[order.m]!.view.i) : undefined;
    if (guard) return `held back by ${guard}`;
    return restrained === Restraint.none ? undefined : `held back, ${restraintName(restrained)}`;
  }

  /** An order for a target that makes a position larger, or begins one. */
  function grows({ m, target, exposure = 0 }: Working): boolean {
    const held = exposureOf(m, worth);
    return target && exposure !== 0 && exposure * held >= 0 && Math.abs(exposure) > Math.abs(held);
  }

  function withdrawEntries(m: number, row: number): void {
    const guard = guarded ? guards.keepsOut(m, row) : undefined;
    if (guard) settlement.withdraw(m, now, `withdrawn by ${guard}`, enters);
    // What was ordered before a close that was missed is no later for it.
    else if (restrained > Restraint.missed)
      settlement.withdraw(m, now, `withdrawn, ${restraintName(restrained)}`, (order) => enters(order) || grows(order));
  }

  function cancel(m: number, id: string | undefined): void {
    settlement.withdraw(m, now, 'cancelled', (order) => !order.target && !order.protective && (id === undefined || order.id === id));
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

function createLane({ panel, signals, forecasts, rules, from, to }: Setup, m: number, place: View['place'], cancel: View['cancel']): Lane {
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
      place,
      cancel,
    },
    trace: {
      market: bars.market,
      signal: onClock(signal, panel.row[m]!, from, to),
      target: new Float64Array(length).fill(Number.NaN),
      exposure: new Float64Array(length),
      reason: new Uint8Array(length),
    },
    shortable: rules.markets?.[bars.market]?.margin === true,
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

function firstKnownRow(column: Column): number {
  for (let row = 0; row < column.length; row++) {
    if (!Number.isNaN(column[row])) return row;
  }
  return column.length;
}
