import type { Column } from '../core/bars.ts';
import { slotOf } from '../core/calendar.ts';
import type { Panel } from '../core/panel.ts';
import { type FeatureMatrix, featureMatrix } from '../models/feature.ts';
import { type BaselineKind, baselineFor, isBaseline, type Model } from '../models/model.ts';
import { completeWindows, usableRows } from '../models/sample.ts';
import { labels } from '../models/target.ts';
import type { Bot } from './bot.ts';

/** What the fits of one market learn from and forecast with: columns computed once, before anything is planned or run. */
export interface MarketInputs {
  /** Slot of every row, ascending. */
  readonly slot: Int32Array;
  readonly features: FeatureMatrix;
  /** 1 where a row closes a complete window: a forecast is possible. */
  readonly complete: Uint8Array;
  /** Simple returns over the horizon; NaN where not known. */
  readonly returns: Column;
}

/** The columns of all markets for a bot's model; undefined for a bot without one. */
export function prepareInputs(bot: Bot, panel: Panel): readonly MarketInputs[] | undefined {
  const { model } = bot;
  if (!model) return undefined;
  return panel.markets.map((bars) => {
    const features = featureMatrix(model.features, bars);
    const anchor = bot.anchor ?? bars.openTime[0] ?? 0;
    return {
      slot: Int32Array.from(bars.openTime, (time) => slotOf(bot.calendar, bars.intervalMs, anchor, time)),
      features,
      complete: completeWindows(features.values, features.width, model.lookback),
      returns: labels('return', bars, model.horizon),
    };
  });
}

/** The labels and usable rows of a model, which baselines share but for the kind of target. */
export function learnable(model: Model, panel: Panel, market: number, inputs: MarketInputs): { labels: Column; usable: Uint8Array } {
  const target = model.target === 'return' ? inputs.returns : labels(model.target, panel.markets[market]!, model.horizon);
  return { labels: target, usable: usableRows(inputs.complete, target) };
}

/** The baselines a model is compared with; one that is a baseline itself is not compared with itself. */
export function comparedModels(model: Model, kinds: readonly BaselineKind[]): readonly Model[] {
  return kinds.filter((kind) => !(isBaseline(model.kind) && model.kind === kind)).map((kind) => baselineFor(model, kind));
}
