import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { documents } from '../src/config/documents.ts';
import { paperwalk } from './cli/recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-documents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BOT = 'markets: ["synthetic:planted?bars=900"]\ninterval: 1h\n';
const MODEL = 'model: { kind: linear, lookback: 5, features: [return], train: { window: 200 } }\nschedule: { retrain: 200 }\n';
const BOTS: Readonly<Record<string, string>> = {
  'with a model': `${BOT}${MODEL}strategy: { kind: threshold, enter: 0%, exit: 0% }\n`,
  'without one': `${BOT}strategy: { kind: crossover, fast: 5, slow: 20 }\n`,
  'that never trades': `${BOT}${MODEL}strategy: { kind: threshold, enter: 50%, exit: -50% }\n`,
  'with two markets': `markets: ["synthetic:trend?bars=400", "synthetic:white-noise?bars=500"]\ninterval: 1h\nstrategy: { kind: crossover, fast: 5, slow: 20 }\n`,
};

async function printed(...argv: string[]): Promise<unknown> {
  return JSON.parse((await paperwalk([...argv, '--json', '--workspace', folder])).stdout);
}

describe('what --json prints fits its published schema', () => {
  it.each(Object.entries(BOTS))('the run of a bot %s', async (name, text) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.yaml`);
    writeFileSync(file, text);
    expect(() => documents.run.parse('placeholder')).toThrow();
    documents.run.parse(await printed('backtest', file));
  });

  it('bars, sound and unsound', async () => {
    const file = join(folder, 'bars.csv');
    writeFileSync(file, 'time,open,high,low,close,volume\n2020-01-01T00:00:00Z,1,2,1,1,5\n2020-01-01T03:00:00Z,1,1,2,1,0\n');
    const document = documents.bars.parse(await printed('bars', `csv:${file}`, '--interval', '1h'));
    expect(document.markets[0]!.errors).toBeGreaterThan(0);
    documents.bars.parse(await printed('bars', 'synthetic:trend', '--interval', '1h'));
    documents.bars.parse(await printed('bars'));
  });

  it('an experiment, with what is stored beside it', async () => {
    const file = join(folder, 'experiment.yaml');
    writeFileSync(
      file,
      [
        'name: shapes',
        'markets: ["synthetic:planted?bars=300", "synthetic:trend?bars=40", "csv:missing.csv"]',
        'interval: 1d',
        'model: { kind: gru, units: [3], lookback: 30, features: [return], target: direction, train: { epochs: 1 } }',
        'experiment: { split: 60/20/20, seeds: 2, ensemble: [mean], grid: { lookback: [3, 4] } }',
        'strategy: buy-and-hold',
      ].join('\n'),
    );
    const document = documents.experiment.parse(await printed('train', file, '--figures', 'none'));
    expect(document.failures.length).toBeGreaterThan(0);
    expect(document.grid.length).toBeGreaterThan(0);
    expect(document.scores.some(({ runs }) => runs[0]!.test?.calibration)).toBe(true);
    const stored = (name: string) => JSON.parse(readFileSync(join(folder, 'experiments', document.experimentId, name), 'utf8'));
    expect(documents.experiment.parse(stored('experiment.json'))).toEqual(document);
    expect(documents.history.parse(stored('history.json')).history.length).toBeGreaterThan(0);
    expect(documents.metadata.parse(stored('metadata.json')).fits.length).toBeGreaterThan(0);
  });

  it('the doctor', async () => {
    documents.doctor.parse(await printed('doctor', 'config/demo.yaml'));
    documents.doctor.parse(await printed('doctor', join(folder, 'missing.yaml')));
  });

  it.each(Object.entries(documents))('schema/%s.schema.json is the one that the code has (else npm run schema)', (name, document) => {
    expect(JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8'))).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(document))));
  });
});
