import { DataError } from '../data/data-error.ts';
import type { Model } from '../models/model.ts';
import { type LabInputs, openMarket } from './inputs.ts';
import type { ExperimentPlan, MarketBars, NamedModel } from './plan.ts';
import type { Failure } from './result.ts';

/** What one model learns from: a market by itself, or all markets of a class. */
export interface Subject {
  readonly name: string;
  readonly markets: readonly string[];
}

/** The markets that can be learnt from, opened, and what was wrong with the others. */
export interface Opened {
  readonly subjects: readonly Subject[];
  /** The inputs of a model on a market; undefined where that was refused. */
  readonly inputsOf: (market: string, model: Model) => LabInputs | undefined;
  readonly failures: readonly Failure[];
}

/** What each model is set beside. */
export type Bases = ReadonlyMap<Model, readonly NamedModel[]>;

/**
 * Opens every market for every model, and for the baselines of those that it can be opened for. What is wrong with one market or model is a
 * failure with its reason; the others go on.
 */
export function openMarkets(plan: ExperimentPlan, markets: readonly MarketBars[], models: readonly NamedModel[], bases: Bases): Opened {
  const failures: Failure[] = [];
  const known = new Map<string, Map<Model, LabInputs>>();
  for (const market of markets) {
    if ('refused' in market) {
      failures.push({ market: market.market, model: null, reason: market.refused });
      continue;
    }
    const open = openMarket(plan, market.bars);
    const inputs = new Map<Model, LabInputs>();
    const opens = ({ name, model }: NamedModel, among: readonly Model[]): boolean => {
      try {
        inputs.set(model, open(model, among));
        return true;
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        const same = failures.find((failure) => failure.market === market.market && failure.reason === error.message);
        if (!same) failures.push({ market: market.market, model: name, reason: error.message });
        return false;
      }
    };
    // One that cannot be opened by itself must not take rows from the others.
    const among = models.filter((named) => opens(named, [])).map(({ model }) => model);
    inputs.clear();
    for (const named of models) {
      if (!among.includes(named.model) || !opens(named, among)) continue;
      for (const base of bases.get(named.model) ?? []) opens(base, among);
    }
    if (inputs.size > 0) known.set(market.market, inputs);
  }
  const names = [...known.keys()];
  const { pool } = plan;
  const classes = pool && [...new Set(names.map((name) => pool.get(name) ?? name))];
  return {
    subjects: classes
      ? classes.map((name) => ({ name, markets: names.filter((market) => (pool.get(market) ?? market) === name) }))
      : names.map((name) => ({ name, markets: [name] })),
    inputsOf: (market, model) => known.get(market)?.get(model),
    failures,
  };
}
