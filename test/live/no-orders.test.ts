import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CcxtClient, loadCcxtClient } from '../../src/data/exchange/ccxt-client.ts';
import { createFeed } from '../../src/data/exchange/client.ts';
import { fakeClock } from '../data/exchange/test-feed.ts';

const CANARY = 'canary7secret';
const KEYS = ['apiKey', 'secret', 'password', 'uid', 'login', 'twofa', 'privateKey', 'walletAddress', 'token'];

/** Every method of a client, the generated ones for single paths included. */
function methodsOf(client: object): readonly string[] {
  const names = new Set<string>();
  for (let level: object | null = client; level && level !== Object.prototype; level = Object.getPrototypeOf(level) as object | null) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const { value } = Object.getOwnPropertyDescriptor(level, name) ?? {};
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}

/** Asks whatever acts for an account, or might: orders, money, settings, and every path that an exchange lists as private. */
const ACTS =
  /^(create|edit|cancel|close|withdraw|transfer|set(Leverage|Margin|Position)|add|reduce|borrow|repay|deposit|redeem|fetch(Balance|My|Open|Closed|Canceled|Order|Position|Account|Deposit|Withdraw|Ledger|Transfer|Borrow|Leverage)|sign)/;
const PRIVATE_PATH = /(private|sapi|papi|dapiPrivate|fapiPrivate|v3Private|v2Private|signed).*(Get|Post|Put|Delete|Patch)/i;

describe('no path to a real order', () => {
  it.each(['binance', 'coinbase', 'kraken', 'bybit', 'okx'])(
    'leads through any method of the client of %s, even one that somebody gave keys',
    async (id) => {
      const client = (await loadCcxtClient(id)) as CcxtClient & Record<string, unknown>;
      client.enableRateLimit = false;
      const sent: { readonly url: string; readonly method: string; readonly text: string }[] = [];
      const feed = createFeed(client, {
        clock: fakeClock(),
        fetch: async (url, init) => {
          sent.push({ url: String(url), method: init?.method ?? 'GET', text: JSON.stringify([init?.headers, init?.body]) });
          return new Response('{}', { status: 200, headers: { 'content-type': 'application/json' } });
        },
      });
      for (const key of KEYS) client[key] = CANARY;
      const market = { id: 'BTCUSDT', symbol: 'BTC/USDT', base: 'BTC', quote: 'USDT', type: 'spot', spot: true, active: true };
      client.setMarkets([{ ...market, precision: { price: 0.01, amount: 0.0001 }, limits: {} } as never]);
      const asked = methodsOf(client).filter((name) => ACTS.test(name) || PRIVATE_PATH.test(name));
      expect(asked.length).toBeGreaterThan(100);
      const calls = asked.map(async (name) => (client[name] as (...args: unknown[]) => unknown)('BTC/USDT', 'market', 'buy', 1, 100, {}));
      const outcomes = await Promise.allSettled(calls);
      expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(50);
      // Whatever got through asks in public: nothing of an account is on the wire, and nothing can change there.
      expect(sent.filter(({ url, text }) => `${url} ${text}`.includes(CANARY))).toEqual([]);
      expect(sent.filter(({ url, text }) => /signature|apikey|api-key|passphrase/i.test(`${url} ${text}`))).toEqual([]);
      expect(sent.filter(({ method }) => method !== 'GET' && method !== 'POST')).toEqual([]);
      await feed.close();
    },
  );

  it('leads through the code: no file names what acts for an account, and only one room knows the client', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(200);
    const acts =
      /\b(create\w*Orders?(Ws)?|cancel\w*Orders?|editOrder|fetchBalance|fetchMyTrades|fetchOpenOrders|setLeverage|apiKey|private(Get|Post|Put|Delete)\w*)\b/;
    const naming = files.filter((file) => acts.test(readFileSync(join('src', file), 'utf8')));
    expect(naming).toEqual([]);
    const importing = files.filter((file) => /(from|import\(|resolve\()\s*['"`]ccxt/.test(readFileSync(join('src', file), 'utf8')));
    expect(importing).toEqual([join('data', 'exchange', 'ccxt-client.ts')]);
  });

  it('is promised to whoever reads the first page', () => {
    expect(readFileSync('README.md', 'utf8')).toMatch(/never (sends|places) a real order/i);
  });
});
