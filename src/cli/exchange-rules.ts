import type { LoadedBot } from '../config.ts';
import { intervalName } from '../core/interval.ts';
import type { MarketRules } from '../core/rules.ts';
import { DataError } from '../data/data-error.ts';
import type { DatedInformation } from '../data/exchange/market-information.ts';
import { openBarStore } from '../data/store.ts';
import type { Bot } from '../walk/bot.ts';

/** The bot, with the lots, ticks and smallest orders that exchanges have stated where its file asks for them; what the file says itself counts. */
export async function withExchangeRules(
  bot: Bot,
  { markets, intervalMs }: Pick<LoadedBot, 'markets' | 'intervalMs'>,
  workspace: string,
): Promise<Bot> {
  const asking = markets.filter(({ rules }) => rules === 'exchange');
  if (asking.length === 0) return bot;
  const stated: Record<string, MarketRules> = { ...bot.rules.markets };
  for (const { source } of asking) {
    const { information } = await newestInformation(source, intervalMs, workspace);
    stated[source] = { ...rulesOf(information), ...stated[source] };
  }
  return { ...bot, rules: { ...bot.rules, markets: stated } };
}

/** What the exchange last said of a market. Throws a DataError where nothing is stored. */
export async function newestInformation(market: string, intervalMs: number, workspace: string): Promise<DatedInformation> {
  const newest = (await openBarStore(workspace).information(market)).at(-1);
  if (newest) return newest;
  const [exchange = 'EXCHANGE', symbol = market] = /^([^:]+):(.+)$/.exec(market)?.slice(1) ?? [];
  throw new DataError(
    `Expected what the exchange says of ${market} in ${workspace}, received nothing; paperwalk fetch ${exchange} ${symbol} ${intervalName(intervalMs)} --from DATE stores it beside the bars`,
  );
}

function rulesOf({ lot, tick, minimumQuantity, minimumNotional }: DatedInformation['information']): MarketRules {
  return {
    ...(lot !== null && { lot }),
    ...(tick !== null && { tick }),
    ...(minimumQuantity !== null && { minimumQuantity }),
    ...(minimumNotional !== null && { minimumNotional }),
  };
}
