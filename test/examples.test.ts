import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { paperwalk } from './cli/recorded-host.ts';

const workspace = mkdtempSync(join(tmpdir(), 'paperwalk-examples-'));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

const REAL = existsSync('../shared/data/BTC-USD-4h-coinbase.csv');
const absent = REAL ? '' : ' (skipped: ../shared/data is absent)';

/** Runs a program of the examples folder and gives what it printed. */
function example(name: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join('examples', name)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      output += String(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

describe('the examples', () => {
  it('are these', () => {
    expect(readdirSync('examples').sort()).toEqual(['01-first-backtest.ts', '02-gru-walk-forward.ts']);
  });

  it.skipIf(!REAL)(`01 fits on one screen and ends with a verdict${absent}`, async () => {
    expect(readFileSync('examples/01-first-backtest.ts', 'utf8').split('\n').length).toBeLessThan(25);
    const { code, output } = await example('01-first-backtest.ts');
    expect(output).toMatch(/buy & hold/);
    expect(code).toBe(0);
  });

  it('02 trains a network along the walk and finds the planted rule', async () => {
    const { code, output } = await example('02-gru-walk-forward.ts');
    expect(output).toMatch(/The forecast is better than the last price/);
    expect(output.match(/skill against the last price/g)!.length).toBeGreaterThanOrEqual(3);
    expect(code).toBe(0);
  });
});

// Networks on real bars learn for minutes; here they run to the end on a shorter period and fewer epochs.
const SHORTER: Readonly<Record<string, readonly string[]>> = {
  'btc-gru.yaml': ['period.from=2024-06-01', 'model.train.epochs=2'],
  'aapl-lstm.yaml': ['period.from=2023-01-01', 'model.train.epochs=3'],
};

describe('the example bots', () => {
  for (const file of readdirSync('config')) {
    const needsData = file in SHORTER;
    it.skipIf(needsData && !REAL)(`config/${file} runs to its verdict${needsData ? absent : ''}`, async () => {
      const sets = (SHORTER[file] ?? []).flatMap((set) => ['--set', set]);
      const { code, stdout, stderr } = await paperwalk([
        'backtest',
        `config/${file}`,
        '--json',
        '--quiet',
        '--workspace',
        workspace,
        ...sets,
      ]);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ schema: 'paperwalk/run@1', name: file.replace('.yaml', '') });
      if (!needsData) expect(report.performance.roundTrips).toBeGreaterThan(0);
      expect(report.verdict).toMatch(/Sharpe ratio/);
      if (file !== 'sma-cross.yaml') {
        expect(report.forecast.baselines.map((baseline: { name: string }) => baseline.name)).toEqual([
          'persistence',
          'drift',
          'majority',
          'linear',
        ]);
      }
    });
  }
});
