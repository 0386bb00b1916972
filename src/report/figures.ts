import type { Backtest, FitSummary, FoldSkill, MarketColumns, TradeRow } from '../backtest/result.ts';
import { BASE, categoryAxis, type Figure, TIME_AXIS, titled, valueAxis } from './chart.ts';
import { decimate, LINE_POINTS, spread } from './decimation.ts';
import { axisPercent, count, day, quantity } from './format.ts';
import { drawn } from './palette.ts';

/** Markers and dots of one figure at most. */
const MARKS = 800;
/** Bars of the close-up of forecast and actual return. */
const LAST_BARS = 200;
/** Fits whose loss curves are overlaid at most. */
const FITS = 60;
/** Trades beyond which the marks are drawn small. */
const CROWDED = 60;
/** Drawn over its neighbours, though named before them. */
const ABOVE = { z: 3 };
/** Marks besides the library's own. */
const DOWNWARDS = 'path://M0 0L10 0L5 9Z';
const CROSS = 'path://M0 1L1 0L5 4L9 0L10 1L6 5L10 9L9 10L5 6L1 10L0 9L4 5Z';
/** Above this range an axis is logarithmic, so that equal steps are equal returns. */
export const LOGARITHMIC_RANGE = 10;

type Point = [number, number | null];

/** Equity of the strategy against buy & hold. */
export function equityFigure({ trace, buyAndHold }: Backtest): Figure {
  const logarithmic = rangeOf(trace.equity, buyAndHold) > LOGARITHMIC_RANGE;
  return {
    title: 'Equity',
    caption: `Quote currency at each close${logarithmic ? ', on a logarithmic axis' : ''}. ${decimationNote(trace.equity.length)}`,
    height: 400,
    option: {
      xAxis: TIME_AXIS,
      yAxis: valueAxis(quantity, logarithmic),
      series: [
        { ...line('strategy', points(trace.closeTime, trace.equity), 'strategy', 2.2), ...ABOVE },
        line('buy & hold', points(trace.closeTime, buyAndHold), 'holding', 1.6),
      ],
    },
  };
}

/** Distance below the highest equity so far, the start included, of both. */
export function drawdownFigure({ trace, buyAndHold, report }: Backtest): Figure {
  return {
    title: 'Drawdown',
    caption: `Distance below the highest equity so far, the start included. ${decimationNote(trace.equity.length)}`,
    height: 260,
    option: {
      xAxis: { ...TIME_AXIS, axisLine: { ...TIME_AXIS.axisLine, onZero: false } },
      yAxis: { ...valueAxis(axisPercent), max: 0 },
      series: [
        {
          ...line('strategy', points(trace.closeTime, drawdown(trace.equity, report.performance.startEquity)), 'strategy', 1.6),
          areaStyle: { color: drawn('strategy'), opacity: 0.18, origin: 'end' },
          ...ABOVE,
        },
        line('buy & hold', points(trace.closeTime, drawdown(buyAndHold, report.buyAndHold.startEquity)), 'holding', 1.4),
      ],
    },
  };
}

/** Exits that a stop made, or a target; all others are the strategy's. */
const STOPS = /^(stop|trailing-?stop|liquidation)/i;
const TARGETS = /^take-?profit/i;

/** Closes of one market with the entries and exits of its trades; entries by an order that waited in the book are hollow. */
export function priceFigure(columns: MarketColumns, { report: { trades }, trace }: Pick<Backtest, 'report' | 'trace'>): Figure {
  const own = trades.filter((trade) => trade.market === columns.market);
  const shown = spread(own, MARKS / 2);
  const makers = new Set(
    trace.events.flatMap((event) => (event.kind === 'fill' && event.maker && event.market === columns.market ? [event.time] : [])),
  );
  const entries = (side: TradeRow['side'], maker: boolean) =>
    shown.flatMap(({ side: own, entryTime, entryPrice }): Point[] => {
      const time = Date.parse(entryTime);
      return own === side && makers.has(time) === maker ? [[time, entryPrice]] : [];
    });
  const exits = (which: (reason: string) => boolean) =>
    shown.flatMap(({ exitTime, exitPrice, exitReason }): Point[] =>
      exitTime !== null && which(exitReason ?? '') ? [[Date.parse(exitTime), exitPrice]] : [],
    );
  const logarithmic = rangeOf(columns.close) > LOGARITHMIC_RANGE;
  const size = shown.length > CROWDED ? 7 : 12;
  const some = shown.length < own.length ? `${count(shown.length)} of ${count(own.length)} trades are drawn, evenly spaced. ` : '';
  return {
    title: `Price and trades: ${columns.market}`,
    caption: `Closes${logarithmic ? ', on a logarithmic axis' : ''}; marks lie at the prices filled. ${some}${decimationNote(columns.close.length)}`,
    height: 400,
    option: {
      xAxis: TIME_AXIS,
      yAxis: valueAxis(quantity, logarithmic),
      series: [
        line('close', points(columns.time, columns.close), 'actual', 1.4),
        marks('long entry', entries('long', false), 'triangle', 'gain', size),
        hollow(marks('long entry, limit', entries('long', true), 'triangle', 'page', size), 'gain'),
        marks('short entry', entries('short', false), DOWNWARDS, 'loss', size),
        hollow(marks('short entry, limit', entries('short', true), DOWNWARDS, 'page', size), 'loss'),
        marks(
          'exit',
          exits((reason) => !STOPS.test(reason) && !TARGETS.test(reason)),
          CROSS,
          'ink',
          0.8 * size,
        ),
        marks(
          'stopped',
          exits((reason) => STOPS.test(reason)),
          CROSS,
          'loss',
          0.8 * size,
        ),
        marks(
          'target reached',
          exits((reason) => TARGETS.test(reason)),
          CROSS,
          'gain',
          0.8 * size,
        ),
      ].filter((series) => series.data.length > 0),
    },
  };
}

/** Each bar's expected against its actual return, as dots. */
export function scatterFigure(columns: MarketColumns): Figure {
  const scored = scoredRows(columns);
  const shown = spread(scored, MARKS);
  const some = shown.length < scored.length ? ` ${count(shown.length)} of ${count(scored.length)} bars are drawn, evenly spaced.` : '';
  return {
    title: `Forecast against actual return: ${columns.market}`,
    caption: `A forecast with skill leans from the lower left to the upper right. The axes have scales of their own.${some}`,
    height: 460,
    option: {
      legend: { show: false },
      grid: { ...BASE.grid, top: 16 },
      xAxis: titled({ ...valueAxis(axisPercent), splitLine: { show: false } }, 'forecast'),
      yAxis: titled(valueAxis(axisPercent), 'actual'),
      series: [
        {
          ...marks(
            'bars',
            shown.map((row) => [columns.forecast[row]!, columns.actual[row]!]),
            'circle',
            'strategy',
            6,
          ),
          itemStyle: { color: drawn('strategy'), opacity: 0.45 },
        },
      ],
    },
  };
}

/** Expected and actual return of the last bars, side by side. */
export function recentFigure(columns: MarketColumns): Figure {
  const rows = scoredRows(columns).slice(-LAST_BARS);
  const pick = (values: Float64Array) => rows.map((row): Point => [columns.time[row]!, values[row]!]);
  return {
    title: `The last ${count(rows.length)} scored bars: ${columns.market}`,
    caption: 'Return over the horizon, drawn at the close at which it was forecast.',
    height: 300,
    option: {
      xAxis: { ...TIME_AXIS, axisLine: { ...TIME_AXIS.axisLine, onZero: false } },
      yAxis: valueAxis(axisPercent),
      series: [line('actual', pick(columns.actual), 'actual', 1.3), line('forecast', pick(columns.forecast), 'strategy', 2.2)],
    },
  };
}

/** Skill against the last price, fold by fold. */
export function foldFigure(folds: readonly FoldSkill[]): Figure {
  const several = new Set(folds.map((fold) => fold.market)).size > 1;
  return {
    title: 'Skill by fold',
    caption: 'One less the squared error over that of the last price; above zero the forecast was closer. Single folds are noisy.',
    height: 280,
    option: {
      xAxis: {
        ...categoryAxis(folds.map((fold) => (several ? `${fold.market} ${day(fold.from)}` : day(fold.from)))),
        axisLine: { show: false },
      },
      // A bar says its value by its length, so its axis starts at zero.
      yAxis: { ...valueAxis(axisPercent), scale: false },
      legend: { show: false },
      grid: { ...BASE.grid, top: 16 },
      series: [
        {
          type: 'bar',
          barMaxWidth: 48,
          silent: true,
          data: folds.map(({ skillVsPersistence: value }) => ({
            value: value ?? '-',
            itemStyle: { color: drawn((value ?? 0) > 0 ? 'gain' : 'loss') },
          })),
        },
      ],
    },
  };
}

/** Training and validation losses of the fits, overlaid. Null where no fit has losses. */
export function lossFigure(fits: readonly FitSummary[]): Figure | null {
  const trained = fits.filter((fit) => fit.losses.length > 1);
  if (trained.length === 0) return null;
  const shown = spread(trained, FITS);
  const losses = Float64Array.from(shown.flatMap((fit) => [...fit.losses, ...fit.validationLosses]));
  const logarithmic = rangeOf(losses) > LOGARITHMIC_RANGE;
  const curve = (values: readonly number[]) => values.map((value, epoch): Point => [epoch + 1, Number.isFinite(value) ? value : null]);
  const faint = { opacity: shown.length > 8 ? 0.45 : 0.9 };
  const some = shown.length < trained.length ? ` ${count(shown.length)} of ${count(trained.length)} fits are drawn.` : '';
  return {
    title: 'Losses while training',
    caption: `One line for each fit; training stops where validation no longer improves${logarithmic ? '; logarithmic axis' : ''}.${some}`,
    height: 300,
    option: {
      xAxis: titled({ ...valueAxis(count), minInterval: 1, splitLine: { show: false } }, 'epoch'),
      yAxis: valueAxis(quantity, logarithmic),
      series: shown.flatMap((fit) => [
        fade(line('training', curve(fit.losses), 'actual', 1.4), faint),
        fade(line('validation', curve(fit.validationLosses), 'loss', 1.8), faint),
      ]),
    },
  };
}

export function line(name: string, data: Point[], role: Parameters<typeof drawn>[0], width: number) {
  const color = drawn(role);
  return { type: 'line' as const, name, data, symbol: 'none', silent: true, lineStyle: { color, width }, itemStyle: { color } };
}

function fade<T extends { lineStyle: object }>(series: T, opacity: { opacity: number }) {
  return { ...series, lineStyle: { ...series.lineStyle, ...opacity } };
}

function marks(name: string, data: Point[], symbol: string, role: Parameters<typeof drawn>[0], symbolSize: number) {
  return { type: 'scatter' as const, name, data, symbol, symbolSize, silent: true, itemStyle: { color: drawn(role) } };
}

function hollow(series: ReturnType<typeof marks>, role: Parameters<typeof drawn>[0]) {
  return { ...series, itemStyle: { ...series.itemStyle, borderColor: drawn(role), borderWidth: 1.6 } };
}

export function points(time: Float64Array, values: Float64Array): Point[] {
  return decimate(values).map((row) => [time[row]!, Number.isFinite(values[row]) ? values[row]! : null]);
}

function scoredRows({ forecast, actual }: MarketColumns): readonly number[] {
  return Array.from(forecast.keys()).filter((row) => Number.isFinite(forecast[row]) && Number.isFinite(actual[row]));
}

function drawdown(equity: Float64Array, start: number): Float64Array {
  let peak = start;
  return equity.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}

/** Highest over lowest of all known values; 1 where a value is not positive, which no logarithm shows. */
export function rangeOf(...columns: readonly Float64Array[]): number {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const column of columns) {
    for (const value of column) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low > 0 && high > 0 ? high / low : 1;
}

function decimationNote(length: number): string {
  return length > LINE_POINTS
    ? `${count(length)} values are drawn as the lowest and highest of each of ${count(LINE_POINTS / 2)} equal stretches.`
    : '';
}
