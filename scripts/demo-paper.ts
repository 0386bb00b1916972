// npm run demo:paper: a bot with a network trades 300 bars of BTC in four hours each, in compressed time, on an exchange on this machine. The commands
// are the real ones, with the real client of exchanges; only time passes faster. Then the session is replayed with every fit trained again.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../src/cli/host.ts';
import { main } from '../src/cli/program.ts';
import type { Bars } from '../src/core/bars.ts';
import { isoInstant } from '../src/core/instant.ts';
import { readCsv } from '../src/data/csv.ts';
import { synthetic } from '../src/data/synthetic.ts';
import { startExchange } from '../test/exchange/server.ts';
import { virtualTime } from '../test/support/virtual-time.ts';

const INTERVAL = 4 * 3_600_000;
const HISTORY = 1000;
const DECIDED = 300;
/** Real ms between two closes. */
const PACE = 150;
/** Four-hour bars of Coinbase where they lie beside the project, else a seeded market. */
const REAL = '../shared/data/BTC-USD-4h-coinbase.csv';

async function marketBars(): Promise<{ readonly bars: Bars; readonly origin: string }> {
  if (existsSync(REAL)) {
    const { bars } = await readCsv(REAL, { market: 'BTC', intervalMs: INTERVAL });
    return { bars, origin: 'real prices' };
  }
  const { bars } = synthetic('regime', { bars: 20_000, intervalMs: INTERVAL, start: Date.UTC(2016, 0, 1), seed: 7 });
  return { bars, origin: 'a seeded market, since there are no real prices in ../shared/data' };
}

const { bars, origin } = await marketBars();
const first = 12_000;
const from = bars.openTime[first]!;
const time = virtualTime(from + 60_000);
const exchange = await startExchange({ dialect: 'binance', markets: [{ symbol: 'BTC/USDT', bars }], now: time.now });
const workspace = mkdtempSync(join(tmpdir(), 'paperwalk-demo-'));
const bot = join(workspace, 'demo-paper.yaml');
writeFileSync(
  bot,
  `name: demo-paper
markets: ["binance:BTC/USDT"]
interval: 4h
history: { from: ${isoInstant(bars.openTime[first - HISTORY]!)} }
costs: { taker: 0.1%, slippage: 2bp }
model: { kind: gru, units: [12], lookback: 16, train: { window: 500, epochs: 4 } }
schedule: { retrain: 60 }
strategy: { kind: threshold, enter: 0.1%, exit: -0.1% }
guards: { stopLoss: 5% }
paper: { onExpired: flat }
`,
);
console.log(`${DECIDED} bars of BTC, 4h, ${origin}; an exchange at ${exchange.url}, one bar every ${PACE} ms; workspace ${workspace}\n`);
const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
const end = bars.openTime[first + DECIDED]! + 60_000;
const { stdout, stderr } = process;
const host = (signal: AbortSignal): Host => ({
  stdout,
  stderr,
  environment: { PAPERWALK_EXCHANGE_URL: exchange.url },
  signal,
  now: time.now,
  sleep: time.sleep,
  schedule: time.schedule(
    end,
    () => stop.abort(),
    async () => void (await sleep(PACE)),
  ),
});
await main(['paper', bot, '--workspace', workspace], host(stop.signal));
console.log('\npaperwalk replay demo-paper.yaml --refit');
const code = await main(['replay', bot, '--refit', '--quiet', '--workspace', workspace], host(new AbortController().signal));
if (code === 0) console.log('identical');
await exchange.close();
rmSync(workspace, { recursive: true });
process.exit(code);
