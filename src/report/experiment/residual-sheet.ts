import { count, counted, loss, quantity } from '../format.ts';
import { drawn } from '../palette.ts';
import type { Key } from './key.ts';
import { isKnown, partAreas, partKeys, pointsOf, shownRows, underNames } from './level-sheets.ts';
import { curve, numberAxis, type Panel, type Point, panel, rule, spanOf, timeAxis } from './panel.ts';
import { BODY_WIDTH, MARGIN, type Sheet } from './sheet.ts';
import { bestModel, errorUnit, isLearned, type OutputView, partName, subject } from './view.ts';

const HEIGHT = 400;
const TIME_WIDTH = 590;
const GAP = 22;
const HISTOGRAM_WIDTH = BODY_WIDTH - TIME_WIDTH - GAP;
const ZERO = { color: drawn('ink'), dash: [], width: 1.4 };
const BEHIND = { color: drawn('actual'), dash: [], width: 2, mark: 'circle' } as const;

/** Actual less predicted of the best network, over time and as a histogram, beside those of persistence. Null where nothing was scored. */
export function residualSheet(view: OutputView): Sheet | null {
  const { series, scored } = view;
  const model = bestModel(view);
  if (series === null || model === null || model.level === null) return null;
  const own = difference(series.actual, model.level);
  const echo = difference(series.actual, series.naive);
  const rows = shownRows(view).filter((row) => series.part[row] !== 'train' && isKnown(series.actual[row]));
  const inPart = series.part.flatMap((part, row) => (part === scored && isKnown(own[row]) && isKnown(echo[row]) ? [row] : []));
  if (inPart.length === 0) return null;
  const pick = (values: Float64Array) => inPart.map((row) => values[row]!);
  const { mean, deviation } = moments(pick(own));
  const unit = errorUnit(view);
  const seed = isLearned(model) && model.score.runs.length > 1 && model.run !== null ? `, seed ${count(model.run.seed)}` : '';
  const keys: Key[] = [
    { kind: 'line', label: `${model.name}${seed}`, look: { ...model.look, dash: [] } },
    { kind: 'line', label: 'persistence', look: BEHIND },
    ...partKeys(view, rows, TIME_WIDTH),
  ];
  return {
    title: `Residuals of ${model.name}: actual less predicted`,
    subtitle: `${subject(view)}; ${partName(scored)}: ${counted(inPart.length, 'bar')}, mean ${loss(mean)}, standard deviation ${loss(deviation)} ${unit}`,
    keys,
    panels: [
      { x: MARGIN, y: 0, title: 'Over time', panel: timePanel(view, rows, { ...model, own, echo }) },
      {
        x: MARGIN + TIME_WIDTH + GAP,
        y: 0,
        title: `Histogram, ${partName(scored)}`,
        panel: histogramPanel(model.name, unit, model.look.color, pick(own), pick(echo)),
      },
    ],
  };
}

type Residuals = Pick<NonNullable<ReturnType<typeof bestModel>>, 'name' | 'look'> & {
  readonly own: Float64Array;
  readonly echo: Float64Array;
};

function timePanel(view: OutputView, rows: readonly number[], { name, look, own, echo }: Residuals): Panel {
  const time = view.series?.time ?? new Float64Array();
  return panel(
    TIME_WIDTH,
    HEIGHT,
    {
      xAxis: { ...timeAxis(), splitNumber: 4 },
      yAxis: numberAxis(
        `residual (${errorUnit(view)})`,
        quantity,
        underNames(
          spanOf(
            [own, echo].flatMap((values) => rows.map((row) => values[row])),
            0.05,
            0.16,
          ),
        ),
      ),
    },
    [
      { ...curve('persistence', pointsOf(time, echo, rows), BEHIND), z: 3, markArea: partAreas(view, rows, TIME_WIDTH) },
      { ...curve(name, pointsOf(time, own, rows), { ...look, dash: [], width: 1.8 }), z: 4, markLine: rule({ yAxis: 0 }, ZERO) },
    ],
  );
}

function histogramPanel(name: string, unit: string, color: string, own: readonly number[], echo: readonly number[]): Panel {
  const edges = binEdges([...own, ...echo]);
  const most = Math.max(...countsIn(edges, own), ...countsIn(edges, echo));
  const outline = (values: readonly number[]): Point[] => {
    const counts = countsIn(edges, values);
    return [[edges[0]!, 0], ...counts.map((bars, at): Point => [edges[at]!, bars]), [edges.at(-1)!, counts.at(-1)!], [edges.at(-1)!, 0]];
  };
  const stepped = { step: 'end' as const, showSymbol: false };
  return panel(
    HISTOGRAM_WIDTH,
    HEIGHT,
    {
      xAxis: {
        ...numberAxis(`residual (${unit})`, quantity, spanOf(edges, 0.04, 0.04), 4, HISTOGRAM_WIDTH - 75),
        splitLine: { show: false },
      },
      yAxis: numberAxis('bars', count, { low: 0, high: 1.08 * most }, Math.min(5, most)),
    },
    [
      {
        ...curve(name, outline(own), { color, dash: [], width: 1.6, mark: 'circle' }),
        ...stepped,
        areaStyle: { color, opacity: 0.35 },
        markLine: rule({ xAxis: 0 }, ZERO),
      },
      { ...curve('persistence', outline(echo), BEHIND), ...stepped },
    ],
  );
}

/** Equal bins over all values, about the square root of their number, from 6 to 24; one value alone gets a bin around it. */
export function binEdges(values: readonly number[]): readonly number[] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = high > low ? 0 : Math.abs(low) * 0.1 || 1;
  const bins = Math.min(24, Math.max(6, Math.round(Math.sqrt(values.length))));
  const width = (high - low + 2 * margin) / bins;
  return Array.from({ length: bins + 1 }, (_, at) => low - margin + at * width);
}

/** Values in each bin; the last one holds its upper edge too. */
export function countsIn(edges: readonly number[], values: readonly number[]): number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  const low = edges[0]!;
  const width = (edges.at(-1)! - low) / counts.length;
  for (const value of values) {
    const bin = Math.min(counts.length - 1, Math.max(0, Math.floor((value - low) / width)));
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}

function difference(actual: Float64Array, predicted: Float64Array): Float64Array {
  return actual.map((value, row) => value - (predicted[row] ?? Number.NaN));
}

/** Mean and standard deviation with divisor n - 1; the latter null of a single value. */
function moments(values: readonly number[]): { readonly mean: number; readonly deviation: number | null } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null };
}
