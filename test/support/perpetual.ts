import type { MarketInformation } from '../../src/data/exchange/market-information.ts';

/** A market of which everything can be stored: bars, funding rates, and what the exchange says of it. */
export const perpetual: MarketInformation = {
  market: 'binance:BTC/USDT:USDT',
  exchange: 'binance',
  symbol: 'BTC/USDT:USDT',
  kind: 'perpetual',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  contractSize: 1,
  inverse: false,
  tick: 0.1,
  lot: 0.001,
  minimumQuantity: 0.001,
  minimumNotional: 100,
  taker: 0.0005,
  maker: 0.0002,
  definition: { id: 'BTCUSDT' },
};
