import type { Bars } from '../core/bars.ts';
import { type CalendarName, nextOpening } from '../core/calendar.ts';
import { isoInstant } from '../core/instant.ts';
import { DataError } from '../data/data-error.ts';
import { featureColumns, featureMatrix } from '../models/feature.ts';
import { type Fit, type OpenFit, openFit, scalingFor } from '../models/fit.ts';
import { isBaseline, type Model, outputsOf, tradedOutput } from '../models/model.ts';
import { closeOutput, expectedLevel, expectedReturn, outputNames, presentLevels, probabilityOf } from '../models/target.ts';
import type { Trainer } from '../models/trainer.ts';
import { combineColumns } from '../walk/combination.ts';
import { type ComingBars, comingBars } from './coming-bars.ts';

/** What one fit says of one bar ahead. Prices in quote currency, returns as fractions. */
export interface AheadStep {
  /** Bars after the last one, from 1. */
  readonly step: number;
  /** When that bar closes, ms UTC. */
  readonly time: number;
  /** null where the target says nothing about the close. */
  readonly close: number | null;
  /** From the close of the last bar there is. */
  readonly return: number | null;
  /** Whether the bar before was itself forecast. */
  readonly recursive: boolean;
  /** Every output by its name, where there is more than the close. */
  readonly levels?: Readonly<Record<string, number>>;
  /** Where loss quantile learnt them, the level of each. */
  readonly quantiles?: readonly { readonly quantile: number; readonly level: number }[];
  /** Of a rise, of target direction. */
  readonly probability?: number;
  /** Of an ensemble: standard deviation of its members' returns over the horizon, divisor n - 1. */
  readonly spread?: number;
}

/** A fit and what opens it. */
export interface Member {
  readonly fit: Fit;
  readonly trainer: Trainer;
}

/**
 * What a fit says of the bars after the last one. With a horizon of h > 1 that is step h alone, and `steps` is not looked at. With a horizon
 * of 1 it is steps 1 to `steps`: each forecast becomes a bar, and the same fit forecasts the next one from features that are worked out
 * again. It comes step by step, so that whoever asks may stop in between.
 *
 * Throws a DataError that says at which step and why there is no forecast: a feature that is not known, or a price that no market can have.
 */
export function forecastAhead(fit: Fit, trainer: Trainer, bars: Bars, calendar: CalendarName, steps: number): Generator<AheadStep, void> {
  return forecastTogether([{ fit, trainer }], 'mean', bars, calendar, steps);
}

/** The same of several fits with one horizon: their returns are combined at every step, and all go on from the combined close. */
export function* forecastTogether(
  members: readonly Member[],
  combine: 'mean' | 'median',
  bars: Bars,
  calendar: CalendarName,
  steps: number,
): Generator<AheadStep, void> {
  const { horizon } = members[0]!.fit.model;
  const lastClose = bars.close[bars.length - 1]!;
  const recursive = horizon === 1;
  const count = recursive ? steps : 1;
  const coming = comingBars(bars, calendar, count - 1);
  const opened = members.map(({ fit, trainer }) => ({ fit, open: openFit(fit, trainer, bars.market) }));
  try {
    for (let round = 1; round <= count; round++) {
      const step = recursive ? round : horizon;
      const place = `step ${step} of ${recursive ? count : step} ahead of ${bars.market}`;
      const known = coming.known();
      const said = together(
        combine,
        opened.map(({ fit, open }) => forecastNext(fit, open, known, place)),
        known.close[known.length - 1]!,
        place,
      );
      const { close, return: ofThisBar, ...more } = said;
      yield {
        step,
        time: closeAhead(known, calendar, horizon),
        close,
        // From a forecast bar on, the return is the one of the whole way.
        return: close === null || round === 1 ? ofThisBar : close / lastClose - 1,
        recursive: round > 1,
        ...more,
      };
      if (round < count) appendForecast(coming, said, place);
    }
  } finally {
    for (const { open } of opened) open.close();
  }
}

/** What several say as one: the close by their combined return, and how far they lie apart. */
function together(combine: 'mean' | 'median', said: readonly Said[], present: number, place: string): Said {
  if (said.length === 1) return said[0]!;
  const returns = said.map((one) => {
    if (one.return === null)
      throw new DataError(`Expected a forecast of the close from every model at ${place}, received one of volatility`);
    return Float64Array.of(one.return);
  });
  const { column, spread } = combineColumns(combine, returns);
  return { close: checkLevel('close', present * (1 + column[0]!), place), return: column[0]!, spread: spread[0]! };
}

type Said = Omit<AheadStep, 'step' | 'time' | 'recursive'>;

/** What the fit says at the last row, in the words of a step. */
function forecastNext(fit: Fit, open: OpenFit, bars: Bars, place: string): Said {
  const { model } = fit;
  const row = bars.length - 1;
  const { values, width } = featureMatrix(model.features, bars);
  checkWindow(model, bars, values, width, place);
  const learnt = open.outputs(values, Int32Array.of(row));
  const { meanMove } = scalingFor(fit, bars.market);
  const names = outputNames(model.target);
  const present = presentLevels(model.target, bars, model.horizon).subarray(row * names.length);
  const traded = tradedOutput(model);
  const levels = names.map((name, k) => {
    const level = expectedLevel(model.target, learnt[names.length > 1 ? k : traded]!, present[k]!, meanMove);
    return [name, checkLevel(name, level, place)] as const;
  });
  const close = closeOutput(model.target);
  const { loss } = model.training;
  // Baselines say one number whatever the loss.
  const quantiles = loss.kind === 'quantile' && !isBaseline(model.kind) && outputsOf(model) === learnt.length ? loss.quantiles : undefined;
  return {
    close: close < 0 ? null : levels[close]![1],
    return: close < 0 ? null : expectedReturn(model.target, learnt[traded]!, bars.close[row]!, meanMove),
    ...((levels.length > 1 || close < 0) && { levels: Object.fromEntries(levels) }),
    ...(quantiles && {
      quantiles: quantiles.map((quantile, q) => ({
        quantile,
        level: checkFinite(`the quantile ${quantile}`, expectedLevel(model.target, learnt[q]!, present[0]!, meanMove), place),
      })),
    }),
    ...(model.target === 'direction' && { probability: probabilityOf(learnt[0]!) }),
  };
}

function appendForecast(coming: ComingBars, { close, levels }: Said, place: string): void {
  if (close === null) throw new DataError(`Expected a forecast of the close at ${place} to go on from, received none`);
  coming.append({ close, high: levels?.high, low: levels?.low });
}

function closeAhead({ openTime, length, intervalMs }: Bars, calendar: CalendarName, horizon: number): number {
  let time = openTime[length - 1]!;
  for (let bar = 0; bar < horizon; bar++) time = nextOpening(calendar, intervalMs, time);
  return time + intervalMs;
}

/** A window must be known as a whole; says which feature is not, and where. */
function checkWindow({ features, lookback }: Model, bars: Bars, values: Float64Array, width: number, place: string): void {
  const first = bars.length - lookback;
  const at = first < 0 ? -1 : values.subarray(first * width).findIndex((value) => !Number.isFinite(value));
  if (first >= 0 && at < 0) return;
  if (first < 0) throw new DataError(`Expected ${lookback} bars for a window at ${place}, received ${bars.length}; use a longer history`);
  const names = features.flatMap((feature) => featureColumns(feature, bars).map(() => JSON.stringify(feature)));
  const row = first + Math.floor(at / width);
  throw new DataError(
    `Expected every feature of the last ${lookback} bars to be known at ${place}, received ${values[row * width + (at % width)]} for ${names[at % width]} of the bar that opens at ${isoInstant(bars.openTime[row]!)}; take it out of model.features, or use fewer steps or a longer history`,
  );
}

function checkLevel(name: string, level: number, place: string): number {
  checkFinite(`the ${name}`, level, place);
  // A volatility is no price: nothing is made of it.
  if (level > 0 || name === 'volatility') return level;
  throw new DataError(
    `Expected a forecast of the ${name} above 0 at ${place}, received ${level}; no market has such a price: use target return, or fewer steps`,
  );
}

function checkFinite(what: string, level: number, place: string): number {
  if (Number.isFinite(level)) return level;
  throw new DataError(`Expected a finite forecast of ${what} at ${place}, received ${level}; use fewer steps, or train the model again`);
}
