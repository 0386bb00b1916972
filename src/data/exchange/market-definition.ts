import type { CcxtMarket } from './ccxt-client.ts';
import type { MarketInformation } from './market-information.ts';

/** How ccxt writes precisions, by its own numbers. */
const DECIMAL_PLACES = 2;
const TICK_SIZE = 4;

const KINDS: Readonly<Record<string, MarketInformation['kind']>> = { spot: 'spot', swap: 'perpetual', future: 'future', option: 'option' };

/** What of an exchange's lists holds a symbol, in the names that exchanges have for them in ccxt's option `fetchMarkets.types`. */
export function listsOf(symbol: string): readonly string[] {
  const match = /^[^/]*\/([^:]*)(?::([^-]*)(-.*)?)?$/.exec(symbol);
  const [quote, settle, dated] = [match?.[1], match?.[2], match?.[3]];
  if (settle === undefined) return ['spot'];
  const direction = settle === quote ? 'linear' : 'inverse';
  if (dated === undefined) return [direction, 'swap'];
  return /-[CP]$/.test(dated) ? ['option'] : [direction, 'future'];
}

/** A market as ccxt states it, in the house's words and units. */
export function describeMarket(exchange: string, market: CcxtMarket, precisionMode: number): MarketInformation {
  const { symbol, base, quote } = market;
  const kind = KINDS[market.type ?? ''] ?? 'other';
  const contractSize = kind === 'spot' ? null : positive(market.contractSize);
  const inverse = market.inverse === true;
  // Amounts of derivatives count contracts; an inverse one is worth another amount of base currency at every price.
  const quantity = (contracts: number | null) => {
    if (kind === 'spot' || contracts === null) return contracts;
    return inverse || contractSize === null ? null : Number((contracts * contractSize).toPrecision(12));
  };
  return {
    market: `${exchange}:${symbol}`,
    exchange,
    symbol,
    kind,
    base,
    quote,
    settle: kind === 'spot' ? null : (market.settle ?? null),
    contractSize,
    inverse,
    tick: stepOf(market.precision?.price, precisionMode),
    lot: quantity(stepOf(market.precision?.amount, precisionMode)),
    minimumQuantity: quantity(positive(market.limits?.amount?.min)),
    minimumNotional: positive(market.limits?.cost?.min),
    taker: finite(market.taker),
    maker: finite(market.maker),
    // Through JSON, so that what is stored and what is used are the same.
    definition: JSON.parse(JSON.stringify({ ...market, info: {} })) as Record<string, unknown>,
  };
}

/** The smallest step that a precision stands for; null where it counts significant digits, since the step then moves with the price. */
function stepOf(precision: number | null | undefined, mode: number): number | null {
  const value = finite(precision);
  if (value === null) return null;
  if (mode === TICK_SIZE) return positive(value);
  return mode === DECIMAL_PLACES && Number.isInteger(value) ? Number(`1e${-value}`) : null;
}

function positive(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value > 0 && value < Number.POSITIVE_INFINITY ? value : null;
}

function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
