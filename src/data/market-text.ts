/** Whether the text of a market names one of the bar store, such as `coinbase:BTC/USD`, and no file or synthetic market. */
export function isStoredMarket(text: string): boolean {
  return !/^(csv|parquet|synthetic):/.test(text);
}
