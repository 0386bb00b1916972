import type { Exchange as Client } from 'ccxt';

/** The client of one exchange, without keys and without its own pace; its requests go to `url` with their paths unchanged. */
export async function openClient(
  id: 'binance' | 'coinbase',
  url: string,
  types: readonly ('spot' | 'linear')[] = ['spot'],
): Promise<Client> {
  const path = new URL(`./src/${id}.js`, import.meta.resolve('ccxt')).href;
  const { default: Constructor } = (await import(path)) as { readonly default: new (options: object) => Client };
  const fetchMarkets = id === 'binance' ? { types } : undefined;
  const client = new Constructor({
    enableRateLimit: false,
    has: { fetchCurrencies: false },
    options: { ...(fetchMarkets && { fetchMarkets }) },
  });
  client.urls.api = redirected(client.urls.api, url) as typeof client.urls.api;
  return client;
}

function redirected(urls: unknown, url: string): unknown {
  if (typeof urls === 'string') return urls.replace(/^https?:\/\/[^/]+/, url);
  return Object.fromEntries(Object.entries(urls as object).map(([key, value]) => [key, redirected(value, url)]));
}
