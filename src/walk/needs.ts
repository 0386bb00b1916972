import type { Strategy } from '../core/policy.ts';
import { type Model, tradedOutput } from '../models/model.ts';
import { spokenColumns } from '../models/outlook.ts';

/** Why a strategy cannot trade on what the models say, all of them together; undefined where it can. */
export function unmetNeed({ name, signals }: Pick<Strategy, 'name' | 'signals'>, models: readonly Model[]): string | undefined {
  const needs = new Set(signals.flatMap((signal) => signal.needs ?? []));
  if (needs.size === 0) return undefined;
  if (models.length === 0) return `Expected a model for the strategy ${name}, which trades on forecasts, received none; add model: gru`;
  const unlikely = needs.has('probability') && models.find((model) => !spokenColumns(model).includes('probability'));
  if (unlikely) {
    return `Expected a model that says a probability for the strategy ${name}, received ${unlikely.kind} with target ${unlikely.target}; write a network with target: direction`;
  }
  const pointed = needs.has('interval') && models.find((model) => !saysInterval(model));
  if (!pointed) return undefined;
  const { loss } = pointed.training;
  const received = loss.kind === 'quantile' ? `quantile [${loss.quantiles.join(', ')}]` : `loss ${loss.kind}`;
  return `Expected a model that says a median and quantiles on both sides of it for the strategy ${name}, received ${pointed.kind} with ${received}; write a network with train: { loss: quantile, quantile: [0.1, 0.5, 0.9] }`;
}

/** Two bounds, and between them what says when to leave. */
function saysInterval(model: Model): boolean {
  const { loss } = model.training;
  const traded = tradedOutput(model);
  return spokenColumns(model).includes('lower') && loss.kind === 'quantile' && traded > 0 && traded < loss.quantiles.length - 1;
}
