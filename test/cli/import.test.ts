import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openBarStore } from '../../src/data/store.ts';
import { NOW, paperwalk } from './recorded-host.ts';

const DATA = '../shared/data';
const DAY = 86_400_000;
const folder = mkdtempSync(join(tmpdir(), 'paperwalk-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let workspaces = 0;
const place = () => join(folder, `w${workspaces++}`);
function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
const HEADER = 'timestamp,open,high,low,close,volume\n';
const HOURS = `${HEADER}2024-01-01T00:00:00Z,10,12,9,11,5\n2024-01-01T01:00:00Z,11,12,10,11.5,6\n2024-01-01T02:00:00Z,11.5,13,11,12,7\n`;
const DAYS = `${HEADER}2024-01-01T00:00:00Z,98,101,97,100,10\n2024-01-02T00:00:00Z,50,51,49,50,20\n2024-01-03T00:00:00Z,50,52,50,51,30\n`;

describe('import', () => {
  it('takes the interval from the rows where none is given, and says which', async () => {
    const [source, workspace] = [file('hours.csv', HOURS), place()];
    expect(await paperwalk(['import', source, '--market', 'm', '--workspace', workspace])).toEqual({
      code: 0,
      stdout: 'Read 3 bars, 2024-01-01T00:00:00Z to 2024-01-01T02:00:00Z. m now has 3 (3 new).\n',
      stderr: `${source}: the interval is 1h, the most common distance of rows\n`,
    });
    expect((await openBarStore(workspace).read('m', DAY / 24)).length).toBe(3);
    const json = await paperwalk(['import', source, '--market', 'm', '--workspace', workspace, '--json', '--quiet']);
    expect(json.stderr).toBe('');
    expect(JSON.parse(json.stdout)).toMatchObject({
      interval: '1h',
      added: 0,
      warnings: ['the interval is 1h, the most common distance of rows'],
    });
  });

  it.each([
    [
      'rows nearer to each other',
      HOURS,
      '4h',
      'Expected bars of 4h as the interval says, received rows mostly 1h apart; correct the interval',
    ],
    ['rows further apart', DAYS, '1h', 'Expected bars of 1h as the interval says, received rows mostly 1d apart; correct the interval'],
  ])('refuses an interval that contradicts the file: %s', async (_, text, interval, words) => {
    const [source, workspace] = [file('rows.csv', text), place()];
    const { code, stderr } = await paperwalk(['import', source, '--market', 'm', '--interval', interval, '--workspace', workspace]);
    expect([code, stderr]).toEqual([3, `${source}: ${words}\n`]);
    expect(existsSync(workspace)).toBe(false);
  });

  it.each([
    ['seconds', [0, 5, 10], 'rows mostly 5 s apart'],
    ['calendar months', [0, 31 * 86400, 60 * 86400, 91 * 86400], 'rows mostly 31d apart'],
    ['a single row', [0], 'no two rows that follow each other'],
  ])('asks for the interval where the rows tell none: %s', async (_, seconds, words) => {
    const rows = seconds.map((second) => `${1704067200 + second},10,12,9,11,5`);
    const { code, stderr } = await paperwalk([
      'import',
      file('odd.csv', `${HEADER}${rows.join('\n')}\n`),
      '--market',
      'm',
      '--workspace',
      place(),
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain(`received ${words}; name the interval with --interval`);
  });

  it('takes local times by --timezone', async () => {
    const [source, workspace] = [file('local.csv', HOURS.replaceAll(':00Z', '').replaceAll('T', ' ')), place()];
    const { code, stdout } = await paperwalk(['import', source, '--market', 'm', '--timezone', 'Europe/Warsaw', '--workspace', workspace]);
    expect(code).toBe(0);
    expect(stdout).toContain('Read 3 bars, 2023-12-31T23:00:00Z to 2024-01-01T01:00:00Z.');
    const unknown = await paperwalk(['import', source, '--market', 'm', '--timezone', 'Warsaw', '--workspace', workspace]);
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      '--timezone: Expected a time zone such as America/New_York, Europe/Warsaw or UTC, received "Warsaw"\n',
    ]);
  });

  it('takes splits into account by --splits, and not a second time', async () => {
    const [source, splits, workspace] = [file('days.csv', DAYS), file('splits.csv', 'date,ratio\n2024-01-02,2:1\n'), place()];
    const common = ['--market', 'm', '--interval', '1d', '--splits', splits];
    expect(await paperwalk(['import', source, ...common, '--workspace', workspace])).toMatchObject({ code: 0, stderr: '' });
    const { close, volume } = await openBarStore(workspace).read('m', DAY);
    expect([[...close], [...volume]]).toEqual([
      [50, 50, 51],
      [20, 20, 30],
    ]);
    const adjusted = join(folder, 'adjusted.csv');
    await paperwalk(['export', adjusted, '--market', 'm', '--interval', '1d', '--workspace', workspace]);
    const again = await paperwalk(['import', adjusted, ...common, '--workspace', place()]);
    expect(again.code).toBe(3);
    expect(again.stderr).toContain('Expected prices that show the split 2:1 of 2024-01-02, received an open of 50 after a close of 50');
  });

  it('stores an index without a column for volume with the volume 0, and warns', async () => {
    const source = file('index.csv', 'Date,Open,High,Low,Close\n2024-01-02,10,12,9,11\n2024-01-03,11,12,9,11\n');
    const { code, stderr } = await paperwalk(['import', source, '--market', 'm', '--interval', '1d', '--workspace', place()]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /no column for volume; the volume is 0 throughout, and no order fills in a bar without volume\n.*2 bars without volume/,
    );
  });

  it('leaves faulty rows out only when told to, and the store remembers it', async () => {
    const bad = file(
      'bad.csv',
      'timestamp,open,high,low,close,volume\n2024-01-01,1,2,1,2,1\n2024-01-01,1,2,1,2,1\n2024-01-02,1,0.5,1,2,1\n2024-01-03,2,2,2,2,1\n2023-12-31,2,2,2,2,1\n2024-01-04,2,2,2,2,1\n',
    );
    const place = ['--market', 'dropped', '--interval', '1d', '--workspace', join(folder, 'dropped')];
    expect((await paperwalk(['import', bad, ...place])).code).toBe(3);
    // A row is still out of order.
    expect((await paperwalk(['import', bad, ...place, '--drop', 'duplicate', '--drop', 'impossible'])).code).toBe(3);
    const { code, stdout, stderr } = await paperwalk([
      'import',
      bad,
      ...place,
      ...['duplicate', 'impossible', 'disorder'].flatMap((kind) => ['--drop', kind]),
    ]);
    expect(code).toBe(0);
    expect(stdout).toBe('Read 3 bars, 2024-01-01T00:00:00Z to 2024-01-04T00:00:00Z. dropped now has 3 (3 new).\n');
    expect(stderr).toContain('3 rows left out (duplicate, impossible, disorder)');
    expect((await openBarStore(join(folder, 'dropped')).log('dropped', 86_400_000)).repairs).toEqual([
      { at: NOW, kind: 'duplicate, impossible, disorder of bad.csv', bars: 3 },
    ]);
    const unknown = await paperwalk(['import', bad, ...place, '--drop', 'dupliacte']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean duplicate?') });
  });

  const day = (k: number, cells = '1,1,1,1,1') => `${new Date(Date.UTC(2020, 0, 1 + k)).toISOString()},${cells}\n`;
  const price = (value: number) => `${value},${value},${value},${value},1`;
  const calm = Array.from({ length: 130 }, (_, k) => day(k, price(100 + (k % 3)))).join('');
  it.each([
    ['a good row at the time of an impossible one', day(0, '1,1,2,1,1') + day(0) + day(1), ['impossible', 'conflict'], 2],
    ['what is in order where rows out of order follow each other', [1, 5, 2, 3, 6].map((k) => day(k)).join(''), ['disorder'], 3],
    ['all but a spike where a row also stands twice', calm + day(129, price(100)) + day(130, price(9000)), ['duplicate', 'spike'], 130],
  ])('with --drop keeps %s', async (_, rows, kinds, kept) => {
    const flags = kinds.flatMap((kind) => ['--drop', kind]);
    const source = file('drops.csv', HEADER + rows);
    const answer = await paperwalk(['import', source, '--market', 'm', '--interval', '1d', '--workspace', place(), '--json', ...flags]);
    expect(answer.code, answer.stderr).toBe(0);
    expect(JSON.parse(answer.stdout).bars).toBe(kept);
  });
});

describe('export', () => {
  it.each(['again.csv', 'again.csv.gz', 'again.parquet'])('writes %s by its ending, and import brings the same bars back', async (name) => {
    const [workspace, path] = [place(), join(folder, name)];
    const synthetic = 'synthetic:trend?bars=2000&seed=3';
    const exported = await paperwalk(['export', path, '--market', synthetic, '--interval', '1h', '--workspace', workspace]);
    expect(exported).toEqual({ code: 0, stdout: `Wrote 2000 bars of ${synthetic} to ${path}.\n`, stderr: '' });
    const first = readFileSync(path);
    const text = name.endsWith('.gz') ? gunzipSync(first) : first;
    expect(text.subarray(0, 4).toString()).toBe(name.endsWith('.parquet') ? 'PAR1' : 'time');
    expect((await paperwalk(['import', path, '--market', 'm', '--workspace', workspace])).code).toBe(0);
    await paperwalk(['export', path, '--market', 'm', '--interval', '1h', '--workspace', workspace]);
    expect(readFileSync(path).equals(first)).toBe(true);
  });
});

describe.skipIf(!existsSync(DATA))('real prices (skipped where ../shared/data is absent)', () => {
  // Rows as listed in ../shared/data/README.md.
  it.each([
    ['AAPL-1d-stooq.csv', '1d', 10_314],
    ['SPY-1d-lean.csv', '1d', 5_849],
    ['AAPL-1d-lean-unadjusted.csv', '1d', 5_849],
    ['IBM-1d-lean-unadjusted.csv', '1d', 5_849],
    ['AAPL-1h-lean-unadjusted.csv.gz', '1h', 40_831],
    ['BTC-USDT-1d-binance.csv', '1d', 2_698],
    ['ETH-USDT-1d-binance.csv', '1d', 2_461],
    ['BTC-USD-4h-coinbase.csv', '4h', 20_695],
    ['ETH-USD-4h-coinbase.csv', '4h', 20_675],
  ])('%s are imported whole, and tell their interval %s', async (name, interval, bars) => {
    const { code, stdout } = await paperwalk(['import', `${DATA}/${name}`, '--market', name, '--workspace', place(), '--json', '--quiet']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ market: name, interval, bars, added: bars });
  });
});
