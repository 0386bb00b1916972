import type { EChartsOption, SeriesOption } from 'echarts';
import { BASE, TIME_AXIS, valueAxis } from '../chart.ts';
import { count } from '../format.ts';
import { drawn } from '../palette.ts';
import { TYPEFACE, textWidth } from '../typeface.ts';
import type { Look, Mark } from './look.ts';

/** Of a panel lower than this, axes have short names. */
export const LOW_PANEL = 300;

/** Axes and what they span; a sheet composes one or several. Sizes are in units of which a sheet is 1000 wide. */
export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

export type Point = [number, number | null];

/** Sizes of text: at 7 inches wide 19 units are 9.6 points, at half of that still to be read. */
export const TEXT_SIZE = { title: 25, name: 20, label: 19, small: 16 } as const;
const INK = drawn('ink');
const WRITING = { color: INK, fontSize: TEXT_SIZE.label };
const NAME = { color: INK, fontSize: TEXT_SIZE.name };
const LINE = { show: true, lineStyle: { color: drawn('faint'), width: 1.2 } };
const TICK = { show: true, length: 5, lineStyle: { color: drawn('faint'), width: 1.2 } };

/** Series without animation and clipping surprises; whatever the axes print lies within the panel. */
export function panel(width: number, height: number, axes: Pick<EChartsOption, 'xAxis' | 'yAxis'>, series: readonly SeriesOption[]): Panel {
  return {
    width,
    height,
    option: {
      ...axes,
      textStyle: { fontFamily: TYPEFACE },
      legend: { show: false },
      // Labels are centred on their ticks, so the last one reaches beyond the axis.
      grid: { ...BASE.grid, left: 4, right: 14, top: 10, bottom: 2 },
      series: [...series],
    },
  };
}

/** What an axis spans. */
export interface Span {
  readonly low: number;
  readonly high: number;
  /** Above this there are no labels; `high` where not given. */
  readonly ceiling?: number;
}

/** An axis over exactly `span`, with about `labels` labels at round values; fewer where they would meet on `room` units across. */
export function numberAxis(name: string, print: (value: number) => string, span: Span, labels = 5, room = Number.POSITIVE_INFINITY) {
  const { axisLabel, ...axis } = valueAxis(print);
  const fitting = Array.from({ length: labels }, (_, at) => roundTicks(span, labels - at)).find((ticks) =>
    haveRoom(ticks, span, print, room),
  );
  const ticks = { customValues: fitting ?? roundTicks(span, 1).slice(0, 1) };
  return {
    ...axis,
    ...(name === '' ? {} : { name, nameGap: 12, nameTextStyle: NAME }),
    min: span.low,
    max: span.high,
    axisLine: { ...LINE, onZero: false },
    axisTick: { ...TICK, ...ticks },
    axisLabel: { ...axisLabel, ...WRITING, ...ticks },
    splitLine: { ...axis.splitLine, ...ticks },
  };
}

/** An axis of values above zero whose equal steps are equal factors, with labels at 1, 2 and 5 times the powers of ten, or fewer. */
export function logarithmicAxis(name: string, print: (value: number) => string, span: Span) {
  const axis = numberAxis(name, print, span);
  const ticks = { customValues: logarithmicTicks(span) };
  return {
    ...axis,
    type: 'log' as const,
    axisLabel: { ...axis.axisLabel, ...ticks },
    axisTick: { ...axis.axisTick, ...ticks },
    splitLine: { ...axis.splitLine, ...ticks },
  };
}

/** Epochs from 1 to `last`, with a margin so that no mark lies on the frame. */
export function epochAxis(last: number) {
  const margin = Math.max(0.3, 0.025 * last);
  const step = Math.max(1, roundStep(last / 4));
  const ticks = [1, ...Array.from({ length: Math.floor(last / step) }, (_, at) => (at + 1) * step).filter((epoch) => epoch > 1 + step / 3)];
  const axis = numberAxis('epoch', count, { low: 1 - margin, high: last + margin });
  return {
    ...axis,
    axisLabel: { ...axis.axisLabel, customValues: ticks },
    axisTick: { ...axis.axisTick, customValues: ticks },
    splitLine: { show: false },
  };
}

/** The finite values' range, wider by shares of it below and above; around a single value, a tenth of it. */
export function spanOf(values: Iterable<number | null | undefined>, below: number, above: number): Span {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { low: 0, high: 1 };
  const range = high > low ? high - low : Math.abs(high) * 0.1 || 1;
  return { low: low - below * range, high: high + above * range };
}

function roundTicks({ low, high, ceiling = high }: Span, labels: number): number[] {
  const step = roundStep((high - low) / labels);
  const first = Math.ceil(low / step);
  // Steps are counted, since adding them up would not give round values.
  return Array.from({ length: Math.max(0, Math.floor(ceiling / step) - first + 1) }, (_, at) =>
    Number(((first + at) * step).toPrecision(12)),
  );
}

/** Whether the widest label is narrower than the distance of two on `room` units across. */
function haveRoom(ticks: readonly number[], { low, high }: Span, print: (value: number) => string, room: number): boolean {
  const widest = Math.max(0, ...ticks.map((tick) => textWidth(print(tick), TEXT_SIZE.label)));
  const [first = low, second = high] = ticks;
  return widest + 10 < ((second - first) / (high - low)) * room;
}

/** 1, 2 or 5 times a power of ten, or the next power: the one nearest in proportion. */
function roundStep(wanted: number): number {
  const power = Number(`1e${Math.floor(Math.log10(wanted))}`);
  const digit = wanted / power;
  return (digit < 1.5 ? 1 : digit < 3.2 ? 2 : digit < 7.1 ? 5 : 10) * power;
}

function logarithmicTicks({ low, high }: Span): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 3.5 ? [1] : decades > 1.7 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const step of steps) {
      const value = Number(`${step}e${exponent}`);
      if (value >= low && value <= high) ticks.push(value);
    }
  }
  return ticks;
}

export function timeAxis() {
  return {
    ...TIME_AXIS,
    name: 'time (UTC)',
    nameGap: 10,
    nameTextStyle: NAME,
    axisLine: { ...LINE, onZero: false },
    axisTick: TICK,
    axisLabel: { ...WRITING, hideOverlap: true, formatter: instantLabel },
    splitNumber: 6,
  };
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The largest unit that begins at an instant: year, month, day or minute. The library's own labels of that kind are set in a size of theirs. */
function instantLabel(time: number): string {
  const at = new Date(time).toISOString();
  const month = MONTHS[Number(at.slice(5, 7)) - 1];
  if (at.slice(11, 16) !== '00:00') return at.slice(11, 16);
  if (at.slice(8, 10) !== '01') return `${Number(at.slice(8, 10))} ${month}`;
  return at.slice(5, 7) === '01' ? at.slice(0, 4) : `${month}`;
}

/** Points up to which each is marked, since without marks a single one would not be seen. */
const FEW_POINTS = 12;

/** A line; its points are marked where asked and where there are few. */
export function curve(name: string, data: Point[], look: Look, marked = false) {
  const { color, width } = look;
  return {
    type: 'line' as const,
    name,
    data,
    silent: true,
    symbol: look.mark,
    symbolSize: 8,
    showSymbol: marked || data.filter(([, value]) => value !== null).length <= FEW_POINTS,
    showAllSymbol: true,
    itemStyle: { color },
    lineStyle: { color, width, type: look.dash.length === 0 ? ('solid' as const) : [...look.dash], cap: 'butt' as const },
  };
}

/** Single marks without a line. */
export function marks(name: string, data: Point[], color: string, symbol: Mark, symbolSize: number, hollow = false) {
  return {
    type: 'scatter' as const,
    name,
    data,
    symbol,
    symbolSize,
    silent: true,
    z: 6,
    itemStyle: hollow ? { color: 'none', borderColor: color, borderWidth: 2.6, opacity: 1 } : { color, opacity: 1 },
  };
}

/** A straight line across the panel at a value of one axis. */
export function rule(at: { readonly xAxis: number } | { readonly yAxis: number }, look: Pick<Look, 'color' | 'dash' | 'width'>) {
  return {
    silent: true,
    symbol: 'none',
    // The library rounds to two decimals otherwise.
    precision: 12,
    label: { show: false },
    lineStyle: { color: look.color, width: look.width, type: look.dash.length === 0 ? ('solid' as const) : [...look.dash] },
    data: [at],
  };
}
