import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { directoryFitStore } from '../../src/models/bundle.ts';
import { createWasmTrainer } from '../../src/models/engines/wasm/trainer.ts';
import { openFit } from '../../src/models/fit.ts';
import { NOW, paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const at = (name: string) => ['--workspace', path(name)];
const fits = (workspace: string) => join(path(workspace), 'cache', 'fits');

const BOT = `name: tiny
markets: ["synthetic:planted?bars=500"]
interval: 1h
model: { kind: gru, units: [4], lookback: 6, features: [logReturn, range], train: { window: 200, epochs: 2 } }
schedule: { retrain: 200 }
strategy: { kind: threshold, enter: 0%, exit: 0% }
`;

/** Of the first network of the workspace `home`. */
let key = '';
let file = '';

beforeAll(async () => {
  writeFileSync(path('bot.yaml'), BOT);
  const { code, stderr } = await paperwalk(['backtest', path('bot.yaml'), '--quiet', ...at('home')]);
  expect(code, stderr).toBe(0);
  const listed = documents.models.parse(JSON.parse((await paperwalk(['models', 'list', '--json', ...at('home')])).stdout));
  key = listed.models.find(({ kind }) => kind === 'gru')!.key;
  file = path('gru.paperwalk-model.json');
  expect((await paperwalk(['models', 'export', key, file, '--quiet', ...at('home')])).code).toBe(0);
});

describe('models list', () => {
  it('says where there are none', async () => {
    expect(await paperwalk(['models', 'list', ...at('empty')])).toMatchObject({
      code: 0,
      stdout: `No models in ${path('empty')}; paperwalk backtest trains some, paperwalk models import takes one from a file.\n`,
    });
  });

  it('lists fits by market and time', async () => {
    const { stdout, code } = await paperwalk(['models', 'list', ...at('home')], { now: () => Date.now() + 3 * 3_600_000 });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`│ ${key.slice(0, 8)} │ synthetic:planted\\?bars=500 │ gru +│ 2020-01-\\d\\d .* │ +170 │ +2 │ wasm +│ +3 h │`),
    );
    const { models, damaged } = JSON.parse((await paperwalk(['models', 'list', '--json', ...at('home')])).stdout);
    expect(damaged).toEqual([]);
    expect(models).toHaveLength(readdirSync(fits('home')).length);
    const times = models.map(({ requestedAt }: { requestedAt: string }) => requestedAt);
    expect([...times].sort()).toEqual(times);
    expect(models[0]).toMatchObject({ samples: 170, validationSamples: 30 });
  });

  it('goes on past damaged ones and says what is wrong with them', async () => {
    await paperwalk(['models', 'import', file, ...at('damaged')]);
    const other = 'f'.repeat(64);
    mkdirSync(join(fits('damaged'), other));
    const { stdout, code } = await paperwalk(['models', 'list', ...at('damaged')]);
    expect(code).toBe(0);
    expect(stdout).toContain(`│ ${key.slice(0, 8)} │`);
    expect(stdout).toMatch(/\ndamaged ffffffff: Expected a readable fit in .*delete the folder to have it trained again\n$/);
    const document = documents.models.parse(JSON.parse((await paperwalk(['models', 'list', '--json', ...at('damaged')])).stdout));
    expect(document.damaged).toMatchObject([{ key: other, bytes: 0 }]);
    const shown = await paperwalk(['models', 'show', 'fff', ...at('damaged')]);
    expect(shown).toMatchObject({ code: 3, stdout: '' });
  });
});

describe('models show', () => {
  it('tells where a model comes from', async () => {
    const { stdout, code } = await paperwalk(['models', 'show', key.slice(0, 10).toUpperCase(), ...at('home')]);
    expect(code).toBe(0);
    for (const line of [
      `key +${key}`,
      'market +synthetic:planted\\?bars=500',
      // Gates 3 x 4 units, 2 inputs, 4 states, two bias rows, and the output: 3 x 4 x (2 + 4 + 2) + 5.
      'model +gru, 101 parameters, [\\d,]+ bytes, stored 20.*',
      'engine +wasm/.*',
      'window +6 bars of 2 inputs; 1 output',
      'layers +gru units 4 activation tanh resetAfter: 96 parameters',
      ' +dense units 1 activation linear: 5 parameters',
      'features +logReturn, range',
      'target +return, 1 bar ahead',
      'scalers +inputs standard, target standard',
      'data +2020-01-\\d\\d \\d\\d:00 to 2020-01-\\d\\d \\d\\d:00, bars of 1h, asked for at .*',
      'data sha256 +[0-9a-f]{64}',
      'samples +170 training, 30 validation',
      'epochs +2, weights of epoch \\d, last loss [\\d.]+, last validation loss [\\d.]+',
      'weights sha256 +[0-9a-f]{64}',
    ]) {
      expect(stdout).toMatch(new RegExp(`^${line}$`, 'm'));
    }
  });

  it('gives all of it as JSON', async () => {
    const { stdout } = await paperwalk(['models', 'show', key, '--json', ...at('home')]);
    const shown = documents.model.parse(JSON.parse(stdout));
    const { weights, ...rest } = directoryFitStore(fits('home')).get(key)!;
    expect(shown.fit).toEqual(rest);
    expect(shown.parameters).toBe(weights.reduce((sum, { values }) => sum + values.length, 0));
    expect(shown.weightsSha256).toBe(JSON.parse(readFileSync(join(fits('home'), key, 'fit.json'), 'utf8')).sha256.weights);
  });

  it('names the candidates where a key is not one', async () => {
    const unknown = await paperwalk(['models', 'show', 'nothing', ...at('home')]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/^Expected the key of one stored model, .* received "nothing", with which none begins; there are /);
    expect(unknown.stderr).toMatch(/[0-9a-f]{8} \((gru|linear), synthetic:planted\?bars=500\), /);
    const all = await paperwalk(['models', 'show', '', ...at('home')]);
    expect(all.code).toBe(2);
    const twin = `${key.slice(0, 9)}${key[9] === '0' ? '1' : '0'}${'0'.repeat(54)}`;
    mkdirSync(join(fits('twins'), twin), { recursive: true });
    await paperwalk(['models', 'import', file, ...at('twins')]);
    const both = await paperwalk(['models', 'show', key.slice(0, 8), ...at('twins')]);
    expect(both.code).toBe(2);
    expect(both.stderr).toContain(`${key.slice(0, 10)} (gru, synthetic:planted?bars=500)`);
    expect(both.stderr).toContain(`${twin.slice(0, 10)} (damaged)`);
    expect((await paperwalk(['models', 'show', 'a', ...at('empty')])).stderr).toContain(`there are none in ${path('empty')}`);
  });
});

describe('models export and import', () => {
  it('bring the very same model to another workspace', async () => {
    const imported = await paperwalk(['models', 'import', file, ...at('away')]);
    expect(imported).toEqual({
      code: 0,
      stdout: `Stored the gru ${key.slice(0, 8)} of synthetic:planted?bars=500; paperwalk models show ${key.slice(0, 8)} says more.\n`,
      stderr: '',
    });
    const again = await paperwalk(['models', 'import', file, '--json', ...at('away')]);
    expect(JSON.parse(again.stdout)).toEqual({
      schema: 'paperwalk/models-import@1',
      key,
      market: 'synthetic:planted?bars=500',
      change: 'known',
    });
    for (const name of ['fit.json', 'weights.bin']) {
      expect(readFileSync(join(fits('away'), key, name)).equals(readFileSync(join(fits('home'), key, name))), name).toBe(true);
    }
    const trainer = await createWasmTrainer();
    const values = Float64Array.from({ length: 200 }, (_, k) => Math.sin(k * 12.9898) / 50);
    const close = new Float64Array(100).fill(10);
    const ends = Int32Array.from({ length: 90 }, (_, k) => k + 10);
    const [one, other] = ['home', 'away'].map((workspace) => {
      const opened = openFit(directoryFitStore(fits(workspace)).get(key)!, trainer);
      const forecasts = new Float64Array(100);
      opened.forecast(values, close, ends, forecasts);
      opened.close();
      return forecasts;
    });
    expect(one).toEqual(other);
    expect(new Set(one).size).toBeGreaterThan(80);
  });

  it('are found by the next backtest there', async () => {
    await paperwalk(['models', 'import', file, ...at('reused')]);
    const { stdout } = await paperwalk(['backtest', path('bot.yaml'), '--json', '--quiet', ...at('reused')]);
    const found = JSON.parse(stdout).fits.filter(({ cached }: { cached: boolean }) => cached);
    expect(found.map((fit: { key: string }) => fit.key)).toEqual([key]);
  });

  it('take the place of a damaged copy', async () => {
    await paperwalk(['models', 'import', file, ...at('mended')]);
    truncateSync(join(fits('mended'), key, 'weights.bin'), 5);
    const { code, stdout } = await paperwalk(['models', 'import', file, ...at('mended')]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Stored, in place of a damaged copy, the gru /);
    expect((await paperwalk(['models', 'show', key, ...at('mended')])).code).toBe(0);
  });

  it('write one document under --json, nothing under --quiet, and replace a file as a whole', async () => {
    const target = path('again.json');
    writeFileSync(target, 'something else');
    const { stdout } = await paperwalk(['models', 'export', key, target, '--json', ...at('home')]);
    expect(JSON.parse(stdout)).toEqual({ schema: 'paperwalk/models-export@1', key, file: target, bytes: readFileSync(file).length });
    expect(readFileSync(target).equals(readFileSync(file))).toBe(true);
    expect(await paperwalk(['models', 'export', key, target, '--quiet', ...at('home')])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('refuse what is no model file, or no longer one, with 3 and without storing anything', async () => {
    const text = readFileSync(file, 'utf8');
    const broken = (name: string, content: string) => {
      writeFileSync(path(name), content);
      return path(name);
    };
    const cases: readonly (readonly [string, RegExp])[] = [
      [
        broken('cut.json', text.slice(0, 1500)),
        /cut\.json: Expected a model file in JSON, received .*; export it again and copy it whole\n$/,
      ],
      [
        broken('flipped.json', text.replace('"epochs": 2', '"epochs": 3')),
        /Expected content with the checksum [0-9a-f]{64} that it states, received/,
      ],
      [broken('newer.json', text.replace('model-file@1', 'model-file@7')), /received version 7 of a later Paperwalk; update this one/],
      [broken('empty.json', ''), /Expected a model file in JSON/],
      [path('bot.yaml'), /bot\.yaml: Expected a model file in JSON/],
      [path('none.json'), /none\.json: Expected a model file, received no file/],
      [folder, /Expected a model file, received a folder/],
      ['/dev/null', /Expected a model file, received something else/],
    ];
    for (const [name, words] of cases) {
      const { code, stdout, stderr } = await paperwalk(['models', 'import', name, ...at('untouched')]);
      expect([code, stdout], name).toEqual([3, '']);
      expect(stderr).toMatch(words);
    }
    expect(readdirSync(folder)).not.toContain('untouched');
  });

  it('have exit code 4 where the disk says no', async () => {
    const exported = await paperwalk(['models', 'export', key, join(path('nowhere'), 'm.json'), ...at('home')]);
    expect(exported.code).toBe(4);
    expect(exported.stderr).toMatch(/ENOENT.*; check the path, the rights and the space on disk\n$/);
    expect((await paperwalk(['models', 'export', key, folder, ...at('home')])).code).toBe(4);
    writeFileSync(path('file'), '');
    expect((await paperwalk(['models', 'import', file, '--workspace', path('file')])).code).toBe(4);
  });

  it.skipIf(process.getuid?.() === 0)('have exit code 4 for a folder that may not be written to (skipped for root, who may)', async () => {
    mkdirSync(path('locked'));
    chmodSync(path('locked'), 0o500);
    expect((await paperwalk(['models', 'export', key, join(path('locked'), 'm.json'), ...at('home')])).code).toBe(4);
    expect((await paperwalk(['models', 'import', file, ...at('locked')])).code).toBe(4);
  });

  it('stop when asked to', async () => {
    const stopped = { signal: AbortSignal.abort(), now: () => NOW };
    expect((await paperwalk(['models', 'list', ...at('home')], stopped)).code).toBe(130);
  });
});

describe('models', () => {
  it('without a word of what to do explains itself, with exit code 2', async () => {
    for (const argv of [['models'], ['models', 'lst'], ['models', 'show'], ['models', 'export', 'a']]) {
      const { code, stdout, stderr } = await paperwalk(argv);
      expect([code, stdout], argv.join(' ')).toEqual([2, '']);
      expect(stderr).toMatch(/Usage: paperwalk models|unknown command 'lst'|missing required argument/);
    }
    expect((await paperwalk(['models', 'import', '--help'])).stdout).toContain('Example:\n  paperwalk models import');
  });
});
