import { ADX_CARRIERS, adx } from './adx.ts';
import { ATR_CARRIERS, atr } from './atr.ts';
import { BOLLINGER_CARRIERS, bollinger } from './bollinger.ts';
import { CCI_CARRIERS, cci } from './cci.ts';
import { ema } from './ema.ts';
import { rollingMax, rollingMin } from './extremes.ts';
import { type Indicator, type Kernel, kernelIndicator } from './indicator.ts';
import { ichimoku, obv, psar, stochastic, williamsR } from './library.ts';
import { checkMacdPeriods, MACD_CARRIERS, macd } from './macd.ts';
import { MFI_CARRIERS, mfi } from './mfi.ts';
import { NATR_CARRIERS, natr } from './natr.ts';
import { checkPeriod } from './period.ts';
import { logReturn, simpleReturn } from './returns.ts';
import { roc } from './roc.ts';
import { RSI_CARRIERS, rsi } from './rsi.ts';
import { sma } from './sma.ts';
import { VOLATILITY_CARRIERS, volatility } from './volatility.ts';

/** All parameters of an indicator by name, or `period` alone as a number. What is not given has its default. */
export type IndicatorParameters = number | Readonly<Record<string, number>>;

interface Entry {
  readonly defaults: Readonly<Record<string, number>>;
  /** The least a period may be; 1 where it is not named. */
  readonly least?: Readonly<Record<string, number>>;
  /** Parameters that are no number of bars: any finite number above 0. */
  readonly measures?: readonly string[];
  /** Gets the parameters in the order of `defaults`, all within their range. */
  create(...parameters: number[]): Indicator;
}

/** An indicator with one period and one output, which is its name. */
function single(
  name: string,
  period: number,
  warmup: (period: number) => number,
  carriers: number,
  fill: (period: number, ...inputs: Parameters<Kernel['fill']>) => void,
  least = 1,
): Entry {
  return {
    defaults: { period },
    least: { period: least },
    create(length) {
      const full = `${name}(${length})`;
      return kernelIndicator({
        name: full,
        outputs: [full],
        warmup: warmup(length!),
        carriers,
        fill: (bars, columns, from) => fill(length!, bars, columns, from),
      });
    },
  };
}

const window = (period: number) => period - 1;
const changes = (period: number) => period;

const CATALOGUE: Readonly<Record<string, Entry>> = {
  sma: single('sma', 20, window, 0, (period, bars, [into], from) => sma(bars.close, period, into, from)),
  ema: single('ema', 20, window, 0, (period, bars, [into], from) => ema(bars.close, period, into, from)),
  rsi: single('rsi', 14, changes, RSI_CARRIERS, (period, bars, columns, from) => rsi(bars.close, period, columns, from)),
  macd: {
    defaults: { fast: 12, slow: 26, signal: 9 },
    create(fast, slow, signal) {
      const name = `macd(${fast},${slow},${signal})`;
      const periods = { fast: fast!, slow: slow!, signal: signal! };
      checkMacdPeriods(periods);
      return kernelIndicator({
        name,
        outputs: [name, `${name}.signal`, `${name}.histogram`],
        warmup: slow! + signal! - 2,
        carriers: MACD_CARRIERS,
        fill: (bars, columns, from) => macd(bars.close, periods, columns, from),
      });
    },
  },
  roc: single('roc', 12, changes, 0, (period, bars, [into], from) => roc(bars.close, period, into, from)),
  bollinger: {
    defaults: { period: 20, width: 2 },
    measures: ['width'],
    create(period, width) {
      const name = `bollinger(${period},${width})`;
      return kernelIndicator({
        name,
        outputs: [`${name}.upper`, `${name}.middle`, `${name}.lower`],
        warmup: period! - 1,
        carriers: BOLLINGER_CARRIERS,
        fill: (bars, columns, from) => bollinger(bars.close, period!, width!, columns, from),
      });
    },
  },
  atr: single('atr', 14, changes, ATR_CARRIERS, (period, bars, columns, from) => atr(bars, period, columns, from)),
  natr: single('natr', 14, changes, NATR_CARRIERS, (period, bars, columns, from) => natr(bars, period, columns, from)),
  volatility: single(
    'volatility',
    20,
    changes,
    VOLATILITY_CARRIERS,
    (period, bars, columns, from) => volatility(bars.close, period, columns, from),
    2,
  ),
  return: single('return', 1, changes, 0, (period, bars, [into], from) => simpleReturn(bars.close, period, into, from)),
  logReturn: single('logReturn', 1, changes, 0, (period, bars, [into], from) => logReturn(bars.close, period, into, from)),
  min: single('min', 20, window, 0, (period, bars, [into], from) => rollingMin(bars.low, period, into, from)),
  max: single('max', 20, window, 0, (period, bars, [into], from) => rollingMax(bars.high, period, into, from)),
  adx: {
    defaults: { period: 14 },
    least: { period: 2 },
    create(period) {
      const name = `adx(${period})`;
      return kernelIndicator({
        name,
        outputs: [name, `${name}.plusDi`, `${name}.minusDi`],
        warmup: 2 * period! - 1,
        carriers: ADX_CARRIERS,
        fill: (bars, columns, from) => adx(bars, period!, columns, from),
      });
    },
  },
  cci: single('cci', 20, window, CCI_CARRIERS, (period, bars, columns, from) => cci(bars, period, columns, from)),
  mfi: single('mfi', 14, changes, MFI_CARRIERS, (period, bars, columns, from) => mfi(bars, period, columns, from)),
  stochastic: {
    defaults: { period: 14, smoothing: 3, signal: 3 },
    create: (period, smoothing, signal) => stochastic(period!, smoothing!, signal!),
  },
  williamsR: { defaults: { period: 14 }, create: (period) => williamsR(period!) },
  obv: { defaults: {}, create: () => obv() },
  psar: { defaults: { step: 0.02, max: 0.2 }, measures: ['step', 'max'], create: (step, max) => psar(step!, max!) },
  ichimoku: { defaults: { conversion: 9, base: 26, span: 52 }, create: (conversion, base, span) => ichimoku(conversion!, base!, span!) },
};

/** Every name that `indicator` knows. */
export const indicatorNames: readonly string[] = Object.keys(CATALOGUE);

/**
 * The indicator of that name: `indicator('rsi')`, `indicator('rsi', 14)`, `indicator('macd', { fast: 12, slow: 26, signal: 9 })`.
 * `min` is taken of the low, `max` of the high, all others of what their definition says, else of the close. Throws a TypeError
 * for an unknown name or parameter and for a value out of range.
 */
export function indicator(name: string, parameters: IndicatorParameters = {}): Indicator {
  const entry = Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
  if (!entry) throw new TypeError(`Expected the name of an indicator (${indicatorNames.join(', ')}), received ${JSON.stringify(name)}`);
  const { defaults, least = {}, measures = [] } = entry;
  const given = typeof parameters === 'number' ? { period: parameters } : parameters;
  const known = Object.keys(defaults);
  if (given === null || typeof given !== 'object' || Object.keys(given).some((parameter) => !known.includes(parameter))) {
    const expected = known.length > 0 ? `the parameters ${known.join(', ')}` : 'no parameters';
    throw new TypeError(`Expected ${expected} for ${name}, received ${JSON.stringify(parameters)}`);
  }
  const values = known.map((parameter) => {
    const value = parameter in given ? given[parameter as keyof typeof given]! : defaults[parameter]!;
    const what = `${parameter} of ${name}`;
    if (!measures.includes(parameter)) checkPeriod(value, what, least[parameter]);
    else if (!(Number.isFinite(value) && value > 0))
      throw new TypeError(`Expected ${what} to be a finite number > 0, received ${String(value)}`);
    return value;
  });
  return entry.create(...values);
}
