import { existsSync, readFileSync } from 'node:fs';
import { type Bars, createBars } from '../../../src/core/bars.ts';
import { type FeatureSpecification, featureMatrix } from '../../../src/models/feature.ts';
import { fitScaler, type Scaler, scaleRows } from '../../../src/models/scaler.ts';
import type { Samples } from '../../../src/models/trainer.ts';

const REFERENCE = '../shared/reference/task33.json';
const DATA = '../shared/data/AAPL-1d-stooq.csv';

/** Whether the published experiment can be rebuilt here, and the reason where it cannot. */
export const present = existsSync(REFERENCE) && existsSync(DATA);
export const reason = present ? '' : ` (skipped: ${REFERENCE} or ${DATA} is not there)`;

export interface Score {
  readonly r2: number;
  readonly rmse: number;
  readonly mae: number;
}

/** The experiment of task33.json, publishedProtocol: 741 rows train, the next 158 are scored, each with the close of the row after. */
export interface Protocol {
  readonly samples: Samples;
  /** Next closes of the scored rows, and the closes of these rows themselves, in dollars. */
  readonly actual: Float64Array;
  readonly last: Float64Array;
  readonly targetScaler: Scaler;
  readonly reference: Readonly<Record<string, Score>>;
}

const FEATURES: readonly FeatureSpecification[] = [
  ...['open', 'high', 'low', 'close', 'volume'],
  ...[10, 20, 50, 200].map((period) => ({ sma: period })),
  ...[10, 20, 50].map((period) => ({ ema: period })),
  { rsi: 14 },
  { macd: {} },
  { roc: 12 },
  { bollinger: { period: 20, width: 2 } },
  { atr: 14 },
  { volatility: 20 },
];

const TRAIN = 741;
const SCORED = 158;

/** Only where `present`. The target is scaled as the publication's was, or left in dollars. */
export function protocol(target: 'standard' | 'none' = 'standard'): Protocol {
  const bars = aapl();
  const { values, width } = complete(bars);
  const count = TRAIN + SCORED;
  const rows = values.length / width;
  const close = Float64Array.from({ length: rows }, (_, row) => values[row * width + 3]!);
  const labels = close.slice(1, count + 1);
  const inputScaler = fitScaler('standard', values, width, 0, TRAIN);
  const targetScaler = fitScaler(target, labels, 1, 0, TRAIN);
  const samples: Samples = {
    rows: scaleRows(inputScaler, values, 0, count),
    inputs: width,
    lookback: 1,
    outputs: 1,
    ends: Int32Array.from({ length: count }, (_, row) => row),
    targets: scaleRows(targetScaler, labels, 0, count),
    trainCount: TRAIN,
  };
  const reference = JSON.parse(readFileSync(REFERENCE, 'utf8')).publishedProtocol.baselines;
  return { samples, actual: labels.slice(TRAIN), last: close.slice(TRAIN, count), targetScaler, reference };
}

/** How forecasts in dollars do on the scored rows; r2 is about their own mean. */
export function score(forecast: ArrayLike<number>, actual: Float64Array): Score {
  const mean = actual.reduce((sum, value) => sum + value, 0) / actual.length;
  let squares = 0;
  let sizes = 0;
  let spread = 0;
  actual.forEach((value, k) => {
    squares += (value - forecast[k]!) * (value - forecast[k]!);
    sizes += Math.abs(value - forecast[k]!);
    spread += (value - mean) * (value - mean);
  });
  return { r2: 1 - squares / spread, rmse: Math.sqrt(squares / actual.length), mae: sizes / actual.length };
}

/** The features of the publication, without the middle Bollinger band; rows with a NaN left out. */
function complete(bars: Bars): { values: Float64Array; width: number } {
  const { values, width } = featureMatrix(FEATURES, bars);
  const middle = FEATURES.findIndex((feature) => typeof feature === 'object' && 'bollinger' in feature) + 2 + 1;
  const kept: number[] = [];
  for (let row = 0; row < bars.length; row++) {
    const numbers = [...values.subarray(row * width, (row + 1) * width)].filter((_, column) => column !== middle);
    if (numbers.every(Number.isFinite)) kept.push(...numbers);
  }
  return { values: Float64Array.from(kept), width: width - 1 };
}

function aapl(): Bars {
  const table = readFileSync(DATA, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .filter((line) => line >= '2020' && line < '2025')
    .map((line) => line.split(','));
  const column = (k: number) => Float64Array.from(table, (row) => Number(row[k]));
  return createBars('AAPL', 86_400_000, {
    openTime: Float64Array.from(table, (row) => Date.parse(row[0]!)),
    open: column(1),
    high: column(2),
    low: column(3),
    close: column(4),
    volume: column(5),
  });
}
