import type { Run } from '../core/engine.ts';
import type { Panel } from '../core/panel.ts';
import { reasonName } from '../core/policy.ts';
import { Restraint, restraintName } from '../core/restraint.ts';
import type { Setup } from '../core/setup.ts';
import type { FillEvent, GuardEvent, OrderEvent, RejectionEvent } from '../core/trace.ts';
import { weightsHash } from '../models/bundle.ts';
import { type FeatureSpecification, featureColumns, isOwnFeature } from '../models/feature.ts';
import { type Fit, scalingFor } from '../models/fit.ts';
import { canonicalJson } from '../models/key.ts';
import type { Model } from '../models/model.ts';
import type { Bot } from './bot.ts';
import { slotName, UNSERVED } from './plan.ts';
import type { Predictions } from './predictions.ts';

/** One decision from the bar to its fills. Times are ms UTC; null where something is unknown or does not exist. */
export interface Explanation {
  readonly market: string;
  readonly closeTime: number;
  readonly bar: { readonly open: number; readonly high: number; readonly low: number; readonly close: number; readonly volume: number };
  /** What each model was given and said. */
  readonly models: readonly ModelExplanation[];
  /** Expected return over the horizon, and how far the members of an ensemble lie apart. */
  readonly forecast: number | null;
  readonly spread: number | null;
  readonly signals: readonly { readonly name: string; readonly value: number | null }[];
  /** Exposure that a full position stands for. */
  readonly weight: number | null;
  /** Fraction of equity held before the decision, and wanted by it; null to leave it. */
  readonly held: number | null;
  readonly target: number | null;
  readonly reason: string;
  /** What kept a session from doing what its policy wanted. */
  readonly restraint: 'missed' | 'paused' | 'flattened' | null;
  readonly guards: readonly Omit<GuardEvent, 'kind'>[];
  /** Fills within this bar, of orders decided before it and of levels that were reached. */
  readonly settled: readonly (OrderExplanation['fills'][number] & { readonly id: string })[];
  readonly orders: readonly OrderExplanation[];
  /** Quote, at this close. */
  readonly equity: number;
}

export interface ModelExplanation {
  readonly kind: string;
  /** The fit that serves, or null where none does. */
  readonly fit: {
    readonly key: string;
    readonly weights: string;
    readonly requested: number;
    /** Slots since; null for a frozen one. */
    readonly age: number | null;
    readonly trainedFrom: number;
    readonly trainedTo: number;
  } | null;
  readonly lookback: number;
  readonly horizon: number;
  /** The latest row of the window, as computed and as the network sees it. */
  readonly features: readonly { readonly name: string; readonly value: number | null; readonly scaled: number | null }[];
  readonly forecast: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly probability: number | null;
}

export interface OrderExplanation {
  readonly order: OrderEvent['order'];
  readonly fills: readonly Pick<FillEvent, 'time' | 'side' | 'quantity' | 'price' | 'fee' | 'slippage' | 'factor' | 'reason'>[];
  /** Why it came to nothing, or to nothing more. */
  readonly rejection: Pick<RejectionEvent, 'time' | 'reason'> | null;
}

/** What is explained: a walk that has been run, over the panel of its setup. */
export interface Explainable {
  readonly bot: Bot;
  readonly setup: Setup;
  readonly run: Run;
  readonly predictions: Predictions | undefined;
}

/** Explains what was decided for a market (its index in the panel) at a slice of the panel; undefined where it had no bar, or nothing was decided. */
export function explain({ bot, setup, run: { trace }, predictions }: Explainable, market: number, slice: number): Explanation | undefined {
  const { panel, from, to, weights, restraint } = setup;
  const row = panel.row[market]![slice]!;
  if (row < 0 || slice < from || slice >= to) return undefined;
  const bars = panel.markets[market]!;
  const at = slice - from;
  const closeTime = panel.closeTime[slice]!;
  const own = trace.market[market]!;
  const code = restraint?.[slice] ?? Restraint.none;
  return {
    market: bars.market,
    closeTime,
    bar: { open: bars.open[row]!, high: bars.high[row]!, low: bars.low[row]!, close: bars.close[row]!, volume: bars.volume[row]! },
    models: predictions ? modelsOf(bot, predictions).map(([model, said]) => explainModel(bot, model, said, panel, market, row)) : [],
    forecast: known(setup.forecasts[market]![row]!),
    spread: known(predictions?.forecasts.spread?.[market]?.[row] ?? Number.NaN),
    signals: setup.signals[market]!.map((column, k) => ({
      name: bot.strategy.signals[k]?.name ?? `${bot.strategy.name} across markets`,
      value: known(column[row]!),
    })),
    weight: known(weights ? weights[market]![row]! : bot.rules.share),
    held: known(own.exposure[at]!),
    target: known(own.target[at]!),
    reason: reasonName(own.reason[at]!),
    restraint: code === Restraint.none ? null : (restraintName(code) as Explanation['restraint']),
    guards: trace.events.flatMap((event) =>
      event.kind === 'guard' && event.time === closeTime && (event.market === null || event.market === bars.market)
        ? [{ time: event.time, market: event.market, guard: event.guard, action: event.action, reason: event.reason }]
        : [],
    ),
    settled: settledIn(trace.events, bars.market, closeTime - bars.intervalMs, closeTime),
    orders: ordersOf(trace.events, bars.market, closeTime),
    equity: trace.equity[at]!,
  };
}

function modelsOf(bot: Bot, predictions: Predictions): readonly (readonly [Model, Predictions])[] {
  if (predictions.members) return predictions.members.map((member) => [member.model, member.predictions] as const);
  return [[bot.model!, predictions]];
}

function explainModel(
  bot: Bot,
  model: Model,
  { inputs, outcomes, forecasts }: Predictions,
  panel: Panel,
  market: number,
  row: number,
): ModelExplanation {
  const bars = panel.markets[market]!;
  const slot = forecasts.serving[market]![row]!;
  const outcome = slot === UNSERVED ? undefined : outcomes.get(slotName(bars.market, slot));
  const fit = outcome?.kind === 'fit' ? outcome.fit : undefined;
  const { features, slot: slots } = inputs[market]!;
  const { values, width } = features;
  const { inputScaler } = fit ? scalingFor(fit, bars.market) : { inputScaler: undefined };
  const { lower, upper, probability } = forecasts.outlooks[market]!;
  return {
    kind: model.kind,
    fit: fit ? fitWords(fit, bot.frozen ? null : slots[row]! - slot) : null,
    lookback: model.lookback,
    horizon: model.horizon,
    features: columnNames(model.features, bars).map((name, k) => {
      const value = values[row * width + k]!;
      const scaled = inputScaler ? Math.fround((value - inputScaler.offset[k]!) / inputScaler.scale[k]!) : Number.NaN;
      return { name, value: known(value), scaled: known(scaled) };
    }),
    forecast: known(forecasts.columns[market]![row]!),
    lower: known(lower[row]!),
    upper: known(upper[row]!),
    probability: known(probability[row]!),
  };
}

function fitWords({ key, weights, time, trainedFrom, trainedTo }: Fit, age: number | null): ModelExplanation['fit'] {
  return { key, weights: weightsHash(weights), requested: time, age, trainedFrom, trainedTo };
}

/** A name for each column of the features: of one with several, numbered from 1. */
function columnNames(features: readonly FeatureSpecification[], bars: Panel['markets'][number]): readonly string[] {
  return features.flatMap((feature) => {
    const name =
      typeof feature === 'string' ? feature : isOwnFeature(feature) ? feature.module : canonicalJson(feature).replace(/["{}]/g, '');
    const { length } = featureColumns(feature, bars);
    return length === 1 ? [name] : Array.from({ length }, (_, k) => `${name}[${k + 1}]`);
  });
}

function settledIn(events: Run['trace']['events'], market: string, from: number, to: number): Explanation['settled'] {
  return events.flatMap((event) => {
    if (event.kind !== 'fill' || event.market !== market || event.time < from || event.time >= to) return [];
    const { id, time, side, quantity, price, fee, slippage, factor, reason } = event;
    return [{ id, time, side, quantity, price, fee, slippage, factor, reason }];
  });
}

function ordersOf(events: Run['trace']['events'], market: string, closeTime: number): readonly OrderExplanation[] {
  const orders = events.flatMap((event) =>
    event.kind === 'order' && event.time === closeTime && event.order.market === market ? [event.order] : [],
  );
  return orders.map((order): OrderExplanation => {
    const fills = events.flatMap((event) => {
      if (event.kind !== 'fill' || event.id !== order.id) return [];
      const { time, side, quantity, price, fee, slippage, factor, reason } = event;
      return [{ time, side, quantity, price, fee, slippage, factor, reason }];
    });
    const refused = events.find((event) => event.kind === 'rejection' && event.id === order.id);
    return { order, fills, rejection: refused?.kind === 'rejection' ? { time: refused.time, reason: refused.reason } : null };
  });
}

/** NaN as null. */
function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
