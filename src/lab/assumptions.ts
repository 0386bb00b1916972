import { canonicalJson } from '../models/key.ts';
import type { ExperimentPlan } from './plan.ts';

/** What the figures of an experiment rest on, in words. */
export function experimentAssumptions(plan: ExperimentPlan, scored: 'validation' | 'test'): readonly string[] {
  const { models, windows, dropLast, seeds, baselineInputs, pool, grid, ensemble } = plan;
  const first = models[0]!;
  const notes = [
    `Chronological split; features and targets are scaled by the training rows of each market only.`,
    windows === 'inside'
      ? `Windows and their labels lie inside their part${dropLast ? '; the last window of each part is left out' : ''}.`
      : 'Windows may reach into the part before their own; labels never reach into a later part.',
    baselineInputs === 'row'
      ? 'The learning baselines see the last row of the window only, and are scored on every row of a part.'
      : 'The learning baselines see the same windows as the networks.',
    'The last price is scored on the rows of the baselines; skill compares every forecast with the last price on its own rows.',
  ];
  if (typeof first.model.target !== 'string') {
    notes.push('Each level is set beside its own last one; that of highs and lows is easier to beat than the last close.');
  }
  if (first.model.target === 'volatility') notes.push('Volatility is measured by differences from its present level, not by returns.');
  if (scored === 'validation' || !plan.split.test) {
    notes.push(
      'The validation rows that are scored also stopped the training and picked the best epoch: their scores flatter the networks.',
    );
  }
  if (seeds.length > 1)
    notes.push(
      `Networks were trained with ${seeds.length} seeds; tables show the run with the median R2, bands the 10 % and 90 % quantiles.`,
    );
  if (new Set(models.map(({ model }) => canonicalJson(model.features))).size > 1) {
    notes.push(
      'The split is of the rows on which the features of all models are known, so that all are trained and scored on the same bars.',
    );
  }
  if (models.length > 1) notes.push(`The baselines learn from the inputs of ${first.name}.`);
  if (pool) notes.push('One model learns from all markets of a class, each scaled by its own rows.');
  if (grid) notes.push('Of a grid the combination with the least validation loss was taken; the test part played no role.');
  if (ensemble.length > 0) {
    notes.push(models.length > 1 ? 'Ensembles combine the models of one seed.' : 'Ensembles combine the seeds of the model.');
  }
  if (ensemble.includes('weighted') && scored === 'validation') {
    notes.push('The weights of the weighted ensemble come from the validation rows that are scored.');
  }
  notes.push('p-values are not corrected for the number of models compared.');
  return notes;
}
