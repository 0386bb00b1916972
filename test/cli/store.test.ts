import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const workspace = (name: string) => ['--workspace', path(name)];

const HEADER = 'timestamp,open,high,low,close,volume\n';
const DAYS = `${HEADER}2024-01-01T00:00:00Z,10,12,9,11,5\n2024-01-02T00:00:00Z,11,12,10,11.5,6\n2024-01-04T00:00:00Z,11.5,13,11,12,7\n`;
const BAD = `${HEADER}2024-01-01,1,2,1,2,1\n2024-01-01,1,2,1,2,1\n2024-01-02,1,0.5,1,2,1\n`;

function file(name: string, text: string): string {
  writeFileSync(path(name), text);
  return path(name);
}

describe('import, bars and export', () => {
  it('bring the very same file back', async () => {
    const source = file('days.csv', DAYS);
    const imported = await paperwalk(['import', source, '--market', 'test:A/B', '--interval', '1d', ...workspace('w1')]);
    expect(imported).toEqual({
      code: 0,
      stdout: 'Read 3 bars, 2024-01-01T00:00:00Z to 2024-01-04T00:00:00Z. test:A/B now has 3 (3 new).\n',
      stderr: `${source}: 1 gap, 1 bar missing, the longest 48 h; on line 4, 2024-01-04T00:00:00Z: expected 1 more bar between 2024-01-02T00:00:00Z and 2024-01-04T00:00:00Z\n`,
    });
    const target = path('again.csv');
    const exported = await paperwalk(['export', target, '--market', 'test:A/B', '--interval', '1d', ...workspace('w1')]);
    expect(exported).toEqual({ code: 0, stdout: `Wrote 3 bars of test:A/B to ${target}.\n`, stderr: '' });
    expect(readFileSync(target, 'utf8')).toBe(DAYS);
  });

  it('keep one document on stdout under --json, and quiet under --quiet', async () => {
    const common = ['--market', 'test:A/B', '--interval', '1d', '--json', '--quiet', ...workspace('w2')];
    const imported = await paperwalk(['import', file('days.csv', DAYS), ...common]);
    expect(imported.stderr).toBe('');
    expect(JSON.parse(imported.stdout)).toMatchObject({
      schema: 'paperwalk/import@1',
      market: 'test:A/B',
      interval: '1d',
      bars: 3,
      added: 3,
      replaced: 0,
    });
    const exported = await paperwalk(['export', path('out.csv'), ...common]);
    expect(JSON.parse(exported.stdout)).toMatchObject({ schema: 'paperwalk/export@1', bars: 3 });
  });

  it('refuse bars that differ from those stored, unless they are to be replaced', async () => {
    const common = ['--market', 'm', '--interval', '1d', ...workspace('w3')];
    await paperwalk(['import', file('days.csv', DAYS), ...common]);
    const other = file('other.csv', DAYS.replace('11.5,6', '11.6,6'));
    const refused = await paperwalk(['import', other, ...common, '--quiet']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('received 1 that differ, the first at 2024-01-02T00:00:00Z');
    const replaced = await paperwalk(['import', other, ...common, '--quiet', '--replace', '--json']);
    expect(JSON.parse(replaced.stdout)).toMatchObject({ bars: 3, added: 0, replaced: 1 });
  });

  it('refuse data that cannot be traded on, naming file and line, and store nothing', async () => {
    const bad = file('bad.csv', BAD);
    const { code, stdout, stderr } = await paperwalk(['import', bad, '--market', 'm', '--interval', '1d', ...workspace('w4')]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `${bad}:3: Expected one bar per opening time, received that of line 2 again (rows refused: duplicate 1, impossible 1); correct the data, or import it with --drop duplicate --drop impossible\n`,
    );
    expect(existsSync(path('w4'))).toBe(false);
  });

  it('have exit code 3 for missing data and 4 for a disk that fails', async () => {
    expect((await paperwalk(['import', path('none.csv'), '--market', 'm', '--interval', '1d'])).code).toBe(3);
    expect((await paperwalk(['bars', 'no:such', ...workspace('w5')])).code).toBe(3);
    expect((await paperwalk(['export', path('x.csv'), '--market', 'no:such', '--interval', '1d', ...workspace('w5')])).code).toBe(3);
    const nowhere = await paperwalk(['export', join(path('nowhere'), 'x.csv'), '--market', 'synthetic:trend', '--interval', '1d']);
    expect(nowhere.code).toBe(4);
    expect(nowhere.stderr).toMatch(/ENOENT.*; check the path, the rights and the space on disk\n$/);
  });
});

describe('bars', () => {
  it('says where a workspace has none', async () => {
    expect(await paperwalk(['bars', ...workspace('empty')])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^No bars in .*empty; paperwalk fetch downloads some, paperwalk import stores those of a file\.\n$/),
    });
    expect(JSON.parse((await paperwalk(['bars', '--json', ...workspace('empty')])).stdout)).toEqual({
      schema: 'paperwalk/bars@1',
      markets: [],
    });
  });

  it('lists every stored series with its gaps', async () => {
    for (const market of ['b', 'a'])
      await paperwalk(['import', file('days.csv', DAYS), '--market', market, '--interval', '1d', ...workspace('w6')]);
    const { stdout } = await paperwalk(['bars', '--json', ...workspace('w6')]);
    const { markets } = JSON.parse(stdout);
    expect(markets.map((entry: { market: string }) => entry.market)).toEqual(['a', 'b']);
    expect(markets[0]).toMatchObject({
      interval: '1d',
      bars: 3,
      from: '2024-01-01T00:00:00Z',
      to: '2024-01-04T00:00:00Z',
      missing: 1,
      gaps: [{ row: 2, from: '2024-01-02T00:00:00Z', to: '2024-01-04T00:00:00Z', missing: 1 }],
      errors: 0,
    });
    expect(markets[0].sha256).toMatch(/^[0-9a-f]{64}$/);
    const table = (await paperwalk(['bars', ...workspace('w6')])).stdout;
    expect(table.split('\n').filter((line) => line.includes('│ 1d'))).toHaveLength(2);
  });

  it('knows that weekends are no gaps in New York', async () => {
    const weekend = file('weekend.csv', `${HEADER}2024-01-05,1,1,1,1,1\n2024-01-08,1,1,1,1,1\n`);
    const gaps = async (...more: string[]) =>
      JSON.parse((await paperwalk(['bars', `csv:${weekend}`, '--interval', '1d', '--json', ...more])).stdout).markets[0].counts.gap;
    expect(await gaps()).toBe(1);
    expect(await gaps('--calendar', 'nyse')).toBe(0);
  });

  it('inspects a file that nobody may trade on; --strict makes its errors the answer', async () => {
    const bad = `csv:${file('bad.csv', BAD)}`;
    const relaxed = await paperwalk(['bars', bad, '--interval', '1d']);
    expect(relaxed).toMatchObject({ code: 0, stderr: '' });
    expect(relaxed.stdout).toContain('error: 1 repeated bar; on line 3');
    expect(relaxed.stdout).toContain('error: 1 impossible bar; on line 4');
    const strict = await paperwalk(['bars', bad, '--interval', '1d', '--strict', '--json']);
    expect(strict.code).toBe(1);
    expect(JSON.parse(strict.stdout).markets[0]).toMatchObject({ sha256: null, errors: 2, counts: { duplicate: 1, impossible: 1 } });
    const good = await paperwalk(['bars', `csv:${file('days.csv', DAYS)}`, '--interval', '1d', '--strict']);
    expect(good.code).toBe(0);
  });

  it('names the file of a series whose bytes have changed', async () => {
    await paperwalk(['import', file('days.csv', DAYS), '--market', 'm', '--interval', '1d', ...workspace('w7')]);
    const folder = join(path('w7'), 'bars', readdirSync(join(path('w7'), 'bars'))[0] ?? '');
    const stored = join(folder, '1d', 'v1', '1.columns');
    const bytes = readFileSync(stored);
    bytes[bytes.length - 60]! ^= 1;
    writeFileSync(stored, bytes);
    const { code, stderr } = await paperwalk(['bars', ...workspace('w7')]);
    expect(code).toBe(3);
    expect(stderr).toContain(stored);
  });
});
