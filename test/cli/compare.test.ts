import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '../../src/config/documents.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workspace = join(folder, 'workspace');
const runs = join(workspace, 'runs');
const compare = (...argv: string[]) => paperwalk(['compare', ...argv, '--workspace', workspace]);
const ids: string[] = [];

beforeAll(async () => {
  const bot = join(folder, 'cross.yaml');
  writeFileSync(
    bot,
    'markets: ["synthetic:trend?bars=500"]\ninterval: 1h\nstrategy: { kind: crossover, fast: 5, slow: 20 }\nevaluate: all\n',
  );
  for (const set of ['seed=1', 'strategy.fast=10', 'name=other']) {
    const { stdout } = await paperwalk(['backtest', bot, '--set', set, '--json', '--quiet', '--workspace', workspace]);
    ids.push(JSON.parse(stdout).runId);
  }
  // Written long before the others.
  utimesSync(join(runs, ids[0]!, 'result.json'), 1, 1);
});

describe('compare', () => {
  it('shows runs beside each other, and stores the page last named', async () => {
    const { code, stdout, stderr } = await compare('cross', 'other');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^2 runs {2}2020-01-01 to 2020-01-21, 500 bars\n/);
    expect(stdout.replace(/\s+/g, ' ')).toContain('no difference is tested here, and nothing is corrected for the choice among 2 runs.');
    const path = /^Report: (.*)$/m.exec(stdout)![1]!;
    expect(readdirSync(join(path, '..')).sort()).toEqual(['compare.html', 'compare.json']);
    expect(readFileSync(path, 'utf8')).toContain('2 runs beside each other');
  });

  it('prints one document under --json, the one that it stores', async () => {
    const { stdout } = await compare('cross', 'other', '--json');
    const document = documents.compare.parse(JSON.parse(stdout));
    expect(document.runs.map(({ runId }) => runId)).toEqual([ids[1], ids[2]]);
    expect(JSON.parse(readFileSync(join(workspace, 'comparisons', document.comparisonId, 'compare.json'), 'utf8'))).toEqual(document);
  });

  it("finds a run by its id, how that begins, its bot's name (the latest) and its path", async () => {
    const [first = '', second = '', other = ''] = ids;
    const found = async (name: string) => JSON.parse((await compare(name, other, '--json')).stdout).runs[0].runId;
    expect(await found(first)).toBe(first);
    expect(await found(second.slice(0, -5))).toBe(second);
    expect(await found('cross')).toBe(second);
    expect(await found(join(runs, first))).toBe(first);
    expect(await found(join(runs, first, 'result.json'))).toBe(first);
  });

  it('says what it cannot find, tell apart or read', async () => {
    const [first = '', second = ''] = ids;
    const refused = async (...argv: string[]) => {
      const { code, stdout, stderr } = await compare(...argv);
      expect(stdout).toBe('');
      return { code, stderr };
    };
    const expected = "Expected a run: its id or how it begins, a bot's name, or the path of its folder, received";
    expect(await refused('cros', 'other')).toEqual({
      code: 2,
      stderr: `${expected} "cros", with which 2 begin: ${[first, second].sort().join(', ')}\n`,
    });
    expect(await refused('corss', 'other')).toEqual({ code: 2, stderr: `${expected} "corss"; did you mean "cross"?\n` });
    expect((await refused('nothing', 'other')).stderr).toContain('; there are cross-');
    expect(await refused('cross')).toEqual({ code: 2, stderr: 'Expected at least two runs to compare, received 1; name another one\n' });
    expect((await refused('cross', second)).stderr).toBe(`Expected each run once, received ${second} again as "${second}"; take it out\n`);
    const none = await paperwalk(['compare', 'a', 'b', '--workspace', join(folder, 'none')]);
    expect(none.stderr).toBe(`${expected} "a"; there are none in ${join(folder, 'none')}, paperwalk backtest makes one\n`);

    const damaged = join(folder, 'damaged');
    cpSync(join(runs, first), damaged, { recursive: true });
    const file = join(damaged, 'result.json');
    const whole = readFileSync(file, 'utf8');
    const wrong = async (text: string) => {
      writeFileSync(file, text);
      const { code, stderr } = await refused(damaged, 'other');
      expect(code).toBe(3);
      return stderr;
    };
    expect(await wrong(whole.slice(0, 1000))).toBe(
      `${file}: Expected the result of a run, received text that is no whole JSON; run the backtest again\n`,
    );
    expect(await wrong('{}')).toMatch(/Expected the result of a run, received another document \(schema: /);
    const result = JSON.parse(whole);
    result.equity.strategy.pop();
    expect(await wrong(JSON.stringify(result))).toMatch(/Expected curves with a value for each of 500 closes, received 499 and 500/);
    rmSync(file);
    expect((await refused(damaged, 'other')).code).toBe(3);
  });
});
