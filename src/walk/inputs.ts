import type { Bars, Column } from '../core/bars.ts';
import { type CalendarName, slotOf } from '../core/calendar.ts';
import { kept } from '../core/growth.ts';
import type { Panel } from '../core/panel.ts';
import { type FeatureMatrix, featureMatrix } from '../models/feature.ts';
import { canonicalJson } from '../models/key.ts';
import { type BaselineKind, baselineFor, isBaseline, type Model } from '../models/model.ts';
import { completeWindows, usableRows } from '../models/sample.ts';
import { labels, outputNames } from '../models/target.ts';
import type { Bot } from './bot.ts';

/**
 * What the fits of one market learn from and forecast with. Its columns are computed once: those that forecasts need before anything is planned or
 * run, what only fits learn from when it is first read.
 */
export interface MarketInputs {
  /** Slot of every row, ascending. */
  readonly slot: Int32Array;
  readonly features: FeatureMatrix;
  /** 1 where a row closes a complete window: a forecast is possible. */
  readonly complete: Uint8Array;
  /** Simple returns over the horizon; NaN where not known. */
  readonly returns: Column;
  /** What the model learns, and what its baselines do: labels, and 1 where a row is a sample. */
  readonly target: Learnable;
  readonly plain: Learnable;
}

export interface Learnable {
  /** Row-major [row][target]. */
  readonly labels: Column;
  /** Targets side by side. */
  readonly width: number;
  readonly usable: Uint8Array;
}

/** The columns of all markets for a bot's model; undefined for a bot without one. */
export function prepareInputs(bot: Bot, panel: Panel): readonly MarketInputs[] | undefined {
  const { model } = bot;
  if (!model) return undefined;
  // One anchor for all markets, so that a bar that is filled in later moves no slot.
  const anchor = bot.anchor ?? bot.historyFrom ?? panel.closeTime[0]! - panel.markets[0]!.intervalMs;
  return panel.markets.map((bars) => {
    const features = featureMatrix(model.features, bars);
    const complete = completeRows(model, bars, features);
    const returns = once(() => labels('return', bars, model.horizon));
    const plain = once(() => ({ labels: returns(), width: 1, usable: usableRows(complete, returns()) }));
    const target = once(() => {
      const own = labels(model.target, bars, model.horizon);
      const width = outputNames(model.target).length;
      return { labels: own, width, usable: usableRows(complete, own, width) };
    });
    return {
      slot: slots(bot.calendar, anchor, bars),
      features,
      complete,
      get returns() {
        return returns();
      },
      get plain() {
        return plain();
      },
      get target() {
        return model.target === 'return' ? plain() : target();
      },
    };
  });
}

function completeRows({ features, lookback }: Model, bars: Bars, { values, width }: FeatureMatrix): Uint8Array {
  const key = `complete ${lookback} ${canonicalJson(features)}`;
  const fill = ([complete]: readonly Uint8Array[], from: number) => completeWindows(values, width, lookback, complete!, from);
  return kept(bars, key, [1], fill, (length) => new Uint8Array(length))[0]!;
}

function slots(calendar: CalendarName, anchor: number, bars: Bars): Int32Array {
  const fill = ([slot]: readonly Int32Array[], from: number) => {
    for (let row = from; row < bars.length; row++) slot![row] = slotOf(calendar, bars.intervalMs, anchor, bars.openTime[row]!);
  };
  return kept(bars, `slot ${calendar} ${anchor}`, [1], fill, (length) => new Int32Array(length))[0]!;
}

function once<T>(compute: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

/** The labels and samples of the bot's model, or of a baseline that learns returns beside it. */
export function learnable(model: Model, inputs: MarketInputs): Learnable {
  return model.target === 'return' ? inputs.plain : inputs.target;
}

/** The baselines a model is compared with; one that is a baseline itself is not compared with itself. */
export function comparedModels(model: Model, kinds: readonly BaselineKind[]): readonly Model[] {
  return kinds.filter((kind) => !(isBaseline(model.kind) && model.kind === kind)).map((kind) => baselineFor(model, kind));
}
