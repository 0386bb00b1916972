import type { CustomSeriesOption } from 'echarts';
import type { Band, BandedScore } from '../../lab/result.ts';
import { NONE } from '../format.ts';
import { drawn } from '../palette.ts';
import { shortened, textWidth } from '../typeface.ts';
import type { Key } from './key.ts';
import { PERSISTENCE } from './look.ts';
import { type Measure, measure } from './measure.ts';
import { numberAxis, type Panel, panel, rule, type Span, spanOf, TEXT_SIZE } from './panel.ts';
import { BODY_WIDTH, MARGIN, PANEL_TITLE, type Sheet } from './sheet.ts';
import { errorUnit, type OutputView, partName, persistenceOf, subject, type ViewedModel } from './view.ts';

const PANELS: readonly BandedScore[] = ['r2', 'rmse', 'mae', 'mape', 'directionAccuracy', 'skillVsPersistence'];
const COLUMNS = 3;
const GAP = 18;
const ROW = 26;
/** Height of a panel beyond its rows: axis labels and margins. */
const AXIS_HEIGHT = 44;
const NAMES = 210;
/** Room for the values beside the bars. */
const VALUES = 95;
/** A bar this many times as long as three quarters of the others are at most is cut, so that those can still be read. */
const OUTLIER = 5;
const CUT = '\u00bb';
const MAJORITY = { color: drawn('loss'), dash: [7, 3, 2, 3], width: 2, mark: 'circle' } as const;
const REFERENCE = { ...PERSISTENCE, dash: [4, 3], width: 2 };
const EDGE = drawn('faint');

/** How the bar of a model is filled. */
export type Paint = (model: ViewedModel) => string;

const byRole: Paint = ({ score }) =>
  score.role === 'network' ? drawn('strategy') : score.role === 'ensemble' ? drawn('violet') : drawn('page');

/** Bars of the main scores of all models, beside persistence. Null where nothing was scored. */
export function scoreSheet(view: OutputView): Sheet | null {
  const models = view.models.filter(({ scores }) => scores !== null);
  const shown = PANELS.map(measure).filter((one) => models.some(({ scores }) => scores !== null && one.of(scores) !== null));
  if (shown.length === 0) return null;
  const names = nameWidth(models);
  const width = (BODY_WIDTH - names - (COLUMNS - 1) * GAP) / COLUMNS;
  const height = models.length * ROW + AXIS_HEIGHT;
  const panels = shown.map((one, at) => {
    const column = at % COLUMNS;
    return {
      x: MARGIN + column * (width + GAP) + (column === 0 ? 0 : names),
      y: Math.floor(at / COLUMNS) * (height + PANEL_TITLE + 16),
      title: one.inUnits ? `${one.heading} (${errorUnit(view)})` : one.name === 'skillVsPersistence' ? 'Skill vs persistence' : one.heading,
      panel: scorePanel(view, models, one, byRole, column === 0 ? names + width : width, height, column === 0 ? names : 0),
    };
  });
  return {
    title: 'Scores of all models',
    subtitle: `${subject(view)}, ${partName(view.scored)}`,
    keys: keysFor(view, models, shown),
    panels,
  };
}

/** Room that the names of models take beside their bars. */
export function nameWidth(models: readonly ViewedModel[], limit = NAMES): number {
  return Math.min(limit, Math.max(0, ...models.map(({ name }) => textWidth(name, TEXT_SIZE.small)))) + 12;
}

/** Horizontal bars of one score, its values beside them; `names` is the room for the names, 0 for none. */
export function scorePanel(
  view: OutputView,
  models: readonly ViewedModel[],
  one: Measure,
  paint: Paint,
  width: number,
  height: number,
  names: number,
): Panel {
  const values = models.map(({ scores }) => (scores === null ? null : one.of(scores)));
  const reference = referenceOf(view, one);
  const limit = cutAt(values);
  const texts = values.map((value) => (value === null ? NONE : `${isCut(value, limit) ? `${CUT} ` : ''}${one.print(value)}`));
  const within = (value: number) => Math.min(limit, Math.max(-limit, value));
  const data = values.map((value, at) => ({
    value: value === null ? NONE : within(value),
    itemStyle: { color: paint(models[at]!), borderColor: EDGE, borderWidth: 1.4 },
  }));
  const rows = models.map((_, at) => String(at));
  const category = { type: 'category' as const, data: rows, inverse: true, axisTick: { show: false }, splitLine: { show: false } };
  const label = { color: drawn('ink'), fontSize: TEXT_SIZE.small, interval: 0 };
  const bands = models.flatMap((model, at) => {
    const band = bandOf(view, model, one.name);
    // Where a bar is cut, so is its whisker.
    return band === null || within(band.p10) === within(band.p90) ? [] : [[within(band.p10), within(band.p90), at]];
  });
  const base = numberAxis(
    '',
    one.axis,
    barSpan([...values, ...bands.flatMap(([low, high]) => [low!, high!]), reference?.value ?? null], limit),
    3,
    width - names - VALUES,
  );
  const made = panel(
    width,
    height,
    {
      xAxis: { ...base, axisLabel: { ...base.axisLabel, fontSize: TEXT_SIZE.small } },
      yAxis: [
        {
          ...category,
          axisLine: { show: true, lineStyle: { color: EDGE, width: 1.2 } },
          axisLabel:
            names === 0
              ? { show: false }
              : { ...label, formatter: (_: string, at: number) => shortened(models[at]?.name ?? '', names - 12, TEXT_SIZE.small) },
        },
        {
          ...category,
          position: 'right',
          axisLine: { show: false },
          axisLabel: { ...label, formatter: (_: string, at: number) => texts[at] ?? '' },
        },
      ],
    },
    [
      {
        type: 'bar',
        name: one.heading,
        silent: true,
        barWidth: '62%',
        data,
        ...(reference === null ? {} : { markLine: rule({ xAxis: within(reference.value) }, reference.look) }),
      },
      whiskers(bands),
      // The values need an axis of their own, and an axis a series.
      { type: 'bar', yAxisIndex: 1, silent: true, data: [] },
    ],
  );
  return {
    ...made,
    option: { ...made.option, grid: { left: 2, right: 2, top: 4, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'all' } },
  };
}

function keysFor(view: OutputView, models: readonly ViewedModel[], shown: readonly Measure[]): Key[] {
  const roles = new Set(models.map(({ score }) => score.role));
  const cut = shown.some((one) => {
    const values = models.map(({ scores }) => (scores === null ? null : one.of(scores)));
    const limit = cutAt(values);
    return values.some((value) => value !== null && isCut(value, limit));
  });
  return [
    ...(['network', 'ensemble', 'baseline'] as const)
      .filter((role) => roles.has(role))
      .map((role): Key => ({ kind: 'field', label: role, color: byRole(models.find(({ score }) => score.role === role)!), edge: EDGE })),
    ...(models.some((model) => bandOf(view, model, 'rmse') !== null) ? [{ kind: 'whisker' as const, label: '10-90% of seeds' }] : []),
    ...(persistenceOf(view)?.scores == null ? [] : [{ kind: 'line' as const, label: 'persistence', look: REFERENCE }]),
    ...(shown.some(({ name }) => name === 'directionAccuracy')
      ? [{ kind: 'line' as const, label: 'majority share (direction)', look: MAJORITY }]
      : []),
    ...(cut ? [{ kind: 'sign' as const, label: 'reaches beyond the axis', sign: CUT }] : []),
  ];
}

/** What a score is to be read against: persistence, which tells no direction, so there the more frequent direction. */
function referenceOf(view: OutputView, one: Measure) {
  if (one.name === 'directionAccuracy') {
    const share = view.models.find(({ scores }) => scores?.majorityShare != null)?.scores?.majorityShare ?? null;
    return share === null ? null : { value: share, look: MAJORITY };
  }
  const scores = persistenceOf(view)?.scores ?? null;
  const value = scores === null ? null : one.of(scores);
  return value === null ? null : { value, look: REFERENCE };
}

export function bandOf(view: OutputView, { score }: ViewedModel, name: BandedScore): Band | null {
  return score.bands?.[view.scored]?.[name] ?? null;
}

/** The length at which bars are cut; infinite where none has to be. */
function cutAt(values: readonly (number | null)[]): number {
  const sizes = values.flatMap((value) => (value === null || value === 0 ? [] : [Math.abs(value)])).sort((a, b) => a - b);
  const usual = sizes[Math.floor(0.75 * (sizes.length - 1))] ?? 0;
  return (sizes.at(-1) ?? 0) > OUTLIER * usual && usual > 0 ? 2 * usual : Number.POSITIVE_INFINITY;
}

function isCut(value: number, limit: number): boolean {
  return Math.abs(value) > limit;
}

/** From zero, since a bar says its value by its length, to the outermost value or where it is cut. */
function barSpan(values: readonly (number | null)[], limit: number): Span {
  const { low, high } = spanOf([0, ...values.map((value) => (value === null ? null : Math.min(limit, Math.max(-limit, value))))], 0, 0);
  const margin = 0.04 * (high - low);
  return { low: low < 0 ? low - margin : 0, high: high > 0 ? high + margin : 0 };
}

function whiskers(bands: readonly number[][]): CustomSeriesOption {
  // On a rim of paper, since a bar can be as dark as the whisker.
  const styles = [
    { stroke: drawn('page'), lineWidth: 4.6, fill: 'none' },
    { stroke: drawn('ink'), lineWidth: 2, fill: 'none' },
  ];
  const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line' as const, shape: { x1, y1, x2, y2 } });
  return {
    type: 'custom',
    name: 'band over seeds',
    silent: true,
    z: 5,
    data: [...bands],
    encode: { x: [0, 1], y: 2 },
    renderItem: (_, api) => {
      const [low = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
      const [high = 0] = api.coord([api.value(1), api.value(2)]);
      const lines = [line(low, y, high, y), line(low, y - 5, low, y + 5), line(high, y - 5, high, y + 5)];
      return { type: 'group', children: styles.flatMap((style) => lines.map((one) => ({ ...one, style }))) };
    },
  };
}
