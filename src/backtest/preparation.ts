import { type Bars, type Column, firstRowAt, sliceBars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { createPanel, firstSliceAt, type Panel } from '../core/panel.ts';
import type { Outlook } from '../core/policy.ts';
import type { Setup } from '../core/setup.ts';
import { DataError } from '../data/data-error.ts';
import { closeOutput } from '../models/target.ts';
import type { Bot } from '../walk/bot.ts';
import { predictFrozen } from '../walk/frozen.ts';
import { unmetNeed } from '../walk/needs.ts';
import { type Predictions, predict, type Surroundings } from '../walk/predictions.ts';
import type { RowRange } from '../walk/walk.ts';
import { detailCoverage } from './detail.ts';

/** Bars of one market and what a report says about where they come from. */
export interface MarketData {
  readonly bars: Bars;
  readonly origin: string;
  readonly truth?: string;
  readonly warnings?: readonly string[];
  /** Of a perpetual: what is paid for holding it. */
  readonly funding?: FundingRates;
  /** Bars of a lower interval. */
  readonly detail?: Bars;
}

/** All that is known before anything is decided: the markets on one clock, and what the models say of every bar. */
export interface Prepared {
  readonly panel: Panel;
  /** Undefined without a model. */
  readonly predictions: Predictions | undefined;
  /** Expected returns, [market]; all NaN without a model. */
  readonly forecasts: readonly Column[];
  readonly outlooks: readonly Outlook[] | undefined;
  /** Seconds. */
  readonly timings: { readonly features: number; readonly training: number };
}

/**
 * Fits a bot's models along the walk and has them forecast. Throws a DataError where the data do not suffice, and the signal's reason when
 * aborted.
 */
export async function prepareBot(bot: Bot, data: readonly MarketData[], around: Surroundings): Promise<Prepared> {
  const started = around.clock();
  const panel = panelOf(bot, data);
  const ranges = panel.markets.map(
    (bars): RowRange => ({ from: bot.period.from === undefined ? 0 : firstRowAt(bars, bot.period.from), to: bars.length }),
  );
  if (ranges.every(({ from, to }) => from >= to)) throw new DataError(emptyPeriod(bot, panel));
  const featured = around.clock();
  const predictions = await predictionsOf(bot, panel, ranges, around);
  if (predictions) refuseWithoutForecast(bot, predictions);
  const unknown = panel.markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
  return {
    panel,
    predictions,
    forecasts: predictions?.forecasts.columns ?? unknown,
    outlooks: predictions?.forecasts.outlooks,
    timings: { features: (featured - started) / 1000, training: (around.clock() - featured) / 1000 },
  };
}

async function predictionsOf(bot: Bot, panel: Panel, ranges: readonly RowRange[], around: Surroundings): Promise<Predictions | undefined> {
  if (bot.frozen) return predictFrozen(bot, bot.frozen, panel, around);
  return bot.model ? predict(bot, bot.model, panel, ranges, around) : undefined;
}

/** The markets of a bot on one clock, with what is known beside their bars. */
function panelOf(bot: Bot, data: readonly MarketData[]): Panel {
  const by = <T>(pick: (market: MarketData) => T | undefined) =>
    new Map(data.flatMap((market) => (pick(market) === undefined ? [] : [[market.bars.market, pick(market)!] as const])));
  const funding = by((market) => market.funding);
  const detail = by((market) => market.detail);
  const markets = data.map(({ bars }) => cutBars(bot, bars));
  for (const bars of markets) if (detail.has(bars.market)) detailCoverage(bars, detail.get(bars.market)!);
  return createPanel(markets, { ...(funding.size > 0 && { funding }), ...(detail.size > 0 && { detail }) });
}

/** A position that is held over an instant whose rate is missing would be charged nothing. */
function refuseWithoutFunding({ markets, funding, closeTime }: Panel, from: number): void {
  funding?.forEach((column, m) => {
    const { market, openTime, intervalMs } = markets[m]!;
    const row = column?.findIndex((rate, at) => Number.isNaN(rate) && openTime[at]! + intervalMs > closeTime[from]!) ?? -1;
    if (row < 0) return;
    throw new DataError(
      `Expected a funding rate of ${market} for every instant of the trading period, received none up to ${isoInstant(openTime[row]!)}; complete its file, or say funding: none`,
    );
  });
}

/** The bars from the start of the history to the end of the trading period. Throws a DataError where there are none. */
export function cutBars(bot: Bot, bars: Bars): Bars {
  const from = bot.historyFrom === undefined ? 0 : firstRowAt(bars, bot.historyFrom);
  const to = bot.period.to === undefined ? bars.length : firstRowAt(bars, bot.period.to);
  if (from >= to) throw new DataError(emptyHistory(bot, bars));
  return checkSpacing(sliceBars(bars, from, to));
}

/** Bars of a shorter interval than the bot's would close, and so be decided on, after the next one has opened. */
function checkSpacing(bars: Bars): Bars {
  for (let row = 1; row < bars.length; row++) {
    const apart = bars.openTime[row]! - bars.openTime[row - 1]!;
    // Half an interval leaves room for days that a clock change shortens.
    if (apart <= bars.intervalMs / 2) {
      throw new DataError(
        `Expected bars of ${bars.market} about ${intervalName(bars.intervalMs)} apart, received ${isoInstant(bars.openTime[row - 1]!)} and ${isoInstant(bars.openTime[row]!)}; mend interval`,
      );
    }
  }
  return bars;
}

function emptyHistory(bot: Bot, bars: Bars): string {
  const asked = `${bot.historyFrom === undefined ? 'the first bar' : isoInstant(bot.historyFrom)} to ${bot.period.to === undefined ? 'the last' : isoInstant(bot.period.to)}`;
  return `Expected bars of ${bars.market} from ${asked}, received none: it has ${rangeOf(bars)}; mend history or period`;
}

function emptyPeriod(bot: Bot, panel: Panel): string {
  const asked = `${bot.period.from === undefined ? 'the first bar' : isoInstant(bot.period.from)} to ${bot.period.to === undefined ? 'the last' : isoInstant(bot.period.to)}`;
  return `Expected bars in the trading period ${asked}, received none: ${panel.markets.map((bars) => `${bars.market} has ${rangeOf(bars)}`).join(', ')}; mend period`;
}

function rangeOf(bars: Bars): string {
  return bars.length === 0 ? 'no bars' : `${isoInstant(bars.openTime[0]!)} to ${isoInstant(bars.openTime[bars.length - 1]!)}`;
}

/** Why a bot can never trade on what its models say; undefined where it can. */
export function untradable({ model, ensemble, strategy }: Bot): string | undefined {
  const models = [...(model ? [model] : []), ...(ensemble?.members ?? [])];
  const silent = models.find(({ target }) => closeOutput(target) < 0);
  if (!silent) return unmetNeed(strategy, models);
  return `Expected a target that says where the close goes, such as return, to trade on, received ${String(silent.target)} of the model ${silent.kind}; paperwalk train scores such a model, paperwalk predict asks it`;
}

function saysNothing({ forecasts }: Predictions): boolean {
  return forecasts.columns.every((column) => column.every(Number.isNaN));
}

/** A model that never comes to a forecast is no result: say why there was no fit. Of an ensemble, the first one that says nothing. */
function refuseWithoutForecast(bot: Bot, predictions: Predictions): void {
  if (!saysNothing(predictions)) return;
  for (const { model, predictions: own } of predictions.members ?? []) refuseWithoutForecast({ ...bot, model }, own);
  if (predictions.members) {
    throw new DataError(
      `Expected a bar at which all ${predictions.members.length} models of the ensemble have a forecast, received none: each has some, but never together; mend model.train, model.features or period`,
    );
  }
  const { outcomes, inputs } = predictions;
  if (bot.frozen) {
    throw new DataError(
      `Expected bars after ${isoInstant(bot.frozen.time)}, when the frozen model ${bot.frozen.key.slice(0, 8)} was made and before which its forecasts would be hindsight, received none with complete features; add bars or mend period`,
    );
  }
  const refusals = [...outcomes.values()].flatMap((outcome) => (outcome.kind === 'refused' ? [outcome] : []));
  const trained = refusals.find(({ key }) => key !== '');
  if (trained) {
    throw new DataError(
      `Expected a fit of ${bot.model!.kind} to serve the trading period, received none: ${trained.reason}; mend model.train`,
    );
  }
  const { lookback, horizon, sampling } = bot.model!;
  const longest = Math.max(...inputs.map(({ slot }) => slot.length));
  const needed = sampling.window + lookback + horizon;
  if (longest < needed) {
    throw new DataError(
      `Expected at least ${needed} bars before a forecast (train.window ${sampling.window} + lookback ${lookback} + horizon ${horizon}, and the features' warm-up), received ${longest} in all; lower train.window or lookback, or add history`,
    );
  }
  const complete = Math.max(...inputs.map(({ plain }) => plain.usable.reduce((sum, flag) => sum + flag, 0)));
  if (complete < sampling.window) {
    throw new DataError(
      `Expected at least ${sampling.window} samples with complete windows (train.window), received ${complete} of ${longest} bars: the features need a long warm-up or have gaps; mend model.features, or add history`,
    );
  }
  const { retrain, delay } = bot.schedule;
  throw new DataError(
    `Expected a fit to serve in the trading period, received none: with schedule.retrain ${retrain}, delay ${delay} and its anchor no request comes early enough after ${sampling.window} samples; mend schedule or period`,
  );
}

/**
 * The first slice of the figures: `evaluate: all` takes the first there is, else the first in the period at which some market's signals and the
 * size of its position are known. Throws a DataError where there is none, and where funding rates are missing from there on.
 */
export function evaluationStart(bot: Bot, setup: Setup): number {
  const { panel, signals, weights, volatilityTarget } = setup;
  const interval = panel.markets[0]!.intervalMs;
  const slices = panel.closeTime.length;
  let slice = bot.period.from === undefined ? 0 : firstSliceAt(panel, bot.period.from + interval);
  const known = (m: number) => {
    const row = panel.row[m]![slice]!;
    if (row < 0 || (weights && Number.isNaN(weights[m]![row]))) return false;
    if (volatilityTarget && Number.isNaN(volatilityTarget.covariance[m]![m]![slice])) return false;
    const spoken = (column: Column) => !Number.isNaN(column[row]);
    return bot.strategy.anySignal ? signals[m]!.some(spoken) : signals[m]!.every(spoken);
  };
  if (bot.evaluate !== 'all') while (slice < slices && !panel.markets.some((_, m) => known(m))) slice++;
  if (slice >= slices) {
    throw new DataError(
      `Expected a bar at which a decision is possible in the trading period, received none: the signal of ${bot.strategy.name}, or the size of its positions, is never known; use a longer history or a shorter lookback`,
    );
  }
  refuseWithoutFunding(panel, slice);
  return slice;
}
