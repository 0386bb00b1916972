import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/backtest/result.ts';
import { paperwalk as command } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
const workspace = join(folder, 'workspace');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMON = `name: bot
markets: ["synthetic:planted?bars=900"]
interval: 1h
strategy: { kind: threshold, enter: 0.01%, exit: -0.01% }
`;
const MODEL = 'model: { kind: gru, units: [4], lookback: 8, train: { window: 300, epochs: 3 } }\n';
// One request, at the bar that opens 500 hours after the first.
const ONCE = 'schedule: { anchor: 2020-01-21T20:00Z, retrain: 100000 }\n';

const paperwalk = (args: readonly string[]) => command([...args, '--workspace', workspace], { now: () => 0 });

async function backtest(name: string, text: string): Promise<RunResult> {
  writeFileSync(join(folder, name), text);
  const { code, stdout, stderr } = await paperwalk(['backtest', join(folder, name), '--json', '--quiet']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as RunResult;
}

describe('a frozen model', () => {
  let trained: RunResult;
  let key: string;

  beforeAll(async () => {
    trained = await backtest('trained.yaml', COMMON + MODEL + ONCE);
    expect(trained.fits).toHaveLength(1);
    key = trained.fits[0]!.key;
  });

  it('decides as the walk did that trained it, bit for bit, and is scored beside the same baselines', async () => {
    const frozen = await backtest('frozen.yaml', `${COMMON}schedule: { frozen: ${key.slice(0, 10)} }\n`);
    expect(trained.evaluation.bars).toBeGreaterThan(300);
    expect(trained.trades.length).toBeGreaterThan(3);
    expect(frozen.digest).toBe(trained.digest);
    expect(frozen.forecast).toMatchObject({ bars: trained.forecast!.bars, skillVsPersistence: trained.forecast!.skillVsPersistence });
    const skills = (run: RunResult) => run.forecast!.baselines.map(({ name, skillVsPersistence }) => [name, skillVsPersistence]);
    expect(skills(frozen)).toEqual(skills(trained));
    expect(skills(frozen).map(([name]) => name)).toEqual(['persistence', 'drift', 'majority', 'linear']);
    expect(frozen.fits).toMatchObject([{ key, cached: true, seconds: 0 }]);
    expect(frozen.assumptions.notes.join(' ')).toContain('is never trained again');
  });

  it('is shown with what it scored, wherever the workspace has it', async () => {
    const { stdout } = await paperwalk(['models', 'show', key, '--json']);
    const { scores } = JSON.parse(stdout);
    const own = scores.find(({ where }: { where: string }) => where.startsWith(trained.runId));
    expect(own).toMatchObject({
      part: 'fold',
      output: 'close',
      bars: trained.forecast!.folds[0]!.bars,
      r2: trained.forecast!.folds[0]!.price.r2,
    });
    expect((await paperwalk(['models', 'show', key])).stdout).toMatch(/scores +bot-[0-9a-f]{12}, 2020-01-21 to /);
  });

  it('serves from its file too, and no decision before it was made', async () => {
    const file = join(folder, 'model.paperwalk-model.json');
    expect((await paperwalk(['models', 'export', key, file, '--quiet'])).code).toBe(0);
    const frozen = await backtest('file.yaml', `${COMMON}schedule: { frozen: ./model.paperwalk-model.json }\n`);
    expect(frozen.digest).toBe(trained.digest);
    expect(frozen.evaluation.from > trained.fits[0]!.requestedAt).toBe(true);
  });

  it('is refused in words where it is not there, damaged, beside a model, or made after the last bar', async () => {
    const refused = async (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      const { code, stdout, stderr } = await paperwalk(['backtest', join(folder, name)]);
      expect(stdout).toBe('');
      return { code, stderr };
    };
    const runs = readdirSync(join(workspace, 'runs'));
    expect(await refused('unknown.yaml', `${COMMON}schedule: { frozen: ffff00 }\n`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"ffff00", with which none begins'),
    });
    expect(await refused('both.yaml', `${COMMON + MODEL}schedule: { frozen: ${key} }\n`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('both.yaml:5:8: Expected no model beside schedule.frozen'),
    });
    expect(await refused('bare.yaml', `${COMMON}schedule: frozen\n`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('write schedule: { frozen: KEY }'),
    });
    expect(await refused('late.yaml', `${COMMON}schedule: { frozen: ${key} }\nperiod: { to: 2020-01-15 }\n`)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('before which its forecasts would be hindsight'),
    });
    const daily = COMMON.replace('interval: 1h', 'interval: 1d');
    expect(await refused('daily.yaml', `${daily}schedule: { frozen: ${key} }\n`)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/Expected a model of bars of 1d, as in interval, received [0-9a-f]{8} of bars of 1h/),
    });
    writeFileSync(join(folder, 'broken.paperwalk-model.json'), '{');
    expect((await refused('broken.yaml', `${COMMON}schedule: { frozen: ./broken.paperwalk-model.json }\n`)).code).toBe(3);
    expect(readdirSync(join(workspace, 'runs'))).toEqual(runs);
  });
});
