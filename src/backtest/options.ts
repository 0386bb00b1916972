import type { Bars } from '../core/bars.ts';
import { type CalendarName, periodsPerYear } from '../core/calendar.ts';
import type { FundingRates } from '../core/funding.ts';
import type { Policy, Signal, Strategy } from '../core/policy.ts';
import type { Costs, Guards, MarketRules, OrderStyle, Rules, VolumeCap } from '../core/rules.ts';
import { checkMarketNames, checkRules } from '../core/rules-check.ts';
import type { FillRule } from '../core/trace.ts';
import { type FitStore, type ForecastStore, memoryFitStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import type { Model } from '../models/model.ts';
import { createSchedule } from '../models/schedule.ts';
import type { Trainer } from '../models/trainer.ts';
import { forecastReturn } from '../strategies/forecast.ts';
import { type Sizing, sizingRules } from '../strategies/sizing.ts';
import type { Bot } from '../walk/bot.ts';
import type { Progress } from '../walk/fit-source.ts';
import type { Surroundings } from '../walk/predictions.ts';
import { backtestBot } from './backtest.ts';
import { type MarketData, prepareBot } from './preparation.ts';
import type { Backtest } from './result.ts';
import { type CellFigures, sweepBots } from './sweep.ts';
import { memoryTrials, type TrialLedger } from './trials.ts';

/** A backtest in code. Fractions, not percents; times in ms UTC; everything but the bars and what decides has a default. */
export interface BacktestOptions {
  /** One market, or several on one cash account. */
  readonly bars: Bars | readonly Bars[];
  /** A whole strategy; or a policy, with the signal it judges (default: the model's forecast). */
  readonly strategy?: Strategy;
  readonly signal?: Signal;
  readonly policy?: Policy;
  readonly model?: Model;
  /** Models beside it with the same horizon, and how their forecasts become one. */
  readonly ensemble?: Bot['ensemble'];
  readonly schedule?: { readonly retrain: number; readonly delay?: number; readonly maxAge?: number };
  /** Slot 0 of the schedule; default: the first bar. */
  readonly anchor?: number;
  /** Default: a taker fee of 0.1 %, no slippage. */
  readonly costs?: Partial<Costs>;
  readonly fill?: FillRule;
  /** How targets are reached; market orders by default. */
  readonly entry?: OrderStyle;
  readonly exit?: OrderStyle;
  /** Limit orders fill when they are touched. */
  readonly optimistic?: boolean;
  readonly volumeCap?: VolumeCap;
  /** Of the account and every position; and by the market's name, in place of those of every position. */
  readonly guards?: Guards;
  readonly marketGuards?: Readonly<Record<string, Guards>>;
  /** What markets allow, by name; spot with fractional quantities where not given. */
  readonly markets?: Readonly<Record<string, MarketRules>>;
  /** By the market's name: what longs pay for holding it; and bars of a lower interval, which decide what came first within a bar. */
  readonly funding?: Readonly<Record<string, FundingRates>>;
  readonly detail?: Readonly<Record<string, Bars>>;
  /** Quote; default 10,000. */
  readonly capital?: number;
  /** Fraction of equity at full exposure, shared by the markets; default 1. */
  readonly fraction?: number;
  /** How large positions are, in place of a fraction. */
  readonly sizing?: Sizing;
  readonly band?: number;
  /** Names of the markets that may be sold short, whatever else `markets` says of them. */
  readonly margin?: readonly string[];
  readonly calendar?: CalendarName;
  readonly periodsPerYear?: number;
  readonly period?: { readonly from?: number; readonly to?: number };
  readonly evaluate?: 'decision' | 'all';
  readonly seed?: number;
  readonly name?: string;
  /** Trains networks; default: the model's engine. */
  readonly trainer?: Trainer;
  readonly fits?: FitStore;
  readonly forecasts?: ForecastStore;
  readonly trials?: TrialLedger;
  readonly onProgress?: (progress: Progress) => void;
  readonly abort?: AbortSignal;
}

/**
 * Runs a backtest and reports it beside buy & hold, with the model's skill against its baselines. Throws a TypeError for options out
 * of range and a DataError where the bars do not suffice.
 */
export async function backtest(options: BacktestOptions): Promise<Backtest> {
  const bot = botOf(options);
  const { trials = memoryTrials() } = options;
  // The instant of a trial belongs to the command line tool, which has a clock.
  return backtestBot(bot, dataOf(options), { ...surroundingsOf(options), trials, now: () => '', config: plainConfig(bot) });
}

/** What a cell of a sweep changes: anything that leaves bars and forecasts as they are. */
export type SweepOptions = Omit<
  BacktestOptions,
  'bars' | 'model' | 'ensemble' | 'schedule' | 'anchor' | 'calendar' | 'period' | 'seed' | 'trials'
>;

/**
 * The figures of many backtests on one set of bars and forecasts, in the order of the cells, all from the first bar at which each of them can
 * decide: the same engine, one fold for each. Many cells on the same bars are exploratory: the best of them is better than it will be. Throws as
 * `backtest` does.
 */
export async function sweep(options: BacktestOptions, cells: readonly SweepOptions[]): Promise<readonly CellFigures[]> {
  const bots = cells.map((cell) => botOf({ ...options, ...cell }));
  const [first] = bots;
  return first ? sweepBots(bots, await prepareBot(first, dataOf(options), surroundingsOf(options))) : [];
}

function marketsOf({ bars }: BacktestOptions): readonly Bars[] {
  return Array.isArray(bars) ? (bars as readonly Bars[]) : [bars as Bars];
}

function botOf(options: BacktestOptions): Bot {
  checkNames(options);
  const markets = marketsOf(options);
  const [first] = markets;
  if (!first) throw new TypeError('Expected the bars of at least one market, received none');
  const { calendar = '24/7', seed = 1, sizing } = options;
  return {
    name: options.name ?? 'backtest',
    calendar,
    periodsPerYear: options.periodsPerYear ?? periodsPerYear(calendar, first.intervalMs),
    period: options.period ?? {},
    evaluate: options.evaluate ?? 'decision',
    rules: rulesOf(options, markets),
    strategy: strategyOf(options),
    schedule: createSchedule(options.schedule ?? { retrain: 180 }),
    seed,
    ...(sizing && { sizing }),
    ...(options.model && { model: options.model }),
    ...(options.ensemble && { ensemble: options.ensemble }),
    ...(options.anchor !== undefined && { anchor: options.anchor }),
  };
}

function dataOf(options: BacktestOptions): readonly MarketData[] {
  return marketsOf(options).map((bars): MarketData => {
    const funding = options.funding?.[bars.market];
    const detail = options.detail?.[bars.market];
    return {
      bars,
      origin: 'given in code',
      ...(funding && { funding }),
      ...(detail && { detail: { ...detail, market: bars.market } }),
    };
  });
}

function surroundingsOf({ trainer, fits = memoryFitStore(), forecasts, onProgress, abort }: BacktestOptions): Surroundings {
  return {
    networkTrainer: async (engine) => trainer ?? loadTrainer(engine),
    fits,
    // Timings belong to the command line tool, which has a clock.
    clock: () => 0,
    ...(forecasts && { forecasts }),
    ...(onProgress && { onProgress }),
    ...(abort && { signal: abort }),
  };
}

const OPTIONS: Readonly<Record<keyof BacktestOptions, true>> = {
  bars: true,
  strategy: true,
  signal: true,
  policy: true,
  model: true,
  ensemble: true,
  schedule: true,
  anchor: true,
  costs: true,
  fill: true,
  entry: true,
  exit: true,
  optimistic: true,
  volumeCap: true,
  guards: true,
  marketGuards: true,
  markets: true,
  funding: true,
  detail: true,
  capital: true,
  fraction: true,
  sizing: true,
  band: true,
  margin: true,
  calendar: true,
  periodsPerYear: true,
  period: true,
  evaluate: true,
  seed: true,
  name: true,
  trainer: true,
  fits: true,
  forecasts: true,
  trials: true,
  onProgress: true,
  abort: true,
};

/** An option that nobody knows would be ignored, and a typing error with it. */
function checkNames(options: BacktestOptions): void {
  const stranger = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (stranger !== undefined) throw new TypeError(`Expected one of the options ${Object.keys(OPTIONS).join(', ')}, received ${stranger}`);
}

function rulesOf(options: BacktestOptions, markets: readonly Bars[]): Rules {
  const { costs, entry, exit, optimistic, volumeCap, guards, marketGuards } = options;
  if (options.sizing && options.fraction !== undefined) throw new TypeError('Expected either a fraction or a sizing, received both');
  const shortable = (options.margin ?? []).map((market) => [market, { ...options.markets?.[market], margin: true }] as const);
  const rules: Rules = {
    capital: options.capital ?? 10_000,
    fill: options.fill ?? 'next-open',
    costs: { taker: 0.001, slippage: 0, ...costs },
    ...sizingRules(options.sizing ?? { kind: 'fraction', of: options.fraction ?? 1 }, markets.length),
    band: options.band ?? 0.05,
    ...((options.markets ?? options.margin) && { markets: { ...options.markets, ...Object.fromEntries(shortable) } }),
    ...(volumeCap && { volumeCap }),
    ...(entry && { entry }),
    ...(exit && { exit }),
    ...(optimistic !== undefined && { optimistic }),
    ...(guards && { guards }),
    ...(marketGuards && { marketGuards }),
  };
  checkOptions(options, rules, markets);
  return rules;
}

/** Throws a TypeError for rules out of range, and for what is said of markets that are not there or cannot have it. */
function checkOptions({ funding = {}, detail = {} }: BacktestOptions, rules: Rules, markets: readonly Bars[]): void {
  const names = markets.map(({ market }) => market);
  checkRules(rules, names);
  checkMarketNames('funding', funding, names);
  checkMarketNames('detail', detail, names);
  const spot = Object.keys(funding).find((market) => !rules.markets?.[market]?.margin);
  if (spot) throw new TypeError(`Expected funding only for a market with margin: true, received it for ${spot}, which is spot`);
  for (const { market, intervalMs } of markets) {
    const fine = detail[market]?.intervalMs;
    if (fine !== undefined && !(fine < intervalMs && intervalMs % fine === 0)) {
      throw new TypeError(`Expected detail of ${market} at a lower interval that divides ${intervalMs} ms, received ${fine} ms`);
    }
  }
}

function strategyOf({ strategy, signal, policy, model }: BacktestOptions): Strategy {
  if (strategy) {
    if (signal || policy) throw new TypeError('Expected either a strategy, or a policy with its signal, received both');
    return strategy;
  }
  if (!policy) throw new TypeError('Expected a strategy or a policy to decide, received neither');
  if (!signal && !model) throw new TypeError('Expected a signal or a model for the policy to judge, received neither');
  const judged = signal ?? forecastReturn;
  return { name: `${policy.kind} on ${judged.name}`, signals: [judged], policy, short: false };
}

/** What can be said of a bot as plain JSON. */
function plainConfig(bot: Bot): unknown {
  const { strategy, rules, ...rest } = bot;
  return { ...rest, rules, strategy: { name: strategy.name, policy: strategy.policy.kind } };
}
