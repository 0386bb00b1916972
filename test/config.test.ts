import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { botJsonSchema } from '../src/config/json-schema.ts';
import { parseOverride } from '../src/config/override.ts';
import { parseRate } from '../src/config/rate.ts';
import { type BotFileOptions, loadBot, resolveBot } from '../src/config.ts';
import { nearestName } from '../src/core/nearest.ts';
import { createModel } from '../src/models/model.ts';
import { refusalOf } from './support/refusal.ts';

const AROUND: BotFileOptions = { environment: {}, currentDirectory: 'here' };
const BOT = `name: example
markets: [synthetic:planted]
interval: 1h
strategy: { kind: threshold, enter: 0.5%, exit: -0.5% }
model: gru
`;

const load = (text: string, ...set: string[]) => resolveBot(text, 'bots/bot.yaml', { ...AROUND, overrides: set.map(parseOverride) });

function message(text: string, ...set: string[]): string {
  return refusalOf(() => load(text, ...set));
}

describe('a bot file', () => {
  it('becomes a bot with every default filled in', () => {
    const { bot, markets, config, intervalMs } = load(BOT);
    expect(intervalMs).toBe(3_600_000);
    expect(markets).toEqual([{ source: 'synthetic:planted', type: 'spot', baseDirectory: 'bots' }]);
    expect(bot).toMatchObject({
      name: 'example',
      calendar: '24/7',
      periodsPerYear: 8766,
      evaluate: 'decision',
      period: {},
      schedule: { retrain: 180, delay: 1, maxAge: 361 },
      seed: 1,
      rules: { capital: 10_000, fill: 'next-open', costs: { taker: 0.001, slippage: 0 }, share: 1, band: 0.05 },
    });
    expect(bot.strategy.short).toBe(false);
    expect(config).toMatchObject({ costs: { taker: '0.1%', maker: '0.1%', slippage: '0%' }, sizing: { of: '100%', band: '5%' } });
  });

  it.each(['gru', 'lstm', 'rnn', 'linear', 'persistence'] as const)('fills in the same defaults for %s as a model in code has', (kind) => {
    expect(load(BOT, `model.kind=${kind}`).bot.model).toEqual(createModel({ kind }));
  });

  it('may be JSON, and is then called like its file', () => {
    const { bot } = resolveBot('{"markets": ["synthetic:trend"], "interval": "4h", "strategy": "buy-and-hold"}', 'a/trend.json', AROUND);
    expect(bot.name).toBe('trend');
    expect(bot.strategy.name).toBe('buy-and-hold');
  });

  it('reads dates as UTC and rates with their units', () => {
    const { bot } = load(
      `${BOT}history: { from: 2016-05-18 }\nperiod: { from: 2018-01-01, to: 2025-10-01T04:00Z }\nschedule: { anchor: 2018-01-01 }\ncosts: { taker: 0.25%, slippage: 5bp }\n`,
    );
    expect(bot.historyFrom).toBe(Date.UTC(2016, 4, 18));
    expect(bot.period).toEqual({ from: Date.UTC(2018, 0, 1), to: Date.UTC(2025, 9, 1, 4) });
    expect(bot.anchor).toBe(Date.UTC(2018, 0, 1));
    expect(bot.rules.costs).toEqual({ taker: 0.0025, maker: 0.001, slippage: 0.0005 });
  });

  it('divides the account among its markets and lets only margin markets be sold short', () => {
    const { bot } = load(
      BOT.replace(
        '[synthetic:planted]',
        '[{ source: synthetic:planted, type: margin }, { source: synthetic:trend, type: margin }]',
      ).replace('exit: -0.5%', 'side: both'),
    );
    expect(bot.rules.share).toBe(0.5);
    expect(Object.keys(bot.rules.markets ?? {})).toEqual(['synthetic:planted', 'synthetic:trend']);
    expect(bot.strategy.short).toBe(true);
  });

  it('names the engine, and is told which one has what the other lacks', () => {
    expect(load(BOT.replace('model: gru', 'model: { kind: gru }')).bot.model?.engine).toBe('wasm');
    const asked = BOT.replace('model: gru', 'model: { kind: gru, bidirectional: true, engine: tensorflow }');
    expect(load(asked).bot.model).toMatchObject({ engine: 'tensorflow', layers: [{ kind: 'bidirectional' }, {}, {}] });
    for (const [option, layer] of [
      ['bidirectional: true', 'bidirectional'],
      ['attention: 8', 'attention'],
      ['convolution: { units: 8 }', 'conv1d'],
    ]) {
      expect(message(BOT.replace('model: gru', `model: { kind: gru, ${option} }`))).toBe(
        `bots/bot.yaml:5:8: Expected layers that the engine wasm has, received ${layer}; set model.engine: tensorflow, which has it`,
      );
    }
    expect(message(BOT.replace('model: gru', 'model: { kind: gru, engine: torch }'))).toBe(
      'bots/bot.yaml:5:29: Expected model.engine to be one of wasm, tensorflow, received "torch"',
    );
  });

  it('says how a network is trained: noise, a rate that falls on plateaus, a quantile', () => {
    const train = '{ noise: 0.05, plateau: { factor: 0.3 }, loss: quantile, quantile: 0.9 }';
    const { training } = load(BOT.replace('model: gru', `model: { kind: gru, train: ${train} }`)).bot.model!;
    expect(training).toMatchObject({
      noise: 0.05,
      plateau: { factor: 0.3, patience: 3, minimum: 0 },
      loss: { kind: 'quantile', quantiles: [0.9] },
    });
    expect(load(BOT.replace('model: gru', 'model: { kind: gru }')).bot.model!.training).toMatchObject({ noise: 0, plateau: null });
    expect(message(BOT.replace('model: gru', 'model: { kind: gru, train: { plateau: { factor: 1 } } }'))).toBe(
      'bots/bot.yaml:5:49: Expected model.train.plateau.factor to be a number > 0 and < 1, received 1',
    );
  });

  it('takes a number of bars a year in place of a calendar', () => {
    const { bot } = load(`${BOT}calendar: { periodsPerYear: 1638 }\n`);
    expect(bot).toMatchObject({ calendar: '24/7', periodsPerYear: 1638 });
  });

  it('knows 252 sessions a year in New York, and how many bars of an interval each has', () => {
    expect(load(`${BOT.replace('1h', '1d')}calendar: nyse\n`).bot.periodsPerYear).toBe(252);
    expect(load(`${BOT}calendar: nyse\n`).bot.periodsPerYear).toBe(7 * 252);
    expect(message(`${BOT.replace('1h', '45m')}calendar: nyse\n`)).toMatch(
      /^bots\/bot\.yaml:6:11: Expected with calendar nyse an interval of 1w, 1d, or one such as 4h, .*, received 2700000 ms; use calendar: /,
    );
  });

  it('keeps the references to secrets in the section paper as they are written, and needs no variable for them', () => {
    const { config } = load(`${BOT}paper: { cron: auto, notify: [{ webhook: "\${HOOK}" }] }\n`);
    expect(config.paper).toEqual({ cron: 'auto', notify: [{ webhook: `\${HOOK}` }] });
  });

  it('shows no value of the section paper in an error', () => {
    const text = `${BOT}paper: { missed: secret-canary, grace: secret-canary, notify: secret-canary }\n`;
    expect(message(text)).not.toContain('canary');
    expect(message(BOT, 'paper.missed=secret-canary')).toBe(
      '--set paper.missed: Expected paper.missed to be one of skip, replay, received a string',
    );
  });

  it('that is not there is refused', async () => {
    await expect(loadBot('no-such-bot.yaml', AROUND)).rejects.toThrow(
      'no-such-bot.yaml: Expected a bot file, received no such file; paperwalk init writes one',
    );
    await expect(loadBot('config', AROUND)).rejects.toThrow('config: Expected a bot file, received a folder; paperwalk init writes one');
  });

  // What a change of the example bot to `from` is answered with. The expected texts are the contract itself.
  it.each<[string, string, string, string]>([
    ['an unknown key', 'interval: 1h', 'interval: 1h\ncapitol: 5', '4:1: Unknown key "capitol"; did you mean "capital"?'],
    [
      'an unknown key that resembles nothing',
      'exit: -0.5%',
      'zebra: 1',
      '4:43: Unknown key "zebra"; known here: kind, signal, enter, exit, side, entry, confirm, filter',
    ],
    [
      'a bare number for a rate',
      'enter: 0.5%',
      'enter: 0.1',
      '4:37: Expected strategy.enter to be a rate with its unit such as 0.1% or 5bp, received 0.1; write "0.1%" or "10%"',
    ],
    [
      'a bare zero for a rate',
      'enter: 0.5%',
      'enter: 0',
      '4:37: Expected strategy.enter to be a rate with its unit such as 0.1% or 5bp, received 0; write "0%"',
    ],
    [
      'a bare number for the validation share',
      'model: gru',
      'model: { kind: gru, train: { validation: 0.15 } }',
      '5:42: Expected model.train.validation to be a rate with its unit such as 0.1% or 5bp, >= 0% and < 100%, received 0.15; write "0.15%" or "15%"',
    ],
    [
      'a negative fee',
      'model: gru',
      'costs: { taker: -1% }\nmodel: gru',
      '5:17: Expected costs.taker to be a rate with its unit such as 0.1% or 5bp, >= 0% and < 100%, received "-1%"',
    ],
    [
      'more than the whole account',
      'model: gru',
      'sizing: { of: 150% }\nmodel: gru',
      '5:15: Expected at most 100%, all that the account can hold in its markets, received 150%; more needs type: margin and leverage',
    ],
    ['a missing key', 'interval: 1h\n', '', '1:1: Expected interval to be an interval such as 1m, 15m, 1h, 4h, 1d or 1w, received nothing'],
    ['a bad interval', '1h', '1 hour', '3:11: Expected interval to be an interval such as 1m, 15m, 1h, 4h, 1d or 1w, received "1 hour"'],
    ['no market', '[synthetic:planted]', '[]', '2:10: Expected markets to be a list of at least one market, received []'],
    ['one market twice', '[synthetic:planted]', '[a:B, a:B]', '2:16: Expected each market once, received a:B again'],
    [
      'an unknown synthetic market',
      'synthetic:planted',
      'synthetic:noise',
      '2:11: Expected synthetic: and one of trend, mean-reverting, regime, white-noise, planted, received "synthetic:noise"',
    ],
    [
      'a wrong type of market',
      '[synthetic:planted]',
      '[{ source: a:B, type: margn }]',
      '2:32: Expected markets[0].type to be one of spot, margin, perpetual, received "margn"; did you mean "margin"?',
    ],
    [
      'a misspelt model',
      'model: gru',
      'model: grru',
      '5:8: Expected model to be one of gru, lstm, rnn, persistence, drift, mean, majority, linear, least-squares, forest, support-vector, boosting, task33-lstm, task33-gru, stacked-lstm, stacked-gru, regularised-lstm, simple-rnn, two-layer-lstm, multi-output-lstm, received "grru"; did you mean "gru"?',
    ],
    [
      'a misspelt strategy',
      'threshold',
      'treshold',
      '4:19: Expected strategy.kind to be one of threshold, proportional, probability, quantile, crossover, buy-and-hold, rank, mean-variance, vote, received "treshold"; did you mean "threshold"?',
    ],
    [
      'a bad layer',
      'model: gru',
      'model: { kind: gru, units: [8, 0.5] }',
      '5:32: Expected model.units[1] to be a whole number >= 1, received 0.5',
    ],
    ['a misspelt feature', 'model: gru', 'model: { kind: gru, features: [clsoe] }', '5:32: Unknown feature "clsoe"; did you mean "close"?'],
    [
      'forecasts without a model',
      'model: gru\n',
      '',
      '4:11: Expected a model for the strategy threshold, which trades on forecasts, received none; add model: gru',
    ],
    [
      'short selling on a spot market',
      'exit: -0.5%',
      'side: both',
      '4:49: Expected side long on the spot market synthetic:planted, received both; short selling needs type: margin, as in markets: [{ source: "synthetic:planted", type: margin }]',
    ],
    [
      'an exit above the entry',
      'exit: -0.5%',
      'exit: 1%',
      '4:11: Expected finite thresholds with exit <= enter, received enter 0.005 and exit 0.01',
    ],
    [
      'a fast average that is the slow one',
      '{ kind: threshold, enter: 0.5%, exit: -0.5% }',
      '{ kind: crossover, fast: 30, slow: 10 }',
      '4:11: Expected whole periods with 1 <= fast < slow, received fast 30 and slow 10',
    ],
    [
      'a day that does not exist',
      'model: gru',
      'period: { from: 2018-02-30 }\nmodel: gru',
      '5:17: Expected period.from to be a date or time in ISO 8601 such as 2018-01-01 or 2018-01-01T04:00Z, received "2018-02-30"',
    ],
    [
      'a period that ends before it starts',
      'model: gru',
      'period: { from: 2019-01-01, to: 2018-01-01 }\nmodel: gru',
      '5:33: Expected period.to to lie after period.from (2019-01-01), received 2018-01-01',
    ],
    [
      'an age below the delay',
      'model: gru',
      'schedule: { delay: 5, maxAge: 3 }\nmodel: gru',
      '5:31: Expected schedule.maxAge to be a whole number of bars >= delay (5), received 3',
    ],
    [
      'a misspelt preset',
      'model: gru',
      'model: task33-lstn',
      '5:8: Expected model to be one of gru, lstm, rnn, persistence, drift, mean, majority, linear, least-squares, forest, support-vector, boosting, task33-lstm, task33-gru, stacked-lstm, stacked-gru, regularised-lstm, simple-rnn, two-layer-lstm, multi-output-lstm, received "task33-lstn"; did you mean "task33-lstm"?',
    ],
    [
      'broken YAML',
      'model: gru',
      'model: [gru',
      '6:1: Expected valid YAML or JSON: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a key given twice', 'model: gru', 'name: other', '5:1: Expected valid YAML or JSON: Map keys must be unique'],
  ])('refuses %s', (_what, from, to, expected) => {
    expect(message(BOT.replace(from, to))).toBe(`bots/bot.yaml:${expected}`);
  });

  it('refuses text that is no section', () => {
    expect(message('')).toBe('bots/bot.yaml:1:1: Expected keys and values such as name: my-bot, received null');
    expect(message('[1]')).toBe('bots/bot.yaml:1:1: Expected keys and values such as name: my-bot, received [1]');
  });

  it('lists its problems in the order of the file, at most five', () => {
    const lines = message(`${BOT}fill: never\ncapital: -1\nseed: 0.5\nevaluate: 1\nfoo: 1\nbar: 1\nbaz: 1\n`).split('\n');
    expect(lines.map((line) => /^bots\/bot\.yaml:(\d+):/.exec(line)?.[1] ?? line)).toEqual(['6', '7', '8', '9', '10', '... and 2 more']);
  });

  it('stops at aliases that unfold into too much', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((n, k) => `${n}: &${n} [${Array(10).fill(`*${'abcdefgh'[k]}`).join(',')}]`),
    ].join('\n');
    expect(message(bomb)).toMatch(/^bots\/bot\.yaml:1:1: Expected aliases that can be resolved/);
  });

  it('treats __proto__ as any unknown key', () => {
    expect(message(`${BOT}__proto__: { seed: 3 }\n`)).toMatch(/^bots\/bot\.yaml:6:1: Unknown key "__proto__"/);
    expect(message(BOT, '__proto__.seed=3')).toMatch(/^--set __proto__\.seed: Unknown key "__proto__"/);
    expect(({} as { seed?: number }).seed).toBeUndefined();
  });
});

describe('--set', () => {
  it('overrides values, sections and list entries, read as YAML', () => {
    const { bot, config } = load(BOT, 'costs.taker=5bp', 'model.units=[8, 4]', 'seed=3', 'markets.0=synthetic:trend', 'seed=4');
    expect(bot.rules.costs.taker).toBe(0.0005);
    expect(config.model?.units).toEqual([8, 4]);
    expect(bot.seed).toBe(4);
    expect(config.markets).toEqual([{ source: 'synthetic:trend', type: 'spot' }]);
  });

  it('names markets relative to the current folder, not to the bot file', () => {
    expect(load(BOT, 'markets.0=csv:a.csv').markets[0]?.baseDirectory).toBe('here');
    expect(load(BOT, 'markets=[csv:a.csv]').markets[0]?.baseDirectory).toBe('here');
    expect(load(BOT.replace('synthetic:planted', 'csv:a.csv'), 'seed=1').markets[0]?.baseDirectory).toBe('bots');
  });

  it.each([
    [
      'costs.taker=0.1',
      '--set costs.taker: Expected costs.taker to be a rate with its unit such as 0.1% or 5bp, >= 0% and < 100%, received 0.1; write "0.1%" or "10%"',
    ],
    ['capitol=5', '--set capitol: Unknown key "capitol"; did you mean "capital"?'],
    ['cost.taker=0.1%', '--set cost.taker: Unknown key "cost"; did you mean "costs"?'],
    ['interval.x=1', '--set interval.x: Expected interval to be a section, received "1h"'],
    ['seed=abc', '--set seed: Expected seed to be a whole number, received "abc"'],
    ['seed', '--set: Expected path=value such as costs.taker=0.2%, received "seed"'],
    ['=5', '--set: Expected path=value such as costs.taker=0.2%, received "=5"'],
  ])('%s is answered with the option, not with a line', (set, expected) => {
    expect(message(BOT, set)).toBe(expected);
  });
});

describe('a rate', () => {
  it.each([
    ['0.1%', 0.001],
    ['5bp', 0.0005],
    ['-0.5%', -0.005],
    ['100%', 1],
    ['0bp', 0],
    ['0.07%', 0.0007],
    ['1.005%', 0.01005],
    ['.5 %', 0.005],
  ])('%s is exactly %d', (text, fraction) => {
    expect(parseRate(text)).toBe(fraction);
  });

  it.each(['0.1', '%', '1e5%', '5 bps', '1,5%', ''])('is not %j', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });
});

describe('the nearest name', () => {
  // Distances by hand: a swap, a deletion, an insertion and a substitution are one step each.
  it.each([
    ['captial', 'capital'],
    ['capitl', 'capital'],
    ['markets', 'markets'],
    ['seeed', 'seed'],
    ['Seed', 'seed'],
    ['fill ', 'fill'],
  ])('of %j is %s', (name, expected) => {
    expect(nearestName(name, ['capital', 'markets', 'seed', 'fill', 'costs'])).toBe(expected);
  });

  it('is none where nothing is near', () => {
    expect(nearestName('zebra', ['capital', 'seed'])).toBeUndefined();
  });
});

describe('the resolved config', () => {
  const rate = fc
    .tuple(fc.integer({ min: 0, max: 9999 }), fc.constantFrom('bp', '%'))
    .map(([n, unit]) => (unit === 'bp' ? `${n}bp` : `${n / 100}%`));
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const side = optional(fc.constant('long'));
  const member = fc.oneof(
    fc.record({
      kind: fc.constant('threshold'),
      enter: rate,
      exit: fc.constantFrom(undefined, '-1%'),
      side,
      entry: optional(fc.constantFrom('level', 'cross')),
    }),
    fc.record({ kind: fc.constant('crossover'), fast: fc.integer({ min: 1, max: 9 }), slow: fc.integer({ min: 10, max: 99 }), side }),
    fc.constant({ kind: 'buy-and-hold' }),
  );
  const modelSection = fc.record({
    kind: fc.constantFrom('gru', 'lstm', 'rnn', 'linear', 'drift'),
    units: optional(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 })),
    features: optional(fc.constantFrom('standard', ['close'], ['close', { rsi: 7 }])),
    dropout: optional(fc.oneof(fc.constantFrom('20%', 0.3), rate)),
    resetAfter: optional(fc.boolean()),
    train: optional(
      fc.record({
        validation: optional(rate),
        loss: optional(fc.constantFrom('mae', 'huber')),
        epochs: optional(fc.integer({ min: 1, max: 9 })),
      }),
    ),
  });
  const file = fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    markets: fc.uniqueArray(
      fc.oneof(
        fc.constantFrom('synthetic:trend', 'csv:a.csv', 'x:Y'),
        fc.record({ source: fc.constantFrom('m:A', 'm:B'), type: fc.constantFrom('spot', 'margin') }),
      ),
      {
        minLength: 1,
        selector: (market) => (typeof market === 'string' ? market : market.source),
      },
    ),
    interval: fc.constantFrom('1m', '4h', '1d'),
    calendar: optional(fc.oneof(fc.constant('24/7'), fc.record({ periodsPerYear: fc.integer({ min: 1, max: 9999 }) }))),
    history: optional(fc.constant({ from: '2016-05-18' })),
    period: optional(fc.constantFrom({ from: '2018-01-01' }, { to: '2019-01-01T00:00Z' }, {})),
    capital: optional(fc.double({ min: 1, max: 1e9, noNaN: true })),
    costs: optional(fc.record({ taker: optional(rate), maker: optional(rate), slippage: optional(rate) })),
    fill: optional(fc.constantFrom('next-open', 'next-close', 'this-close')),
    model: fc.oneof(fc.constantFrom('gru', 'linear'), modelSection),
    schedule: optional(fc.record({ retrain: optional(fc.integer({ min: 1, max: 999 })), delay: optional(fc.integer({ min: 0, max: 2 })) })),
    strategy: fc.oneof(
      member,
      fc.constant('buy-and-hold'),
      fc.record({ kind: fc.constant('vote'), of: fc.array(member, { minLength: 2, maxLength: 4 }) }),
    ),
    sizing: optional(fc.record({ of: optional(fc.constantFrom('50%', '100%')), band: optional(rate) })),
    evaluate: optional(fc.constantFrom('decision', 'all')),
    paper: optional(fc.constantFrom({}, { cron: 'auto', grace: '30s' }, { notify: [{ webhook: 'https://hooks.example/secret' }] })),
    seed: optional(fc.integer()),
  });

  it('printed and read again is unchanged, and so is its bot', () => {
    fc.assert(
      fc.property(file, (raw) => {
        const once = load(JSON.stringify(raw));
        const printed = JSON.stringify(once.config);
        const twice = load(printed);
        expect(JSON.stringify(twice.config)).toBe(printed);
        expect(JSON.stringify(twice.bot)).toBe(JSON.stringify(once.bot));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('the example bots', () => {
  const files = readdirSync('config').filter((file) => file.endsWith('.yaml'));

  it('are there', () => {
    expect(files).toEqual(expect.arrayContaining(['demo.yaml', 'btc-gru.yaml', 'aapl-lstm.yaml', 'sma-cross.yaml']));
  });

  it.each(files)('%s can be loaded', async (file) => {
    const { bot, markets } = await loadBot(`config/${file}`, AROUND);
    expect(bot.name).toBe(file.replace('.yaml', ''));
    expect(markets.length).toBeGreaterThan(0);
  });
});

describe('the published JSON Schema', () => {
  it('is the one that the code has (else run npx tsx scripts/config-schema.ts)', () => {
    expect(JSON.parse(readFileSync('schema/bot.schema.json', 'utf8'))).toEqual(JSON.parse(JSON.stringify(botJsonSchema())));
  });
});
