import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'ensemble-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bot = (model: string) => `name: bot
markets: ["synthetic:planted?bars=700"]
interval: 1h
${model}
schedule: { retrain: 100 }
strategy: { kind: threshold, enter: 0.01%, exit: -0.01% }
`;
const SHARED = 'lookback: 5, features: [return, { rsi: 14 }], train: { window: 300, epochs: 2 }, units: [4]';

async function forecasts(name: string, model: string): Promise<{ forecast: number[]; spread: number[]; kind: string }> {
  writeFileSync(join(folder, `${name}.yaml`), bot(model));
  const workspace = join(folder, name);
  const { code, stdout, stderr } = await paperwalk([
    'backtest',
    join(folder, `${name}.yaml`),
    '--json',
    '--quiet',
    '--workspace',
    workspace,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [run = ''] = readdirSync(join(workspace, 'runs'));
  const [header = '', ...rows] = readFileSync(join(workspace, 'runs', run, 'forecasts.csv'), 'utf8')
    .trim()
    .split('\n');
  const column = (heading: string) => {
    const at = header.split(',').indexOf(heading);
    return at < 0 ? [] : rows.map((row) => (row.split(',')[at] === '' ? Number.NaN : Number(row.split(',')[at])));
  };
  return { forecast: column('forecast'), spread: column('spread'), kind: JSON.parse(stdout).forecast.model };
}

describe('an ensemble', () => {
  it('forecasts the mean of its members, says how far they lie apart, and nothing where one of them says nothing', async () => {
    const linear = await forecasts('linear', `model: { kind: linear, ${SHARED} }`);
    const drift = await forecasts('drift', `model: { kind: drift, ${SHARED} }`);
    const gru = await forecasts('gru', `model: { kind: gru, ${SHARED} }`);
    const mean = await forecasts('mean', `model: { kind: [gru, linear, drift], ${SHARED} }`);
    expect(mean.kind).toBe('mean of gru, linear, drift');
    expect(mean.forecast.length).toBeGreaterThan(250);
    mean.forecast.forEach((value, i) => {
      const said = [gru.forecast[i]!, linear.forecast[i]!, drift.forecast[i]!];
      const average = said.reduce((sum, one) => sum + one, 0) / 3;
      const deviation = Math.sqrt(said.reduce((sum, one) => sum + (one - average) ** 2, 0) / 2);
      if (Number.isNaN(average)) expect([value, mean.spread[i]]).toEqual([Number.NaN, Number.NaN]);
      else {
        expect(value).toBeCloseTo(average, 12);
        expect(mean.spread[i]).toBeCloseTo(deviation, 12);
      }
    });
    expect(gru.spread).toEqual([]);
  });

  it('takes models of different kinds and windows, and their median', async () => {
    const linear = `{ kind: linear, ${SHARED} }`;
    const median = await forecasts(
      'median',
      `model: [${linear}, { kind: drift, ${SHARED} }, { kind: persistence, ${SHARED.replace('lookback: 5', 'lookback: 9')} }]\nensemble: { combine: median }`,
    );
    const all = await Promise.all(['linear', 'drift'].map((kind) => forecasts(`again-${kind}`, `model: { kind: ${kind}, ${SHARED} }`)));
    expect(median.kind).toBe('median of linear, drift, persistence');
    const compared = median.forecast.flatMap((value, i) => {
      const said = [all[0]!.forecast[i]!, all[1]!.forecast[i]!, 0].sort((a, b) => a - b);
      return Number.isNaN(value) || said.some(Number.isNaN) ? [] : [[value, said[1]]];
    });
    expect(compared.length).toBeGreaterThan(250);
    for (const [value, middle] of compared) expect(value).toBe(middle);
  });

  it('is refused where its members are not what they should be, with the place where they are written', async () => {
    const refused = async (model: string) => {
      writeFileSync(join(folder, 'wrong.yaml'), bot(model));
      const { code, stderr } = await paperwalk(['backtest', join(folder, 'wrong.yaml')]);
      expect(code).toBe(2);
      return stderr.slice(stderr.indexOf('wrong.yaml'));
    };
    expect(await refused('model: [gru, lsm]')).toMatch(/^wrong\.yaml:4:14: .*did you mean "lstm"/);
    expect(await refused('model: { lookback: 5, kind: [gru, lsm] }')).toMatch(/^wrong\.yaml:4:35: .*did you mean "lstm"/);
    expect(await refused('model: [gru, { kind: lstm, horizon: 3 }]')).toMatch(/^wrong\.yaml:4:14: Expected the horizon of all members/);
    expect(await refused('ensemble: { members: [gru] }')).toMatch(/Expected a model beside its ensemble/);
    expect(await refused('model: []')).toMatch(/^wrong\.yaml:4:8: Expected model to be/);
  });
});
