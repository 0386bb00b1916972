import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-predict-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => ['--workspace', join(folder, name)];
const fits = (name: string) => join(folder, name, 'cache', 'fits');
const set = (...values: readonly string[]) => values.flatMap((value) => ['--set', value]);

const BOT = join(folder, 'tiny.yaml');
writeFileSync(
  BOT,
  `markets: ["synthetic:planted?bars=300"]
interval: 1h
model: { kind: gru, units: [4], lookback: 6, features: [logReturn, range], train: { window: 200, epochs: 2 } }
schedule: { retrain: 200 }
strategy: { kind: threshold, enter: 0%, exit: 0% }
`,
);

async function predicted(...argv: string[]) {
  const { stdout, stderr, code } = await paperwalk(['predict', BOT, '--json', '--quiet', ...argv]);
  expect(code, stderr).toBe(0);
  return documents.predict.parse(JSON.parse(stdout));
}

describe('predict', () => {
  it('prints exactly one document under --json, and trains nothing a second time', async () => {
    const argv = ['predict', BOT, '--steps', '3', '--json', ...at('json')];
    const first = await paperwalk(argv);
    expect(first).toMatchObject({ code: 0, stderr: 'Trained gru on synthetic:planted?bars=300, fold 1 of 1\n' });
    const document = documents.predict.parse(JSON.parse(first.stdout));
    expect(document).toMatchObject({ schema: 'paperwalk/predict@1', name: 'tiny' });
    expect(document).not.toHaveProperty('failures');
    const [market] = document.markets;
    expect(market).toMatchObject({ market: 'synthetic:planted?bars=300', target: 'return', horizon: 1, model: 'gru' });
    expect(market!.steps.map(({ step, recursive }) => [step, recursive])).toEqual([
      [1, false],
      [2, true],
      [3, true],
    ]);
    expect(readdirSync(fits('json'))).toEqual([market!.fit.key]);

    const again = await paperwalk(argv);
    expect(again).toEqual({ code: 0, stderr: '', stdout: first.stdout });
    expect(readdirSync(join(folder, 'json'))).toEqual(['cache']);
  });

  it('prints a table with the fit below it, and what the later steps are worth', async () => {
    const { code, stdout } = await paperwalk(['predict', BOT, '--steps', '2', '--quiet', ...at('json')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/step +closes at +close +return +last price +drift\n/);
    const rows = stdout.split('\n').filter((line) => /^ +\d+ {2}2\d{3}-/.test(line));
    expect(rows.map((row) => row.endsWith('recursive'))).toEqual([false, true]);
    expect(stdout).toMatch(
      /Fit [0-9a-f]{8}: gru on \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d, 170 \+ 30 samples, 2 epochs, 1 bar ahead, engine wasm\n/,
    );
    expect(stdout.replaceAll('\n', ' ')).toContain('errors add up');
    expect((await paperwalk(['predict', BOT, '--quiet', ...at('json')])).stdout).not.toContain('errors add up');
  });

  it('has a column for whatever else the model says', async () => {
    const text = async (...values: string[]) =>
      (await paperwalk(['predict', BOT, '--quiet', ...set('model.train.epochs=1', ...values), ...at('columns')])).stdout;
    expect(await text('model.target=direction')).toMatch(/drift +P\(rise\)\n.* \d+\.\d%\n/);
    expect(await text('model.target=[close, high, low]')).toMatch(/drift +high +low\n/);
    expect(await text('model.train.loss=quantile', 'model.train.quantile=[0.1, 0.5]')).toMatch(/drift +q 0\.1 +q 0\.5\n/);
    expect(await text('model.target=volatility')).toMatch(/closes at +volatility +at present\n/);
  });

  it('takes values and the seed from the command line', async () => {
    const plain = await predicted(...at('json'));
    const seeded = await predicted('--seed', '9', ...at('json'));
    expect(seeded.markets[0]!.fit.key).not.toBe(plain.markets[0]!.fit.key);
    const linear = await predicted(...set('model={ kind: linear, lookback: 3, train: { window: 100 } }'), ...at('json'));
    expect(linear.markets[0]).toMatchObject({ model: 'linear', fit: { epochs: 0 } });
  });

  it('starts at the end of the period, as if no more bars were there', async () => {
    const row = (i: number) => `${1_704_067_200 + 3600 * i},${10 + (i % 7)},20,9,${10 + ((i * i + 1) % 7)},5`;
    const rows = Array.from({ length: 300 }, (_, i) => row(i));
    const file = join(folder, 'own.csv');
    const write = (count: number) => writeFileSync(file, `time,open,high,low,close,volume\n${rows.slice(0, count).join('\n')}\n`);
    const argv = ['--steps', '4', ...set(`markets=["csv:${file}"]`, 'model.train.epochs=1'), ...at('cut')];
    write(300);
    const whole = await predicted(...argv, ...set('period.to=2024-01-12'));
    expect(whole.markets[0]!.warnings[0]).toBe('period.to leaves out the last 36 bars; forecast from 2024-01-12T00:00:00.000Z');
    write(264);
    const cut = await predicted(...argv);
    expect(cut.markets[0]!.steps).toEqual(whole.markets[0]!.steps);
    expect(cut.markets[0]!.fit).toEqual(whole.markets[0]!.fit);
  });

  it('forecasts the markets that can be, tells of the others, and ends with 3', async () => {
    const values = ['markets=["synthetic:planted?bars=300", "synthetic:trend?bars=100", "csv:none.csv"]', 'model.train.epochs=1'];
    const { code, stdout, stderr } = await paperwalk(['predict', BOT, '--json', ...set(...values), ...at('several')]);
    expect(code, stderr).toBe(3);
    const document = documents.predict.parse(JSON.parse(stdout));
    expect(document.markets.map(({ market }) => market)).toEqual(['synthetic:planted?bars=300']);
    expect(document.failures!.map(({ market }) => market)).toEqual(['synthetic:trend?bars=100', 'csv:none.csv']);
    const words = await paperwalk(['predict', BOT, '--quiet', ...set(...values), ...at('several')]);
    expect(words.code).toBe(3);
    expect(words.stdout.match(/^Failed: /gm)).toHaveLength(2);
  });

  it.each([
    ['a number of steps that is none', ['--steps', 'many'], 2, /^--steps: Expected a whole number from 1 to 1000, received "many"\n$/],
    ['no step', ['--steps', '0'], 2, /whole number from 1 to 1000, received "0"/],
    ['a part of a step', ['--steps', '1.5'], 2, /whole number from 1 to 1000/],
    ['too many', ['--steps', '1001'], 2, /whole number from 1 to 1000/],
    [
      'fewer than the horizon',
      ['--steps', '3', ...set('model.horizon=5')],
      2,
      /^--steps: Expected 5, since the model forecasts 5 bars ahead/,
    ],
    ['volatility step by step', ['--steps', '2', ...set('model.target=volatility')], 2, /^--steps: Expected 1 with target volatility/],
    ['too few bars', set('markets.0=synthetic:planted?bars=150'), 3, /^Expected at least 200 samples .*at least 207 bars are needed.*\n$/],
  ])('refuses %s', async (_, argv, expected, words) => {
    const { code, stdout, stderr } = await paperwalk(['predict', BOT, '--quiet', ...argv, ...at('refused')]);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(words);
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });

  it('refuses a bot without a model', async () => {
    const { code, stderr } = await paperwalk(['predict', 'config/sma-cross.yaml', ...at('refused')]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'config/sma-cross.yaml: Expected a model that forecasts, received none; add model: gru\n',
    });
  });

  it('takes the horizon for the number of steps, given or not', async () => {
    const argv = [...set('model.horizon=5', 'model.train.epochs=1'), ...at('horizon')];
    const left = await predicted(...argv);
    expect(left.markets[0]!.steps.map(({ step }) => step)).toEqual([5]);
    expect(await predicted('--steps', '5', ...argv)).toEqual(left);
  });

  it('stops when it is asked to, with exit code 130 and nothing printed or half-written', async () => {
    const stop = new AbortController();
    const stderr = new Writable({
      write(chunk, _encoding, done) {
        if (String(chunk).startsWith('Trained')) stop.abort();
        done();
      },
    });
    const { code, stdout } = await paperwalk(['predict', BOT, '--steps', '5', ...at('stopped')], { signal: stop.signal, stderr });
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    // The fit was whole before the interrupt came.
    for (const name of readdirSync(fits('stopped'))) {
      expect(name).toMatch(/^[0-9a-f]{64}$/);
      expect(() => JSON.parse(readFileSync(join(fits('stopped'), name, 'fit.json'), 'utf8'))).not.toThrow();
    }
  });
});
