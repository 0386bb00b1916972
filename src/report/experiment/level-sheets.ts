import type { Part } from '../../lab/result.ts';
import { LINE_POINTS } from '../decimation.ts';
import { count, counted, day, quantity } from '../format.ts';
import { drawn } from '../palette.ts';
import { shortened, textWidth } from '../typeface.ts';
import type { Key } from './key.ts';
import { ACTUAL, BEST_BASELINE, type Look, PERSISTENCE, SHADE } from './look.ts';
import { curve, numberAxis, type Panel, type Point, panel, type Span, spanOf, TEXT_SIZE, timeAxis } from './panel.ts';
import { BODY_WIDTH, MARGIN, type Sheet } from './sheet.ts';
import { bestBaseline, byError, isLearned, levelName, type OutputView, partName, subject } from './view.ts';

/** Networks and ensembles of one figure at most: more lines on one another cannot be told apart. */
const MODELS_DRAWN = 4;
/** Of the training part, this share of the scored bars is shown before them. */
const TRAINING_SHOWN = 0.2;
const LAST_BARS = 100;
/** Width that the labels of the upright axis take of a panel, or more. */
const LABELS = 110;

/** A line over time: what it is called, how it looks, and its level at each row. */
export interface LevelLine {
  readonly name: string;
  readonly look: Look;
  readonly level: Float64Array;
}

/** Rows of one part one after the other. */
interface Stretch {
  readonly part: Part;
  /** Instants. */
  readonly from: number;
  readonly to: number;
  readonly name: string;
  /** Whether the name has room in a panel of this width. */
  readonly named: (width: number) => boolean;
}

/** Actual levels, the best networks and ensembles, the best baseline and persistence, over validation and test part. */
export function levelSheet(view: OutputView): Sheet | null {
  const rows = shownRows(view);
  if (view.series === null || rows.length === 0) return null;
  const lines = linesOf(view);
  return {
    title: 'Actual and predicted levels',
    subtitle: `${subject(view)}; ${period(view, rows)}`,
    keys: [...keysOf(lines), ...partKeys(view, rows, BODY_WIDTH)],
    panels: [{ x: MARGIN, y: 0, panel: levelPanel(view, lines, rows, BODY_WIDTH, 470, true) }],
  };
}

/** The close-up of the last scored bars, in which a lag behind the actual line is seen. */
export function recentSheet(view: OutputView): Sheet | null {
  const rows = recentRows(view);
  if (rows.length === 0) return null;
  const lines = linesOf(view);
  return {
    title: rows.length === 1 ? 'The last scored bar' : `The last ${count(rows.length)} scored bars`,
    subtitle: `${subject(view)}, ${partName(view.scored)}; ${period(view, rows)}`,
    keys: keysOf(lines),
    panels: [{ x: MARGIN, y: 0, panel: levelPanel(view, lines, rows, BODY_WIDTH, 470, false) }],
  };
}

export function levelPanel(
  view: OutputView,
  lines: readonly LevelLine[],
  rows: readonly number[],
  width: number,
  height: number,
  shaded: boolean,
): Panel {
  const time = view.series?.time ?? new Float64Array();
  const values = lines.flatMap(({ level }) => rows.map((row) => level[row]));
  // Above the lines there is room for the names of the parts.
  const axis = numberAxis(
    shortened(levelName(view), height - 80, TEXT_SIZE.name),
    quantity,
    shaded ? underNames(spanOf(values, 0.05, 0.14)) : spanOf(values, 0.05, 0.05),
  );
  const series = lines.map((line, at) => ({
    ...curve(line.name, pointsOf(time, line.level, rows), line.look),
    z: 3 + at,
    ...(at === 0 && shaded ? { markArea: partAreas(view, rows, width) } : {}),
  }));
  return panel(width, height, { xAxis: timeAxis(), yAxis: axis }, series);
}

/** Actual first, so that all else lies on it; persistence last. */
export function linesOf(view: OutputView, models = MODELS_DRAWN): readonly LevelLine[] {
  const { series } = view;
  if (series === null) return [];
  const learned = byError(view.models.filter((model) => isLearned(model) && hasLevels(model.level))).slice(0, models);
  const baseline = bestBaseline(view);
  return [
    { name: 'actual', look: ACTUAL, level: series.actual },
    // In the order of the tables, whichever was better.
    ...view.models.flatMap((model) =>
      learned.includes(model) && model.level !== null ? [{ name: model.name, look: model.look, level: model.level }] : [],
    ),
    ...(baseline === null || baseline.level === null || (models < MODELS_DRAWN && learned.length > 0)
      ? []
      : [{ name: `${baseline.name} (best baseline)`, look: BEST_BASELINE, level: baseline.level }]),
    { name: 'persistence', look: PERSISTENCE, level: series.naive },
  ];
}

export function keysOf(lines: readonly LevelLine[]): Key[] {
  return lines.map(({ name, look }) => ({ kind: 'line', label: name, look }));
}

/** The last rows of the scored part with a known outcome. */
export function recentRows({ series, scored }: OutputView): readonly number[] {
  if (series === null) return [];
  const rows = series.part.flatMap((part, row) =>
    part === scored && isKnown(series.time[row]) && isKnown(series.actual[row]) ? [row] : [],
  );
  return rows.slice(-LAST_BARS);
}

/** Networks and ensembles that there was no room for. */
export function leftOut(view: OutputView): number {
  return Math.max(0, view.models.filter((model) => isLearned(model) && hasLevels(model.level)).length - MODELS_DRAWN);
}

/** Rows of validation and test part with an instant, and the end of the training part before them. */
export function shownRows({ series }: OutputView): readonly number[] {
  if (series === null) return [];
  const rows = series.part.flatMap((part, row) => (part !== 'train' && isKnown(series.time[row]) ? [row] : []));
  const first = rows[0];
  if (first === undefined || !rows.some((row) => isKnown(series.actual[row]))) return [];
  const before = Math.min(first, Math.ceil(rows.length * TRAINING_SHOWN));
  const training = Array.from({ length: before }, (_, i) => first - before + i).filter((row) => isKnown(series.time[row]));
  const all = [...training, ...rows];
  // Evenly thinned: all lines have to keep the same rows.
  const step = Math.ceil(all.length / LINE_POINTS);
  return step === 1 ? all : all.filter((_, at) => at % step === 0);
}

/** Keys of the parts whose names have no room in a panel of this width. */
export function partKeys(view: OutputView, rows: readonly number[], width: number): Key[] {
  return stretches(view, rows).flatMap((stretch): Key[] =>
    stretch.part === 'train' || stretch.named(width)
      ? []
      : [{ kind: 'field', label: partName(stretch.part), color: drawn('rule'), opacity: SHADE[stretch.part], edge: drawn('actual') }],
  );
}

/** Labels of the axis end below the names of the parts. */
export function underNames(span: Span): Span {
  return { ...span, ceiling: span.high - 0.09 * (span.high - span.low) };
}

/** Backgrounds of the parts with their names, where the name has room. */
export function partAreas(view: OutputView, rows: readonly number[], width: number) {
  return {
    silent: true,
    data: stretches(view, rows).map(({ part, from, to, name, named }): [object, object] => [
      {
        xAxis: from,
        itemStyle: { color: drawn('rule'), opacity: SHADE[part] },
        label: { show: named(width), formatter: name, position: 'insideTop', distance: 7, color: drawn('ink'), fontSize: TEXT_SIZE.label },
      },
      { xAxis: to },
    ]),
  };
}

export function period(view: OutputView, rows: readonly number[]): string {
  const at = (row: number | undefined) => day(new Date(view.series?.time[row ?? 0] ?? 0).toISOString());
  return `${at(rows[0])} to ${at(rows.at(-1))}, ${counted(rows.length, 'bar')}`;
}

function stretches({ series }: OutputView, rows: readonly number[]): readonly Stretch[] {
  if (series === null || rows.length === 0) return [];
  const begins = rows.filter((row, at) => at === 0 || series.part[row] !== series.part[rows[at - 1]!]);
  const end = series.time[rows.at(-1)!]!;
  const span = end - series.time[rows[0]!]!;
  return begins.map((row, at): Stretch => {
    const part = series.part[row]!;
    const from = series.time[row]!;
    // Up to where the next begins, so that no gap is left between two parts.
    const next = begins[at + 1];
    const to = next === undefined ? end : series.time[next]!;
    const name = part === 'train' ? 'training' : part;
    const share = span > 0 ? (to - from) / span : 1;
    return { part, from, to, name, named: (width) => textWidth(name, TEXT_SIZE.label) + 14 < share * (width - LABELS) };
  });
}

export function pointsOf(time: Float64Array, values: Float64Array, rows: readonly number[]): Point[] {
  return rows.map((row) => [time[row]!, isKnown(values[row]) ? values[row] : null]);
}

export function isKnown(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

function hasLevels(level: Float64Array | null): boolean {
  return level?.some((value) => Number.isFinite(value)) ?? false;
}
