import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../src/backtest/result.ts';
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
    expect(readdirSync('examples').sort()).toEqual([
      '01-first-backtest.ts',
      '02-gru-walk-forward.ts',
      '03-what-a-network-knows.ts',
      '04-orders.ts',
    ]);
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

  it('03 finds what a market holds, and nothing where there is nothing', async () => {
    const { code, output } = await example('03-what-a-network-knows.ts');
    const [planted = '', noise = ''] = output.replace(/\s+/g, ' ').split('Nothing to learn: returns are independent normal noise.');
    expect(planted).toMatch(/Better than the last price: gru \(skill \+/);
    expect(planted).toMatch(/Better than the linear model \(linear/);
    expect(noise).not.toMatch(/Better than the last price:/);
    expect(noise).toMatch(/None is better than the linear model/);
    expect(code).toBe(0);
  });
});

describe('the example of orders', () => {
  it('04 enters by limit orders with a bracket, and ends by its stop, its target or the time stop', async () => {
    expect(readFileSync('examples/04-orders.ts', 'utf8').split('\n').length).toBeLessThan(50);
    const { code, output } = await example('04-orders.ts');
    for (const reason of ['takeProfit', 'stopLoss', 'timeStop']) expect(output).toMatch(new RegExp(`^${reason}: [1-9]`, 'm'));
    expect(output).toMatch(/buy & hold/);
    expect(code).toBe(0);
  });
});

// Networks learn for minutes; here they run to the end on fewer bars, markets and epochs.
const SHORTER: Readonly<Record<string, readonly string[]>> = {
  'btc-gru.yaml': ['period.from=2024-06-01', 'model.train.epochs=2'],
  'aapl-lstm.yaml': ['period.from=2023-01-01', 'model.train.epochs=3'],
  'task33.yaml': ['model.train={ epochs: 1, window: 850 }'],
  'regularised-lstm.yaml': ['history.from=2021-06-01', 'model.train={ epochs: 1, window: 500 }'],
  'stacked-gru.yaml': ['model.units=[16, 8]', 'model.train={ epochs: 2, window: 500 }'],
  'simple-rnn.yaml': ['model.train={ epochs: 4, window: 500 }'],
  // Its market is one of an exchange.
  'paper-gru.yaml': ['markets=["synthetic:regime?bars=1600&start=2023-01-01"]', 'model.units=[8]', 'model.train.epochs=2'],
  'multi-output.yaml': ['markets=["synthetic:mean-reverting?bars=1300&seed=3", "synthetic:regime?bars=1300&seed=1"]'],
};

/** The same for `train`, of the bots that have an experiment; and how many scores there are then. */
const TRAINED: Readonly<Record<string, { readonly sets: readonly string[]; readonly scores: number }>> = {
  'task33.yaml': {
    sets: ['experiment.seeds=2', 'experiment.models.0.train.epochs=1', 'experiment.models.1.train.epochs=1'],
    // Two networks, two ensembles and the eight baselines of the publication.
    scores: 2 + 2 + 8,
  },
  'regularised-lstm.yaml': { sets: ['history.from=2023-01-01', 'experiment.seeds=2', 'model.train.epochs=1'], scores: 2 * (1 + 1 + 9) },
  'stacked-gru.yaml': { sets: ['markets=["synthetic:trend?bars=400"]', 'model.train.epochs=1'], scores: 1 + 9 },
  'simple-rnn.yaml': {
    sets: [
      'markets=["synthetic:mean-reverting?bars=300"]',
      'experiment.seeds=2',
      'experiment.models.0.train.epochs=1',
      'experiment.models.1.train.epochs=1',
    ],
    scores: 2 + 2 + 9,
  },
  // Of each market high, low, close and adjusted close; the ridge regression knows the close alone.
  'multi-output.yaml': { sets: ['history.from=2023-03-01', 'model.train.epochs=1'], scores: 31 * (4 * 2 + 1) },
};

const WITHOUT_MODEL = ['bracket.yaml', 'perpetual.yaml', 'portfolio.yaml', 'sma-cross.yaml'];

const bots = readdirSync('config')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => {
    const text = readFileSync(join('config', file), 'utf8');
    return { file, needsData: text.includes('shared/data'), trains: /^experiment:/m.test(text) };
  });

function printed(command: readonly string[], file: string, sets: readonly string[]) {
  const overrides = sets.flatMap((set) => ['--set', set]);
  return paperwalk([...command, `config/${file}`, '--json', '--quiet', '--workspace', workspace, ...overrides]);
}

describe('the example bots', () => {
  for (const { file, needsData } of bots) {
    it.skipIf(needsData && !REAL)(`config/${file} runs to its verdict${needsData ? absent : ''}`, async () => {
      const { code, stdout, stderr } = await printed(['backtest'], file, SHORTER[file] ?? []);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ schema: 'paperwalk/run@1', name: file.replace('.yaml', '') });
      if (!needsData) expect(report.performance.roundTrips).toBeGreaterThan(0);
      expect(report.verdict).toMatch(/Sharpe ratio/);
      if (file === 'quantile-gru.yaml') {
        const [header, ...rows] = readFileSync(join(workspace, 'runs', report.runId, 'forecasts.csv'), 'utf8')
          .trimEnd()
          .split('\n');
        expect(header).toMatch(/,exposure,lower,upper$/);
        const bounds = rows.map((row) => row.split(',').slice(-2).map(Number));
        expect(bounds.some(([lower = 0, upper = 0]) => lower < upper)).toBe(true);
      }
      if (!WITHOUT_MODEL.includes(file)) {
        expect(report.forecast.baselines.map((baseline: { name: string }) => baseline.name)).toEqual([
          'persistence',
          'drift',
          'majority',
          'linear',
        ]);
      }
    });
  }

  it('bracket.yaml enters in the book and ends positions in every way, in less than a second', async () => {
    const report = JSON.parse((await printed(['backtest'], 'bracket.yaml', [])).stdout) as RunResult;
    const reasons = report.trades.map(({ exitReason }) => exitReason);
    for (const reason of ['exit', 'stopLoss', 'takeProfit', 'trailingStop']) expect(reasons).toContain(reason);
    expect(report.rejections.some(({ reason }) => reason === 'expired after 3 bars')).toBe(true);
    expect(report.guards.some(({ guard }) => guard === 'cooldown')).toBe(true);
    const folder = join(workspace, 'runs', report.runId);
    expect(/,fill,.*,true,enterLong$/m.test(readFileSync(join(folder, 'orders.csv'), 'utf8'))).toBe(true);
    expect(/,cooldown,acts,/.test(readFileSync(join(folder, 'guards.csv'), 'utf8'))).toBe(true);
    expect(report.timings.run).toBeLessThan(1);
  });

  it('perpetual.yaml trades both sides, pays funding, and is halted by its drawdown', async () => {
    const report = JSON.parse((await printed(['backtest'], 'perpetual.yaml', [])).stdout) as RunResult;
    expect(new Set(report.trades.map(({ side }) => side))).toEqual(new Set(['long', 'short']));
    expect(report.costs.funding).not.toBe(0);
    expect(report.trades.some(({ exitReason }) => exitReason === 'drawdownHalt')).toBe(true);
    const halts = report.guards.filter(({ market }) => market === null).map(({ guard, action }) => `${guard} ${action}`);
    expect(halts.slice(0, 2)).toEqual(['maxDrawdown acts', 'maxDrawdown ends']);
    expect(report.timings.run).toBeLessThan(1);
  });

  it('with an experiment are these', () => {
    expect(bots.flatMap(({ file, trains }) => (trains ? [file] : []))).toEqual(Object.keys(TRAINED).sort());
  });

  for (const { file, needsData, trains } of bots) {
    if (!trains) continue;
    it.skipIf(needsData && !REAL)(`config/${file} is trained to its verdict${needsData ? absent : ''}`, { timeout: 60_000 }, async () => {
      const { sets = [], scores } = TRAINED[file] ?? {};
      const { code, stdout, stderr } = await printed(['train', '--figures', 'none'], file, sets);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ schema: 'paperwalk/experiment@1', name: file.replace('.yaml', ''), failures: [] });
      expect(report.scores.length).toBe(scores);
      expect(report.verdict).toContain('the last price');
    });
  }
});
