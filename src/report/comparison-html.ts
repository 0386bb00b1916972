import { type Comparison, type ConfigDifference, curvesOf } from '../backtest/comparison.ts';
import type { RunResult } from '../backtest/result.ts';
import { BASE, CHART_WIDTH, type Figure, loadDrawing, TIME_AXIS, valueAxis } from './chart.ts';
import { COMMON_COLUMNS, COMPARISON_COLUMNS, samePeriod } from './comparison-table.ts';
import { LOGARITHMIC_RANGE, line, points, rangeOf } from './figures.ts';
import { count, counted, day, quantity } from './format.ts';
import { escaped, facts, figure, list, paragraph, section, table } from './markup.ts';
import { page, SENTENCE_END } from './page.ts';
import type { PALETTE } from './palette.ts';
import { textWidth } from './typeface.ts';

/** Colours of the runs, in their order; further runs are in the tables alone. */
const COLOURS = ['strategy', 'loss', 'gain', 'violet', 'holding', 'sky'] as const satisfies readonly (keyof typeof PALETTE)[];

const LEGEND_SIZE = BASE.legend.textStyle.fontSize;
const LEGEND_ROW = LEGEND_SIZE + 10;
/** What a name in the legend takes besides its letters. */
const LEGEND_GAP = BASE.legend.itemWidth + BASE.legend.itemGap + 5;
const STYLE = 'td:first-child{overflow-wrap:normal}';

/**
 * Finished runs side by side as one HTML page that opens offline, like the report of a backtest. `results` are the runs of the comparison, in
 * its order.
 */
export async function comparisonHtml(comparison: Comparison, results: readonly RunResult[]): Promise<string> {
  const drawing = await loadDrawing();
  const { runs, common, warnings, differences, verdict } = comparison;
  const title = runs.map(({ label }) => label).join(', ');
  const period = samePeriod(runs)
    ? `${day(runs[0]!.from)} to ${day(runs[0]!.to)}, ${counted(runs[0]!.bars, 'bar')}`
    : 'Each over a period of its own';
  const columns = (figures: typeof COMPARISON_COLUMNS) =>
    table([{ heading: 'Run', text: (run) => run.label }, ...figures.map(([heading, text]) => ({ heading, text }))], runs);
  return page(`Comparison: ${title}`, STYLE, [
    `<header><h1>${counted(runs.length, 'run')} beside each other</h1>
<p class="period">${escaped(`${title}. ${period}.`)}</p>
<div class="verdict">${verdict.split(SENTENCE_END).map(paragraph).join('')}</div></header>`,
    warnings.length === 0 ? '' : section('Not comparable as they stand', list(warnings)),
    section(
      'Runs and their buy & hold',
      figure(drawing, curveFigure(comparison, results), 'curves'),
      columns(COMPARISON_COLUMNS),
      ...(common && !samePeriod(runs)
        ? [`<h3>From ${day(common.from)} to ${day(common.to)}, which all runs cover</h3>`, columns(COMMON_COLUMNS)]
        : []),
    ),
    differences.length === 0 ? '' : section('Where the configurations differ', differenceTable(comparison)),
    section(
      'Runs',
      ...runs.map(
        ({ label, runId, digest, from, to, bars, interval, fill, data }) =>
          `<h3>${escaped(label)}</h3>${facts([
            ['Run', runId],
            ['Digest', digest],
            ['Period', `${day(from)} to ${day(to)}, ${counted(bars, 'bar')}${interval === null ? '' : ` of ${interval}`}`],
            ['Fill', fill],
            ...data.map(({ market, sha256 }) => ['Bars', `${market}, sha256 ${sha256}`] as const),
          ])}`,
      ),
    ),
  ]);
}

function differenceTable({ runs, differences }: Comparison): string {
  const words = (value: unknown) => (typeof value === 'string' ? value : value === null ? '-' : JSON.stringify(value));
  return table<ConfigDifference>(
    [
      { heading: 'Setting', text: ({ path }) => path },
      ...runs.map(({ label }, k) => ({ heading: label, text: ({ values }: ConfigDifference) => words(values[k]), words: true })),
    ],
    differences,
  );
}

/** Every curve from 1 on, buy & hold dashed in the colour of its run; where it is one for all, once and in grey. */
function curveFigure({ runs, common }: Comparison, results: readonly RunResult[]): Figure {
  const shown = results
    .slice(0, COLOURS.length)
    .map((result, k) => ({ ...curvesOf(result, common), label: runs[k]!.label, colour: COLOURS[k]! }));
  const one = shown.every(({ buyAndHold }) => alike(buyAndHold, shown[0]!.buyAndHold));
  const holding = 'buy & hold';
  const named = [...shown.map(({ label }) => label), ...(one ? [holding] : [])];
  const rows = Math.ceil(named.reduce((sum, label) => sum + textWidth(label, LEGEND_SIZE) + LEGEND_GAP, 0) / CHART_WIDTH);
  const logarithmic = rangeOf(...shown.flatMap(({ strategy, buyAndHold }) => [strategy, buyAndHold])) > LOGARITHMIC_RANGE;
  const left = results.length - shown.length;
  const start = common
    ? `Equity over what it was at the close of ${day(common.from)}`
    : 'Equity over what it was at the first close of each run';
  return {
    title: 'Equity from 1 on',
    caption: `${start}${logarithmic ? ', on a logarithmic axis' : ''}. Dashed: buy & hold${one ? ', the same for all' : ' of the run in the same colour'}.${left > 0 ? ` ${count(left)} further runs are in the table alone.` : ''}`,
    height: 440,
    option: {
      legend: { ...BASE.legend, data: named },
      grid: { ...BASE.grid, top: BASE.grid.top + LEGEND_ROW * (rows - 1) },
      xAxis: TIME_AXIS,
      yAxis: valueAxis(quantity, logarithmic),
      series: [
        ...shown.map(({ times, strategy, label, colour }) => ({ ...line(label, points(times, strategy), colour, 2.2), z: 3 })),
        ...shown
          .slice(0, one ? 1 : shown.length)
          .map(({ times, buyAndHold, label, colour }) =>
            dashed(line(one ? holding : `${holding}: ${label}`, points(times, buyAndHold), one ? 'actual' : colour, 1.6)),
          ),
      ],
    },
  };
}

function dashed(series: ReturnType<typeof line>) {
  return { ...series, lineStyle: { ...series.lineStyle, type: 'dashed' as const } };
}

/** Whether two curves cannot be told apart in a figure. */
function alike(one: Float64Array, other: Float64Array): boolean {
  return one.length === other.length && one.every((value, i) => Math.abs(value / other[i]! - 1) < 0.005);
}
