import type { Column } from '../core/bars.ts';
import type { Outlook } from '../core/policy.ts';
import type { Model } from './model.ts';
import { closeOutput } from './target.ts';

export type OutlookColumn = 'lower' | 'upper' | 'probability';

/**
 * The columns of an outlook that a model fills: the bounds where it learns several quantiles of the close, the probability where it learns
 * the direction. Baselines say one number.
 */
export function spokenColumns({ target, training: { loss } }: Model): readonly OutlookColumn[] {
  if (target === 'direction') return ['probability'];
  return loss.kind === 'quantile' && loss.quantiles.length > 1 && closeOutput(target) >= 0 ? ['lower', 'upper'] : [];
}

/** An outlook in which nothing is said yet, with columns of its own for what the model will say. */
export function blankOutlook(model: Model, length: number): Outlook {
  const blank = () => new Float64Array(length).fill(Number.NaN);
  const silent = blank();
  const spoken = spokenColumns(model);
  const column = (name: OutlookColumn): Column => (spoken.includes(name) ? blank() : silent);
  return { horizon: model.horizon, lower: column('lower'), upper: column('upper'), probability: column('probability') };
}
