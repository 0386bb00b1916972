import { describe, expect, it } from 'vitest';
import { resolveBot } from '../../src/config.ts';
import { refusalOf } from '../support/refusal.ts';

const AROUND = { environment: {}, currentDirectory: '.' };
const TWO = 'markets: [synthetic:planted, synthetic:trend]';
const SPOT = `name: b\ninterval: 4h\n${TWO}\n`;
const MARGIN = 'markets: [{ source: synthetic:planted, type: margin }, { source: synthetic:trend, type: margin }]';
const CROSS = 'strategy: { kind: crossover, fast: 5, slow: 9 }\n';

const load = (text: string) => resolveBot(text, 'b.yaml', AROUND);

function message(text: string): string {
  return refusalOf(() => load(text));
}

describe('the section sizing', () => {
  it('is a fraction by default, and has a band whatever its kind', () => {
    const { bot, config } = load(`${SPOT}${CROSS}`);
    expect(config.sizing).toEqual({ kind: 'fraction', of: '100%', band: '5%' });
    expect(bot).toMatchObject({ sizing: { kind: 'fraction', of: 1 }, rules: { share: 0.5, band: 0.05 } });
    expect(load(`${SPOT}${CROSS}sizing: { of: 50%, band: 1% }`).bot.rules).toMatchObject({ share: 0.25, band: 0.01 });
    expect(load(`${SPOT}${CROSS}sizing: { kind: equal, of: 50% }`).bot.rules).toMatchObject({ share: 0.25, band: 0.05 });
  });

  it.each([
    ['{ kind: amount, amount: 500 }', { kind: 'amount', amount: 500 }],
    ['{ kind: volatility, target: 20% }', { kind: 'volatility', target: 0.2, most: 1 }],
    ['{ kind: volatility, target: 20%, most: 50%, halfLife: 20.5 }', { kind: 'volatility', target: 0.2, most: 0.5, halfLife: 20.5 }],
    ['{ kind: kelly, window: 200 }', { kind: 'kelly', fraction: 0.5, most: 1, window: 200 }],
    ['{ kind: inverse-volatility, window: 90 }', { kind: 'inverse-volatility', of: 1, window: 90 }],
    ['{ kind: weights, weights: { "synthetic:planted": 60%, "synthetic:trend": 40% } }', { weights: { 'synthetic:planted': 0.6 } }],
    ['{ kind: portfolio-volatility, target: 15% }', { target: 0.15, most: 1, base: 'fraction', window: 60 }],
  ])('reads %s', (section, sizing) => {
    const { bot, config } = load(`${SPOT}strategy: { kind: threshold, enter: 0% }\nmodel: linear\nsizing: ${section}`);
    expect(bot.sizing).toMatchObject(sizing);
    expect(load(JSON.stringify(config)).bot.sizing).toEqual(bot.sizing);
  });

  it('keeps the quantity of an amount', () => {
    expect(load(`${SPOT}${CROSS}sizing: { kind: amount, amount: 500 }`).bot.rules).toMatchObject({ amount: 500, keepSize: true });
  });

  it.each([
    [
      'sizing: { kind: kely }',
      '5:17: Expected sizing.kind to be one of fraction, amount, volatility, kelly, risk, equal, inverse-volatility, weights, portfolio-volatility, received "kely"; did you mean "kelly"?',
    ],
    ['sizing: { kind: volatility }', '5:9: Expected sizing.target to be a rate with its unit such as 0.1% or 5bp, > 0%, received nothing'],
    ['sizing: { kind: kelly }', '5:17: Expected a model for the sizing kelly, which goes by forecasts, received none; add model: gru'],
    [
      'sizing: { kind: amount, amount: 20000 }',
      '5:33: Expected an amount of at most 10000, all that the account can hold in its markets, received 20000; more needs type: margin and leverage',
    ],
    [
      'sizing: { kind: risk, risk: 1% }',
      '5:17: Expected a stop to size positions by, received none for synthetic:planted; add guards: { stopLoss: 5% }',
    ],
    [
      'sizing: { kind: volatility, target: 20%, most: 200% }',
      '5:48: Expected at most 100%, all that the account can hold in its markets, received 200%; more needs type: margin and leverage',
    ],
    [
      'sizing: { kind: volatility, target: 20%, window: 9, halfLife: 4 }',
      '5:50: Expected a window or a halfLife, received both (9 and 4); take one of them out',
    ],
    [
      'sizing: { kind: weights, weights: { "synthetic:planted": 60% } }',
      '5:35: Expected a weight for every market, received none for synthetic:trend; 0% is one',
    ],
    [
      'sizing: { kind: weights, weights: { "synthetic:plant": 60% } }',
      "5:37: Expected weights of the bot's markets (synthetic:planted, synthetic:trend), received synthetic:plant",
    ],
    [
      'sizing: { kind: weights, weights: { "synthetic:planted": 60%, "synthetic:trend": 60% } }',
      '5:35: Expected weights that sum to at most 100%, received 120%; more needs type: margin and leverage',
    ],
    [
      'sizing: { kind: weights, weights: { "synthetic:planted": -6%, "synthetic:trend": 60% } }',
      '5:58: Expected a weight >= 0%, received -6%; the strategy says which side',
    ],
  ])('refuses %s, and says where', (section, expected) => {
    expect(message(`${SPOT}${CROSS}${section}`)).toBe(`b.yaml:${expected}`);
  });
});

describe('a sizing', () => {
  it('by risk takes the stop of every market, or its own', () => {
    const risk = `${SPOT}${CROSS}sizing: { kind: risk, risk: 1% }\n`;
    expect(load(`${risk}guards: { stopLoss: 5% }`).bot.rules).toMatchObject({ keepSize: true, guards: { stopLoss: 0.05 } });
    expect(load(`${risk}guards: { trailingStop: { atr: 14, multiple: 3 } }`).bot.sizing).toEqual({ kind: 'risk', risk: 0.01, most: 1 });
    expect(message(`${risk}guards: { markets: { "synthetic:planted": { stopLoss: 5% } } }`)).toContain('received none for synthetic:trend');
    expect(message(`${risk}guards: { takeProfit: 5% }`)).toContain('Expected a stop to size positions by');
  });

  it('may go beyond the account where every market lends', () => {
    const levered = SPOT.replace(
      TWO,
      'markets: [{ source: synthetic:planted, type: margin, leverage: 3 }, { source: synthetic:trend, type: margin, leverage: 2 }]',
    );
    const volatility = 'sizing: { kind: volatility, target: 20%, most:';
    expect(message(`${levered}${CROSS}${volatility} 200% }`)).toBe('accepted');
    expect(message(`${levered}${CROSS}${volatility} 201% }`)).toContain('Expected at most 200%');
    expect(message(`${levered}${CROSS}sizing: { kind: amount, amount: 20000 }`)).toBe('accepted');
    const weights = 'sizing: { kind: weights, weights: { "synthetic:planted": 100%, "synthetic:trend": 50% } }';
    expect(message(`${levered}${CROSS}${weights}`)).toBe('accepted');
  });
});

describe('strategies across markets', () => {
  it('are read with their defaults', () => {
    const ranked = load(`${SPOT}strategy: { kind: rank, hold: 1, by: { kind: momentum, bars: 30 } }`);
    expect(ranked.config.strategy).toMatchObject({ hold: 1, buffer: 0, positive: false, every: 1 });
    expect(ranked.bot.strategy).toMatchObject({ name: 'the 1 best by momentum(30)', short: false });
    const mixed = load(`${SPOT}model: linear\nstrategy: { kind: mean-variance }`);
    expect(mixed.config.strategy).toMatchObject({ aversion: 1, window: 60, shrinkage: '50%', most: '100%', side: 'long', every: 1 });
    const both = load(`name: b\ninterval: 4h\n${MARGIN}\nmodel: linear\nstrategy: { kind: mean-variance, side: both }`);
    expect(both.bot.strategy.short).toBe(true);
  });

  it.each([
    ['strategy: { kind: rank, hold: 1 }', '4:11: Expected a model'],
    ['strategy: { kind: mean-variance }', '4:11: Expected a model'],
    [
      'strategy: { kind: rank, hold: 3, by: { kind: momentum, bars: 30 } }',
      '4:31: Expected at most as many as there are markets, 2, received 3',
    ],
    [
      'strategy: { kind: rank, hold: 1, by: momentum }',
      '4:38: Expected strategy.by to be forecast, or momentum such as { kind: momentum, bars: 90 }, received "momentum"',
    ],
    ['strategy: { kind: mean-variance, most: 150% }\nmodel: linear', '4:40: Expected at most 100%'],
    ['strategy: { kind: mean-variance, side: both }\nmodel: linear', '4:40: Expected side long on the spot market synthetic:planted'],
    [
      'strategy: { kind: rank, hold: 1, by: { kind: momentum, bars: 30 } }\nsizing: { kind: amount, amount: 10 }',
      '5:17: Expected a sizing whose shares the strategy rank can divide anew (fraction, equal, volatility, kelly, portfolio-volatility), received amount',
    ],
    [
      'strategy: { kind: mean-variance }\nmodel: linear\nsizing: { kind: kelly }',
      '6:17: Expected a sizing whose shares the strategy mean-variance can divide anew',
    ],
  ])('refuses %s, and says where', (section, expected) => {
    expect(message(`${SPOT}${section}`)).toContain(`b.yaml:${expected}`);
  });

  it('refuses to rank one market', () => {
    const one = SPOT.replace(TWO, 'markets: [synthetic:planted]');
    expect(message(`${one}strategy: { kind: rank, hold: 1, by: { kind: momentum, bars: 30 } }`)).toBe(
      'b.yaml:4:19: Expected at least two markets to rank, received one; add markets',
    );
  });
});

describe('higher intervals', () => {
  it('are those of a crossover, a filter, a rank or a feature', () => {
    const cross = load(`${SPOT}strategy: { kind: crossover, fast: 5, slow: 9, interval: 1d }`);
    expect(cross.bot.strategy.name).toBe('sma(5)-sma(9) on 1d');
    const filter = 'filter: { kind: momentum, bars: 30, interval: 1w }';
    const model = 'model: { kind: linear, features: [logReturn, { on: { interval: 1d, of: { rsi: 14 } } }] }';
    const filtered = load(`${SPOT}strategy: { kind: threshold, enter: 0.1%, ${filter} }\n${model}`);
    expect(filtered.bot.strategy.name).toBe('threshold where momentum(30) on 1w');
    expect(filtered.bot.model!.features[1]).toEqual({ on: { interval: '1d', of: { rsi: 14 } } });
  });

  it.each([
    [
      'strategy: { kind: crossover, fast: 5, slow: 9, interval: 6h }',
      "4:58: Expected an interval that is a multiple of the bars' 4h, of which higher ones are made, received 6h; write 8h",
    ],
    ['strategy: { kind: crossover, fast: 5, slow: 9, interval: 1h }', '4:58: Expected an interval that is a multiple'],
    ['strategy: { kind: rank, hold: 1, by: { kind: momentum, bars: 5, interval: 5h } }', '4:75: Expected an interval that is a multiple'],
    [
      'model: linear\nstrategy: { kind: threshold, enter: 1%, filter: { kind: momentum, bars: 5, interval: 5h } }',
      '5:86: Expected an interval that is a multiple',
    ],
    [
      'model: linear\nstrategy: { kind: threshold, enter: 1%, filter: { kind: rsi } }',
      '5:57: Expected strategy.filter.kind to be one of crossover, momentum, received "rsi"',
    ],
    [
      'strategy: buy-and-hold\nmodel: { kind: linear, features: [close, { on: { interval: 6h, of: close } }] }',
      '5:42: Expected an interval that is a multiple',
    ],
    [
      'strategy: buy-and-hold\nmodel: { kind: linear, features: [{ on: { interval: 1d, of: { lag: { bars: 1, of: { on: { interval: 36h, of: close } } } } } }] }',
      "5:35: Expected an interval that is a multiple of the bars' 1d, of which higher ones are made, received 36h; write 2d",
    ],
    [
      'strategy: buy-and-hold\nmodel: { kind: linear, features: [{ on: { interval: 1d, of: { rsi: 0 } } }] }',
      '5:35: Expected period of rsi',
    ],
    [
      'strategy: buy-and-hold\nmodel: { kind: linear, features: [{ on: 4 }] }',
      '5:35: Expected on: { interval: <such as 1d>, of: <feature> }, received 4',
    ],
  ])('refuses %s, and says where', (section, expected) => {
    expect(message(`${SPOT}${section}`)).toContain(`b.yaml:${expected}`);
  });
});
