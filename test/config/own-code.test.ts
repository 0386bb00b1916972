import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createModuleLoader } from '../../src/config/module.ts';
import { parseOverride } from '../../src/config/override.ts';
import { loadBot, resolveBot } from '../../src/config.ts';
import type { Bars, Column } from '../../src/core/bars.ts';
import { HOLD, Reason, type View } from '../../src/core/policy.ts';
import { synthetic } from '../../src/data/synthetic.ts';
import { featureColumns, isOwnFeature } from '../../src/models/feature.ts';
import { paperwalk } from '../cli/recorded-host.ts';

const root = mkdtempSync(join(tmpdir(), 'paperwalk-own-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
/** A folder of its own that holds these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(++count));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const AROUND = { environment: {}, currentDirectory: root };
const HEAD = 'markets: ["synthetic:trend?bars=400"]\ninterval: 1h\n';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The bot of these lines in a folder with these files. */
async function botOf(lines: string, files: Readonly<Record<string, string>> = {}, ...set: string[]) {
  const folder = folderOf({ 'bot.yaml': `${HEAD}${lines}\n`, ...files });
  return loadBot(join(folder, 'bot.yaml'), { ...AROUND, overrides: set.map(parseOverride) });
}

/** What the bot is refused with, paths from its folder. */
async function refusal(lines: string, files: Readonly<Record<string, string>> = {}, ...set: string[]): Promise<string> {
  try {
    await botOf(lines, files, ...set);
  } catch (error) {
    expect((error as Error).name).toBe('ConfigError');
    return (error as Error).message.replaceAll(`${join(root, String(count))}/`, '');
  }
  return 'accepted';
}

const POLICY = `import { HOLD, type Policy } from 'paperwalk';
const policy: Policy = { kind: 'mine', slots: [], decide: () => HOLD };
export default policy;
`;
const SIGNAL = `import type { Signal } from 'paperwalk';
export default ({ bars }: { bars: number }): Signal => ({
  name: \`momentum(\${bars})\`,
  column: ({ close }) => close.map((price, i) => price / close[i - bars]! - 1),
});
`;
const MODEL = 'model: { kind: linear, lookback: 5, features: [return], train: { window: 100 } }\n';
const { bars } = synthetic('trend', { bars: 300, intervalMs: 3_600_000, start: Date.UTC(2020, 0, 1), seed: 1 });
const unknown = new Float64Array(bars.length).fill(Number.NaN);

describe('a strategy of a person’s own', () => {
  it('is a policy that judges the forecast, or the signal beside it', async () => {
    const { bot, config } = await botOf(`${MODEL}strategy: ./p.ts`, { 'p.ts': POLICY });
    expect(bot.strategy).toMatchObject({ name: 'mine on forecast', short: false, policy: { kind: 'mine', slots: [] } });
    expect(config.strategy).toEqual({ kind: 'own', module: './p.ts', sha256: sha256(POLICY) });
    const beside = await botOf('strategy: { module: ./p.ts, signal: { module: ./s.ts, options: { bars: 3 } } }', {
      'p.ts': POLICY,
      's.ts': SIGNAL,
    });
    expect(beside.bot.strategy.name).toBe('mine on momentum(3)');
    const column = beside.bot.strategy.signals[0]!.column(bars, unknown);
    expect(column[7]).toBe(bars.close[7]! / bars.close[4]! - 1);
    expect(await refusal('strategy: ./p.ts', { 'p.ts': POLICY })).toMatch(/^bot\.yaml:3:11: Expected a model.*add model: gru$/);
  });

  it('is a whole strategy, or a function of its options that gives one', async () => {
    const text = `import { crossover, threshold } from 'paperwalk';
      export default ({ fast }) => ({ name: 'x', signals: [crossover(fast, 20)], policy: threshold({ enter: 0 }), short: false });`;
    const { bot } = await botOf('strategy: { module: ./x.mjs, options: { fast: 5 } }', { 'x.mjs': text });
    expect(bot.strategy).toMatchObject({ name: 'x', signals: [{ name: 'sma(5)-sma(20)' }], policy: { kind: 'threshold' } });
  });

  it('is a threshold on a signal, a member of a vote, or a CommonJS module', async () => {
    const { bot } = await botOf('strategy: { kind: threshold, enter: 1%, signal: { module: ./s.mts, options: { bars: 3 } } }', {
      's.mts': SIGNAL,
    });
    expect(bot.strategy).toMatchObject({ name: 'threshold on momentum(3)', policy: { kind: 'threshold' } });
    const vote =
      'strategy: { kind: vote, of: [{ kind: crossover, fast: 5, slow: 20 }, { module: ./p.js, signal: { module: ./s.ts, options: { bars: 2 } } }] }';
    const files = { 'p.js': "module.exports = { kind: 'old', slots: [], decide: () => 1 };", 's.ts': SIGNAL };
    expect((await botOf(vote, files)).bot.strategy.name).toBe('vote(sma(5)-sma(20), old on momentum(2))');
  });

  it('gets the package that runs, and leaves nothing behind', async () => {
    const text = `import * as paperwalk from 'paperwalk';
      export default { kind: 'mine', slots: [], decide: () => 1, paperwalk };`;
    const folder = folderOf({ 'p.ts': text });
    const load = await createModuleLoader();
    const { Reason: same, threshold } = (load(join(folder, 'p.ts')).exported as { paperwalk: Record<string, unknown> }).paperwalk;
    expect(same).toBe(Reason);
    expect(threshold).toBe((await import('../../src/index.ts')).threshold);
    expect(readdirSync(folder)).toEqual(['p.ts']);
  });

  it('is read afresh, and looked for from the bot file, of an override from the current folder', async () => {
    const folder = folderOf({
      'bot.yaml': `${HEAD}${MODEL}strategy: ./p.ts\n`,
      'p.ts': POLICY,
      'here/p.ts': POLICY.replace('mine', 'here'),
    });
    const kind = async (...set: string[]) =>
      (
        await loadBot(join(folder, 'bot.yaml'), {
          environment: {},
          currentDirectory: join(folder, 'here'),
          overrides: set.map(parseOverride),
        })
      ).bot.strategy.policy.kind;
    expect(await kind()).toBe('mine');
    expect(await kind('strategy=./p.ts')).toBe('here');
    expect(await kind('strategy.module=./p.ts')).toBe('here');
    writeFileSync(join(folder, 'p.ts'), POLICY.replace('mine', 'other'));
    expect(await kind()).toBe('other');
  });

  it('may take options from the command line', async () => {
    const files = { 'p.ts': 'export default ({ kind }) => ({ kind, slots: [], decide: () => 0 });' };
    const { bot } = await botOf(`${MODEL}strategy: ./p.ts`, files, 'strategy.options.kind=named');
    expect(bot.strategy.policy.kind).toBe('named');
  });

  it('may ask for short positions on margin markets only', async () => {
    const text =
      "export default { name: 'x', signals: [{ name: 's', column: ({ close }) => close }], policy: { kind: 'x', slots: [], decide: () => -1 }, short: true };";
    expect(await refusal('strategy: ./x.ts', { 'x.ts': text })).toMatch(
      /^bot\.yaml:3:11: Expected side long on the spot market .* type: margin/,
    );
    const { bot } = await botOf('strategy: ./x.ts', { 'x.ts': text }, 'markets.0={ source: "synthetic:trend", type: margin }');
    expect(bot.strategy.short).toBe(true);
  });

  it('is refused with its place in the bot file, what was expected and what was received', async () => {
    const own = (text: string, rest = 'strategy: ./p.ts') => refusal(`${MODEL}${rest}`, { 'p.ts': text, 's.ts': SIGNAL });
    expect(await refusal(`${MODEL}strategy: ./pollicy.ts`, { 'policy.ts': POLICY })).toBe(
      'bot.yaml:4:11: Expected a module at pollicy.ts, received no such file; did you mean "policy.ts"?',
    );
    expect(await refusal(`${MODEL}strategy: ./no/p.ts`)).toBe('bot.yaml:4:11: Expected a module at no/p.ts, received no such folder as no');
    expect(await own('const a = 1;\nexport default { kind: };\n')).toBe(
      'bot.yaml:4:11: Expected p.ts to be a module that loads, received a syntax error (Unexpected token) at p.ts:2:24; mend it there',
    );
    expect(await own("interface A { a: number }\n\nconst a: A = JSON.parse('null'); a.a.b;\nexport default 1;")).toBe(
      "bot.yaml:4:11: Expected p.ts to be a module that loads, received TypeError: Cannot read properties of null (reading 'a') at p.ts:3:36; mend it there",
    );
    expect(await own("import { a } from './gone.ts';\nexport default a;")).toMatch(
      /received Error: Cannot find module '\.\/gone\.ts' at p\.ts:1:\d+; mend it there$/,
    );
    expect(await own('export const policy = 1, other = 2;')).toBe(
      'bot.yaml:4:11: Expected p.ts to have a default export, a policy { kind, slots, decide }, a strategy { name, signals, policy, short } or a function (options) => one, received other, policy; write export default',
    );
    expect(await own('export default [1];')).toMatch(/Expected p\.ts to export a policy .*, received a list of 1$/);
    expect(await own('export default async () => 1;')).toMatch(/received a promise; make the function synchronous$/);
    expect(await own('export default () => ({ kind: 1, slots: [], decide() {} });')).toMatch(
      /Expected kind of the policy to be a text in p\.ts, received 1$/,
    );
    expect(await own("export default () => ({ kind: 'p', decide() {} });")).toMatch(
      /Expected slots of the policy to be a list.*, received nothing$/,
    );
    expect(await own('export default ({ a }) => ({ kind: a.b, slots: [] });')).toMatch(
      /received TypeError: Cannot read properties of undefined \(reading 'b'\) at p\.ts:1:\d+; mend it there$/,
    );
    expect(await own(POLICY, 'strategy: { module: ./p.ts, options: { a: 1 } }')).toMatch(/take options out$/);
    expect(await own(POLICY, 'strategy: { module: ./p.ts, optoins: { a: 1 } }')).toBe(
      'bot.yaml:4:29: Unknown key "optoins"; did you mean "options"?',
    );
    expect(await own(POLICY, 'strategy: { module: ./p.ts, signal: 5 }')).toMatch(
      /^bot\.yaml:4:37: Expected strategy\.signal to be a module/,
    );
    expect(await own(POLICY, 'strategy: { module: ./p.ts, signal: ./p.ts }')).toMatch(
      /Expected p\.ts to export a signal \{ name, column \}/,
    );
    expect(await own(POLICY, 'strategy: ./s.ts')).toMatch(/received an object with name, column$/);
    expect(() => resolveBot(`${HEAD}${MODEL}strategy: ./p.ts`, 'bot.yaml', AROUND)).toThrow(
      'bot.yaml:4:11: Expected no module of your own here',
    );
  });
});

describe('the decisions of a policy of a person’s own', () => {
  const view = (changes: Partial<View> = {}) =>
    ({ bars, i: 10, signal: new Float64Array(bars.length), exposure: 0, reason: Reason.noForecast, ...changes }) as View;
  const policyOf = async (decide: string) =>
    (
      await botOf(`${MODEL}strategy: ./p.ts`, {
        'p.ts': `export default { kind: 'p', slots: ['n'],\n  decide(view, memory, at) { ${decide} } };`,
      })
    ).bot.strategy.policy;

  it('have the reason that their target speaks for, where they give none', async () => {
    const reasons = async (decide: string, changes: Partial<View>) => {
      const seen = view(changes);
      (await policyOf(decide)).decide(seen, new Float64Array(1), 0);
      return seen.reason;
    };
    expect(await reasons('return 1', {})).toBe(Reason.enterLong);
    expect(await reasons('return 1', { exposure: 0.9 })).toBe(Reason.holding);
    expect(await reasons('return -1', {})).toBe(Reason.enterShort);
    expect(await reasons('return 0', { exposure: 0.9 })).toBe(Reason.exit);
    expect(await reasons('return 0', {})).toBe(Reason.belowThreshold);
    expect(await reasons('return NaN', { exposure: 0.9 })).toBe(Reason.holding);
    expect(await reasons('return NaN', { signal: unknown })).toBe(Reason.noForecast);
    expect(await reasons('view.reason = 8; return 0', {})).toBe(8);
  });

  it('are refused with the bar and the place in the source', async () => {
    const decided = async (decide: string) => {
      const policy = await policyOf(decide);
      const folder = `${join(root, String(count))}/`;
      try {
        return policy.decide(view(), new Float64Array(1), 0);
      } catch (error) {
        return (error as Error).message.replaceAll(folder, '');
      }
    };
    const where = 'at the close of 2020-01-01T11:00:00.000Z of synthetic:trend';
    expect(await decided('return HOLD')).toBe(
      `p.ts:2:30: Expected decide to give a target ${where}, received ReferenceError: HOLD is not defined; mend it there`,
    );
    expect(await decided('')).toBe(`p.ts: Expected decide to give a number or HOLD ${where}, received undefined`);
    expect(await decided('return 1 / 0')).toBe(`p.ts: Expected decide to give a number or HOLD ${where}, received Infinity`);
    expect(await decided('memory[at] = NaN; return 1')).toBe(`p.ts: Expected memory of n to stay finite ${where}, received NaN`);
    expect(await decided('return NaN')).toBe(HOLD);
  });

  it('end a backtest with exit code 2 and the place in the source', async () => {
    const folder = folderOf({
      'bot.yaml': `${HEAD}strategy: { module: ./p.ts, signal: { module: ./s.ts, options: { bars: 2 } } }`,
      's.ts': SIGNAL,
      'p.ts': `import type { Policy, View } from 'paperwalk';
interface Levels { readonly up: { readonly high: number } }
const policy: Policy = {
  kind: 'p',
  slots: [],
  decide(view: View) {
    const levels: Partial<Levels> = {};
    return view.i < 50 ? 0 : (levels as Levels).up.high;
  },
};
export default policy;`,
    });
    const { code, stdout, stderr } = await paperwalk(['backtest', join(folder, 'bot.yaml'), '--workspace', join(folder, 'w')]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `${folder}/p.ts:8:52: Expected decide to give a target at the close of 2020-01-03T03:00:00.000Z of synthetic:trend?bars=400, received TypeError: Cannot read properties of undefined (reading 'high'); mend it there\n`,
    );
  });
});

describe('a column of a person’s own', () => {
  const columnOf = async (body: string, seen: Bars = bars): Promise<Column | string> => {
    const text = `export default { name: 's', column(bars, forecast) { ${body} } };`;
    const { bot } = await botOf('strategy: { kind: threshold, enter: 0%, signal: ./s.ts }', { 's.ts': text });
    const folder = `${join(root, String(count))}/`;
    try {
      return bot.strategy.signals[0]!.column(seen, unknown);
    } catch (error) {
      return (error as Error).message.replaceAll(folder, '');
    }
  };

  it('may be a list, and works on copies', async () => {
    const before = bars.close.slice();
    const column = await columnOf('bars.close.fill(1); forecast.fill(1); return [...bars.close];');
    expect(column).toEqual(new Float64Array(bars.length).fill(1));
    expect(bars.close).toEqual(before);
    expect(unknown.every(Number.isNaN)).toBe(true);
  });

  it('is refused where it knows later bars, with the first bar that tells', async () => {
    // With 300 bars, the last of the first 100 is the first that a view of the next bar changes.
    expect(await columnOf('return bars.close.map((price, i) => bars.close[i + 1] / price - 1);')).toMatch(
      /^s\.ts: Expected the signal s to know nothing of later bars, received \S+ at the close of 2020-01-05T04:00:00\.000Z \(row 99\) of synthetic:trend with all 300 bars and NaN with the first 100 alone; read no bar beyond each row$/,
    );
    expect(await columnOf('const top = Math.max(...bars.close); return bars.close.map((price) => price / top);')).toContain('(row 0)');
    expect(await columnOf('return bars.close.map(() => Math.random());')).toContain('(row 0)');
    expect(await columnOf('return bars.close.map((_, i) => bars.length - i === 1 ? 1 : 0);')).toContain('(row 99)');
    expect(await columnOf('return bars.close.map((_, i) => i === 250 ? bars.close[299] : 0);')).toContain('(row 250)');
  });

  it('is refused where it is no column of as many values as there are bars', async () => {
    const rest = 'a value for each of 300 bars of synthetic:trend, received';
    expect(await columnOf('return bars.close.subarray(1);')).toBe(
      `s.ts: Expected the signal s to be a Float64Array with ${rest} 299 values`,
    );
    expect(await columnOf('return undefined;')).toContain(`${rest} nothing`);
    expect(await columnOf('return Float32Array.from(bars.close);')).toContain(`${rest} a Float32Array`);
    expect(await columnOf('return bars.closes.map((x) => x);')).toMatch(
      /^s\.ts:1:\d+: Expected the signal s to be computed on 300 bars of .*, received TypeError: Cannot read properties of undefined \(reading 'map'\); mend it there$/,
    );
  });
});

describe('a feature of a person’s own', () => {
  const FEATURE = 'export default ({ close, open }, { scale = 1 }) => [close.map((c, i) => scale * (c - open[i])), open];';
  const lines = (features: string) =>
    `model: { kind: linear, lookback: 5, features: ${features}, train: { window: 100 } }\nstrategy: { kind: threshold, enter: 0% }`;

  it('is one column or several, of a function of bars and options or of an object', async () => {
    const { bot, config } = await botOf(lines('[close, ./f.ts, { module: ./f.ts, options: { scale: 2 } }, ./o.ts]'), {
      'f.ts': FEATURE,
      'o.ts': "export default { name: 'o', columns: ({ high }) => high };",
    });
    const [, plain, twice, other] = bot.model!.features;
    expect(featureColumns(plain!, bars)).toHaveLength(2);
    expect(featureColumns(plain!, bars)[0]![3]).toBe(bars.close[3]! - bars.open[3]!);
    expect(featureColumns(twice!, bars)[0]![3]).toBe(2 * (bars.close[3]! - bars.open[3]!));
    expect(featureColumns(other!, bars)).toEqual([bars.high]);
    expect(config.model!.features).toEqual([
      'close',
      { module: './f.ts', sha256: sha256(FEATURE) },
      { module: './f.ts', options: { scale: 2 }, sha256: sha256(FEATURE) },
      { module: './o.ts', sha256: expect.any(String) },
    ]);
  });

  it('is found in members of an ensemble and models of an experiment', async () => {
    const section = '{ kind: gru, features: [./f.ts] }';
    const { bot, experiment } = await botOf(
      `model: [linear, ${section}]\nexperiment: { models: [${section}] }\nstrategy: { kind: threshold, enter: 0% }`,
      { 'f.ts': FEATURE },
    );
    for (const model of [bot.ensemble!.members[0]!, experiment!.models[0]!.model]) expect(model.features.every(isOwnFeature)).toBe(true);
  });

  it('is refused like a strategy, and where it knows later bars', async () => {
    expect(await refusal(lines('[close, ./g.ts]'), { 'f.ts': FEATURE })).toBe(
      'bot.yaml:3:55: Expected a module at g.ts, received no such file; did you mean "f.ts"?',
    );
    expect(await refusal(lines('[{ module: ./f.ts, option: { scale: 2 } }]'), { 'f.ts': FEATURE })).toMatch(
      /^bot\.yaml:3:48: Unknown key "option"; did you mean "options"/,
    );
    const { bot } = await botOf(lines('[./f.ts]'), {
      'f.ts': 'export default ({ close }) => [close, close.map((_, i) => close[i + 1] ?? 0)];',
    });
    expect(() => featureColumns(bot.model!.features[0]!, bars)).toThrow(
      /f\.ts: Expected the feature to know nothing of later bars.*\(row 99\)/,
    );
  });

  it('gives every version of its code and every option fits of its own, which a frozen bot trades on in that version only', async () => {
    const folder = folderOf({
      'bot.yaml': `${HEAD}${lines('[return, { module: ./f.ts, options: { scale: 2 } }]')}\nschedule: { retrain: 200 }`,
      'f.ts': FEATURE,
    });
    const run = (...set: string[]) =>
      paperwalk([
        'backtest',
        join(folder, 'bot.yaml'),
        '--json',
        '--quiet',
        '--workspace',
        join(folder, 'w'),
        ...set.flatMap((one) => ['--set', one]),
      ]);
    const keys = async (...set: string[]) => {
      const { stdout } = await run(...set);
      return JSON.parse(stdout).fits.map(({ key }: { key: string }) => key) as string[];
    };
    const first = await keys();
    expect(await keys()).toEqual(first);
    expect(await keys('model.features.1.options.scale=4')).not.toContain(first[0]);

    const frozen = folderOf({
      'bot.yaml': `${HEAD}strategy: { kind: threshold, enter: 0% }\nschedule: { frozen: "${first[0]}" }`,
      'f.ts': FEATURE,
    });
    const thaw = () => paperwalk(['backtest', join(frozen, 'bot.yaml'), '--quiet', '--workspace', join(folder, 'w')]);
    expect(await thaw()).toMatchObject({ code: 0, stderr: '' });
    expect((await paperwalk(['models', 'show', first[0]!, '--workspace', join(folder, 'w')])).stdout).toContain('./f.ts');

    // The same numbers by other code: the source is what counts.
    for (const place of [folder, frozen]) writeFileSync(join(place, 'f.ts'), `${FEATURE}\n`);
    expect(await keys()).not.toContain(first[0]);
    const changed = await thaw();
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(
      /^schedule\.frozen: Expected .*f\.ts with the sha256 [0-9a-f]{64}, received [0-9a-f]{64}; restore that version/,
    );
  });
});

describe('the version of a module', () => {
  const files = {
    'p.ts': `import { kind } from './lib/kind.ts';\nimport levels from './levels.json';\nexport default { kind, slots: levels.slots, decide: () => 0 };`,
    'lib/kind.ts': "export { kind } from '../deep.js';",
    'deep.ts': "export const kind: string = 'deep';",
    'levels.json': '{ "slots": [] }',
  };

  it('is that of its source and of all files of its own that it imports', async () => {
    const { bot, config } = await botOf(`${MODEL}strategy: ./p.ts`, files);
    expect(bot.strategy.policy.kind).toBe('deep');
    const line = (path: keyof typeof files) => `${sha256(files[path])}  ${path}\n`;
    const whole = sha256([line('deep.ts'), line('levels.json'), line('lib/kind.ts'), line('p.ts')].join(''));
    expect(config.strategy).toMatchObject({ sha256: whole });
    const other = await botOf(`${MODEL}strategy: ./p.ts`, { ...files, 'deep.ts': "export const kind: string = 'deep' as const;" });
    expect(other.config.strategy).not.toMatchObject({ sha256: whole });
  });

  it('is the only one accepted by a bot file that names it, such as the resolved one', async () => {
    const { config } = await botOf(`${MODEL}strategy: ./p.ts`, files);
    const again = await botOf(MODEL.replace(/.*/s, ''), { ...files, 'bot.yaml': JSON.stringify(config) });
    expect(again.config).toEqual(config);
    const changed = { ...files, 'bot.yaml': JSON.stringify(config), 'deep.ts': "export const kind = 'other';" };
    expect(await refusal('', changed)).toMatch(
      /^bot\.yaml:1:\d+: Expected p\.ts with the sha256 [0-9a-f]{64}, received [0-9a-f]{64}; restore that version, or take sha256 out$/,
    );
  });
});
