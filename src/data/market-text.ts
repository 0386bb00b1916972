/** Whether the text of a market names one of the bar store, such as `coinbase:BTC/USD`, and no file or synthetic market. */
export function isStoredMarket(text: string): boolean {
  return !/^(csv|parquet|synthetic):/.test(text);
}

/** Exchange and symbol of a market's name, such as `coinbase:BTC/USD`, which has a colon. */
export function exchangeSymbol(market: string): readonly [exchange: string, symbol: string] {
  const colon = market.indexOf(':');
  return [market.slice(0, colon), market.slice(colon + 1)];
}
