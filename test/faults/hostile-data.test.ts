import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../src/core/random.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { startExchange } from '../exchange/server.ts';
import { count, size } from '../support/counts.ts';
import { flatBars } from '../support/markets.ts';
import { commands } from './process.ts';

const root = mkdtempSync(join(tmpdir(), 'paperwalk-hostile-'));
afterAll(() => rmSync(root, { recursive: true }));
const input = join(root, 'input');
mkdirSync(input);

const HEADER = 'timestamp,open,high,low,close,volume\n';
const DAYS = `${HEADER}2020-01-01T00:00:00Z,1,2,1,1,5\n2020-01-02T00:00:00Z,1,2,1,1,5\n`;
const written = (name: string, text: string) => {
  writeFileSync(join(input, name), text);
  return join(input, name);
};
const days = written('days.csv', DAYS);

// What climbs out of a workspace stays within `root`, where it is seen.
const workspace = join(root, 'a', 'b', 'c', 'workspace');
const importing = (file: string, market = 'm') => ['import', file, `--market=${market}`, '--interval=1d', `--workspace=${workspace}`];
beforeEach(() => {
  rmSync(join(root, 'a'), { recursive: true, force: true });
  mkdirSync(join(root, 'a', 'b', 'c'), { recursive: true });
});
const outside = () =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.startsWith('input') && !join(root, path).startsWith(workspace))
    .sort();
const NOTHING = ['a', 'a/b', 'a/b/c'];
/** One or two lines, none of which a reader must scroll through. */
const few = (text: string) => text.endsWith('\n') && text.split('\n').length <= 3 && text.length < 1500;

const PIECES = [
  ...['../', '../../x', '..\\', '/', '/etc/x', 'C:\\', 'a/b', '\0', '\u0001', '\u001b[2J', '\n', '\r', '\t', ' ', '.', '..', '%2e%2e%2f'],
  ...['CON', 'nul', '-rf', '--json', '$(id)', '`id`', '=1+1', '"', "'", ':', '*', '?', '|', '<', '>', '\u202e', '\ud800', '€', 'é', '😀'],
  ...['__proto__', 'constructor', 'v1', 'market.json', '.new.', 'csv:', 'x'.repeat(300), '/'.repeat(40)],
];
const hostile = (random: Random) => Array.from({ length: 1 + random.below(4) }, () => PIECES[random.below(PIECES.length)]).join('');

describe('a hostile market name', () => {
  test('G4: is stored within the workspace under a plain file name and read back, or refused in a line', async () => {
    const random = createRandom(4);
    const names = new Set(PIECES);
    const cases = count(20, 200);
    while (names.size < cases) names.add(hostile(random));
    for (const name of [...names].slice(0, cases)) {
      const words = JSON.stringify(name);
      const { code, stderr } = await paperwalk(importing(days, name));
      if (/^(csv|parquet|synthetic):/.test(name) || /\p{Cc}/u.test(name) || name.length > 200) {
        expect([code, few(stderr)], words).toEqual([2, true]);
        continue;
      }
      expect([code, stderr], words).toEqual([0, '']);
      const target = join(input, 'again.csv');
      const exported = await paperwalk(['export', target, `--market=${name}`, '--interval=1d', `--workspace=${workspace}`]);
      expect(exported.code, words).toBe(0);
      expect(readFileSync(target, 'utf8'), words).toBe(DAYS);
      expect(outside(), words).toEqual(NOTHING);
    }
    for (const folder of readdirSync(join(workspace, 'bars'))) expect(folder).toMatch(/^[A-Za-z0-9-]{0,60}\.[0-9a-f]{12}$/);
    const listed = JSON.parse((await paperwalk(['bars', '--json', `--workspace=${workspace}`])).stdout).markets;
    expect(listed.length).toBe(readdirSync(join(workspace, 'bars')).length);
  });

  test('G4: of an exchange or a symbol is refused in a line, and nothing is stored', async () => {
    const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars: flatBars([1, 2]) }], now: Date.now });
    const random = createRandom(5);
    const cases = count(6, 60);
    for (let k = 0; k < cases; k++) {
      const name = hostile(random);
      for (const [id, symbol] of [
        [name, 'BTC/USDT'],
        ['binance', name],
      ] as const) {
        const line = ['fetch', '--from=2020-01-01', `--workspace=${workspace}`, '--', id, symbol, '1h'];
        const { code, stdout, stderr } = await paperwalk(line, { environment: { PAPERWALK_EXCHANGE_URL: exchange.url } });
        expect([code, stdout, few(stderr)], JSON.stringify([id, symbol])).toEqual([2, '', true]);
      }
    }
    await exchange.close();
    expect(readdirSync(join(root, 'a', 'b', 'c'))).toEqual([]);
    expect(outside()).toEqual(NOTHING);
  });
});

describe('a hostile table', () => {
  test('G4: with formulas in place of numbers or times is refused with its line, and nothing is stored', async () => {
    const formulas = [
      '=1+1',
      '+1+1',
      '-1-1',
      '@SUM(1)',
      '=HYPERLINK("http://x")',
      "=cmd|' /C calc'!A0",
      '"=1+1"',
      '\t=1',
      '1;DROP TABLE',
      '{1}',
    ];
    const cases = count(6, 60);
    for (let k = 0; k < cases; k++) {
      const cells = ['2020-01-02', '1', '2', '1', '1', '5'];
      cells[k % 6] = formulas[Math.floor(k / 6) % formulas.length]!;
      const file = written('formulas.csv', `${HEADER}2020-01-01,1,2,1,1,5\n${cells.join(',')}\n`);
      const { code, stdout, stderr } = await paperwalk(importing(file));
      expect([code, stdout, few(stderr)], cells.join()).toEqual([3, '', true]);
      expect(stderr.startsWith(`${file}:3: Expected `), stderr).toBe(true);
    }
    expect(readdirSync(join(root, 'a', 'b', 'c'))).toEqual([]);
  });

  // Twice the block that is read at once, and what a packed one and its unpacked content take, with room to spare.
  const ROOM_MB = 80;
  const sparse = (name: string, text: string, bytes: number) => {
    const file = written(name, text);
    truncateSync(file, bytes);
    return file;
  };
  const bomb = async (name: string, content: Buffer, bytes: number) => {
    const pieces = function* () {
      yield Buffer.from(HEADER);
      for (let sent = 0; sent < bytes; sent += content.length) yield content;
    };
    const packed = await buffer(Readable.from(pieces()).pipe(createGzip()));
    expect(packed.length).toBeLessThan(bytes / 200);
    writeFileSync(join(input, name), packed);
    return join(input, name);
  };

  test('G4: with a line without an end, or packed a thousand times smaller than it is, is refused in little memory', async () => {
    const small = await commands([importing(written('one.csv', `${HEADER}2020-01-01,1,2,1,x,5\n`))]);
    const files = [
      sparse('line.csv', HEADER, size(1 << 24, 1 << 30)),
      await bomb('line.csv.gz', Buffer.alloc(1 << 20), size(1 << 26, 1.1 * (1 << 30))),
      await bomb('blank.csv.gz', Buffer.alloc(1 << 20, '\n'), size(1 << 26, 1.1 * (1 << 30))),
      await bomb('words.csv.gz', Buffer.alloc(1 << 20, 'no number,\n'), size(1 << 26, 1.1 * (1 << 30))),
    ];
    for (const file of files.slice(0, count(4, 4))) {
      const { answers, memory } = await commands([importing(file)]);
      expect([answers[0]!.code, answers[0]!.stdout, few(answers[0]!.stderr)], file).toEqual([3, '', true]);
      expect(memory - small.memory, file).toBeLessThan(ROOM_MB);
    }
    expect(readdirSync(join(root, 'a', 'b', 'c'))).toEqual([]);
  });

  test('G4: of JSON that is larger than it may be, packed or not, is refused before it is read', async () => {
    const small = await commands([importing(written('one.json', '[[1577836800000,1,2,1,"x",5]]'))]);
    const files = [sparse('long.json', '[', size(1 << 29, 1 << 30)), await bomb('long.json.gz', Buffer.alloc(1 << 20, ' '), 1 << 29)];
    for (const file of files.slice(0, count(2, 2))) {
      const { answers, memory } = await commands([importing(file)]);
      expect([answers[0]!.code, answers[0]!.stdout], file).toEqual([3, '']);
      expect(answers[0]!.stderr).toBe(
        `${file}: Expected at most 256 MB of content, received more; write it as CSV or Parquet, or in parts\n`,
      );
      // What is unpacked up to the limit is held for a moment.
      expect(memory - small.memory, file).toBeLessThan(620);
    }
  });

  test('G4: with a header as long as a file is refused in a line', async () => {
    const { code, stderr } = await paperwalk(importing(sparse('header.csv', '', 1_000_000)));
    expect([code, few(stderr)]).toEqual([3, true]);
  });

  test.skipIf(size(0, 1) === 0)(
    'G4: with more rows than can be told apart is refused (skipped: only npm run faults has the time)',
    async () => {
      const row = '1577836800,1,1,1,1,1\n';
      const file = await bomb('rows.csv.gz', Buffer.from(row.repeat(50_000)), 52_000_000 * row.length);
      const { answers, memory } = await commands([importing(file)]);
      expect(answers[0]).toMatchObject({
        code: 3,
        stderr: `${file}: Expected at most 16,000,000 rows, received more; import it in parts\n`,
      });
      // Six columns of 8 bytes, while they grow.
      expect(memory).toBeLessThan(2500);
    },
  );
});
