import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars, START } from '../data/market.ts';
import { perpetual } from '../support/perpetual.ts';
import { paperwalk } from './recorded-host.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-rules-'));
const workspace = join(folder, 'w');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MARKET = 'binance:ABC/USDT:USDT';
const information = { ...perpetual, market: MARKET, symbol: 'ABC/USDT:USDT', base: 'ABC', tick: 0.5, lot: 3, minimumQuantity: 3 };

function bot(market: string): string {
  const file = join(folder, 'bot.yaml');
  writeFileSync(
    file,
    `markets: [${market}]\ninterval: 1h\ncapital: 10000\nstrategy: { kind: crossover, fast: 5, slow: 20 }\ncosts: { taker: 0%, slippage: 0% }\n`,
  );
  return file;
}
const backtest = (market: string, ...more: string[]) =>
  paperwalk(['backtest', bot(market), '--workspace', workspace, '--json', '--quiet', ...more]);

beforeAll(async () => {
  const store = openBarStore(workspace);
  const bars = { ...hourlyBars(500), market: MARKET };
  await store.write(bars, { seen: START });
  await store.saveInformation(information, Date.UTC(2024, 4, 6));
  const eights = Float64Array.from({ length: 64 }, (_, k) => START + 8 * k * HOUR);
  await store.saveFunding(MARKET, { time: eights, rate: eights.map(() => 0.0001) }, { seen: START });
});

describe('a market whose bot file asks for the rules of its exchange', () => {
  it('trades whole lots as the exchange stated them, and the report says when', async () => {
    const { code, stdout } = await backtest(`{ source: "${MARKET}", rules: exchange }`);
    expect(code).toBe(0);
    const { trades, data } = JSON.parse(stdout);
    expect(trades.length).toBeGreaterThan(3);
    for (const { quantity } of trades) expect(quantity % 3).toBe(0);
    expect(data[0].origin).toMatch(/; lots and ticks as the exchange stated them on 2024-05-06T00:00:00Z$/);
  });

  it('lets what the file says itself count', async () => {
    const { trades } = JSON.parse((await backtest(`{ source: "${MARKET}", rules: exchange, lot: 5 }`)).stdout);
    for (const { quantity } of trades) expect(quantity % 5).toBe(0);
  });

  it('pays the funding that was downloaded', async () => {
    const { performance, trades } = JSON.parse((await backtest(`{ source: "${MARKET}", type: perpetual, funding: exchange }`)).stdout);
    expect(trades.length).toBeGreaterThan(3);
    const constant = JSON.parse((await backtest(`{ source: "${MARKET}", type: perpetual, funding: { rate: 1bp, every: 8h } }`)).stdout);
    expect(performance.funding).not.toBe(0);
    expect(performance.funding).toBe(constant.performance.funding);
  });

  it('is refused where nothing was downloaded, with how to', async () => {
    const rules = await backtest('{ source: "binance:XYZ/USDT", rules: exchange }');
    expect(rules.code).toBe(3);
    expect(rules.stderr).toMatch(/what the exchange says of binance:XYZ\/USDT.*paperwalk fetch binance XYZ\/USDT 1h --from DATE/);
    await openBarStore(workspace).write({ ...hourlyBars(500), market: 'binance:XYZ/USDT' }, { seen: START });
    const funding = await backtest('{ source: "binance:XYZ/USDT", type: perpetual, funding: exchange }');
    expect(funding.code).toBe(3);
    expect(funding.stderr).toMatch(/stored funding rates of binance:XYZ\/USDT.*paperwalk fetch/);
  });

  it('is refused where its market is a file', async () => {
    const { code, stderr } = await backtest('{ source: "synthetic:trend", rules: exchange }');
    expect(code).toBe(2);
    expect(stderr).toMatch(/bot\.yaml:1:\d+: Expected a market of an exchange such as binance:BTC\/USDT, received synthetic:trend/);
  });

  it('is the same in every cell of a search', async () => {
    const { stdout } = await paperwalk([
      ...[
        'search',
        bot(`{ source: "${MARKET}", rules: exchange }`),
        '--grid',
        'strategy.fast=5,6',
        '--workspace',
        workspace,
        '--json',
        '--quiet',
      ],
    ]);
    const single = JSON.parse((await backtest(`{ source: "${MARKET}", rules: exchange }`)).stdout);
    const { cells } = JSON.parse(stdout);
    expect(cells.find((cell: { values: unknown[] }) => cell.values[0] === 5).endEquity).toBe(single.performance.endEquity);
  });
});
