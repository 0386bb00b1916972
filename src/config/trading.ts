import type { Costs, Guards, Halt, MarketRules, OrderStyle, Rules, TrailingStop } from '../core/rules.ts';
import { fraction } from './options.ts';
import type { BotConfig } from './schema.ts';
import { slippageOf } from './slippage.ts';

type GuardsConfig = Omit<NonNullable<BotConfig['guards']>, 'markets'>;
type StyleConfig = NonNullable<NonNullable<BotConfig['orders']>['entry']>;
type MarketConfig = BotConfig['markets'][number];

/** Average true ranges that a trailing stop keeps away where a bot file does not say. */
const TRUE_RANGES = 3;

/** The rules of trading that a bot file names, but for its sizing; a slippage that was measured comes later, from its file. */
export function tradingRules(config: BotConfig): Omit<Rules, 'share' | 'amount' | 'keepSize'> {
  const { capital, fill, sizing, costs, orders, volumeCap, guards } = config;
  const markets = config.markets.map((market) => [market.source, marketRules(market)] as const);
  return {
    capital,
    fill,
    costs: costsOf(costs),
    band: fraction(sizing.band),
    markets: Object.fromEntries(markets.filter(([, rules]) => Object.keys(rules).length > 0)),
    ...(volumeCap && { volumeCap: { share: fraction(volumeCap.share), quantity: volumeCap.quantity } }),
    ...(orders?.entry && { entry: styleOf(orders.entry) }),
    ...(orders?.exit && { exit: styleOf(orders.exit) }),
    ...(orders?.optimistic !== undefined && { optimistic: orders.optimistic }),
    ...(guards && { guards: guardsOf(guards) }),
    ...(guards?.markets && {
      marketGuards: Object.fromEntries(Object.entries(guards.markets).map(([market, own]) => [market, guardsOf(own)])),
    }),
  };
}

function costsOf({ taker, maker, slippage, minimum, perShare, currency }: BotConfig['costs']): Costs {
  return {
    taker: fraction(taker),
    maker: fraction(maker),
    slippage: slippageOf(slippage),
    ...(minimum !== undefined && { minimum }),
    ...(perShare !== undefined && { perUnit: perShare }),
    ...(currency !== undefined && { currency }),
  };
}

function styleOf({ offset, limitOffset, ...style }: StyleConfig): OrderStyle {
  return {
    ...style,
    ...(offset !== undefined && { offset: fraction(offset) }),
    ...(limitOffset !== undefined && { limitOffset: fraction(limitOffset) }),
  };
}

/** The maintenance margin of a levered market is half its initial one where it is not named. */
function marketRules({
  type,
  lot,
  tick,
  minQuantity,
  minNotional,
  leverage,
  maintenance,
  liquidationFee,
  borrow,
}: MarketConfig): MarketRules {
  const kept = maintenance !== undefined ? fraction(maintenance) : leverage !== undefined ? 0.5 / leverage : undefined;
  return {
    ...(type !== 'spot' && { margin: true }),
    ...(lot !== undefined && { lot }),
    ...(tick !== undefined && { tick }),
    ...(minQuantity !== undefined && { minimumQuantity: minQuantity }),
    ...(minNotional !== undefined && { minimumNotional: minNotional }),
    ...(leverage !== undefined && { leverage }),
    ...(kept !== undefined && { maintenance: kept }),
    ...(liquidationFee !== undefined && { liquidationFee: fraction(liquidationFee) }),
    ...(borrow !== undefined && { borrow: fraction(borrow) }),
  };
}

function guardsOf({ stopLoss, takeProfit, trailingStop, maxDrawdown, dailyLoss, maxLosses, maxExposure, ...rest }: GuardsConfig): Guards {
  const { timeStop, cooldown, staleData, expiredModel } = rest;
  return {
    ...(stopLoss !== undefined && { stopLoss: fraction(stopLoss) }),
    ...(takeProfit !== undefined && { takeProfit: fraction(takeProfit) }),
    ...(trailingStop !== undefined && { trailingStop: trailOf(trailingStop) }),
    ...(timeStop !== undefined && { timeStop }),
    ...(cooldown !== undefined && { cooldown }),
    ...(staleData !== undefined && { staleData }),
    ...(expiredModel !== undefined && { expiredModel }),
    ...(maxDrawdown !== undefined && { maxDrawdown: haltOf(maxDrawdown) }),
    ...(dailyLoss !== undefined && { dailyLoss: fraction(dailyLoss) }),
    ...(maxLosses !== undefined && { losses: haltOf(maxLosses) }),
    ...(maxExposure !== undefined && { maxExposure: fraction(maxExposure) }),
  };
}

function trailOf(trail: NonNullable<GuardsConfig['trailingStop']>): TrailingStop {
  if (typeof trail === 'string') return { fraction: fraction(trail) };
  const { fraction: share, atr, multiple = TRUE_RANGES, intrabar } = trail;
  return {
    ...(share !== undefined && { fraction: fraction(share) }),
    ...(atr !== undefined && { period: atr, multiple }),
    ...(intrabar !== undefined && { intrabar }),
  };
}

function haltOf(halt: string | number | { readonly limit: string | number; readonly pause?: number }): Halt {
  const { limit, pause } = typeof halt === 'object' ? halt : { limit: halt };
  return { limit: typeof limit === 'string' ? fraction(limit) : limit, ...(pause !== undefined && { pause }) };
}
