import type { Bars, Column } from '../core/bars.ts';
import { DataError } from '../data/data-error.ts';
import { type FeatureMatrix, featureColumns, featureMatrix } from '../models/feature.ts';
import { canonicalJson } from '../models/key.ts';
import type { Model } from '../models/model.ts';
import { completeWindows, usableRows } from '../models/sample.ts';
import { labels, outputNames, presentLevels } from '../models/target.ts';
import { labelsAt } from '../walk/plan.ts';
import { type ExperimentPlan, scoredPart } from './plan.ts';
import { type Ends, type Split, splitRows, windowEnds } from './split.ts';

/** What one model learns from on one market: columns, labels, and the windows of each part. */
export interface LabInputs {
  readonly bars: Bars;
  readonly features: FeatureMatrix;
  readonly split: Split;
  /** Windows whose labels are known, part by part. */
  readonly ends: Ends;
  /** Where windows lie inside their part, the scalers see all of its rows, those that close no window too; as the publication has it. */
  readonly scaledBy?: { readonly from: number; readonly to: number; readonly labels: Float64Array };
  /** Row-major [row][target], unscaled. */
  readonly labels: Column;
  readonly labelWidth: number;
  /** Simple returns of the close over the horizon. */
  readonly returns: Column;
  /** Present and coming levels of every output, [output][row]. */
  readonly present: readonly Column[];
  readonly actual: readonly Column[];
}

/** The inputs of a model on a market; `among` are the models that it is compared with. */
export type OpenMarket = (model: Model, among?: readonly Model[]) => LabInputs;

/**
 * A market opened for an experiment: inputs of models that have the same features are worked out once. The rows that are split are those on
 * which the features of all models that are compared are known: parts that began elsewhere for each would let one of them learn from rows
 * on which another is scored.
 */
export function openMarket(plan: ExperimentPlan, bars: Bars): OpenMarket {
  const matrices = new Map<string, FeatureMatrix>();
  const opened = new Map<string, LabInputs>();
  const matrixOf = ({ features }: Model): FeatureMatrix => {
    const name = canonicalJson(features);
    const matrix = matrices.get(name) ?? featureMatrix(features, bars);
    matrices.set(name, matrix);
    return matrix;
  };
  return (model, among = []) => {
    const together = new Set([model, ...among].map(matrixOf));
    const compared = [...new Set([model, ...among].map(({ features }) => canonicalJson(features)))].sort();
    const name = canonicalJson([model.features, model.lookback, model.horizon, model.target, model.sampling.embargo, compared]);
    const inputs = opened.get(name) ?? inputsOf(plan, bars, model, matrixOf(model), knownOn(bars, [...together]));
    opened.set(name, inputs);
    return inputs;
  };
}

/** A column that is NaN where a feature of any of the matrices is not known. */
function knownOn(bars: Bars, matrices: readonly FeatureMatrix[]): Column {
  const complete = matrices.map(({ values, width }) => completeWindows(values, width, 1));
  return Float64Array.from({ length: bars.length }, (_, row) => (complete.every((flags) => flags[row] === 1) ? 0 : Number.NaN));
}

function inputsOf(plan: ExperimentPlan, bars: Bars, model: Model, features: FeatureMatrix, known: Column): LabInputs {
  const { lookback, horizon, target } = model;
  const { values, width } = features;
  const split = splitRows(bars, known, 1, plan.split);
  const complete = completeWindows(values, width, lookback);
  const labelled = labels(target, bars, horizon);
  const labelWidth = outputNames(target).length;
  const usable = usableRows(complete, labelled, labelWidth);
  const rule = { lookback, horizon, embargo: model.sampling.embargo, windows: plan.windows, dropLast: plan.dropLast };
  // One row is inside any part: only windows of several rows have an inside.
  const ends = windowEnds(split, usable, lookback === 1 ? { ...rule, windows: 'overlapping' } : rule);
  const inputs: LabInputs = {
    bars,
    features,
    split,
    ends,
    ...(plan.windows === 'inside' && { scaledBy: trainingRows(split, labelled, labelWidth, horizon) }),
    labels: labelled,
    labelWidth,
    returns: labels('return', bars, horizon),
    present: columnsOf(presentLevels(target, bars, horizon), labelWidth),
    actual: columnsOf(comingLevels(model, bars), labelWidth),
  };
  check(model, inputs, scoredPart(plan));
  return inputs;
}

/** All rows of the training part, and the labels that are known within it. */
function trainingRows({ rows, validation }: Split, labelled: Column, width: number, horizon: number): NonNullable<LabInputs['scaledBy']> {
  const from = rows[0]!;
  const to = rows[validation - 1]! + 1;
  const known = rows.subarray(0, validation).filter((row) => row + horizon < to);
  return { from, to, labels: labelsAt(labelled, width, known) };
}

/** Levels `horizon` bars ahead, in the unit of the outputs' present levels. */
function comingLevels({ target, horizon }: Model, bars: Bars): Column {
  if (target === 'volatility' || typeof target !== 'string') return labels(target, bars, horizon);
  return labels('price', bars, horizon);
}

function columnsOf(matrix: Column, width: number): Column[] {
  const rows = matrix.length / width;
  return Array.from({ length: width }, (_, k) => Float64Array.from({ length: rows }, (_unused, row) => matrix[row * width + k]!));
}

/** Refuses what nothing can be learnt from, and says which column or part it is. */
function check(model: Model, { bars, features, ends, labels: labelled, labelWidth }: LabInputs, scored: 'validation' | 'test'): void {
  const { train, validation, test } = ends;
  if (train.length < 2 || validation.length < 1) {
    throw new DataError(
      `Expected at least 2 training windows and 1 validation window of ${model.lookback} rows in ${bars.market}, received ${train.length} and ${validation.length} from ${bars.length} bars; use a shorter model.lookback, mend experiment.split, or add history`,
    );
  }
  if (scored === 'test' && test.length === 0) {
    throw new DataError(
      `Expected at least 1 test window of ${model.lookback} rows to score in ${bars.market}, received none from ${bars.length} bars; mend experiment.split, use a shorter model.lookback, or add history`,
    );
  }
  const first = train[0]! - model.lookback + 1;
  const last = train[train.length - 1]!;
  for (let column = 0; column < features.width; column++) {
    const value = features.values[first * features.width + column]!;
    let row = first + 1;
    while (row <= last && features.values[row * features.width + column] === value) row++;
    if (row <= last) continue;
    throw new DataError(
      `Expected the feature ${columnName(model, bars, column)} of ${bars.market} to change on the training rows, received ${value} on all ${last - first + 1}; take it out of model.features`,
    );
  }
  for (let k = 0; k < labelWidth; k++) {
    const value = labelled[train[0]! * labelWidth + k]!;
    if (train.some((end) => labelled[end * labelWidth + k] !== value)) continue;
    throw new DataError(
      `Expected the target ${outputNames(model.target)[k]} of ${bars.market} to change on the training rows, received ${value} for all ${train.length} windows; use another target or market`,
    );
  }
}

/** The feature that a column of the matrix belongs to. */
function columnName({ features }: Model, bars: Bars, column: number): string {
  const names = features.flatMap((feature) =>
    featureColumns(feature, bars).map((_, k, all) => `${JSON.stringify(feature)}${all.length > 1 ? ` output ${k + 1}` : ''}`),
  );
  return names[column]!;
}
