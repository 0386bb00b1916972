import { type Bars, type Column, sliceBars } from '../core/bars.ts';
import { kept } from '../core/growth.ts';
import { higherBars } from '../core/higher-bars.ts';
import { intervalMs } from '../core/interval.ts';
import { asOf } from '../core/resample.ts';
import { indicator, indicatorNames } from '../indicators/catalogue.ts';
import { canonicalJson } from './key.ts';

/**
 * A feature by name, by name with its parameters (`close`, `{ rsi: 14 }`, `{ macd: { fast: 12, slow: 26, signal: 9 } }`), or of a person's own. Two are
 * made of others: `{ lag: { of: close, bars: 2 } }`, and `{ on: { interval: 1d, of: { rsi: 14 } } }`, taken of the last higher bar that is closed.
 */
export type FeatureSpecification = string | { readonly [name: string]: FeatureParameters } | OwnFeature;
export type FeatureParameters = number | { readonly [parameter: string]: number | string | FeatureSpecification };

/** A feature in code. Its sha256 and options stand for the code wherever a fit is named by what it learnt from. */
export interface OwnFeature {
  /** Where the code is, for people. */
  readonly module: string;
  readonly sha256: string;
  readonly options?: object;
  /** Causal columns, always as many, aligned with the bars; absent from a stored fit, which is plain data. */
  readonly columns?: (bars: Bars) => readonly Column[];
}

export function isOwnFeature(specification: FeatureSpecification): specification is OwnFeature {
  return typeof specification === 'object' && typeof specification.module === 'string';
}

/** Stationary views of the last bars: moves, ranges, momentum and volatility, none of which grows with the price. */
export const standardFeatures: readonly FeatureSpecification[] = [
  'logReturn',
  'range',
  { rsi: 14 },
  { roc: 12 },
  { volatility: 20 },
  { natr: 14 },
];

const RAW = ['open', 'high', 'low', 'close', 'volume'] as const;
const DAY = 86_400_000;
/** The mean year of the Gregorian calendar. */
const YEAR = 365.2425 * DAY;

/** A number that a bar says by itself. */
type OfBar = (bars: Bars, row: number) => number;

// Calendar terms use the bar's close, the moment of the decision.
const OWN: Readonly<Record<string, OfBar>> = {
  range: ({ high, low, close }, i) => (high[i]! - low[i]!) / close[i]!,
  // Sources give closes that are adjusted already.
  adjustedClose: ({ close }, i) => close[i]!,
  daySin: (bars, i) => Math.sin(angleIn(DAY, bars, i)),
  dayCos: (bars, i) => Math.cos(angleIn(DAY, bars, i)),
  yearSin: (bars, i) => Math.sin(angleIn(YEAR, bars, i)),
  yearCos: (bars, i) => Math.cos(angleIn(YEAR, bars, i)),
  hour: (bars, i) => Math.floor(cycle(closeTime(bars, i), DAY) / 3_600_000),
  // 1970-01-01 was a Thursday; 0 is Sunday.
  weekday: (bars, i) => cycle(Math.floor(closeTime(bars, i) / DAY) + 4, 7),
};

/** Every name a feature may have. */
export function featureNames(): readonly string[] {
  return [...RAW, ...Object.keys(OWN), 'lag', 'on', ...indicatorNames];
}

/**
 * The causal columns of a feature (several for indicators with several outputs), aligned with the bars, to be read only. Those of growing bars are
 * kept, but for features in code, which are computed in full. Throws a TypeError that names an unknown feature
 * or a bad parameter.
 */
export function featureColumns(specification: FeatureSpecification, bars: Bars): readonly Column[] {
  if (isOwnFeature(specification)) {
    const { columns, module } = specification;
    if (!columns) throw new TypeError(`Expected the code of the feature ${module}, received its name alone; name it in the bot file`);
    // A person's code may change what it gets from indicators: on bars without memory nobody else reads it.
    return columns(sliceBars(bars, 0, bars.length));
  }
  const { name, parameters } = parse(specification);
  const raw = RAW.find((column) => column === name);
  if (raw) return [bars[raw]];
  const own = ownFeature(name);
  if (own) return ownColumn(name, own, bars);
  if (name === 'lag') return lagged(parameters, bars);
  if (name === 'on') return onInterval(parameters, bars);
  return indicatorColumns(name, parameters, bars);
}

/** Checks a specification without data. Throws as `featureColumns` does. */
export function checkFeature(specification: FeatureSpecification): void {
  if (isOwnFeature(specification)) {
    const { module, sha256, columns } = specification;
    if (/^[0-9a-f]{64}$/.test(sha256) && (columns === undefined || typeof columns === 'function')) return;
    throw new TypeError(`Expected the sha256 of the feature ${module}, received ${JSON.stringify(sha256)}`);
  }
  const { name, parameters } = parse(specification);
  if (RAW.some((column) => column === name) || ownFeature(name)) return;
  if (name === 'lag') checkFeature(lagOf(parameters).of);
  else if (name === 'on') checkFeature(intervalOf(parameters).of);
  else indicatorOf(name, parameters);
}

// `toString` and the like are no features.
function ownFeature(name: string): OfBar | undefined {
  return Object.hasOwn(OWN, name) ? OWN[name] : undefined;
}

function ownColumn(name: string, value: OfBar, bars: Bars): readonly Column[] {
  return kept(bars, `feature ${name}`, [1], ([column], from) => {
    for (let row = from; row < bars.length; row++) column![row] = value(bars, row);
  });
}

/** All outputs of an indicator, or with `output` (such as `upper` of bollinger) the one of that name. */
function indicatorColumns(name: string, parameters: FeatureParameters | undefined, bars: Bars): readonly Column[] {
  const { found, chosen } = indicatorOf(name, parameters);
  const columns = found.compute(bars);
  return chosen === undefined ? columns.slice(0, found.outputs.length) : [columns[chosen]!];
}

function indicatorOf(name: string, parameters: FeatureParameters | undefined) {
  const { output, ...own } = typeof parameters === 'object' ? parameters : { output: undefined };
  const given = typeof parameters === 'object' && output !== undefined ? own : parameters;
  const found = indicator(name, given as Parameters<typeof indicator>[1]);
  if (output === undefined) return { found, chosen: undefined };
  const names = found.outputs.map((full) => full.slice(full.lastIndexOf(')') + 2) || name);
  const chosen = names.indexOf(String(output));
  if (chosen < 0) throw new TypeError(`Expected an output of ${name} (${names.join(', ')}), received ${JSON.stringify(output)}`);
  return { found, chosen };
}

function parse(specification: Exclude<FeatureSpecification, OwnFeature>): { name: string; parameters: FeatureParameters | undefined } {
  if (typeof specification === 'string') return { name: specification, parameters: undefined };
  const [entry, another] = Object.entries(specification);
  if (!entry || another)
    throw new TypeError(`Expected one feature per entry, such as { rsi: 14 }, received ${JSON.stringify(specification)}`);
  return { name: entry[0], parameters: entry[1] };
}

function lagOf(parameters: FeatureParameters | undefined): { of: FeatureSpecification; bars: number } {
  if (typeof parameters === 'object') {
    const { of, bars } = parameters;
    const named = typeof of === 'string' || (typeof of === 'object' && !isOwnFeature(of));
    if (named && typeof bars === 'number' && Number.isInteger(bars) && bars >= 1) return { of, bars };
  }
  throw new TypeError(`Expected lag: { of: <feature>, bars: <whole number >= 1> }, received ${JSON.stringify(parameters)}`);
}

function lagged(parameters: FeatureParameters | undefined, bars: Bars): readonly Column[] {
  const lag = lagOf(parameters);
  const columns = featureColumns(lag.of, bars);
  const widths = columns.map(() => 1);
  return kept(bars, `lag ${canonicalJson(lag)}`, widths, (shifted, from) => {
    columns.forEach((column, k) => {
      for (let row = from; row < bars.length; row++) shifted[k]![row] = row < lag.bars ? Number.NaN : column[row - lag.bars]!;
    });
  });
}

function intervalOf(parameters: FeatureParameters | undefined): { of: FeatureSpecification; interval: string } {
  if (typeof parameters === 'object') {
    const { of, interval, ...rest } = parameters;
    if (of !== undefined && typeof of !== 'number' && typeof interval === 'string' && Object.keys(rest).length === 0) {
      intervalMs(interval);
      return { of, interval };
    }
  }
  throw new TypeError(`Expected on: { interval: <such as 1d>, of: <feature> }, received ${JSON.stringify(parameters)}`);
}

function onInterval(parameters: FeatureParameters | undefined, bars: Bars): readonly Column[] {
  const { of, interval } = intervalOf(parameters);
  const higher = higherBars(bars, intervalMs(interval));
  return featureColumns(of, higher.bars).map((column) => asOf(higher, column));
}

/** The intervals that a feature is computed on, from the outermost on. */
export function featureIntervals(specification: FeatureSpecification): readonly string[] {
  if (isOwnFeature(specification)) return [];
  const { name, parameters } = parse(specification);
  if (name === 'lag') return featureIntervals(lagOf(parameters).of);
  if (name !== 'on') return [];
  const { of, interval } = intervalOf(parameters);
  return [interval, ...featureIntervals(of)];
}

/** The place of a number in cycles of a length, never negative: times before 1970 are. */
function cycle(value: number, length: number): number {
  return ((value % length) + length) % length;
}

function closeTime({ openTime, intervalMs }: Bars, row: number): number {
  return openTime[row]! + intervalMs;
}

function angleIn(cycleMs: number, bars: Bars, row: number): number {
  return (2 * Math.PI * (closeTime(bars, row) % cycleMs)) / cycleMs;
}

/** Features side by side: row-major [bar][column]. */
export interface FeatureMatrix {
  readonly values: Float64Array;
  readonly width: number;
}

/** All columns of all features of one market; kept where the bars grow, so to be read only. */
export function featureMatrix(features: readonly FeatureSpecification[], bars: Bars): FeatureMatrix {
  const columns = features.flatMap((feature) => featureColumns(feature, bars));
  const width = columns.length;
  // Columns are causal: rows that were copied before are those that the longer columns begin with.
  const [values] = kept(bars, `features ${width} ${canonicalJson(features)}`, [width], ([matrix], from) => {
    columns.forEach((column, k) => {
      for (let row = from; row < bars.length; row++) matrix![row * width + k] = column[row]!;
    });
  });
  return { values: values!, width };
}
