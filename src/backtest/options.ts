import type { Bars } from '../core/bars.ts';
import { type CalendarName, periodsPerYear } from '../core/calendar.ts';
import type { Policy, Signal, Strategy } from '../core/policy.ts';
import type { FillRule } from '../core/trace.ts';
import { columnsHash } from '../data/store.ts';
import { type FitStore, type ForecastStore, memoryFitStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import type { Model } from '../models/model.ts';
import { createSchedule } from '../models/schedule.ts';
import type { Trainer } from '../models/trainer.ts';
import { forecastReturn } from '../strategies/forecast.ts';
import { type Sizing, sizingRules } from '../strategies/sizing.ts';
import type { Bot } from '../walk/bot.ts';
import { backtestBot } from './backtest.ts';
import type { Progress } from './fit-source.ts';
import type { Backtest } from './result.ts';
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
  readonly costs?: { readonly taker?: number; readonly slippage?: number };
  readonly fill?: FillRule;
  /** Quote; default 10,000. */
  readonly capital?: number;
  /** Fraction of equity at full exposure, shared by the markets; default 1. */
  readonly fraction?: number;
  /** How large positions are, in place of a fraction. */
  readonly sizing?: Sizing;
  readonly band?: number;
  /** Names of the markets that may be sold short. */
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
  const markets = Array.isArray(options.bars) ? (options.bars as readonly Bars[]) : [options.bars as Bars];
  const [first] = markets;
  if (!first) throw new TypeError('Expected the bars of at least one market, received none');
  const { calendar = '24/7', costs = {}, seed = 1, fits = memoryFitStore(), trials = memoryTrials(), trainer } = options;
  if (options.sizing && options.fraction !== undefined) throw new TypeError('Expected either a fraction or a sizing, received both');
  const sizing: Sizing = options.sizing ?? { kind: 'fraction', of: options.fraction ?? 1 };
  const bot: Bot = {
    name: options.name ?? 'backtest',
    calendar,
    periodsPerYear: options.periodsPerYear ?? periodsPerYear(calendar, first.intervalMs),
    period: options.period ?? {},
    evaluate: options.evaluate ?? 'decision',
    rules: {
      capital: options.capital ?? 10_000,
      fill: options.fill ?? 'next-open',
      costs: { taker: costs.taker ?? 0.001, slippage: costs.slippage ?? 0 },
      ...sizingRules(sizing, markets.length),
      band: options.band ?? 0.05,
    },
    strategy: strategyOf(options),
    schedule: createSchedule(options.schedule ?? { retrain: 180 }),
    seed,
    ...(options.sizing && { sizing }),
    ...(options.model && { model: options.model }),
    ...(options.ensemble && { ensemble: options.ensemble }),
    ...(options.anchor !== undefined && { anchor: options.anchor }),
  };
  return backtestBot(
    bot,
    markets.map((bars) => ({ bars, origin: 'given in code', sha256: columnsHash(bars) })),
    {
      networkTrainer: async (engine) => trainer ?? loadTrainer(engine),
      fits,
      trials,
      // Timings and the instant of a trial belong to the command line tool, which has a clock.
      clock: () => 0,
      now: () => '',
      config: plainConfig(bot),
      ...(options.forecasts && { forecasts: options.forecasts }),
      ...(options.onProgress && { onProgress: options.onProgress }),
      ...(options.abort && { signal: options.abort }),
    },
  );
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
