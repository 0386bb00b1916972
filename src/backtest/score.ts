import type { Column } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import type { Panel } from '../core/panel.ts';
import { averageDifference, dieboldMariano, squaredLossDifference } from '../statistics/diebold-mariano.ts';
import { type Skill as MarketSkill, skill } from '../statistics/skill.ts';
import { servedRuns, slotName } from '../walk/plan.ts';
import type { Predictions } from '../walk/predictions.ts';
import type { RowRange } from '../walk/walk.ts';
import type { BaselineSkill, FoldSkill, ForecastReport, Skill, TestResult } from './result.ts';

/** Forecasts and outcomes of one market on rows of its bars. */
interface Slice {
  readonly closeTime: Float64Array;
  readonly close: Float64Array;
  readonly actual: Float64Array;
  readonly forecast: Float64Array;
}

/** Skill of a model's forecasts on the evaluated rows: pooled over markets, against every baseline, and fold by fold. */
export function scoreForecasts(
  panel: Panel,
  kind: string,
  horizon: number,
  predictions: Predictions,
  ranges: readonly RowRange[],
): ForecastReport {
  const { inputs, forecasts, baselines, outcomes } = predictions;
  const slicesOf = (columns: readonly Column[]) => panel.markets.map((_, m) => cut(panel, m, inputs[m]!.returns, columns[m]!, ranges[m]!));
  const model = slicesOf(forecasts.columns);
  const pooled = pool(model, horizon);
  const compared = baselines.map(({ name, columns }): BaselineSkill => {
    const baseline = slicesOf(columns).map((slice, m) => onlyWhere(slice, model[m]!));
    const differences = model.map((slice, m) => ({
      closeTime: slice.closeTime,
      difference: squaredLossDifference(slice.actual, baseline[m]!.forecast, slice.forecast),
    }));
    return { name, ...pool(baseline, horizon), dieboldMariano: dieboldMariano(averageDifference(differences), horizon) };
  });
  const folds = panel.markets.flatMap((bars, m) =>
    servedRuns(forecasts.serving[m]!, ranges[m]!.from, ranges[m]!.to).map(({ slot, from, to }): FoldSkill => {
      const outcome = outcomes.get(slotName(bars.market, slot));
      return {
        market: bars.market,
        from: isoInstant(bars.openTime[from]! + bars.intervalMs),
        to: isoInstant(bars.openTime[to - 1]! + bars.intervalMs),
        fit: outcome?.kind === 'fit' ? outcome.fit.key : '',
        ...pool([cut(panel, m, inputs[m]!.returns, forecasts.columns[m]!, { from, to })], horizon),
      };
    }),
  );
  return { model: kind, ...pooled, baselines: compared, folds };
}

function cut(panel: Panel, m: number, returns: Column, forecast: Column, { from, to }: RowRange): Slice {
  const bars = panel.markets[m]!;
  return {
    closeTime: bars.openTime.subarray(from, to).map((time) => time + bars.intervalMs),
    close: bars.close.subarray(from, to),
    actual: returns.subarray(from, to),
    forecast: forecast.subarray(from, to),
  };
}

/** A baseline is scored on the bars of the model, no more. */
function onlyWhere(slice: Slice, model: Slice): Slice {
  return { ...slice, forecast: slice.forecast.map((value, i) => (Number.isNaN(model.forecast[i]) ? Number.NaN : value)) };
}

/** Skill on the bars of all markets together; the test against persistence averages markets per close time first. */
function pool(slices: readonly Slice[], horizon: number): Skill {
  const join = (pick: (slice: Slice) => Float64Array) => {
    const joined = new Float64Array(slices.reduce((length, slice) => length + pick(slice).length, 0));
    let at = 0;
    for (const slice of slices) {
      joined.set(pick(slice), at);
      at += pick(slice).length;
    }
    return joined;
  };
  const one: MarketSkill = skill({
    actual: join((slice) => slice.actual),
    forecast: join((slice) => slice.forecast),
    close: join((slice) => slice.close),
    horizon,
  });
  if (slices.length === 1) return one;
  const differences = slices.map(({ closeTime, actual, forecast }) => ({
    closeTime,
    difference: squaredLossDifference(actual, new Float64Array(actual.length), forecast),
  }));
  return {
    ...one,
    // Errors in different currencies and sizes do not add up.
    price: { ...one.price, rmse: null, mae: null, r2: null, bias: null },
    dieboldMariano: dieboldMariano(averageDifference(differences), horizon),
    // Markets move together: their bars are not as many observations. The most cautious of the markets' own tests.
    pesaranTimmermann: mostCautious(
      slices.map(({ actual, forecast, close }) => skill({ actual, forecast, close, horizon }).pesaranTimmermann),
    ),
  };
}

/** The test with the largest p; undefined as soon as one is. */
function mostCautious(tests: readonly TestResult[]): TestResult {
  return tests.reduce((a, b) => (a.pValue === null ? a : b.pValue === null || b.pValue > a.pValue ? b : a));
}
