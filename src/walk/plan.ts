import { firstAtOrAfter } from '../core/ascending.ts';
import type { Bars } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import { deriveSeed } from '../core/random.ts';
import { type Outcome, type Request, requestKey } from '../models/fit.ts';
import type { Model } from '../models/model.ts';
import { type Split, splitSamples } from '../models/sample.ts';
import { latestRequest, type Schedule, serves } from '../models/schedule.ts';
import type { Bot } from './bot.ts';
import { learnable, type MarketInputs } from './inputs.ts';

/** Stands for a slot where no fit serves. */
export const UNSERVED = -1;

/** A place in the schedule of one market: the slot at which a fit is asked for, and the row of the bar that stands for it. */
export interface Slot {
  readonly market: number;
  readonly slot: number;
  readonly row: number;
}

/** Outcomes by market name and slot: what `plan` and `run` know of the fits. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export function slotName(market: string, slot: number): string {
  return `${market}@${slot}`;
}

/** From which close (ms UTC) on a fit may serve that was not there on schedule, by its slot's name; Infinity: it never came. */
export type Availability = ReadonlyMap<string, number>;

/** The key of a fit that a session never got: it is not made, and none is looked for in its place. */
export const NEVER = 'never';

/**
 * The slots whose fits serve decisions of rows `from .. to-1` of a market, or of the `ahead` slots after them, and are not known yet. The fit that
 * serves the first decision was asked for before it; where that one is known to be refused, the one before it is due, as long as its age allows.
 */
export function dueSlots(
  bot: Bot,
  panel: Panel,
  market: number,
  inputs: MarketInputs,
  from: number,
  to: number,
  known: Outcomes,
  ahead = 0,
): readonly Slot[] {
  if (from >= to) return [];
  const { schedule } = bot;
  const name = panel.markets[market]!.market;
  const first = inputs.slot[from]!;
  const last = inputs.slot[to - 1]! + ahead;
  const due: Slot[] = [];
  const earliest = earliestRequest(inputs);
  for (let slot = latestRequest(schedule, last - schedule.delay); slot >= earliest; slot -= schedule.retrain) {
    if (slot + schedule.maxAge < first) break;
    const row = firstAtOrAfter(inputs.slot, slot);
    const served = firstServed(schedule, inputs, slot);
    // Over a gap longer than the period two requests would be made at one bar: the later one serves longer.
    const same = row === firstAtOrAfter(inputs.slot, slot + schedule.retrain);
    const outcome = known.get(slotName(name, slot));
    if (!outcome && !same && served <= last) due.push({ market, slot, row });
    if (served <= first && !same && (outcome?.kind !== 'refused' || outcome.key === NEVER)) break;
  }
  return due.reverse();
}

/** The samples of a fit at a slot; undefined while there are too few, or no bar yet. */
export function samplesAt(model: Model, inputs: MarketInputs, { row }: Slot): Split | undefined {
  return row < inputs.slot.length ? splitSamples(learnable(model, inputs).usable, row, model.horizon, model.sampling) : undefined;
}

/**
 * The request for a model's fit at a slot, or undefined while there are too few samples. If the slot's bar is missing the request
 * is made at the next bar; it learns from samples whose labels are known at that bar's close.
 */
export function requestAt(bot: Bot, model: Model, panel: Panel, inputs: MarketInputs, place: Slot, trainerId: string): Request | undefined {
  const { market, slot, row } = place;
  const bars = panel.markets[market]!;
  const split = samplesAt(model, inputs, place);
  if (!split || split.ends.length === 0) return undefined;
  const { labels, width: labelWidth } = learnable(model, inputs);
  const { ends, trainCount } = split;
  const { values, width } = inputs.features;
  const start = ends[0]! - model.lookback + 1;
  const stop = ends[ends.length - 1]! + 1;
  const time = bars.openTime[row]! + bars.intervalMs;
  const request = {
    market: bars.market,
    model,
    slot,
    time,
    intervalMs: bars.intervalMs,
    trainedFrom: bars.openTime[start]!,
    trainedTo: bars.openTime[ends[ends.length - 1]! + model.horizon]!,
    values: values.slice(start * width, stop * width),
    width,
    ends: ends.map((end) => end - start),
    trainCount,
    labels: labelsAt(labels, labelWidth, ends),
    moves: Float64Array.from(ends, (end) => inputs.returns[end]!),
    seed: deriveSeed(bot.seed, bars.market, time),
  };
  return { ...request, key: requestKey(request, trainerId) };
}

/** The labels of samples, row-major [sample][target]. */
export function labelsAt(labels: Float64Array, width: number, ends: Int32Array): Float64Array {
  const chosen = new Float64Array(ends.length * width);
  ends.forEach((end, k) => {
    chosen.set(labels.subarray(end * width, (end + 1) * width), k * width);
  });
  return chosen;
}

/** What says when a market's bars close. */
type Clock = Pick<Bars, 'market' | 'openTime' | 'intervalMs'>;

/** Per row of a market, the slot of the fit that serves its decision, as `servingSlot` finds it; UNSERVED outside of `from .. to-1`. */
export function servingSlots(
  bot: Bot,
  inputs: MarketInputs,
  bars: Clock,
  outcomes: Outcomes,
  from: number,
  to: number,
  available?: Availability,
): Int32Array {
  const serving = new Int32Array(inputs.slot.length).fill(UNSERVED);
  for (let row = from; row < to; row++) serving[row] = servingSlot(bot, inputs, bars, outcomes, row, available);
  return serving;
}

/**
 * The slot of the fit that serves the decision at a row: the latest usable one whose delay has passed, that was available, and whose age allows
 * it; UNSERVED where none does.
 */
export function servingSlot(
  { schedule }: Bot,
  inputs: MarketInputs,
  { market, openTime, intervalMs }: Clock,
  outcomes: Outcomes,
  row: number,
  available?: Availability,
): number {
  const now = inputs.slot[row]!;
  const earliest = earliestRequest(inputs);
  for (
    let slot = latestRequest(schedule, now - schedule.delay);
    slot >= earliest && serves(schedule, slot, now);
    slot -= schedule.retrain
  ) {
    if (firstServed(schedule, inputs, slot) > now) continue;
    const name = slotName(market, slot);
    if (available && (available.get(name) ?? Number.NEGATIVE_INFINITY) > openTime[row]! + intervalMs) continue;
    if (outcomes.get(name)?.kind === 'fit') return slot;
  }
  return UNSERVED;
}

/** No fit is requested before the anchor, nor before the market's first bar. */
function earliestRequest({ slot }: MarketInputs): number {
  return Math.max(0, slot[0] ?? 0);
}

/** The first slot that a fit requested at `slot` can serve: the delay counts from the bar at which it was really requested. */
function firstServed(schedule: Schedule, inputs: MarketInputs, slot: number): number {
  return (inputs.slot[firstAtOrAfter(inputs.slot, slot)] ?? Infinity) + schedule.delay;
}

/** Rows `from .. to-1` that one fit serves, without a break. */
export interface ServedRun {
  readonly slot: number;
  readonly from: number;
  to: number;
}

/** The runs of rows within `from .. to-1` that are served by one fit each, in order; unserved rows belong to none. */
export function servedRuns(serving: Int32Array, from: number, to: number): readonly ServedRun[] {
  const runs: ServedRun[] = [];
  for (let row = from; row < to; row++) {
    const slot = serving[row]!;
    const last = runs[runs.length - 1];
    if (last && last.slot === slot && last.to === row) last.to = row + 1;
    else if (slot !== UNSERVED) runs.push({ slot, from: row, to: row + 1 });
  }
  return runs;
}
