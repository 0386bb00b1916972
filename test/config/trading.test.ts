import { describe, expect, it } from 'vitest';
import { resolveBot } from '../../src/config.ts';
import { refusalOf } from '../support/refusal.ts';

const BOT = `name: example
markets: [{ source: "csv:a.csv", type: margin }]
interval: 1h
strategy: { kind: crossover, fast: 10, slow: 30 }
`;
const load = (text: string) => resolveBot(text, 'bot.yaml', { environment: {}, currentDirectory: '.' });

function message(text: string): string {
  return refusalOf(() => load(text));
}

describe('the rules of trading in a bot file', () => {
  it('become rules with fractions', () => {
    const { bot } =
      load(`${BOT.replace('type: margin', 'type: margin, leverage: 4, borrow: 5%, lot: 0.001, tick: 0.5, minNotional: 10, liquidationFee: 0.5%')}
costs: { taker: 0.2%, maker: 0.05%, slippage: { spread: 4bp }, minimum: 1, perShare: 0.005 }
orders: { entry: { kind: limit, offset: 0.2%, timeInForce: 3, postOnly: true }, exit: { kind: stop-limit, offset: 1%, limitOffset: 0.5% } }
volumeCap: { share: 0.1%, quantity: fixed }
guards:
  stopLoss: 5%
  trailingStop: { atr: 14, multiple: 2.5, intrabar: true }
  maxDrawdown: { limit: 25%, pause: 100 }
  maxLosses: 3
  markets: { "csv:a.csv": { stopLoss: 2%, maxExposure: 150%, cooldown: 4 } }
`);
    expect(bot.rules).toEqual({
      capital: 10_000,
      fill: 'next-open',
      share: 1,
      band: 0.05,
      costs: { taker: 0.002, maker: 0.0005, slippage: 0.0002, minimum: 1, perUnit: 0.005 },
      entry: { kind: 'limit', offset: 0.002, timeInForce: 3, postOnly: true },
      exit: { kind: 'stop-limit', offset: 0.01, limitOffset: 0.005 },
      volumeCap: { share: 0.001, quantity: 'fixed' },
      markets: {
        'csv:a.csv': {
          margin: true,
          lot: 0.001,
          tick: 0.5,
          minimumNotional: 10,
          leverage: 4,
          maintenance: 0.125,
          liquidationFee: 0.005,
          borrow: 0.05,
        },
      },
      guards: {
        stopLoss: 0.05,
        trailingStop: { period: 14, multiple: 2.5, intrabar: true },
        maxDrawdown: { limit: 0.25, pause: 100 },
        losses: { limit: 3 },
      },
      marketGuards: { 'csv:a.csv': { stopLoss: 0.02, maxExposure: 1.5, cooldown: 4 } },
    });
  });

  it('are plain JSON that is itself a bot file', () => {
    const text = `${BOT}guards: { stopLoss: 5%, maxLosses: { limit: 2, pause: 5 } }\nvolumeCap: { share: 1% }\n`;
    const { config } = load(text);
    expect(load(JSON.stringify(config)).config).toEqual(config);
  });

  it.each([
    [
      'leverage on spot',
      'type: margin',
      'type: spot, leverage: 3',
      /^bot\.yaml:2:\d+: Expected leverage only for a market on margin, received it for csv:a\.csv, which is spot/,
    ],
    ['borrowing on spot', 'type: margin', 'borrow: 5%', /^bot\.yaml:2:\d+: Expected borrow only for a market on margin/],
    ['a leverage below 1', 'type: margin', 'type: margin, leverage: 0.5', /^bot\.yaml:2:\d+: Expected a leverage >= 1, received 0\.5/],
    [
      'a maintenance margin that is reached at once',
      'type: margin',
      'type: margin, leverage: 10, maintenance: 10%',
      /^bot\.yaml:2:\d+: Expected a maintenance margin below the initial one, 10%, received 10%/,
    ],
    [
      'a perpetual without funding',
      'type: margin',
      'type: perpetual',
      /^bot\.yaml:2:\d+: Expected the funding of the perpetual csv:a\.csv, received none/,
    ],
    [
      'funding from elsewhere',
      'type: margin',
      'type: perpetual, funding: everywhere',
      /Expected markets\[0\]\.funding to be exchange \(what paperwalk fetch has stored\), none, a file of rates/,
    ],
  ])('refuse %s in a market, with its place', (_what, from, to, expected) => {
    expect(message(BOT.replace(from, to))).toMatch(expected);
  });

  it.each([
    [
      'guards of an unknown market',
      'guards: { markets: { "csv:b.csv": { stopLoss: 5% } } }',
      /^bot\.yaml:5:22: Expected guards of a market of the bot, received "csv:b\.csv"; did you mean "csv:a\.csv"\?$/,
    ],
    [
      'a stop loss on the wrong side',
      'guards: { stopLoss: -5% }',
      /^bot\.yaml:5:21: Expected guards\.stopLoss to be a rate with its unit such as 0\.1% or 5bp, > 0% and < 100%, received "-5%"$/,
    ],
    [
      'a take profit on the wrong side',
      'guards: { takeProfit: -10% }',
      /^bot\.yaml:5:23: Expected guards\.takeProfit to be .*> 0%, received "-10%"$/,
    ],
    ['a stop loss of everything', 'guards: { stopLoss: 100% }', /Expected guards\.stopLoss to be/],
    ['a stop without its unit', 'guards: { stopLoss: 0.05 }', /received 0\.05; write "0\.05%" or "5%"/],
    [
      'two kinds of trailing stop',
      'guards: { trailingStop: { fraction: 5%, atr: 14 } }',
      /^bot\.yaml:5:25: Expected a trailing stop by fraction or by atr, received both or neither$/,
    ],
    ['a misspelt guard', 'guards: { stopLos: 5% }', /^bot\.yaml:5:11: Unknown key "stopLos"; did you mean "stopLoss"\?$/],
    [
      'a post-only market order',
      'orders: { entry: { kind: market, postOnly: true } }',
      /^bot\.yaml:5:44: Expected postOnly with a limit order only, received it with a market order/,
    ],
    ['an offset of a market order', 'orders: { entry: { kind: market, offset: 1% } }', /Expected no offset for a market order/],
    [
      'a stop entry at the close',
      'orders: { entry: { kind: stop, offset: 0% } }',
      /Expected the offset of a stop order to be > 0%, received 0%/,
    ],
    ['a stop entry without an offset', 'orders: { exit: { kind: stop } }', /Expected the offset of a stop order to be > 0%, received none/],
    [
      'a limit offset without a limit',
      'orders: { entry: { kind: stop, offset: 1%, limitOffset: 1% } }',
      /Expected limitOffset with a stop-limit order only/,
    ],
    [
      'a limit entry at this very close',
      'fill: this-close\norders: { entry: { kind: limit, offset: 1% } }',
      /Expected market orders with fill: this-close, received limit orders/,
    ],
    ['fees in base on margin', 'costs: { currency: base }', /Expected fees in quote for csv:a\.csv, which is on margin/],
    [
      'a model that expires where there is none',
      'guards: { expiredModel: flat }',
      /^bot\.yaml:5:25: Expected a model that can expire, received none/,
    ],
    ['detail without bars', 'detail: 15m', /^bot\.yaml:5:9: Expected bars of 15m for a market, received none; name their file/],
    ['a volume cap of nothing', 'volumeCap: { share: 0% }', /Expected volumeCap\.share to be .*> 0% and <= 100%, received "0%"/],
    ['bars of a higher interval as detail', 'detail: 4h', /^bot\.yaml:5:9: Expected a lower interval that divides 1h, received 4h$/],
    [
      'a time in force of no bars',
      'orders: { entry: { kind: limit, timeInForce: 0 } }',
      /Expected orders\.entry\.timeInForce to be a whole number >= 1, received 0/,
    ],
    [
      'an impact that eats the price',
      'costs: { slippage: { volumeShare: 2 } }',
      /Expected costs\.slippage\.volumeShare to be a number >= 0 and < 1, received 2/,
    ],
  ])('refuse %s, with its place', (_what, lines, expected) => {
    expect(message(`${BOT}${lines}\n`)).toMatch(expected);
  });
});
