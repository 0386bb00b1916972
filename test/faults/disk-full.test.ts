import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bars, sliceBars } from '../../src/core/bars.ts';
import { saveCsv } from '../../src/data/csv.ts';
import { formatInstant } from '../../src/data/instant.ts';
import { openBarStore } from '../../src/data/store.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { HOUR, hourlyBars, START } from '../data/market.ts';
import { type Exchange, startExchange } from '../exchange/server.ts';
import { count } from '../support/counts.ts';
import { command } from './process.ts';
import { DISK_BYTES, mountSmallDisk } from './small-disk.ts';
import { contentOf } from './store-content.ts';

const MARKET = 'binance:BTC/USDT';
// Takes 2.2 MB, more than the disk has.
const huge: Bars = { ...hourlyBars(40_000), market: MARKET };
const all = sliceBars(huge, 0, 20_000);
const first = sliceBars(huge, 0, 6000);

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-disk-'));
const { disk, mounted, resize, unmount } = mountSmallDisk(folder);

const END = START + all.length * HOUR;
let exchange: Exchange;
beforeAll(async () => {
  exchange = await startExchange({
    dialect: 'binance',
    markets: [{ symbol: 'BTC/USDT', bars: all }],
    now: () => END,
  });
  for (const [name, bars] of Object.entries({ first, all, huge })) await saveCsv(join(folder, `${name}.csv`), bars);
});
afterAll(async () => {
  await exchange.close();
  unmount();
  rmSync(folder, { recursive: true });
});

const importing = (name: string, workspace: string) => [
  'import',
  join(folder, `${name}.csv`),
  ...['--market', MARKET, '--interval', '1h', '--workspace', workspace],
];
const fetching = (workspace: string) => [
  'fetch',
  ...['binance', 'BTC/USDT', '1h', '--from', formatInstant(START), '--to', formatInstant(END), '--workspace', workspace],
];
const environment = () => ({ PAPERWALK_EXCHANGE_URL: exchange.url });
const stored = (workspace: string) => contentOf(openBarStore(workspace), MARKET, HOUR);
const barsIn = (workspace: string) => openBarStore(workspace).read(MARKET, HOUR);

/** An error of one or two lines that names what the system said and what to do. */
const refusal = (code: string) => ({
  code: 4,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^${code}: [^\\n]+; check the path, the rights and the space on disk\\n(?:[^\\n]+\\n)?$`)),
});

describe.skipIf(!mounted)('a disk that is full (skipped where no disk of 2 MB can be mounted, which takes root)', () => {
  test('A6: stops an import with exit code 4 and leaves what was stored; with room the same command does the rest', async () => {
    const workspace = join(disk, 'import');
    expect(await paperwalk(importing('first', workspace))).toMatchObject({ code: 0 });
    const before = await stored(workspace);
    expect(await command([...importing('huge', workspace), '--quiet'])).toEqual(refusal('ENOSPC'));
    expect(isDeepStrictEqual(await stored(workspace), before)).toBe(true);
    expect(isDeepStrictEqual(await barsIn(workspace), first)).toBe(true);
    resize(16 * DISK_BYTES);
    expect(await paperwalk(importing('huge', workspace))).toMatchObject({ code: 0 });
    expect(isDeepStrictEqual(await barsIn(workspace), huge)).toBe(true);
    rmSync(workspace, { recursive: true });
    resize(DISK_BYTES);
  });

  test('A6: stops a fetch with exit code 4 between whole pages; with room the same command does the rest', async () => {
    const workspace = join(disk, 'fetch');
    resize(DISK_BYTES / 2);
    expect(await command([...fetching(workspace), '--quiet'], { environment: environment() })).toEqual(refusal('ENOSPC'));
    const held = await barsIn(workspace);
    expect(held.length).toBeGreaterThan(0);
    expect(isDeepStrictEqual(held, sliceBars(all, 0, held.length))).toBe(true);
    expect((await openBarStore(workspace).log(MARKET, HOUR)).coverage).toEqual([{ from: START, to: START + held.length * HOUR }]);
    resize(16 * DISK_BYTES);
    expect(await paperwalk(fetching(workspace), { environment: environment(), now: () => END })).toMatchObject({ code: 0 });
    expect(isDeepStrictEqual(await barsIn(workspace), all)).toBe(true);
    rmSync(workspace, { recursive: true });
    resize(DISK_BYTES);
  });

  test('A6: leaves what was stored however much room there is, from nothing to almost enough', async () => {
    const workspace = join(disk, 'room');
    const filler = join(disk, 'filler');
    const cases = count(4, 40);
    // The 20,000 bars take 1.1 MB, beside the 0.3 MB of the first ones.
    const most = 1_150_000;
    for (let k = 0; k < cases; k++) {
      await paperwalk(importing('first', workspace));
      const before = await stored(workspace);
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(filler, new Uint8Array(bavail * bsize - Math.floor((most * k) / cases / bsize) * bsize));
      expect(await paperwalk([...importing('all', workspace), '--quiet']), `case ${k}`).toEqual(refusal('ENOSPC'));
      expect(isDeepStrictEqual(await stored(workspace), before)).toBe(true);
      rmSync(filler);
      expect(await paperwalk(importing('all', workspace))).toMatchObject({ code: 0 });
      expect(isDeepStrictEqual(await barsIn(workspace), all)).toBe(true);
      rmSync(workspace, { recursive: true });
    }
  });
});

describe('a limit on the length of files', () => {
  test('A6: stops an import and a fetch with exit code 4 and leaves what was stored; without it the same command does the rest', async () => {
    const workspace = join(folder, 'limited');
    const limited = { longestFile: 500, environment: environment() };
    expect(await paperwalk(importing('first', workspace))).toMatchObject({ code: 0 });
    const before = await stored(workspace);
    expect(await command([...importing('all', workspace), '--quiet'], limited)).toEqual(refusal('EFBIG'));
    expect(isDeepStrictEqual(await stored(workspace), before)).toBe(true);
    expect(await command([...fetching(workspace), '--quiet'], limited)).toEqual(refusal('EFBIG'));
    const held = await barsIn(workspace);
    expect(held.length).toBeGreaterThanOrEqual(first.length);
    expect(isDeepStrictEqual(held, sliceBars(all, 0, held.length))).toBe(true);
    expect(await paperwalk(fetching(workspace), { environment: environment(), now: () => END })).toMatchObject({ code: 0 });
    expect(isDeepStrictEqual(await barsIn(workspace), all)).toBe(true);
  });
});
