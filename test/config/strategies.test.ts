import { describe, expect, it } from 'vitest';
import { resolveBot } from '../../src/config.ts';
import { decisions } from '../support/decisions.ts';
import { refusalOf } from '../support/refusal.ts';

const DIRECTION = '{ kind: gru, target: direction }';
const QUANTILES = '{ kind: gru, train: { loss: quantile, quantile: [0.1, 0.5, 0.9] } }';

const file = (strategy: string, model = 'gru', more = '') => `name: example
markets: [{ source: synthetic:planted, type: margin }]
interval: 1h
strategy: ${strategy}
model: ${model}
${more}`;

const load = (...parts: Parameters<typeof file>) => resolveBot(file(...parts), 'bot.yaml', { environment: {}, currentDirectory: '.' });

function refusal(...parts: Parameters<typeof file>): string {
  return refusalOf(() => load(...parts));
}

describe('a strategy of a bot file', () => {
  it('takes for the costs of a round trip twice the fee and the slippage of the bot', () => {
    const costs = (text: string, more = '') => {
      const { strategy } = load(`{ kind: quantile${text} }`, QUANTILES, more).bot;
      // The least interval that is traded on: bounds in steps of a hundredth of a percent.
      return [0, 1, 19, 20, 24, 25, 30, 31].find(
        (step) => decisions(strategy, { forecast: [1], lower: [step / 10_000 + 1e-12], upper: [1] }).exposures[0] === 1,
      );
    };
    expect(costs('')).toBe(20);
    expect(costs('', 'costs: { taker: 0.1%, slippage: 2bp }')).toBe(24);
    // Half of the spread is crossed in each of the two fills.
    expect(costs('', 'costs: { taker: 0.1%, slippage: { spread: 5bp } }')).toBe(25);
    expect(costs(', costs: auto', 'costs: { taker: 0% }')).toBe(0);
    expect(costs(', costs: 0.3%', 'costs: { taker: 0.1% }')).toBe(30);
  });

  it('reads its rates and shares', () => {
    const likely = load('{ kind: probability, enter: 55% }', DIRECTION).bot.strategy;
    expect(decisions(likely, { probability: [0.55, 0.551, 0.5] }).exposures).toEqual([0, 1, 0]);
    const half = load('{ kind: threshold, enter: 1%, exit: 0%, side: both, confirm: 2 }').bot.strategy;
    expect(decisions(half, { forecast: [0.02, 0.02, -0.02, -0.02] }).exposures).toEqual([0, 1, 0, -1]);
    expect(load('{ kind: proportional, side: both, least: 10% }').bot.strategy.short).toBe(true);
  });

  it.each([
    ['{ kind: proportional }', 'gru', {}],
    ['{ kind: probability, enter: 60% }', DIRECTION, {}],
    ['{ kind: quantile, side: both }', QUANTILES, { costs: 'auto', exit: '0%' }],
    [`{ kind: vote, of: [{ kind: quantile }, { kind: threshold, enter: 0%, confirm: 3 }] }`, QUANTILES, {}],
    ['{ kind: threshold, enter: 1% }', '[gru, linear]', {}],
  ])('%s printed and read again is unchanged', (strategy, model, expected) => {
    const more = model.startsWith('[') ? 'ensemble: { combine: stacking }' : '';
    const once = load(strategy, model, more);
    const again = resolveBot(JSON.stringify(once.config), 'bot.json', { environment: {}, currentDirectory: '.' });
    expect(JSON.stringify(again.config)).toBe(JSON.stringify(once.config));
    expect(JSON.stringify(again.bot)).toBe(JSON.stringify(once.bot));
    expect(once.config.strategy).toMatchObject(expected);
    if (more !== '') expect(once.config.ensemble).toMatchObject({ combine: 'stacking', window: 500 });
  });

  it.each<[string, Parameters<typeof file>, string]>([
    [
      'a probability of a model that says none',
      ['{ kind: probability, enter: 55% }'],
      '4:11: Expected a model that says a probability for the strategy probability, received gru with target return; write a network with target: direction',
    ],
    [
      'it in a vote, where it stands',
      ['{ kind: vote, of: [{ kind: crossover, fast: 3, slow: 9 }, { kind: probability, enter: 55% }] }'],
      '4:69: Expected a model that says a probability for the strategy probability, received gru with target return; write a network with target: direction',
    ],
    [
      'quantiles of a model that says none',
      ['{ kind: quantile }', DIRECTION],
      '4:11: Expected a model that says a median and quantiles on both sides of it for the strategy quantile, received gru with loss binary-cross-entropy; write a network with train: { loss: quantile, quantile: [0.1, 0.5, 0.9] }',
    ],
    [
      'quantiles without one between them',
      ['{ kind: quantile }', QUANTILES.replace('0.5, ', '')],
      '4:11: Expected a model that says a median and quantiles on both sides of it for the strategy quantile, received gru with quantile [0.1, 0.9]; write a network with train: { loss: quantile, quantile: [0.1, 0.5, 0.9] }',
    ],
    [
      'an ensemble of which one model says no quantiles',
      ['{ kind: quantile }', `[${QUANTILES}, linear]`],
      '4:11: Expected a model that says a median and quantiles on both sides of it for the strategy quantile, received linear with loss mse; write a network with train: { loss: quantile, quantile: [0.1, 0.5, 0.9] }',
    ],
    [
      'an exit that every entry has reached',
      ['{ kind: quantile, exit: 1% }', QUANTILES],
      '4:11: Expected exit <= costs (0.002), received 0.01',
    ],
    [
      'an exit above the entry',
      ['{ kind: probability, enter: 40% }', DIRECTION],
      '4:11: Expected probabilities with 0 <= exit <= enter < 1, received enter 0.4 and exit 0.5',
    ],
    [
      'a rate without its unit',
      ['{ kind: quantile, costs: 0.1 }', QUANTILES],
      '4:36: Expected strategy.costs to be auto, or a rate with its unit such as 0.3%, received 0.1',
    ],
    ['no closes', ['{ kind: threshold, enter: 1%, confirm: 0 }'], '4:50: Expected strategy.confirm to be a whole number >= 1, received 0'],
    [
      'a window that nothing is learnt in',
      ['buy-and-hold', '[gru, linear]', 'ensemble: { combine: mean, window: 5 }'],
      '6:36: Expected a window with combine: stacking, which learns its weights, received one with mean',
    ],
  ])('is refused for %s', (_, parts, expected) => {
    expect(refusal(...parts).replace(/^bot\.yaml:/, '')).toBe(expected);
  });

  it('weighs an experiment by its validation part, where a walk would stack', () => {
    expect(load('buy-and-hold', '[gru, lstm]', 'ensemble: { combine: stacking }').experiment?.ensemble).toEqual(['weighted']);
  });

  it('that needs what only the stored model can tell is accepted with a frozen one', () => {
    expect(refusal('{ kind: quantile }', 'gru', '').startsWith('bot.yaml:4:11')).toBe(true);
    const frozen = file('{ kind: quantile }').replace('model: gru', 'schedule: { frozen: "abc" }');
    expect(resolveBot(frozen, 'bot.yaml', { environment: {}, currentDirectory: '.' }).bot.strategy.name).toBe('quantile');
  });
});
