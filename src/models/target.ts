import type { Bars, Column } from '../core/bars.ts';
import type { Loss } from './network.ts';

export const targetKinds = ['return', 'logReturn', 'price', 'direction'] as const;

/**
 * What is learnt about the close `horizon` bars ahead: its simple or logarithmic return, its level in quote currency, or
 * whether it lies above the present one (1, else 0).
 */
export type TargetKind = (typeof targetKinds)[number];

/** The labels of every row; NaN where the close `horizon` bars ahead is not known yet. */
export function labels(kind: TargetKind, bars: Bars, horizon: number): Column {
  const { close, length } = bars;
  const column = new Float64Array(length).fill(Number.NaN);
  for (let i = 0; i + horizon < length; i++) {
    const now = close[i]!;
    const later = close[i + horizon]!;
    column[i] = label(kind, now, later);
  }
  return column;
}

function label(kind: TargetKind, now: number, later: number): number {
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
 * The simple return over the horizon that a learnt output stands for, the inverse of `label`. A direction's output is a logit;
 * its expected return is (2p - 1) x `meanMove`, the mean absolute return of the training rows.
 */
export function expectedReturn(kind: TargetKind, output: number, close: number, meanMove: number): number {
  switch (kind) {
    case 'return':
      return output;
    case 'logReturn':
      return Math.exp(output) - 1;
    case 'price':
      return output / close - 1;
    case 'direction':
      return (2 / (1 + Math.exp(-output)) - 1) * meanMove;
  }
}

/** The loss a target is learnt with unless the model says otherwise. */
export function targetLoss(kind: TargetKind): Loss['kind'] {
  return kind === 'direction' ? 'binary-cross-entropy' : 'mse';
}
