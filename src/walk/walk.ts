import { firstAtOrAfter } from '../core/ascending.ts';
import type { Bars, Column } from '../core/bars.ts';
import { type Run, run } from '../core/engine.ts';
import type { Panel } from '../core/panel.ts';
import type { State } from '../core/trace.ts';
import { type ForecastStore, forecaster } from '../models/bundle.ts';
import { type Fit, type Outcome, openFit, type Request } from '../models/fit.ts';
import { contentHash } from '../models/key.ts';
import type { Model } from '../models/model.ts';
import type { Trainer } from '../models/trainer.ts';
import type { Bot } from './bot.ts';
import { concurrently } from './concurrently.ts';
import type { MarketInputs } from './inputs.ts';
import { dueSlots, type Outcomes, requestAt, type Slot, samplesAt, servedRuns, servingSlots, slotName, UNSERVED } from './plan.ts';

/** Computes the fit of a request, or finds it where it was computed before. The only thing a walk waits for. */
export type FitSource = (request: Request, progress: { readonly fold: number; readonly folds: number }) => Promise<Outcome>;

/** Rows `from .. to-1` of one market. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * All outcomes that decisions on the given rows of all markets may need: rounds of planning which fits are due, and having them
 * computed, as many at once as the trainer is for, until none is. A slot with too few samples is refused with that reason and the key ''.
 */
export async function collectFits(
  bot: Bot,
  model: Model,
  panel: Panel,
  inputs: readonly MarketInputs[],
  ranges: readonly RowRange[],
  trainer: Pick<Trainer, 'id' | 'concurrency'>,
  source: FitSource,
): Promise<Outcomes> {
  const known = new Map<string, Outcome>();
  for (;;) {
    const due = panel.markets.flatMap((_, m) => dueSlots(bot, panel, m, inputs[m]!, ranges[m]!.from, ranges[m]!.to, known));
    if (due.length === 0) return known;
    // A request is made just before it is needed: together they would hold the features many times over.
    const possible = due.filter((place) => samplesAt(model, inputs[place.market]!, place));
    const outcomes = await concurrently(due, trainer.concurrency, async (place): Promise<Outcome> => {
      const fold = possible.indexOf(place) + 1;
      const request = fold > 0 ? requestAt(bot, model, panel, inputs[place.market]!, place, trainer.id) : undefined;
      if (!request) return { kind: 'refused', key: '', reason: `fewer than ${model.sampling.window} samples` };
      return source(request, { fold, folds: possible.length });
    });
    due.forEach((place, k) => {
      known.set(nameOf(panel, place), outcomes[k]!);
    });
  }
}

/** The request of a baseline that learns from the same rows as another model's fit; undefined where those are no samples of its own. */
export function requestBeside(
  bot: Bot,
  model: Model,
  panel: Panel,
  inputs: readonly MarketInputs[],
  { market, slot }: Pick<Request, 'market' | 'slot'>,
  trainerId: string,
): Request | undefined {
  const m = panel.markets.findIndex((bars) => bars.market === market);
  const row = firstAtOrAfter(inputs[m]!.slot, slot);
  return requestAt(bot, model, panel, inputs[m]!, { market: m, slot, row }, trainerId);
}

/**
 * Expected returns of one market: every row forecast by the fit that serves it, NaN where none does or its window is incomplete.
 * Where a store is given, forecasts of the same fit on the same windows are looked up there and kept.
 */
export function forecastColumn(
  panel: Panel,
  market: number,
  inputs: MarketInputs,
  serving: Int32Array,
  outcomes: Outcomes,
  trainer: Trainer,
  store?: ForecastStore,
): Column {
  const bars = panel.markets[market]!;
  const column = new Float64Array(bars.length).fill(Number.NaN);
  for (const { slot, from, to } of servedRuns(serving, 0, bars.length)) {
    const outcome = outcomes.get(slotName(bars.market, slot));
    if (outcome?.kind !== 'fit') continue;
    const ends: number[] = [];
    for (let row = from; row < to; row++) {
      if (inputs.complete[row] === 1) ends.push(row);
    }
    forecastRun(outcome.fit, bars, Int32Array.from(ends), inputs, trainer, column, store);
  }
  return column;
}

/** Forecasts the windows that end at `ends` with one fit. */
function forecastRun(
  fit: Fit,
  { market, close }: Bars,
  ends: Int32Array,
  { features }: MarketInputs,
  trainer: Trainer,
  column: Column,
  store: ForecastStore | undefined,
): void {
  if (ends.length === 0) return;
  const { values, width } = features;
  const first = ends[0]! - fit.model.lookback + 1;
  const last = ends[ends.length - 1]! + 1;
  const key =
    store &&
    contentHash([trainer.id, forecaster(fit), market, values.subarray(first * width, last * width), close.subarray(first, last), ends]);
  const kept = store?.get(key!);
  if (kept) {
    ends.forEach((row, k) => {
      column[row] = kept[k]!;
    });
    return;
  }
  const open = openFit(fit, trainer, market);
  try {
    open.forecast(values, close, ends, column);
  } finally {
    open.close();
  }
  store?.put(
    key!,
    Float64Array.from(ends, (row) => column[row]!),
  );
}

/** The place of a frozen fit in the schedule of a market. */
const FROZEN_SLOT = 0;

/** A frozen fit as the one outcome there is; it serves decisions at closes after the one at which it was made. */
export function frozenForecasts(
  fit: Fit,
  panel: Panel,
  inputs: readonly MarketInputs[],
  trainer: Trainer,
  store?: ForecastStore,
): Forecasts & { readonly outcomes: Outcomes } {
  const outcomes = new Map(panel.markets.map(({ market }): [string, Outcome] => [slotName(market, FROZEN_SLOT), { kind: 'fit', fit }]));
  const serving = panel.markets.map(({ openTime, intervalMs }) =>
    Int32Array.from(openTime, (time) => (time + intervalMs > fit.time ? FROZEN_SLOT : UNSERVED)),
  );
  const columns = panel.markets.map((_, m) => forecastColumn(panel, m, inputs[m]!, serving[m]!, outcomes, trainer, store));
  return { outcomes, serving, columns };
}

/** Everything decided before the fold: which fit serves which row, and what it expects. */
export interface Forecasts {
  /** [market], slot per row or -1. */
  readonly serving: readonly Int32Array[];
  /** [market], expected return per row. */
  readonly columns: readonly Column[];
  /** [market], standard deviation over the members of an ensemble per row. */
  readonly spread?: readonly Column[];
}

/** The forecast columns of all markets. */
export function forecastAll(
  bot: Bot,
  panel: Panel,
  inputs: readonly MarketInputs[],
  ranges: readonly RowRange[],
  outcomes: Outcomes,
  trainer: Trainer,
  store?: ForecastStore,
): Forecasts {
  const serving = panel.markets.map((bars, m) => servingSlots(bot, inputs[m]!, bars.market, outcomes, ranges[m]!.from, ranges[m]!.to));
  const columns = panel.markets.map((_, m) => forecastColumn(panel, m, inputs[m]!, serving[m]!, outcomes, trainer, store));
  return { serving, columns };
}

/** The columns of a strategy's signals, [market][signal]. */
export function signalColumns(bot: Bot, panel: Panel, forecasts: readonly Column[]): readonly (readonly Column[])[] {
  return panel.markets.map((bars, m) => bot.strategy.signals.map((signal) => signal.column(bars, forecasts[m]!)));
}

/** The fold of slices `from .. to-1`: what backtest and paper session both call. */
export function runBot(
  bot: Bot,
  panel: Panel,
  signals: readonly (readonly Column[])[],
  forecasts: readonly Column[],
  from: number,
  to: number,
  state?: State,
): Run {
  const { name, rules, strategy } = bot;
  return run({ name, panel, policy: strategy.policy, signals, forecasts, rules, from, to }, state);
}

function nameOf(panel: Panel, place: Slot): string {
  return slotName(panel.markets[place.market]!.market, place.slot);
}
