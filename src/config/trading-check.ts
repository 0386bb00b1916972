import { intervalMs } from '../core/interval.ts';
import { nearestName } from '../core/nearest.ts';
import { isStoredMarket } from '../data/market-text.ts';
import { fraction } from './options.ts';
import type { Path } from './position.ts';
import { type Problem, valueProblem } from './problem.ts';
import type { BotConfig } from './schema.ts';

type MarketConfig = BotConfig['markets'][number];

/** Orders, guards and markets that contradict themselves or each other. */
export function checkTrading(config: BotConfig): Problem[] {
  return [
    ...config.markets.flatMap((market, k) => checkMarket(config, market, ['markets', k])),
    ...(['entry', 'exit'] as const).flatMap((name) => checkStyle(config, name)),
    ...checkGuards(config),
    ...checkDetail(config),
  ];
}

/** What only a position on margin has. */
const ON_MARGIN = ['leverage', 'maintenance', 'liquidationFee', 'borrow', 'funding'] as const;

function checkMarket({ costs }: BotConfig, market: MarketConfig, path: Path): Problem[] {
  const { source, type, leverage = 1, maintenance, funding } = market;
  const elsewhere = (['rules', 'funding'] as const).filter((key) => market[key] === 'exchange' && !isStoredMarket(source));
  if (elsewhere.length > 0) {
    const message = `Expected a market of an exchange such as binance:BTC/USDT, received ${source}, of which no exchange has said anything`;
    return elsewhere.map((key) => valueProblem([...path, key], message));
  }
  if (type === 'spot') {
    return ON_MARGIN.filter((key) => market[key] !== undefined).map((key) => ({
      path: [...path, key],
      part: 'key',
      message: `Expected ${key} only for a market on margin, received it for ${source}, which is spot; add type: margin, or take it out`,
    }));
  }
  const found: Problem[] = [];
  const at = (key: string, message: string) => found.push(valueProblem([...path, key], message));
  if (leverage < 1) at('leverage', `Expected a leverage >= 1, received ${leverage}`);
  if (maintenance !== undefined && fraction(maintenance) >= 1 / leverage) {
    at(
      'maintenance',
      `Expected a maintenance margin below the initial one, ${100 / leverage}%, received ${maintenance}: every position would be liquidated at once`,
    );
  }
  if (market.liquidationFee !== undefined && market.leverage === undefined && maintenance === undefined) {
    at(
      'liquidationFee',
      `Expected leverage or maintenance beside liquidationFee, received neither: without them ${source} is never liquidated`,
    );
  }
  if (type === 'perpetual' && funding === undefined) {
    at(
      'type',
      `Expected the funding of the perpetual ${source}, received none; add funding: exchange, csv:FILE, { rate: 0.01%, every: 8h } or none`,
    );
  }
  if (costs.currency === 'base') {
    found.push(
      valueProblem(
        ['costs', 'currency'],
        `Expected fees in quote for ${source}, which is on margin, received base: no base is bought there to take them from`,
      ),
    );
  }
  return found;
}

function checkStyle({ orders, fill }: BotConfig, name: 'entry' | 'exit'): Problem[] {
  const style = orders?.[name];
  if (!style) return [];
  const { kind, offset, limitOffset, postOnly } = style;
  const found: Problem[] = [];
  const at = (key: string, message: string) => found.push(valueProblem(['orders', name, key], message));
  if (kind === 'market' && offset !== undefined)
    at('offset', 'Expected no offset for a market order, which has no price of its own, received one');
  if ((kind === 'stop' || kind === 'stop-limit') && !(offset !== undefined && fraction(offset) > 0)) {
    at(
      offset === undefined ? 'kind' : 'offset',
      `Expected the offset of a ${kind} order to be > 0%, received ${offset ?? 'none'}: the trigger has to lie beyond the close`,
    );
  }
  if (limitOffset !== undefined && kind !== 'stop-limit')
    at('limitOffset', `Expected limitOffset with a stop-limit order only, received it with a ${kind} order`);
  if (postOnly && kind !== 'limit')
    at('postOnly', `Expected postOnly with a limit order only, received it with a ${kind} order, which takes liquidity`);
  if (kind !== 'market' && fill === 'this-close')
    at('kind', `Expected market orders with fill: this-close, received ${kind} orders, which meet later bars`);
  return found;
}

function checkGuards({ guards, markets, model, schedule }: BotConfig): Problem[] {
  if (!guards) return [];
  const names = markets.map(({ source }) => source);
  const own = Object.entries(guards.markets ?? {});
  const strangers = own
    .filter(([name]) => !names.includes(name))
    .map(([name]): Problem => {
      const nearest = nearestName(name, names);
      const hint = nearest ? `did you mean "${nearest}"?` : `the bot trades ${names.join(', ')}`;
      return {
        path: ['guards', 'markets', name],
        part: 'key',
        message: `Expected guards of a market of the bot, received ${JSON.stringify(name)}; ${hint}`,
      };
    });
  const trails = [
    ...checkTrail(guards.trailingStop, ['guards', 'trailingStop']),
    ...own.flatMap(([name, { trailingStop }]) => checkTrail(trailingStop, ['guards', 'markets', name, 'trailingStop'])),
  ];
  const idle =
    guards.expiredModel !== undefined && !model && schedule.frozen === undefined
      ? [
          valueProblem(
            ['guards', 'expiredModel'],
            'Expected a model that can expire, received none; add model: gru, or take expiredModel out',
          ),
        ]
      : [];
  return [...strangers, ...trails, ...idle];
}

function checkTrail(trail: NonNullable<BotConfig['guards']>['trailingStop'], path: Path): Problem[] {
  if (trail === undefined || typeof trail === 'string') return [];
  if ((trail.fraction === undefined) === (trail.atr === undefined)) {
    return [valueProblem(path, 'Expected a trailing stop by fraction or by atr, received both or neither')];
  }
  if (trail.multiple === undefined || trail.atr !== undefined) return [];
  return [valueProblem([...path, 'multiple'], 'Expected multiple beside atr, received it beside fraction')];
}

function checkDetail({ detail, interval, markets }: BotConfig): Problem[] {
  if (detail === undefined) {
    return markets.flatMap((market, k) =>
      market.detail === undefined
        ? []
        : [valueProblem(['markets', k, 'detail'], 'Expected the interval of these bars beside them, received none; add detail: 1m')],
    );
  }
  const fine = intervalMs(detail);
  if (fine < intervalMs(interval) && intervalMs(interval) % fine === 0) {
    const without = markets.every((market) => market.detail === undefined && !isStoredMarket(market.source));
    if (!without) return [];
    return [
      valueProblem(['detail'], `Expected bars of ${detail} for a market, received none; name their file: { source, detail: csv:FILE }`),
    ];
  }
  return [valueProblem(['detail'], `Expected a lower interval that divides ${interval}, received ${detail}`)];
}
