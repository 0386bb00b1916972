import { describe, expect, it } from 'vitest';
import { type IndicatorParameters, indicator, indicatorNames } from '../../src/indicators/catalogue.ts';
import { indicatorContract, type Unit } from '../contracts/indicator.ts';

const UNITS: Readonly<Record<string, Unit>> = {
  sma: 'price',
  ema: 'price',
  rsi: 'none',
  macd: 'price',
  roc: 'none',
  bollinger: 'price',
  atr: 'price',
  natr: 'none',
  volatility: 'none',
  return: 'none',
  logReturn: 'none',
  min: 'price',
  max: 'price',
  adx: 'none',
  cci: 'none',
  mfi: 'none',
  stochastic: 'none',
  williamsR: 'none',
  obv: 'volume',
  psar: 'price',
  ichimoku: 'price',
};

// The smallest windows, where blocks, seeds and warm-ups meet.
const SMALLEST: readonly (readonly [string, IndicatorParameters])[] = [
  ['sma', 1],
  ['ema', 1],
  ['rsi', 1],
  ['macd', { fast: 1, slow: 2, signal: 1 }],
  ['bollinger', { period: 1, width: 0.5 }],
  ['atr', 1],
  ['volatility', 2],
  ['return', 3],
  ['min', 1],
  ['adx', 2],
  ['cci', 1],
  ['mfi', 1],
  ['stochastic', { period: 1, smoothing: 1, signal: 1 }],
  ['williamsR', 1],
  ['ichimoku', { conversion: 1, base: 1, span: 1 }],
];

describe('every name of the catalogue', () => {
  it('is under the contract', () => {
    expect(Object.keys(UNITS).sort()).toEqual([...indicatorNames].sort());
  });
  for (const name of indicatorNames) indicatorContract(indicator(name), UNITS[name]!);
});

describe('the smallest parameters', () => {
  for (const [name, parameters] of SMALLEST) indicatorContract(indicator(name, parameters), UNITS[name]!);
});

describe('the catalogue', () => {
  it('takes defaults, a period, or parameters by name', () => {
    expect(indicator('rsi').name).toBe('rsi(14)');
    expect(indicator('rsi', 7).name).toBe('rsi(7)');
    expect(indicator('rsi', { period: 7 }).name).toBe('rsi(7)');
    expect(indicator('bollinger', 10).outputs).toEqual(['bollinger(10,2).upper', 'bollinger(10,2).middle', 'bollinger(10,2).lower']);
    expect(indicator('macd', { slow: 20 }).outputs).toEqual(['macd(12,20,9)', 'macd(12,20,9).signal', 'macd(12,20,9).histogram']);
  });

  it.each([
    ['rsii', undefined, 'Expected the name of an indicator (sma, ema, rsi,'],
    ['constructor', undefined, 'received "constructor"'],
    ['rsi', 0, 'Expected period of rsi to be a whole number of bars >= 1, received 0'],
    ['rsi', 2.5, 'Expected period of rsi to be a whole number of bars >= 1, received 2.5'],
    ['rsi', Number.NaN, 'received NaN'],
    ['rsi', '14', 'Expected the parameters period for rsi, received "14"'],
    ['rsi', null, 'Expected the parameters period for rsi, received null'],
    ['rsi', { period: '14' }, 'received 14'],
    ['rsi', { length: 14 }, 'Expected the parameters period for rsi, received {"length":14}'],
    ['obv', 5, 'Expected no parameters for obv, received 5'],
    ['macd', 12, 'Expected the parameters fast, slow, signal for macd, received 12'],
    ['macd', { fast: 26 }, 'Expected slow of macd to be a whole number of bars >= 27, received 26'],
    ['volatility', 1, 'Expected period of volatility to be a whole number of bars >= 2, received 1'],
    ['adx', 1, 'Expected period of adx to be a whole number of bars >= 2, received 1'],
    ['bollinger', { width: -1 }, 'Expected width of bollinger to be a finite number > 0, received -1'],
  ])('refuses %s with %j', (name, parameters, message) => {
    const attempt = () => indicator(name, parameters as IndicatorParameters);
    expect(attempt).toThrow(TypeError);
    expect(attempt).toThrow(message);
  });
});
