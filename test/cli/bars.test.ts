import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { openBarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars, START } from '../data/market.ts';
import { NOW, paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-bars-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MARKET = 'binance:BTC/USDT';
const all: Bars = { ...hourlyBars(300), market: MARKET };
/** A bar of another close; its range takes it in. */
function closing(row: number, close: number): Bars {
  const bars = sliceBars(all, row, row + 1);
  const [high, low] = [Math.max(close, bars.high[0]!), Math.min(close, bars.low[0]!)];
  return { ...bars, close: Float64Array.of(close), high: Float64Array.of(high), low: Float64Array.of(low) };
}

async function workspaceWith(name: string): Promise<readonly string[]> {
  const workspace = join(folder, name);
  const store = openBarStore(workspace);
  await store.write(all, { seen: START, covered: { from: START, to: START + 300 * HOUR } });
  await store.write(closing(200, 900), { seen: START + 400 * HOUR, revise: true });
  return ['--workspace', workspace];
}
const json = async (...argv: readonly string[]) => JSON.parse((await paperwalk([...argv, '--json'])).stdout);

describe('bars of a stored market', () => {
  it('tell what changed, and how old the last one is', async () => {
    const place = await workspaceWith('history');
    const { stdout } = await paperwalk(['bars', MARKET, ...place]);
    expect(stdout).toContain(
      `1 earlier version of bars; the newest of 2024-01-09T08:00:00Z, which closed at ${all.close[200]} until 2024-01-17T16:00:00Z`,
    );
    // 300 hours from 2024-01-01 on end on the 13th at 12:00; it is the 15th, 10:30.
    expect(stdout).toContain('the last bar is 46 intervals old; paperwalk fetch brings what came since');
    const [document] = (await json('bars', MARKET, ...place)).markets;
    expect(document).toMatchObject({
      behind: 46,
      revisions: 1,
      repairs: [],
      answered: [{ from: '2024-01-01T00:00:00Z', to: '2024-01-13T12:00:00Z' }],
      counts: { spike: 1 },
    });
  });

  it('can be seen as they stood before', async () => {
    const place = await workspaceWith('past');
    const past = (await json('bars', MARKET, '--as-of', '2024-01-15', ...place)).markets[0];
    const present = (await json('bars', MARKET, ...place)).markets[0];
    expect(past.counts.spike).toBe(0);
    expect(past.sha256).not.toBe(present.sha256);
    const none = await paperwalk(['bars', MARKET, '--as-of', '2023-01-01', ...place]);
    expect(none).toMatchObject({ code: 3, stderr: expect.stringContaining('as of 2023-01-01T00:00:00Z, received none') });
    const wrong = await paperwalk(['bars', MARKET, '--as-of', 'yesterday', ...place]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--as-of: Expected a date or instant') });
  });
});

describe('bars repair', () => {
  it('drops what it is told to, keeps it in the history and writes it into the log', async () => {
    const place = await workspaceWith('repaired');
    const { code, stdout } = await paperwalk(['bars', 'repair', MARKET, '--drop', '2024-01-09T08:00Z', ...place]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${MARKET} 1h: dropped 1, which stay in its history: 2024-01-09T08:00:00Z\n`,
    });
    const [document] = (await json('bars', MARKET, ...place)).markets;
    expect(document).toMatchObject({
      bars: 299,
      missing: 1,
      revisions: 2,
      repairs: [{ at: new Date(NOW).toISOString().replace('.000', ''), kind: '2024-01-09T08:00Z', bars: 1 }],
    });
    expect((await paperwalk(['bars', MARKET, ...place])).stdout).toContain(
      'repaired at 2024-01-15T10:30:00Z: dropped 1 (2024-01-09T08:00Z)',
    );
  });

  it('drops bars with a kind of problem', async () => {
    const place = await workspaceWith('spikes');
    const before = (await json('bars', MARKET, ...place)).markets[0];
    const spikes = before.problems.filter(({ kind }: { kind: string }) => kind === 'spike').map(({ time }: { time: string }) => time);
    expect(spikes[0]).toBe('2024-01-09T08:00:00Z');
    const { repairs } = await json('bars', 'repair', MARKET, '--interval', '1h', '--drop', 'spike', ...place);
    expect(repairs).toEqual([{ market: MARKET, interval: '1h', dropped: spikes }]);
    const again = await paperwalk(['bars', 'repair', MARKET, '--drop', 'zero-volume', ...place]);
    expect(again).toMatchObject({ code: 0, stdout: `${MARKET} 1h: nothing to drop.\n` });
    const absent = await paperwalk(['bars', 'repair', MARKET, '--drop', '2031-01-01', ...place]);
    expect(absent).toMatchObject({ code: 3, stderr: expect.stringContaining('that open at 2031-01-01, received none') });
  });

  it('refuses what it does not know, and to guess', async () => {
    const place = await workspaceWith('refused');
    const near = await paperwalk(['bars', 'repair', MARKET, '--drop', 'spikes', ...place]);
    expect(near).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--drop: Expected a time such as .*received "spikes"; did you mean spike\?/),
    });
    expect(await paperwalk(['bars', 'repair', MARKET, ...place])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('received nothing'),
    });
    expect(await paperwalk(['bars', 'repair', 'no:such', '--drop', 'spike', ...place])).toMatchObject({ code: 3 });
    expect((await json('bars', MARKET, ...place)).markets[0]).toMatchObject({ bars: 300, repairs: [] });
  });
});

describe('export of a stored market', () => {
  it('can look back, which a file or a synthetic market cannot', async () => {
    const place = await workspaceWith('exported');
    const target = join(folder, 'then.csv');
    const exported = (...more: string[]) => paperwalk(['export', target, '--market', MARKET, '--interval', '1h', ...place, ...more]);
    const closeAt = () => readFileSync(target, 'utf8').split('\n')[201]!.split(',')[4];
    expect((await exported()).code).toBe(0);
    expect(closeAt()).toBe('900');
    expect((await exported('--as-of', '2024-01-15')).code).toBe(0);
    expect(closeAt()).toBe(String(all.close[200]));
    const without = ['--market', 'synthetic:trend', '--interval', '1h', '--as-of', '2024-01-15', ...place];
    expect(await paperwalk(['export', target, ...without])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('which has no history'),
    });
  });
});
