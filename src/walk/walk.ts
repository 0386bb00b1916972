import { firstAtOrAfter } from '../core/ascending.ts';
import type { Bars, Column } from '../core/bars.ts';
import type { Panel } from '../core/panel.ts';
import type { Outlook } from '../core/policy.ts';
import { positionGuards } from '../core/protection.ts';
import type { Rules } from '../core/rules.ts';
import type { Setup } from '../core/setup.ts';
import { indicator } from '../indicators/catalogue.ts';
import { type ForecastStore, forecaster } from '../models/bundle.ts';
import { type Fit, type Outcome, openFit, type Request } from '../models/fit.ts';
import { contentHash } from '../models/key.ts';
import type { Model } from '../models/model.ts';
import { blankOutlook, spokenColumns } from '../models/outlook.ts';
import type { Trainer } from '../models/trainer.ts';
import type { Bot } from './bot.ts';
import { concurrently } from './concurrently.ts';
import type { MarketInputs } from './inputs.ts';
import {
  type Availability,
  dueSlots,
  type Outcomes,
  requestAt,
  type Slot,
  samplesAt,
  servedRuns,
  servingSlots,
  slotName,
  UNSERVED,
} from './plan.ts';
import { sizingColumns } from './sizing-columns.ts';

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

/** What is said of every row of one market: the expected return, and what else the model says. */
interface Said {
  readonly column: Column;
  readonly outlook: Outlook;
}

/**
 * Forecasts of one market: every row by the fit that serves it, NaN where none does or its window is incomplete. Where a store is given,
 * forecasts of the same fit on the same windows are looked up there and kept.
 */
function forecastMarket(
  model: Model,
  panel: Panel,
  market: number,
  inputs: MarketInputs,
  serving: Int32Array,
  outcomes: Outcomes,
  trainer: Trainer,
  store?: ForecastStore,
): Said {
  const bars = panel.markets[market]!;
  const said = { column: new Float64Array(bars.length).fill(Number.NaN), outlook: blankOutlook(model, bars.length) };
  for (const { slot, from, to } of servedRuns(serving, 0, bars.length)) {
    const outcome = outcomes.get(slotName(bars.market, slot));
    if (outcome?.kind !== 'fit') continue;
    const ends: number[] = [];
    for (let row = from; row < to; row++) {
      if (inputs.complete[row] === 1) ends.push(row);
    }
    forecastRun(outcome.fit, bars, Int32Array.from(ends), inputs, trainer, said, store);
  }
  return said;
}

/** Part of the key of kept forecasts: the expected returns, then each column that the model's outlook has, one after another. */
const KEPT_FORM = 'forecasts@2';

/** Forecasts the windows that end at `ends` with one fit. */
function forecastRun(
  fit: Fit,
  { market, close }: Bars,
  ends: Int32Array,
  { features }: MarketInputs,
  trainer: Trainer,
  { column, outlook }: Said,
  store: ForecastStore | undefined,
): void {
  if (ends.length === 0) return;
  const { values, width } = features;
  const first = ends[0]! - fit.model.lookback + 1;
  const last = ends[ends.length - 1]! + 1;
  const window = [values.subarray(first * width, last * width), close.subarray(first, last), ends];
  const key = store && contentHash([KEPT_FORM, trainer.id, forecaster(fit), market, ...window]);
  const columns = [column, ...spokenColumns(fit.model).map((name) => outlook[name])];
  const kept = store?.get(key!);
  if (kept) {
    columns.forEach((one, c) => {
      ends.forEach((row, k) => {
        one[row] = kept[c * ends.length + k]!;
      });
    });
    return;
  }
  const open = openFit(fit, trainer, market);
  try {
    open.forecast(values, close, ends, column, outlook);
  } finally {
    open.close();
  }
  store?.put(key!, Float64Array.from(columns.flatMap((one) => Array.from(ends, (row) => one[row]!))));
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
  const said = panel.markets.map((_, m) => forecastMarket(fit.model, panel, m, inputs[m]!, serving[m]!, outcomes, trainer, store));
  return { outcomes, serving, ...apart(said) };
}

function apart(said: readonly Said[]): Pick<Forecasts, 'columns' | 'outlooks'> {
  return { columns: said.map(({ column }) => column), outlooks: said.map(({ outlook }) => outlook) };
}

/** Everything decided before the fold: which fit serves which row, and what it expects. */
export interface Forecasts {
  /** [market], slot per row or -1. */
  readonly serving: readonly Int32Array[];
  /** [market], expected return per row. */
  readonly columns: readonly Column[];
  /** [market], what else is said. */
  readonly outlooks: readonly Outlook[];
  /** [market], standard deviation over the members of an ensemble per row. */
  readonly spread?: readonly Column[];
}

/** The forecasts of a model for all markets; where given, by fits that were not all there on schedule. */
export function forecastAll(
  bot: Bot,
  model: Model,
  panel: Panel,
  inputs: readonly MarketInputs[],
  ranges: readonly RowRange[],
  outcomes: Outcomes,
  trainer: Trainer,
  store?: ForecastStore,
  available?: Availability,
): Forecasts {
  const serving = panel.markets.map((bars, m) => servingSlots(bot, inputs[m]!, bars, outcomes, ranges[m]!.from, ranges[m]!.to, available));
  const said = panel.markets.map((_, m) => forecastMarket(model, panel, m, inputs[m]!, serving[m]!, outcomes, trainer, store));
  return { serving, ...apart(said) };
}

/** The columns of a strategy's signals, [market][signal]; one across markets comes last. */
export function signalColumns(
  bot: Bot,
  panel: Panel,
  forecasts: readonly Column[],
  outlooks?: readonly Outlook[],
): readonly (readonly Column[])[] {
  const { signals, across } = bot.strategy;
  const own = panel.markets.map((bars, m) => signals.map((signal) => signal.column(bars, forecasts[m]!, outlooks?.[m])));
  if (!across) return own;
  const more = across(panel, own);
  return own.map((columns, m) => [...columns, more[m]!]);
}

/** What the fold of slices `from .. to-1` needs: all its columns, computed once. */
export function setupOf(
  bot: Bot,
  panel: Panel,
  signals: readonly (readonly Column[])[],
  forecasts: readonly Column[],
  from: number,
  to: number,
): Setup {
  const { name, rules, strategy } = bot;
  const trueRange = trueRangeColumns(rules, panel);
  return {
    name,
    panel,
    policy: strategy.policy,
    signals,
    forecasts,
    rules,
    from,
    to,
    ...sizingColumns(bot, panel, forecasts, trueRange),
    ...(trueRange && { trueRange }),
  };
}

/** What the fold of a bot needs, all its columns computed, from the first slice of the panel on. */
export function wholeSetup(
  bot: Bot,
  {
    panel,
    forecasts,
    outlooks,
  }: { readonly panel: Panel; readonly forecasts: readonly Column[]; readonly outlooks?: readonly Outlook[] | undefined },
): Setup {
  return setupOf(bot, panel, signalColumns(bot, panel, forecasts, outlooks), forecasts, 0, panel.closeTime.length);
}

/** Average true ranges of the markets whose trailing stop keeps a multiple of it away; undefined where no stop does. */
function trueRangeColumns(rules: Rules, { markets }: Panel): readonly Column[] | undefined {
  const periods = markets.map(({ market }) => positionGuards(rules, market).trailingStop?.period);
  if (periods.every((period) => period === undefined)) return undefined;
  return markets.map((bars, m) =>
    periods[m] === undefined ? new Float64Array(bars.length).fill(Number.NaN) : indicator('atr', periods[m]).compute(bars)[0]!,
  );
}

function nameOf(panel: Panel, place: Slot): string {
  return slotName(panel.markets[place.market]!.market, place.slot);
}
