import type { EChartsOption } from 'echarts';
import { drawn } from './palette.ts';
import { textWidth } from './typeface.ts';

/** One figure: what it shows in words, and how it is drawn. */
export interface Figure {
  readonly title: string;
  /** One or two sentences below the figure. */
  readonly caption: string;
  /** `CHART_WIDTH` where not given. */
  readonly width?: number;
  /** Height in the units of `CHART_WIDTH`. */
  readonly height: number;
  readonly option: EChartsOption;
}

/** Figures are drawn this wide and scaled to the page. */
export const CHART_WIDTH = 1000;

const TEXT = { color: drawn('faint'), fontSize: 18 };

/** What all figures share: no animation, UTC, quiet axes, a legend at the top left. */
export const BASE = {
  animation: false,
  useUTC: true,
  textStyle: { fontFamily: 'sans-serif' },
  // Whatever the axes print lies within these margins.
  grid: { left: 28, right: 28, top: 44, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'all' },
  legend: { left: 0, top: 0, itemWidth: 22, itemHeight: 10, itemGap: 24, textStyle: { color: drawn('ink'), fontSize: 18 } },
} satisfies EChartsOption;

const AXIS = {
  axisLabel: { ...TEXT, hideOverlap: true },
  axisLine: { lineStyle: { color: drawn('actual') } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: drawn('rule') } },
  nameTextStyle: TEXT,
  nameLocation: 'middle' as const,
};

export const TIME_AXIS = {
  ...AXIS,
  type: 'time' as const,
  splitLine: { show: false },
  axisLabel: { ...AXIS.axisLabel, formatter: { year: '{yyyy}', month: '{MMM}', day: '{d} {MMM}', hour: '{HH}:{mm}' } },
};

/** A value axis (logarithmic where asked) whose labels are printed by `print`. */
export function valueAxis(print: (value: number) => string, logarithmic = false) {
  return {
    ...AXIS,
    type: logarithmic ? ('log' as const) : ('value' as const),
    scale: true,
    axisLine: { show: false },
    axisLabel: { ...AXIS.axisLabel, formatter: print },
  };
}

export function categoryAxis(data: readonly string[]) {
  return { ...AXIS, type: 'category' as const, data: [...data] };
}

/** An axis with a title along it. */
export function titled<T extends object>(axis: T, name: string) {
  return { ...axis, name, nameGap: 12 };
}

/** Draws an option as SVG text. `id` has to be unique within the page; the same option and id give the same text. */
export type Drawing = (figure: Figure, id: string) => string;

/** Loads the charting library, which takes most of a second, and returns what draws with it. */
export async function loadDrawing(): Promise<Drawing> {
  const { init, setPlatformAPI } = await import('echarts');
  setPlatformAPI({ measureText });
  return (figure, id) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width: figure.width ?? CHART_WIDTH, height: figure.height });
    chart.setOption({ ...BASE, ...figure.option });
    const svg = chart.renderToSVGString();
    chart.dispose();
    return normalised(svg, id);
  };
}

/** Without a screen the library guesses widths from a narrow typeface, and what it then lays out is clipped in a wider one. */
function measureText(text: string, font?: string): { width: number } {
  const size = Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12);
  return { width: textWidth(text, size, font?.includes('bold') ?? false) };
}

/**
 * Ids carry a counter of the whole process: renumbered by first appearance under the figure's own id, so that a page is a function of
 * its backtest and clip paths of two figures never meet. Hover styles and the library's own attributes have no use without scripts.
 */
function normalised(svg: string, id: string): string {
  const numbers = new Map<string, number>();
  return svg
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/ (?:width|height)="\d+"(?= )(?=[^>]*viewBox)/g, '')
    .replace(/(id="|url\(#)(zr\d+-\w+)/g, (_, before: string, name: string) => {
      const number = numbers.get(name) ?? numbers.size;
      numbers.set(name, number);
      return `${before}${id}-${number}`;
    });
}
