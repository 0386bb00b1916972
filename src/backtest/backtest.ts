import type { Bars } from '../core/bars.ts';
import { firstRowAt, sliceBars } from '../core/bars.ts';
import { run } from '../core/engine.ts';
import type { FundingRates } from '../core/funding.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { createPanel, firstSliceAt, type Panel } from '../core/panel.ts';
import type { State, Trace } from '../core/trace.ts';
import { DataError } from '../data/data-error.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import { closeOutput } from '../models/target.ts';
import { verdict } from '../report/verdict.ts';
import { roundTrips } from '../statistics/round-trip.ts';
import { type Bot, modelName } from '../walk/bot.ts';
import { digest } from '../walk/digest.ts';
import { unmetNeed } from '../walk/needs.ts';
import { type RowRange, setupOf, signalColumns } from '../walk/walk.ts';
import { assumptions } from './assumptions.ts';
import { bounds, breakEvenFees, waterfall } from './costs.ts';
import { figuresOf, holdAll, sumOf } from './figures.ts';
import { predictFrozen } from './frozen.ts';
import { type Predictions, predict, type Surroundings } from './predictions.ts';
import type { Backtest, DataSummary, FitSummary, MarketColumns, RunResult, TradeRow } from './result.ts';
import { scoreForecasts } from './score.ts';
import type { TrialLedger } from './trials.ts';

/** Bars of one market and what a report says about where they come from. */
export interface MarketData {
  readonly bars: Bars;
  readonly origin: string;
  readonly sha256: string;
  readonly truth?: string;
  readonly warnings?: readonly string[];
  /** Of a perpetual: what is paid for holding it. */
  readonly funding?: FundingRates;
  /** Bars of a lower interval. */
  readonly detail?: Bars;
}

export interface BacktestSurroundings extends Surroundings {
  readonly trials: TrialLedger;
  /** The present instant, ISO 8601; recorded with the trial, part of no result. */
  readonly now: () => string;
  /** The configuration as plain JSON, printed in the report and part of the run's id. */
  readonly config: unknown;
}

/**
 * One long tick: fits along the walk, their forecasts, the fold over all slices of the trading period, and what it amounts to
 * beside buy & hold and the baselines. Throws a DataError where the data do not suffice, and the signal's reason when aborted.
 */
export async function backtestBot(bot: Bot, data: readonly MarketData[], around: BacktestSurroundings): Promise<Backtest> {
  const refusal = untradable(bot);
  if (refusal) throw new TypeError(refusal);
  const started = around.clock();
  const panel = panelOf(bot, data);
  const ranges = panel.markets.map(
    (bars): RowRange => ({ from: bot.period.from === undefined ? 0 : firstRowAt(bars, bot.period.from), to: bars.length }),
  );
  if (ranges.every(({ from, to }) => from >= to)) throw new DataError(emptyPeriod(bot, panel));
  const prepared = around.clock();
  const predictions = await predictionsOf(bot, panel, ranges, around);
  if (predictions) refuseWithoutForecast(bot, predictions);
  const trained = around.clock();

  const unknown = panel.markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
  const forecasts = predictions?.forecasts.columns ?? unknown;
  const signals = signalColumns(bot, panel, forecasts, predictions?.forecasts.outlooks);
  const from = evaluationStart(bot, panel, signals);
  const to = panel.closeTime.length;
  if (from >= to)
    throw new DataError(
      `Expected a bar at which a decision is possible in the trading period, received none: the signal of ${bot.strategy.name} is never known; use a longer history or a shorter lookback`,
    );
  refuseWithoutFunding(panel, from);
  const setup = setupOf(bot, panel, signals, forecasts, from, to);
  const finished = run(setup);
  const { trace, state } = finished;
  const holding = holdAll(bot, panel, from, to);
  const evaluated = panel.markets.map(
    (bars): RowRange => ({ from: firstRowAt(bars, trace.closeTime[0]! - bars.intervalMs), to: bars.length }),
  );
  const ran = around.clock();

  const traceDigest = digest(trace);
  const dataSummaries = data.map((market) => summarise(market, withoutFit(panel, market.bars.market, predictions)));
  const strategyFigures = figuresOf(bot, [finished]);
  const holdingFigures = figuresOf(bot, holding);
  const ambiguousBars = trace.events.filter(({ kind }) => kind === 'ambiguity').length;
  const report: Omit<RunResult, 'verdict' | 'trials'> = {
    schema: 'paperwalk/run@1',
    runId: `${bot.name}-${contentHash([traceDigest, canonicalJson(around.config)]).slice(0, 12)}`,
    name: bot.name,
    digest: traceDigest,
    config: around.config,
    engine: predictions?.engine ?? null,
    data: dataSummaries,
    evaluation: {
      from: isoInstant(trace.closeTime[0]!),
      to: isoInstant(trace.closeTime[trace.closeTime.length - 1]!),
      bars: trace.closeTime.length,
      periodsPerYear: bot.periodsPerYear,
    },
    assumptions: {
      fill: bot.rules.fill,
      costs: { ...bot.rules.costs, slippage: typeof bot.rules.costs.slippage === 'number' ? bot.rules.costs.slippage : null },
      ambiguousBars,
      bounds: ambiguousBars > 0 ? bounds(setup, finished) : null,
      notes: assumptions(bot, panel),
    },
    performance: strategyFigures,
    buyAndHold: holdingFigures,
    costs: { ...waterfall(bot.rules.capital, finished), breakEvenFee: breakEvenFees(setup, holdingFigures.endEquity) },
    forecast: predictions && bot.model ? scoreForecasts(panel, modelName(bot, bot.model), bot.model.horizon, predictions, evaluated) : null,
    fits: predictions ? fitSummaries(predictions) : [],
    trades: trades(panel, trace),
    rejections: rejections(trace, state),
    guards: trace.events.flatMap((event) =>
      event.kind === 'guard'
        ? [{ time: isoInstant(event.time), market: event.market, guard: event.guard, action: event.action, reason: event.reason }]
        : [],
    ),
    equity: {
      times: Array.from(trace.closeTime, isoInstant),
      strategy: Array.from(trace.equity),
      buyAndHold: Array.from(sumOf(holding.map((one) => one.trace))),
    },
    timings: { features: (prepared - started) / 1000, training: (trained - prepared) / 1000, run: (ran - trained) / 1000 },
  };
  around.trials.append({
    time: around.now(),
    runId: report.runId,
    name: bot.name,
    configSha256: contentHash([canonicalJson(around.config)]),
    data: dataSummaries.map(({ market, sha256 }) => ({ market, sha256 })),
    bars: trace.closeTime.length,
    periodsPerYear: bot.periodsPerYear,
    sharpe: strategyFigures.sharpe,
    totalReturn: strategyFigures.totalReturn,
  });
  const counted = { ...report, trials: around.trials.count() };
  const words = verdict(counted);
  return {
    report: { ...counted, verdict: words },
    trace,
    buyAndHold: sumOf(holding.map((one) => one.trace)),
    columns: columnsOf(panel, trace, forecasts, predictions, evaluated),
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
  return createPanel(
    data.map(({ bars }) => cutBars(bot, bars)),
    { ...(funding.size > 0 && { funding }), ...(detail.size > 0 && { detail }) },
  );
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

/** The first slice of the figures: `evaluate: all` takes the first there is, else the first in the period with a known signal. */
function evaluationStart(bot: Bot, panel: Panel, signals: readonly (readonly Float64Array[])[]): number {
  const interval = panel.markets[0]!.intervalMs;
  let slice = bot.period.from === undefined ? 0 : firstSliceAt(panel, bot.period.from + interval);
  if (bot.evaluate === 'all') return slice;
  const known = (m: number) => {
    const row = panel.row[m]![slice]!;
    return row >= 0 && signals[m]!.some((column) => !Number.isNaN(column[row]));
  };
  while (slice < panel.closeTime.length && !panel.markets.some((_, m) => known(m))) slice++;
  return slice;
}

/** Every order that led to no fill, with its reason; those still waiting when the bars ended come last. */
function rejections({ events }: Trace, { open }: State): RunResult['rejections'] {
  const refused = events.flatMap((event) => (event.kind === 'rejection' ? [event] : []));
  const waiting = open.map(({ decidedAt, market }) => ({ time: decidedAt, market, reason: 'still open when the bars ended' }));
  return [...refused, ...waiting].map(({ time, market, reason }) => ({ time: isoInstant(time), market, reason }));
}

function trades(panel: Panel, trace: Trace): TradeRow[] {
  const marks = new Map(panel.markets.map((bars) => [bars.market, bars.close[bars.length - 1]!]));
  const fills = trace.events.filter((event) => event.kind === 'fill');
  return roundTrips(fills, marks).map(({ open: _open, entryTime, exitTime, profit, profitFraction, ...trip }) => ({
    ...trip,
    entryTime: isoInstant(entryTime),
    exitTime: exitTime === null ? null : isoInstant(exitTime),
    profit: profit ?? 0,
    profitFraction: profitFraction ?? 0,
  }));
}

function fitSummaries({ records }: Predictions): FitSummary[] {
  return records.map(({ request, outcome, cached, seconds }) => {
    const fit = outcome.kind === 'fit' ? outcome.fit : undefined;
    return {
      key: request.key,
      market: request.market,
      model: request.model.kind,
      requestedAt: isoInstant(request.time),
      trainedFrom: isoInstant(request.trainedFrom),
      trainedTo: isoInstant(request.trainedTo),
      samples: request.trainCount,
      validationSamples: request.validationCount,
      epochs: fit?.epochs ?? 0,
      bestEpoch: fit?.bestEpoch ?? 0,
      seconds,
      cached,
      losses: fit?.losses ?? [],
      validationLosses: fit?.validationLosses ?? [],
      ...(outcome.kind === 'refused' && { refused: outcome.reason }),
    };
  });
}

/** Why a market had no forecast at all, where that is so: its share of the capital lay idle. */
function withoutFit(panel: Panel, market: string, predictions: Predictions | undefined): readonly string[] {
  const m = panel.markets.findIndex((bars) => bars.market === market);
  if (!predictions || predictions.forecasts.columns[m]!.some((value) => !Number.isNaN(value))) return [];
  const outcomes = [predictions, ...(predictions.members ?? []).map((member) => member.predictions)].flatMap((one) => [...one.outcomes]);
  const refused = outcomes.find(([name, outcome]) => name.startsWith(`${market}@`) && outcome.kind === 'refused')?.[1];
  return [`no fit served this market, so it was never traded${refused?.kind === 'refused' ? ` (${refused.reason})` : ''}`];
}

/** What a report says of a market's data, `more` being further warnings. */
export function summarise({ bars, origin, sha256, truth, warnings = [] }: MarketData, more: readonly string[] = []): DataSummary {
  return {
    market: bars.market,
    origin,
    bars: bars.length,
    from: isoInstant(bars.openTime[0]!),
    to: isoInstant(bars.openTime[bars.length - 1]!),
    sha256,
    warnings: [...warnings, ...more],
    ...(truth !== undefined && { truth }),
  };
}

function columnsOf(
  panel: Panel,
  trace: Trace,
  forecasts: readonly Float64Array[],
  predictions: Predictions | undefined,
  ranges: readonly RowRange[],
): MarketColumns[] {
  return panel.markets.map((bars, m) => {
    const { from, to } = ranges[m]!;
    const { market, signal, exposure } = trace.market[m]!;
    const rows = panel.row[m]!.subarray(panel.closeTime.length - trace.closeTime.length);
    const present = (column: Float64Array) => column.filter((_, slice) => rows[slice]! >= 0);
    return {
      market,
      time: bars.openTime.subarray(from, to).map((time) => time + bars.intervalMs),
      close: bars.close.subarray(from, to),
      signal: present(signal),
      forecast: forecasts[m]!.subarray(from, to),
      ...(predictions?.forecasts.spread && { spread: predictions.forecasts.spread[m]!.subarray(from, to) }),
      actual: predictions ? predictions.inputs[m]!.returns.subarray(from, to) : new Float64Array(to - from).fill(Number.NaN),
      exposure: present(exposure),
    };
  });
}
