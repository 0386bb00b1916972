import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-search-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workspace = join(folder, 'workspace');
const cross = join(folder, 'cross.yaml');
const ridge = join(folder, 'ridge.yaml');
const search = (bot: string, ...argv: string[]) => paperwalk(['search', bot, ...argv, '--workspace', workspace]);
const trials = () => readFileSync(join(workspace, 'trials.jsonl'), 'utf8').trim().split('\n').length;

beforeAll(() => {
  writeFileSync(cross, 'markets: ["synthetic:trend?bars=600"]\ninterval: 1h\nstrategy: { kind: crossover, fast: 5, slow: 20 }\n');
  writeFileSync(
    ridge,
    'markets: ["synthetic:planted?bars=600"]\ninterval: 1h\nmodel: { kind: linear, lookback: 5, train: { window: 100 } }\nschedule: { retrain: 100 }\nstrategy: { kind: threshold, enter: 0.1%, exit: 0% }\n',
  );
});

describe('search', () => {
  it('tries every cell, each a trial, and shows the ones with the highest Sharpe ratio first', async () => {
    const { code, stdout, stderr } = await search(
      cross,
      '--grid',
      'strategy.fast=2..10:2',
      '--grid',
      'strategy.slow=8,20,40',
      '--top',
      '3',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('exploratory: 15 cells');
    expect(stdout.replace(/\s+/g, ' ')).toContain('so the best of them looks better than it will be');
    // Fast 8 and 10 are no faster than slow 8.
    expect(stdout.replace(/\s+/g, ' ')).toContain('2 cells left out, whose values contradict each other.');
    const rows = stdout.split('\n').filter((line) => /%\s+-?\d+\.\d\d\s/.test(line));
    expect(rows).toHaveLength(3);
    const ratios = rows.map((line) => Number(/%\s+(-?\d+\.\d\d)/.exec(line)![1]));
    expect(ratios).toEqual([...ratios].sort((a, b) => b - a));
    expect(trials()).toBe(13);
  });

  it('prints one document under --json; a cell is what a backtest of its values is', async () => {
    const { stdout } = await search(
      cross,
      '--grid',
      'strategy.fast=3,5',
      '--grid',
      'costs.taker=0%,0.2%',
      '--json',
      '--quiet',
      '--set',
      'evaluate=all',
    );
    const document = documents.search.parse(JSON.parse(stdout));
    expect(document.cells.map(({ values }) => values)).toEqual([
      [3, '0%'],
      [3, '0.2%'],
      [5, '0%'],
      [5, '0.2%'],
    ]);
    // Costs are no skill.
    expect(document.expectedBestSharpe).toBeNull();
    for (const cell of document.cells) {
      const [fast, taker] = cell.values as [number, string];
      const sets = ['evaluate=all', `strategy.fast=${fast}`, `costs.taker=${taker}`].flatMap((value) => ['--set', value]);
      const { performance } = JSON.parse(
        (await paperwalk(['backtest', cross, ...sets, '--json', '--quiet', '--workspace', workspace])).stdout,
      );
      const { endEquity, totalReturn, sharpe, maxDrawdown, fees, roundTrips } = performance;
      expect(cell).toEqual({ values: cell.values, endEquity, totalReturn, sharpe, maxDrawdown, fees, roundTrips });
    }
  });

  it('takes the measured slippage of the bot file for every cell', async () => {
    writeFileSync(join(folder, 'slippage.json'), '{ "sample": [0.001, 0.003] }');
    const measured = join(folder, 'measured.yaml');
    writeFileSync(measured, `${readFileSync(cross, 'utf8')}costs: { slippage: { measured: slippage.json } }\n`);
    const { stdout } = await search(measured, '--grid', 'strategy.fast=5', '--json', '--quiet');
    const [cell] = documents.search.parse(JSON.parse(stdout)).cells;
    const run = await paperwalk(['backtest', measured, '--json', '--quiet', '--workspace', workspace]);
    const { performance } = JSON.parse(run.stdout);
    expect(performance.slippage).toBeGreaterThan(0);
    expect(cell).toMatchObject({ endEquity: performance.endEquity });
  });

  it('sweeps fees by thresholds on one set of forecasts', async () => {
    const { code, stdout } = await paperwalk(['backtest', ridge, '--sweep', 'costs', '--json', '--quiet', '--workspace', workspace]);
    expect(code).toBe(0);
    const document = documents.search.parse(JSON.parse(stdout));
    expect(document.axes.map(({ path }) => path)).toEqual(['strategy.enter', 'costs.taker and costs.maker']);
    expect(document.cells).toHaveLength(15 * 12);
    const known = document.cells.filter((cell) => 'totalReturn' in cell);
    expect(known.length).toBe(document.cells.length);
    // With the same threshold a higher fee never ends richer here: the orders are the same.
    for (let row = 0; row < 15; row++) {
      const equities = document.cells
        .slice(row * 12, row * 12 + 12)
        .map((cell) => ('endEquity' in cell ? (cell.endEquity as number) : Number.NaN));
      expect(equities).toEqual([...equities].sort((a, b) => b - a));
    }
  });

  it('shows that sweep as a table', async () => {
    const { stdout } = await paperwalk(['backtest', ridge, '--sweep', 'costs', '--quiet', '--workspace', workspace]);
    expect(stdout).toContain('Total return, strategy.enter down, costs.taker and costs.maker across');
    expect(stdout).toMatch(/^ +0\.1% /m);
    expect(stdout).toContain('exploratory: 180 cells');
  });

  it.each([
    [
      ['--grid', 'model.units=1,2'],
      '--grid model.units: Expected a value that changes no forecast, in one of strategy, costs, guards, sizing, orders, volumeCap, fill, received one of model',
    ],
    [
      ['--grid', 'strategy.fast'],
      '--grid: Expected path=values such as strategy.enter=0.1%,0.2% or strategy.fast=5..50:5, received "strategy.fast"',
    ],
    [['--grid', 'strategy.fast=9..5'], '--grid strategy.fast: Expected from..to:step that goes upwards, received 9..5:1'],
    [['--grid', 'strategy.fats=1,2'], '--grid strategy.fats: Unknown key "fats"; did you mean "fast"?'],
    [['--grid', 'strategy.fast=1', '--grid', 'strategy.fast=2'], '--grid strategy.fast: Expected each path once, received it again'],
    [
      ['--grid', 'strategy.fast=1..500', '--grid', 'strategy.slow=1..500'],
      '--grid: Expected at most 20000 cells, received 250000; take values out',
    ],
    [[], 'Expected at least one axis, received none; add --grid strategy.enter=0.1%,0.2%,0.5%'],
    [['--grid', 'strategy.fast=1,2', '--top', '0'], '--top: Expected a whole number of rows >= 1, received 0'],
  ])('refuses %j', async (argv, message) => {
    const { code, stderr } = await search(cross, ...argv);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${message}\n` });
  });

  it('refuses another sweep than of costs', async () => {
    const { code, stderr } = await paperwalk(['backtest', cross, '--sweep', 'fees', '--workspace', workspace]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '--sweep: Expected costs, received fees; other grids are for paperwalk search\n' });
  });
});
