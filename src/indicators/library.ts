import { IchimokuCloud, OBV, PSAR, Stochastic, WilliamsR } from 'technicalindicators';
import type { Bars, Column } from '../core/bars.ts';
import { kept, remembered } from '../core/growth.ts';
import { checkExtension, type Indicator } from './indicator.ts';
import { sma } from './sma.ts';

// The library is fed bar by bar and never sees a column, so it can neither reverse nor change one. Its indicators hide their
// memory, hence `extend` computes from the start: the same bits, at the cost of the history. Bars that grow keep the indicator itself.

/** What the library's `nextValue` takes and gives; its own declarations name other types than it uses. */
interface Stream<Value> {
  nextValue(bar: Candle): Value | undefined;
}
type Input = 'high' | 'low' | 'close' | 'volume';
type Candle = Record<Input, number>;
type Step = (bar: Candle) => readonly number[] | undefined;

const NONE: number[] = [];
// Without it the library rounds to the precision that any code of the process may have set.
const format = (value: number) => value;

function stream<Value>(indicator: unknown): Stream<Value> {
  return indicator as Stream<Value>;
}

/** Fills `columns` from row `from` on with what `open()` gives for each bar; a NaN in an input starts it afresh behind that row. */
function feed(bars: Bars, name: string, inputs: readonly Input[], columns: readonly Column[], from: number, open: () => Step): void {
  const { length, high, low, close, volume } = bars;
  // Kept columns are filled row by row in order, so a stream that is remembered has seen all rows before.
  const source = remembered(bars, `stream ${name}`, () => ({ next: open() }));
  for (let i = from; i < length; i++) {
    const unknown = inputs.some((input) => Number.isNaN(bars[input][i]!));
    if (unknown) source.next = open();
    const values = unknown ? undefined : source.next({ high: high[i]!, low: low[i]!, close: close[i]!, volume: volume[i]! });
    columns.forEach((column, k) => {
      column[i] = values?.[k] ?? Number.NaN;
    });
  }
}

type Filler = (bars: Bars, columns: readonly Column[], from: number) => void;

/** An indicator whose `fill` needs `carriers` columns behind its outputs. */
function libraryIndicator(name: string, outputs: readonly string[], warmup: number, fill: Filler, carriers = 0): Indicator {
  const widths = new Array<number>(outputs.length + carriers).fill(1);
  const compute = (bars: Bars) =>
    kept(bars, `indicator ${name}`, widths, (columns, from) => fill(bars, columns, from)).slice(0, outputs.length);
  const extend = (columns: readonly Column[], bars: Bars, from: number) => {
    checkExtension(name, outputs.length, columns, bars, from);
    return compute(bars);
  };
  return { name, outputs, warmup, compute, extend };
}

/** One whose outputs are what a stream of the library gives. */
function streamed(name: string, outputs: readonly string[], warmup: number, inputs: readonly Input[], open: () => Step): Indicator {
  return libraryIndicator(name, outputs, warmup, (bars, columns, from) => feed(bars, name, inputs, columns, from, open));
}

/**
 * Slow stochastic oscillator in percent: raw K = 100 * (close - lowest) / (highest - lowest) over `period` bars, K = SMA of raw K
 * over `smoothing`, D = SMA of K over `signal` bars; both start together, as in TA-Lib. Raw K is 0 where nothing has moved.
 */
export function stochastic(period: number, smoothing: number, signal: number): Indicator {
  const name = `stochastic(${period},${smoothing},${signal})`;
  const open = (): Step => {
    const source = stream<{ k: number }>(new Stochastic({ period, signalPeriod: 1, high: NONE, low: NONE, close: NONE, format }));
    return (bar) => {
      const value = source.nextValue(bar);
      return value && [value.k];
    };
  };
  const fill: Filler = (bars, columns, from) => {
    const [k, d, raw, smoothed] = columns as readonly [Column, Column, Column, Column];
    feed(bars, name, ['high', 'low', 'close'], [raw], from, open);
    sma(raw, smoothing, smoothed, from);
    sma(smoothed, signal, d, from);
    for (let i = from; i < bars.length; i++) k[i] = Number.isNaN(d[i]!) ? Number.NaN : smoothed[i]!;
  };
  return libraryIndicator(name, [`${name}.k`, `${name}.d`], period + smoothing + signal - 3, fill, 2);
}

/** Williams %R, -100 to 0: -100 * (highest - close) / (highest - lowest) over `period` bars; 0 where nothing has moved (TA-Lib). */
export function williamsR(period: number): Indicator {
  const name = `williamsR(${period})`;
  return streamed(name, [name], period - 1, ['high', 'low', 'close'], () => {
    const source = stream<number>(new WilliamsR({ period, high: NONE, low: NONE, close: NONE, format }));
    return (bar) => {
      const value = source.nextValue(bar);
      // Adding 0 turns -0 into 0; 0 / 0 is the library's answer to a market without movement.
      return value === undefined ? undefined : [Number.isNaN(value) ? 0 : value + 0];
    };
  });
}

/** On-balance volume in base currency: starts with the first volume (TA-Lib; the library starts with 0), plus it after a rise, less it after a fall. */
export function obv(): Indicator {
  return streamed('obv', ['obv'], 0, ['close', 'volume'], () => {
    const source = stream<number>(new OBV({ close: NONE, volume: NONE }));
    let first: number | undefined;
    return (bar) => {
      first ??= bar.volume;
      return [first + (source.nextValue(bar) ?? 0)];
    };
  });
}

/** Parabolic stop and reverse in quote currency (Wilder, 1978), starting long at the first low, with the acceleration's step and greatest value. */
export function psar(step: number, max: number): Indicator {
  const name = `psar(${step},${max})`;
  return streamed(name, [name], 0, ['high', 'low'], () => {
    const source = stream<number>(new PSAR({ step, max, high: NONE, low: NONE }));
    return (bar) => {
      const value = source.nextValue(bar);
      return value === undefined ? undefined : [value];
    };
  });
}

/**
 * Ichimoku lines in quote currency, each a middle (highest + lowest) / 2: conversion, base, span A (mean of both) and span B. The
 * spans stand at the bar that they are known at, where charts draw them 26 bars ahead; the lagging span is no more than the close.
 */
export function ichimoku(conversion: number, base: number, span: number): Indicator {
  const name = `ichimoku(${conversion},${base},${span})`;
  const lines = ['conversion', 'base', 'spanA', 'spanB'] as const;
  const warmup = Math.max(conversion, base, span) - 1;
  const outputs = lines.map((line) => `${name}.${line}`);
  return streamed(name, outputs, warmup, ['high', 'low'], () => {
    const source = stream<Record<(typeof lines)[number], number>>(
      new IchimokuCloud({ conversionPeriod: conversion, basePeriod: base, spanPeriod: span, displacement: 1, high: NONE, low: NONE }),
    );
    return (bar) => {
      const value = source.nextValue(bar);
      return value && lines.map((line) => value[line]);
    };
  });
}
