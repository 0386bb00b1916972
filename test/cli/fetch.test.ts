import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Host } from '../../src/cli/host.ts';
import { columnsHash, openBarStore } from '../../src/data/store.ts';
import type { Fault } from '../exchange/faults.ts';
import { type Exchange, startExchange } from '../exchange/server.ts';
import { HOUR, randomBars } from '../support/markets.ts';
import { type Answer, NOW, paperwalk } from './recorded-host.ts';

const root = mkdtempSync(join(tmpdir(), 'paperwalk-fetch-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const DAY = 24 * HOUR;
const bars = randomBars({ seed: 1, length: 2000, gaps: 0 });
const from = ['--from', '2020-01-01'];
let folders = 0;
const newFolder = () => join(root, String(folders++));

let exchange: Exchange | undefined;
afterEach(async () => {
  await exchange?.close();
  exchange = undefined;
});

async function start(options: Partial<Parameters<typeof startExchange>[0]> = {}): Promise<Exchange> {
  exchange = await startExchange({
    dialect: 'binance',
    markets: [
      { symbol: 'BTC/USDT', bars },
      { symbol: 'ETH/USDT', bars: randomBars({ seed: 2, length: 50, gaps: 0.2, silent: 0 }) },
    ],
    now: () => bars.openTime.at(-1)! + HOUR,
    ...options,
  });
  return exchange;
}

/** The command in this process, against the exchange that runs. */
const fetch = (args: readonly string[], changes: Partial<Host> = {}) =>
  paperwalk(['fetch', ...args], { environment: { PAPERWALK_EXCHANGE_URL: exchange?.url ?? 'http://127.0.0.1:1' }, ...changes });

/** The command as a process of its own. */
function run(args: readonly string[], url: string, watch?: (child: ChildProcess) => void): Promise<Answer> {
  return answerOf(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'fetch', ...args], url, watch);
}

function answerOf(command: string, args: readonly string[], url: string, watch?: (child: ChildProcess) => void): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A cache that is cut off by the limit on files would be read by the tests that follow.
      env: { ...process.env, PAPERWALK_EXCHANGE_URL: url, TSX_DISABLE_CACHE: '1' },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
    watch?.(child);
  });
}

describe('paperwalk fetch', () => {
  it('stores the bars, and says what it has in a line for each market', async () => {
    await start();
    const answer = await fetch(['binance', 'BTC/USDT', 'ETH/USDT', '1h', ...from, '--workspace', newFolder()]);
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    const [bitcoin, warnings, ether] = answer.stdout.trimEnd().split('\n');
    expect(bitcoin).toBe('binance:BTC/USDT 1h: 2,000 bars, 2020-01-01T00:00:00Z to 2020-03-24T07:00:00Z, 2,000 new');
    // Bars without volume are the only thing wrong with them.
    const silent = bars.volume.filter((volume) => volume === 0).length;
    expect(warnings).toBe(`  ${silent} warnings about these bars; paperwalk bars binance:BTC/USDT says where`);
    expect(ether).toMatch(
      /^binance:ETH\/USDT 1h: 50 bars, 2020-01-01T\d\d:00:00Z to .+, 50 new, \d+ gaps \(\d+ bars the exchange does not have\)$/,
    );
  });

  it('gives one document with --json, the same market by market, and makes two calls when it comes again', async () => {
    await start();
    const args = ['binance', 'BTC/USDT', '1h', ...from, '--workspace', newFolder(), '--json'];
    const first = JSON.parse((await fetch(args)).stdout);
    expect(first).toEqual({
      schema: 'paperwalk/fetch@1',
      exchange: 'binance',
      interval: '1h',
      markets: [
        {
          market: 'binance:BTC/USDT',
          bars: 2000,
          added: 2000,
          revised: 0,
          refused: [],
          refusedCandles: 0,
          from: '2020-01-01T00:00:00Z',
          to: '2020-03-24T07:00:00Z',
          calls: 3,
          gaps: 0,
          missing: 0,
          dropped: 0,
          unanswered: 0,
          warnings: bars.volume.filter((volume) => volume === 0).length,
          fundingRates: 0,
        },
      ],
      calls: 4,
    });
    const again = JSON.parse((await fetch(args)).stdout);
    expect(again).toMatchObject({ calls: 2, markets: [{ bars: 2000, added: 0 }] });
  });

  it('takes an end, and an interval that the exchange lacks', async () => {
    await start({ dialect: 'coinbase' });
    const answer = await fetch(['coinbase', 'BTC/USDT', '4h', ...from, '--to', '2020-01-03T12:00Z', '--workspace', newFolder()]);
    expect(answer.stdout).toBe('coinbase:BTC/USDT 4h: 15 bars, 2020-01-01T00:00:00Z to 2020-01-03T08:00:00Z, 15 new\n');
    expect(answer.code).toBe(0);
  });

  it('goes on with the other markets where one fails, and answers with the worst code', async () => {
    await start();
    const folder = newFolder();
    const answer = await fetch(['binance', 'BTC/USTD', 'ETH/USDT', '1h', ...from, '--workspace', folder]);
    expect(answer.code).toBe(2);
    expect(answer.stderr).toBe('binance: Expected one of its markets, received "BTC/USTD"; did you mean BTC/USDT?\n');
    expect(answer.stdout).toContain('binance:ETH/USDT 1h: 50 bars');
    const json = JSON.parse((await fetch(['binance', 'BTC/USTD', 'ETH/USDT', '1h', ...from, '--workspace', folder, '--json'])).stdout);
    expect(json.markets[0]).toEqual({ market: 'binance:BTC/USTD', error: expect.stringContaining('did you mean') });
  });

  it('tells what was never asked for from what the exchange does not have', async () => {
    await start();
    const args = ['binance', 'BTC/USDT', '1h', '--workspace', newFolder()];
    await fetch([...args, ...from, '--to', '2020-01-02']);
    const { stdout } = await fetch([...args, '--from', '2020-01-03', '--to', '2020-01-04']);
    expect(stdout).toContain('1 gap (24 bars not fetched)');
  });

  it('tells bars that a person dropped from those that the exchange does not have', async () => {
    await start();
    const folder = newFolder();
    const args = ['binance', 'BTC/USDT', '1h', ...from, '--workspace', folder];
    await fetch(args);
    const dropped = ['--drop', '2020-02-01T04:00Z', '--drop', '2020-02-01T05:00Z'];
    await paperwalk(['bars', 'repair', 'binance:BTC/USDT', ...dropped, '--workspace', folder]);
    expect((await fetch(args)).stdout).toContain('1 gap (2 bars dropped by repairs)\n');
    expect(JSON.parse((await fetch([...args, '--json'])).stdout).markets).toMatchObject([
      { gaps: 1, missing: 0, dropped: 2, unanswered: 0 },
    ]);
  });

  it('ends with 3 where the exchange has no bars in the range and none are stored, and says so whatever is printed', async () => {
    await start();
    const args = ['binance', 'BTC/USDT', '1h', '--from', '2018-01-01', '--to', '2018-02-01', '--workspace', newFolder()];
    const words =
      'binance:BTC/USDT 1h: Expected bars from 2018-01-01T00:00:00Z to 2018-02-01T00:00:00Z, received none; ' +
      'the exchange has no closed bars in that range, take another\n';
    expect(await fetch(args)).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining(words) });
    expect(await fetch([...args, '--quiet'])).toEqual({ code: 3, stdout: '', stderr: words });
    const json = await fetch([...args, '--json', '--quiet']);
    expect([json.code, json.stderr]).toEqual([3, words]);
    expect(JSON.parse(json.stdout).markets).toMatchObject([{ bars: 0, added: 0, from: null }]);
  });

  it('tells of candles that were refused, and fails where all were', async () => {
    const spoilt = (row: number): Fault => ({
      on: 'candles',
      failure: { kind: 'rows', change: { kind: 'mutated', row, field: 'high', value: 0 } },
    });
    await start({ pageLimit: 1000, faults: [spoilt(3)] });
    const folder = newFolder();
    const some = await fetch(['binance', 'ETH/USDT', '1h', ...from, '--workspace', folder]);
    expect(some.code).toBe(0);
    expect(some.stdout).toMatch(
      /\n {2}1 candle refused, the first at .+: expected a finite high > 0, received 0; the next fetch asks for them again\n$/,
    );
    await exchange!.close();
    await start({ pageLimit: 1, faults: [spoilt(0)] });
    const none = await fetch(['binance', 'ETH/USDT', '1h', ...from, '--to', '2020-01-02', '--workspace', newFolder()]);
    expect(none.code).toBe(4);
    expect(none.stdout).toMatch(/^binance:ETH\/USDT 1h: no bars\n {2}\d+ candles refused/);
  });

  it('says how far it is in lines where there is no terminal, and nothing with --quiet', async () => {
    await start({ pageLimit: 500 });
    let now = NOW;
    const answer = await fetch(['binance', 'BTC/USDT', '1h', ...from, '--workspace', newFolder()], {
      now: () => {
        now += 3000;
        return now;
      },
    });
    expect(answer.stderr).toMatch(/^(Fetched [\d,]+ of 2,000 bars(, (\d+ min )?\d+ s left)?\n)+$/);
    const quiet = await fetch(['binance', 'BTC/USDT', '1h', ...from, '--workspace', newFolder(), '--quiet']);
    expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('draws a bar on a terminal, and clears it', async () => {
    await start({ pageLimit: 500 });
    const parts: string[] = [];
    const terminal = Object.assign(new Writable({ write: (chunk, _, done) => done(void parts.push(String(chunk)) as undefined) }), {
      isTTY: true,
      columns: 100,
      cursorTo: () => true,
      clearLine: () => true,
    });
    await fetch(['binance', 'BTC/USDT', '1h', ...from, '--workspace', newFolder()], { stderr: terminal });
    expect(parts.join('')).toContain(`${'█'.repeat(24)} 2,000 of 2,000 bars`);
  });
});

describe('what makes no sense', () => {
  it.each([
    [['binance', 'BTC/USDT', '4x', ...from], 'Expected an interval such as 1m'],
    [['binance', '4h', ...from], 'Expected a symbol such as BTC/USDT before the interval'],
    [['binance', 'BTC/USDT', ...from], 'the interval comes last'],
    [['binance', 'BTC/USDT', '4h'], "required option '--from <date>'"],
    [['binance', 'BTC/USDT', '4h', '--from', 'yesterday'], '--from: Expected a date or an instant'],
    [['binance', 'BTC/USDT', '4h', '--from', '2030-01-01'], '--from: Expected an instant in the past, received 2030-01-01'],
    [
      ['binance', 'BTC/USDT', '4h', ...from, '--to', '2019-01-01'],
      '--to: Expected an instant after --from 2020-01-01, received 2019-01-01',
    ],
    [['binnance', 'BTC/USDT', '4h', ...from], 'did you mean binance?'],
    [['../binance', 'BTC/USDT', '4h', ...from], 'Expected an exchange such as binance'],
    [['zaif', 'BTC/JPY', '4h', ...from], 'take another exchange'],
  ])('is refused before anything is asked or written: %j', async (args, words) => {
    await start();
    const folder = newFolder();
    const answer = await fetch([...args, '--workspace', folder]);
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain(words);
    expect(answer.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
    expect(exchange!.requests()).toEqual([]);
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  it('of an interval is what the exchange says it is', async () => {
    await start();
    const answer = await fetch(['binance', 'BTC/USDT', '30m', ...from, '--workspace', newFolder()]);
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('check the symbol, the interval and the dates');
  });

  it('as a mirror is refused', async () => {
    const answer = await fetch(['binance', 'BTC/USDT', '4h', ...from], { environment: { PAPERWALK_EXCHANGE_URL: 'ftp://x' } });
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('PAPERWALK_EXCHANGE_URL: Expected an address');
  });
});

describe('the process', () => {
  it('can be killed three times, and goes on where it was', async () => {
    const late: Fault = { on: 'candles', failure: { kind: 'late', ms: 30 } };
    const { url, calls } = await start({ pageLimit: 50, faults: [late] });
    const folder = newFolder();
    const args = ['binance', 'BTC/USDT', '1h', ...from, '--workspace', folder];
    const store = openBarStore(folder);
    let stored = 0;
    for (let kill = 1; kill <= 3; kill++) {
      const before = calls().candles;
      const killed = run(args, url, (child) => {
        const watch = setInterval(() => {
          if (calls().candles < before + 6 + kill) return;
          clearInterval(watch);
          child.kill('SIGKILL');
        }, 2);
      });
      expect((await killed).code).toBe(-1);
      const { length } = await store.read('binance:BTC/USDT', HOUR);
      // Whole pages, and what was stored before is asked for again to ten bars.
      expect(length).toBeGreaterThan(stored);
      expect(length).toBeLessThan(2000);
      stored = length;
    }
    const last = await run(args, url);
    expect(last.code).toBe(0);
    expect(last.stdout).toContain('2,000 bars');
    expect(columnsHash(await store.read('binance:BTC/USDT', HOUR))).toBe(columnsHash(bars));
    // All pages, one or two more for each start, and those that were under way.
    expect(calls().candles).toBeLessThanOrEqual(40 + 3 * 3 + 1);
  });

  it('ends with 130 when interrupted, and keeps what was stored', async () => {
    const { url, calls } = await start({
      pageLimit: 50,
      faults: [{ on: 'candles', from: 5, failure: { kind: 'hang', where: 'in body' } }],
    });
    const folder = newFolder();
    const answer = await run(['binance', 'BTC/USDT', '1h', ...from, '--workspace', folder], url, (child) => {
      const watch = setInterval(() => {
        if (calls().candles < 5) return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 5);
    });
    expect(answer).toMatchObject({ code: 130, stdout: '', stderr: 'Interrupted; nothing half-written is left.\n' });
    expect((await openBarStore(folder).read('binance:BTC/USDT', HOUR)).length).toBe(200);
  });

  it('says in one line that nothing more can be written, and goes on from there when it can', async () => {
    const { url } = await start({ pageLimit: 300 });
    const folder = newFolder();
    const args = ['binance', 'BTC/USDT', '1h', ...from, '--workspace', folder];
    // Files of 20 kB at most: room for one page, and not for two.
    const command = ['ulimit -f 40; exec "$0" "$@"', process.execPath, '--import', 'tsx', 'src/cli/main.ts', 'fetch', ...args];
    const full = await answerOf('sh', ['-c', ...command], url);
    expect(full).toMatchObject({ code: 4, stdout: '' });
    expect(full.stderr).toMatch(/^EFBIG: .*; check the path, the rights and the space on disk\n$/);
    const store = openBarStore(folder);
    expect((await store.read('binance:BTC/USDT', HOUR)).length).toBe(300);
    expect((await fetch(args)).stdout).toContain('2,000 bars');
    expect(columnsHash(await store.read('binance:BTC/USDT', HOUR))).toBe(columnsHash(bars));
  });

  it('says in one line that there is no network, after a few tries, and leaves the store as it was', async () => {
    const { url } = await start();
    const folder = newFolder();
    const args = ['binance', 'BTC/USDT', '1h', ...from, '--workspace', folder];
    await fetch([...args, '--to', '2020-01-05']);
    const closed = createServer();
    const port = await new Promise<number>((done) =>
      closed.listen(0, '127.0.0.1', () => done((closed.address() as { port: number }).port)),
    );
    await new Promise((done) => closed.close(done));
    const answer = await run(args, `http://127.0.0.1:${port}`);
    expect(answer.code).toBe(4);
    expect(answer.stdout).toBe('');
    expect(answer.stderr).toMatch(
      /^binance: Expected the (time|list of its markets), received fetch failed: .*ECONNREFUSED.* \(5 tries\); check the connection to the network.*\n$/,
    );
    expect((await openBarStore(folder).read('binance:BTC/USDT', HOUR)).length).toBe((4 * DAY) / HOUR);
    expect(url).not.toBe(`http://127.0.0.1:${port}`);
  });
});
