import type { Bars } from '../core/bars.ts';
import { intervalMs } from '../core/interval.ts';
import { createRandom, deriveSeed, type Random } from '../core/random.ts';
import { candles } from './candles.ts';
import { DataError } from './data-error.ts';
import { instantOf } from './instant.ts';
import { plantedDirectionAccuracy, plantedReturns } from './planted.ts';

export const SYNTHETIC_KINDS = ['trend', 'mean-reverting', 'regime', 'white-noise', 'planted'] as const;
export type SyntheticKind = (typeof SYNTHETIC_KINDS)[number];

export interface SyntheticOptions {
  /** How many bars, 1 to 1,000,000. */
  readonly bars: number;
  readonly intervalMs: number;
  /** Opening time of the first bar, ms UTC. */
  readonly start: number;
  readonly seed: number;
  /** Standard deviation of the log return of a bar, above 0, at most 0.05; default 0.01. */
  readonly volatility?: number;
  /** Share of the variance of returns that one who knows the rule can predict, 0 to 0.5; default 0.1. Not for `white-noise`. */
  readonly share?: number;
  /** `trend`: correlation of the tendency with that of the bar before, 0 to below 1; default 0.95. */
  readonly persistence?: number;
  /** `regime`: mean length of a regime in bars, at least 2; default 100. */
  readonly length?: number;
  /** `planted`: the control, with the planted part in a random order; default false. */
  readonly shuffled?: boolean;
}

/** Seeded bars and, in plain words, what about them can be predicted. */
export interface SyntheticMarket {
  readonly bars: Bars;
  readonly truth: string;
}

const COMMON = ['bars', 'interval', 'start', 'seed', 'volatility'];
const PARAMETERS: Readonly<Record<SyntheticKind, readonly string[]>> = {
  trend: [...COMMON, 'share', 'persistence'],
  'mean-reverting': [...COMMON, 'share'],
  regime: [...COMMON, 'share', 'length'],
  'white-noise': COMMON,
  planted: [...COMMON, 'share', 'shuffled'],
};

/**
 * A seeded market. The first n bars are the same however many are asked for (except for `shuffled`).
 * Throws a DataError for an option out of range.
 */
export function synthetic(kind: SyntheticKind, options: SyntheticOptions): SyntheticMarket {
  const { volatility = 0.01, share = 0.1, persistence = 0.95, length = 100, shuffled = false, bars, seed } = options;
  expectNumber('bars', bars, Number.isInteger(bars) && bars >= 1 && bars <= 1_000_000, 'a whole number from 1 to 1000000');
  expectNumber('start', options.start, Number.isInteger(options.start), 'a whole number of ms UTC');
  expectNumber('seed', seed, Number.isInteger(seed), 'a whole number');
  expectNumber('volatility', volatility, volatility > 0 && volatility <= 0.05, 'a fraction above 0, at most 0.05');
  expectNumber('share', share, share >= 0 && share <= 0.5, 'a fraction from 0 to 0.5');
  expectNumber('persistence', persistence, persistence >= 0 && persistence < 1, 'a correlation from 0 to below 1');
  expectNumber('length', length, length >= 2 && length <= 1e9, 'a number of bars, at least 2');

  const random = createRandom(deriveSeed(seed, kind));
  const percent = `${Number((share * 100).toFixed(2))} %`;
  const moves: Readonly<Record<SyntheticKind, () => readonly [Float64Array, string]>> = {
    'white-noise': () => [
      Float64Array.from({ length: bars }, () => random.normal()),
      'Nothing to learn: returns are independent normal noise.',
    ],
    trend: () => [
      trend(random, bars, share, persistence),
      `A hidden tendency, correlated ${persistence} from bar to bar, makes up ${percent} of the variance of returns; past returns reveal a part of it.`,
    ],
    'mean-reverting': () => [
      reversion(random, bars, share),
      `The price returns to 100: the expected next log return is -${Number((2 * share).toFixed(4))} times ln(price / 100), ${percent} of the variance of returns.`,
    ],
    regime: () => [
      regime(random, bars, share, length),
      `A calm rising and a wild falling regime, ${length} bars long on average, take turns; knowing which explains ${percent} of the variance of returns.`,
    ],
    planted: () => [
      plantedReturns(bars, share, seed, shuffled),
      shuffled
        ? `Nothing to learn: the control of "planted", its tendency of ${percent} of the variance put in a random order.`
        : `After a larger than usual move, up or down, the next return tends to be positive, after a smaller one negative: ${percent} of the variance of returns. ` +
          `Only the size of the previous move counts, so a linear model of past returns finds nothing. ` +
          `One who knows the rule calls ${(100 * plantedDirectionAccuracy(share)).toFixed(1)} % of the directions right.`,
    ],
  };
  const [standardised, truth] = moves[kind]();
  const market = candles(
    `synthetic:${kind}`,
    standardised.map((move) => move * volatility),
    { ...options, volatility },
  );
  return { bars: market, truth };
}

/**
 * The kind and options named by a text such as `synthetic:planted?share=0.05&bars=4000&seed=3&interval=1h&start=2020-01-01`.
 * Without: 4000 bars of `defaultIntervalMs` (one hour) from 2020-01-01 on, seed 1. Throws a DataError that lists what is known.
 */
export function parseSynthetic(
  text: string,
  defaultIntervalMs = 3_600_000,
): { readonly kind: SyntheticKind; readonly options: SyntheticOptions } {
  const [, name, query = ''] = /^synthetic:([^?]*)(?:\?(.*))?$/.exec(text) ?? [];
  const kind = SYNTHETIC_KINDS.find((known) => known === name);
  if (kind === undefined) {
    throw new DataError(`Expected synthetic: and one of ${SYNTHETIC_KINDS.join(', ')}, received ${JSON.stringify(text)}`);
  }
  const given = new Map<string, string>();
  for (const [parameter, value] of new URLSearchParams(query)) {
    if (!PARAMETERS[kind].includes(parameter)) {
      throw new DataError(
        `Expected parameters of synthetic:${kind} (${PARAMETERS[kind].join(', ')}), received ${JSON.stringify(parameter)} in ${text}`,
      );
    }
    if (given.has(parameter)) throw new DataError(`Expected ${parameter} once, received it twice in ${text}`);
    given.set(parameter, value);
  }
  const number = (parameter: string): number | undefined => {
    const value = given.get(parameter);
    if (value === undefined) return undefined;
    expectNumber(parameter, value, value.trim() !== '' && Number.isFinite(Number(value)), 'a number');
    return Number(value);
  };
  const optional = Object.fromEntries(
    ['volatility', 'share', 'persistence', 'length']
      .map((name) => [name, number(name)] as const)
      .filter(([, value]) => value !== undefined),
  );
  const startText = given.get('start') ?? '2020-01-01';
  const start = instantOf(startText);
  expectNumber('start', startText, Number.isFinite(start), 'an ISO 8601 date or time');
  const shuffled = given.get('shuffled') ?? 'false';
  if (shuffled !== 'true' && shuffled !== 'false')
    throw new DataError(`Expected shuffled to be true or false, received ${JSON.stringify(shuffled)}`);
  return {
    kind,
    options: {
      bars: number('bars') ?? 4000,
      intervalMs: parseInterval(given.get('interval'), defaultIntervalMs),
      start,
      seed: number('seed') ?? 1,
      ...optional,
      ...(shuffled === 'true' ? { shuffled: true } : {}),
    },
  };
}

/** sqrt(share) of a hidden autoregressive tendency of order one, and noise. */
function trend(random: Random, count: number, share: number, persistence: number): Float64Array {
  const innovation = Math.sqrt(1 - persistence * persistence);
  let tendency = random.normal();
  return Float64Array.from({ length: count }, () => {
    tendency = persistence * tendency + innovation * random.normal();
    return Math.sqrt(share) * tendency + Math.sqrt(1 - share) * random.normal();
  });
}

/**
 * Differences of x[t] = p x[t-1] + noise from x = 0 on. In the long run they have variance 1 and a share (1 - p) / 2 of it is predictable:
 * Var(dx) = 2 s^2 / (1 + p) with s the deviation of the noise, E[dx | x] = -(1 - p) x.
 */
function reversion(random: Random, count: number, share: number): Float64Array {
  const pull = 2 * share;
  const deviation = Math.sqrt(1 - share);
  let level = 0;
  return Float64Array.from({ length: count }, () => {
    const move = deviation * random.normal() - pull * level;
    level += move;
    return move;
  });
}

/** Two regimes, as likely: up with less, down with more noise; each ends with probability 1 / length at every bar. */
function regime(random: Random, count: number, share: number, length: number): Float64Array {
  let direction = random.uniform() < 0.5 ? 1 : -1;
  return Float64Array.from({ length: count }, () => {
    if (random.uniform() < 1 / length) direction = -direction;
    return Math.sqrt(share) * direction + Math.sqrt((1 - share) * (direction > 0 ? 0.5 : 1.5)) * random.normal();
  });
}

function parseInterval(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  try {
    return intervalMs(text);
  } catch (error) {
    throw new DataError((error as Error).message);
  }
}

function expectNumber(name: string, received: number | string, valid: boolean, expected: string): void {
  if (!valid) throw new DataError(`Expected ${name} of a synthetic market to be ${expected}, received ${received}`);
}
