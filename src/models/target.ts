import type { Bars, Column } from '../core/bars.ts';
import type { Loss } from './network.ts';

export const targetKinds = ['return', 'logReturn', 'price', 'direction', 'volatility'] as const;

/**
 * What is learnt about the close `horizon` bars ahead: its simple or logarithmic return, its level in quote currency, or
 * whether it lies above the present one (1, else 0); or how much the market moves until then.
 */
export type TargetKind = (typeof targetKinds)[number];

export const priceColumns = ['open', 'high', 'low', 'close', 'adjustedClose'] as const;

/** A price of the bar `horizon` bars ahead. Bars hold closes that are adjusted already: `adjustedClose` is the close. */
export type PriceColumn = (typeof priceColumns)[number];

/** One kind, or the levels of several columns at once, the close among them. */
export type Target = TargetKind | readonly PriceColumn[];

/** What the numbers of a target are about, one name each: `close`, another column, or `volatility`. */
export function outputNames(target: Target): readonly string[] {
  if (typeof target !== 'string') return target;
  return [target === 'volatility' ? 'volatility' : 'close'];
}

/** Which output says where the close will be; -1 where none does. */
export function closeOutput(target: Target): number {
  return outputNames(target).indexOf('close');
}

/** The labels of every row, row-major [bar][output]; NaN where the bar `horizon` bars ahead is not known yet. */
export function labels(target: Target, bars: Bars, horizon: number): Column {
  const width = outputNames(target).length;
  const column = new Float64Array(bars.length * width).fill(Number.NaN);
  if (target === 'volatility') return realised(bars, horizon, column, (i) => i + horizon);
  if (typeof target !== 'string') {
    target.forEach((name, k) => {
      const price = priceColumn(bars, name);
      for (let i = 0; i + horizon < bars.length; i++) column[i * width + k] = price[i + horizon]!;
    });
    return column;
  }
  const { close } = bars;
  for (let i = 0; i + horizon < bars.length; i++) column[i] = label(target, close[i]!, close[i + horizon]!);
  return column;
}

/** The present level of every output, row-major [bar][output]: what persistence says will be there `horizon` bars ahead. */
export function presentLevels(target: Target, bars: Bars, horizon: number): Column {
  const names = outputNames(target);
  const column = new Float64Array(bars.length * names.length).fill(Number.NaN);
  if (target === 'volatility') return realised(bars, horizon, column, (i) => i);
  names.forEach((name, k) => {
    const price = priceColumn(bars, name as PriceColumn);
    for (let i = 0; i < bars.length; i++) column[i * names.length + k] = price[i]!;
  });
  return column;
}

function priceColumn(bars: Bars, name: PriceColumn): Column {
  return bars[name === 'adjustedClose' ? 'close' : name];
}

/** Root of the mean square of `horizon` simple returns, the last of which ends at bar `last(i)`; no mean is taken off, as is usual at these intervals. */
function realised({ close, length }: Bars, horizon: number, column: Column, last: (i: number) => number): Column {
  for (let i = 0; i < length; i++) {
    const end = last(i);
    if (end >= length || end < horizon) continue;
    let squares = 0;
    for (let k = end - horizon + 1; k <= end; k++) {
      const move = close[k]! / close[k - 1]! - 1;
      squares += move * move;
    }
    column[i] = Math.sqrt(squares / horizon);
  }
  return column;
}

function label(kind: Exclude<TargetKind, 'volatility'>, now: number, later: number): number {
  switch (kind) {
    case 'return':
      return later / now - 1;
    case 'logReturn':
      return Math.log(later / now);
    case 'price':
      return later;
    case 'direction':
      return later > now ? 1 : 0;
  }
}

/**
 * The simple return over the horizon that a learnt output of the close stands for, the inverse of `label`. A direction's output is a
 * logit; its expected return is (2p - 1) x `meanMove`, the mean absolute return of the training rows. Volatility has no direction: NaN.
 */
export function expectedReturn(target: Target, output: number, close: number, meanMove: number): number {
  if (typeof target !== 'string') return output / close - 1;
  switch (target) {
    case 'return':
      return output;
    case 'logReturn':
      return Math.exp(output) - 1;
    case 'price':
      return output / close - 1;
    case 'direction':
      return (2 * probabilityOf(output) - 1) * meanMove;
    case 'volatility':
      return Number.NaN;
  }
}

/** The probability that a logit stands for. */
export function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The level of an output that a learnt number stands for; `present` is the output's present level. */
export function expectedLevel(target: Target, output: number, present: number, meanMove: number): number {
  if (typeof target !== 'string' || target === 'price' || target === 'volatility') return output;
  return present * (1 + expectedReturn(target, output, present, meanMove));
}

/** The loss a target is learnt with unless the model says otherwise. */
export function targetLoss(target: Target): Loss['kind'] {
  return target === 'direction' ? 'binary-cross-entropy' : 'mse';
}
