import { coefficient, counted, percent, pValue } from '../format.ts';
import { bestModel, isLearned, type OutputView, partName, persistenceOf } from './view.ts';

/** A high R2 of levels in its place: what persistence gets, which knows nothing. */
export function echoSentence(view: OutputView): string {
  const echo = persistenceOf(view)?.scores?.price.r2 ?? null;
  // Persistence of a volatility is no good echo, and its skill is that of the levels.
  if (view.output === 'volatility') return 'What counts is the skill, 1 - MSE / MSE of persistence, and its test.';
  const got = echo === null ? '' : `: persistence, which only repeats it, gets ${coefficient(echo)} on this ${partName(view.scored)}`;
  return `A high R2 on levels is what any echo of the last level gets${got}. It is no evidence of a forecast; what counts is the skill, 1 - MSE of returns / MSE of persistence, and its test.`;
}

/** What the best network of this output amounts to, in figures. Null where none was scored. */
export function bestSentence(view: OutputView): string | null {
  const model = bestModel(view);
  const scores = model?.scores ?? null;
  if (model === null || scores === null) return null;
  const role = isLearned(model) ? `the best ${model.score.role}` : 'the best baseline besides persistence';
  const { pValue: p } = scores.dieboldMariano;
  const test =
    p === null
      ? 'the Diebold-Mariano test is undefined'
      : `Diebold-Mariano p ${p < 0.001 ? pValue(p).replace('<', '< ') : `= ${pValue(p)}`}`;
  return `On this ${partName(view.scored)} ${role}, ${model.name}, has an R2 of ${coefficient(scores.price.r2)} and a skill against persistence of ${percent(scores.skillVsPersistence)} (${test}, ${counted(scores.bars, 'bar')}).`;
}
