import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/models/key.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'wrong-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const workspace = join(folder, 'workspace');
const path = (name: string) => join(folder, name);

const COMMON = `name: bot
markets: ["synthetic:planted?bars=700"]
interval: 1h
strategy: { kind: threshold, enter: 0.01%, exit: -0.01% }
`;
const NETWORK = 'units: [2], lookback: 4, features: [logReturn, range], train: { window: 200, epochs: 1 }';
let files = 0;

async function ask(command: string, text: string, ...more: readonly string[]) {
  const file = path(`bot-${files++}.yaml`);
  writeFileSync(file, COMMON + text);
  return { file, ...(await paperwalk([command, file, '--quiet', '--workspace', workspace, ...more])) };
}

let key = '';
let modelFile = '';
beforeAll(async () => {
  const { code, stdout, stderr } = await ask('backtest', `model: { kind: gru, ${NETWORK} }\nschedule: { retrain: 400 }\n`, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  key = JSON.parse(stdout).fits[0].key;
  modelFile = path('model.json');
  expect((await paperwalk(['models', 'export', key, modelFile, '--quiet', '--workspace', workspace])).code).toBe(0);
});

/** The model's file after a change, with the checksum that it then has. */
function changed(name: string, change: (fit: Record<string, Record<string, unknown>>) => void): string {
  const { sha256: _, ...document } = JSON.parse(readFileSync(modelFile, 'utf8'));
  change(document.fit);
  const sha256 = createHash('sha256').update(canonicalJson(document)).digest('hex');
  writeFileSync(path(name), JSON.stringify({ ...document, sha256 }));
  return path(name);
}

describe('a model without a direction', () => {
  it('is refused by backtest with words, alone and in an ensemble, and trains nothing', async () => {
    const fits = readdirSync(join(workspace, 'cache', 'fits'));
    for (const model of [`{ kind: gru, target: volatility, ${NETWORK} }`, `[gru, { kind: lstm, target: volatility, ${NETWORK} }]`]) {
      const { code, stderr, file } = await ask('backtest', `model: ${model}\n`);
      expect(code).toBe(2);
      expect(stderr).toContain(
        `${file}: Expected a target that says where the close goes, such as return, to trade on, received volatility`,
      );
    }
    expect(readdirSync(join(workspace, 'cache', 'fits'))).toEqual(fits);
  });
});

describe('train', () => {
  it('refuses what it would not train, with words', async () => {
    expect(await ask('train', 'model: forest\n')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Expected a network to train, received forest, which is among the baselines of every experiment'),
    });
    expect(await ask('train', `schedule: { frozen: "${key}" }\n`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('write a model in place of schedule.frozen'),
    });
  });
});

describe('an ensemble', () => {
  it('refuses the same model twice, where it is written', async () => {
    const { code, stderr, file } = await ask('backtest', `model: [gru, lstm, gru]\n`);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}:5:20: Expected each model of an ensemble once, received gru as before`);
  });

  it('takes overrides of its members by their number, and refuses those that would be lost', async () => {
    expect(await ask('backtest', 'model: [gru, lstm]\n', '--set', 'model.units=[2]')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--set model.units: Expected model.0 to 2 inside of the list model, received units'),
    });
    expect(await ask('backtest', 'model: [gru, lstm]\n', '--set', 'model.1.unitz=[2]')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--set model.1.unitz: Unknown key "unitz"; did you mean "units"?'),
    });
  });

  it('lends its folds to none of its members', async () => {
    const { code, stdout } = await ask('backtest', `model: { kind: [lstm, drift], ${NETWORK} }\nschedule: { retrain: 400 }\n`, '--json');
    expect(code).toBe(0);
    const own = JSON.parse(stdout).fits[0].key;
    expect((await paperwalk(['models', 'show', own, '--workspace', workspace])).stdout).toContain('not scored in this workspace');
  });
});

describe('schedule.frozen', () => {
  it('takes a whole path, and on the command line one from the current folder', async () => {
    const whole = await ask('backtest', `schedule: { frozen: "${modelFile}" }\n`, '--json');
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    const set = await ask('backtest', '', '--json', '--set', `schedule.frozen=${relative('.', modelFile)}`);
    expect(set).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(set.stdout).digest).toBe(JSON.parse(whole.stdout).digest);
  });

  it('says what was expected of a file that is not there or is a folder', async () => {
    expect(await ask('backtest', 'schedule: { frozen: ./none.json }\n')).toMatchObject({
      code: 3,
      stderr: `${path('none.json')}: Expected a model file, received no file; paperwalk models export writes one\n`,
    });
    expect((await ask('predict', 'schedule: { frozen: ./ }\n')).stderr).toContain('Expected a model file, received a folder');
  });

  it('is looked at by doctor', async () => {
    expect((await ask('doctor', `schedule: { frozen: "${key}" }\n`)).stdout).toContain(`gru ${key.slice(0, 8)} of synthetic`);
    const { code, stdout } = await ask('doctor', 'schedule: { frozen: ffff }\n');
    expect(code).toBe(1);
    expect(stdout).toMatch(/fail {2}model +Expected the key of one stored model/);
  });

  it('refuses a file whose features are none, or not those of its network', async () => {
    const refused = async (features: unknown) => {
      const file = changed('features.json', (fit) => {
        fit.model!.features = features;
      });
      const { code, stderr } = await ask('backtest', `schedule: { frozen: "${file}" }\n`);
      expect(code).toBe(3);
      return stderr;
    };
    expect(await refused(['close', { foo: 3 }])).toContain('Expected the name of an indicator');
    expect(await refused(['toString', 'close'])).toContain('Expected the name of an indicator');
    expect(await refused([null, 3])).toContain('features.json: ');
    expect(await refused(['close'])).toContain('Expected features of 2 columns at fit.model.features, received 1');
  });
});

describe('models show', () => {
  it('passes over documents that are not what their names say', async () => {
    const documents = ['{}', 'null', '[]', '{"experimentId":"x","scores":[{"runs":null}]}'];
    const folds = JSON.stringify({ runId: 'x', config: {}, forecast: { folds: [{ fit: key }] } });
    const scores = JSON.stringify({ experimentId: 'x', scores: [{ market: 'm', output: 'close', runs: [{ fit: key, test: {} }] }] });
    const show = () => paperwalk(['models', 'show', key, '--workspace', workspace]);
    const before = await show();
    [...documents, folds, scores].forEach((text, k) => {
      for (const [kind, name] of [
        ['experiments', 'experiment.json'],
        ['runs', 'result.json'],
      ] as const) {
        const place = join(workspace, kind, `damaged-${k}`);
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, name), text);
      }
    });
    expect(await show()).toEqual(before);
    expect(before.code).toBe(0);
  });
});

describe('models list', () => {
  it('passes over a file that is called like a key', async () => {
    writeFileSync(join(workspace, 'cache', 'fits', 'a'.repeat(64)), '');
    const { code, stdout } = await paperwalk(['models', 'list', '--json', '--workspace', workspace]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).damaged).toEqual([]);
  });
});

describe('an interrupt', () => {
  it('comes through while a classical learner fits', async () => {
    const stop = new AbortController();
    const fresh = path('interrupted');
    const stored = join(fresh, 'cache', 'fits');
    // A timer fires only where the thread is free.
    const timer = setInterval(() => existsSync(stored) && stop.abort(), 1);
    const file = path('forest.yaml');
    writeFileSync(file, `${COMMON}model: { kind: forest, lookback: 4, train: { window: 200 } }\nschedule: { retrain: 5 }\n`);
    const { code, stdout } = await paperwalk(['backtest', file, '--workspace', fresh], { signal: stop.signal });
    clearInterval(timer);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(readdirSync(stored).length).toBeGreaterThan(0);
    expect(existsSync(join(fresh, 'runs'))).toBe(false);
  });
});

describe('values of a model', () => {
  it('are refused in words of this program', async () => {
    expect((await ask('backtest', 'model: { kind: gru, train: { shuffle: twice } }\n')).stderr).toContain(
      'to be true, false or once, received "twice"',
    );
    expect((await ask('backtest', 'model: { kind: gru, train: { quantile: [0.1, 0.9] } }\n')).stderr).toContain(
      'Expected train.loss quantile beside train.quantile, received mse',
    );
    expect((await ask('backtest', 'model: { kind: gru, target: [] }\n')).stderr).toContain('or a list of open, high, low, close');
  });
});
