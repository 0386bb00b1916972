import { resolve } from 'node:path';
import { cutBars, type MarketData } from '../backtest/preparation.ts';
import { fraction } from '../config/options.ts';
import type { LoadedBot, MarketReference } from '../config.ts';
import type { Bars } from '../core/bars.ts';
import { periodsPerYear } from '../core/calendar.ts';
import type { FundingRates } from '../core/funding.ts';
import { intervalMs as intervalOf } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { constantFunding, readFundingRates } from '../data/funding.ts';
import { likelyCalendar } from '../data/gaps.ts';
import { formatInstant } from '../data/instant.ts';
import { isStoredMarket } from '../data/market-text.ts';
import { readSlippage } from '../data/slippage.ts';
import { resolveSource } from '../data/source.ts';
import { openBarStore } from '../data/store.ts';
import type { MarketBars } from '../lab/plan.ts';
import type { Bot } from '../walk/bot.ts';
import { newestInformation, withExchangeRules } from './exchange-rules.ts';
import { qualityLines } from './quality-words.ts';

/** The bars of every market of a bot, with what is odd about them in words. Throws a DataError where bars are missing or refused. */
export async function loadMarkets({ markets, intervalMs, detailMs, bot }: LoadedBot, workspace: string): Promise<readonly MarketData[]> {
  const loaded: MarketData[] = [];
  for (const reference of markets) {
    const { source, baseDirectory } = reference;
    const options = { intervalMs, baseDirectory, workspaceDirectory: workspace, calendar: bot.calendar };
    const { bars, quality, truth, origin } = await resolveSource(source, options);
    const funding = await fundingOf(reference, bars, workspace);
    const stated = reference.rules && (await newestInformation(source, intervalMs, workspace));
    // Bars of a lower interval lie in the store under the same name, or in a file of their own.
    const finer = reference.detail ?? (isStoredMarket(source) ? source : undefined);
    const detail =
      detailMs !== undefined && finer !== undefined ? await resolveSource(finer, { ...options, intervalMs: detailMs }) : undefined;
    loaded.push({
      bars,
      origin: stated ? `${origin}; lots and ticks as the exchange stated them on ${formatInstant(stated.checked)}` : origin,
      warnings: [...qualityLines(quality, 'warning'), ...(await oddities(reference, bars, bot, workspace))],
      ...(truth !== undefined && { truth }),
      ...(funding && { funding }),
      ...(detail && { detail: { ...detail.bars, market: bars.market } }),
    });
  }
  return loaded;
}

/** What does not fit together between a market and what the bot file says of it, in words. */
async function oddities({ source, type }: MarketReference, bars: Bars, bot: Bot, workspace: string): Promise<readonly string[]> {
  const found: string[] = [];
  const { calendar, period } = bot;
  const around = bot.periodsPerYear === periodsPerYear('24/7', bars.intervalMs);
  if (calendar === '24/7' && around && likelyCalendar(bars.openTime, bars.intervalMs) === 'nyse') {
    found.push('the bars look like sessions of New York: calendar: nyse counts their gaps, and annualises by the bars that a year has');
  }
  if (period.from !== undefined && period.from + bars.intervalMs < (bars.openTime[0] ?? 0)) {
    found.push(`the period is to begin at ${formatInstant(period.from)}, the bars at ${formatInstant(bars.openTime[0]!)}: so does the run`);
  }
  const said = isStoredMarket(source) ? (await openBarStore(workspace).information(source)).at(-1)?.information : undefined;
  if (said?.kind === 'perpetual' && type !== 'perpetual') {
    found.push(
      `the exchange says that it is a perpetual, the bot file ${type}: no funding is paid; type: perpetual and funding: exchange pay it`,
    );
  }
  return found;
}

async function fundingOf(
  { source, funding, baseDirectory }: MarketReference,
  bars: Bars,
  workspace: string,
): Promise<FundingRates | undefined> {
  if (funding === undefined || funding === 'none') return undefined;
  if (funding === 'exchange') {
    const rates = await openBarStore(workspace).funding(source);
    if (rates) return rates;
    throw new DataError(
      `Expected stored funding rates of ${source} in ${workspace}, received none; paperwalk fetch downloads them with the bars of a perpetual`,
    );
  }
  if (typeof funding === 'string') return readFundingRates(resolve(baseDirectory, funding.slice('csv:'.length)));
  return constantFunding(bars, fraction(funding.rate), intervalOf(funding.every));
}

/** The bot, with what its file only refers to: slippages that were measured, and rules that exchanges have stated. */
export async function completed(bot: Bot, loaded: Pick<LoadedBot, 'measured' | 'markets' | 'intervalMs'>, workspace: string): Promise<Bot> {
  return withExchangeRules(await withMeasured(bot, loaded.measured), loaded, workspace);
}

async function withMeasured(bot: Bot, measured: string | undefined): Promise<Bot> {
  if (measured === undefined) return bot;
  const slippage = { kind: 'measured' as const, sample: await readSlippage(measured) };
  return { ...bot, rules: { ...bot.rules, costs: { ...bot.rules.costs, slippage } } };
}

/** A market cut to the bot's history and period, and how many bars that leaves out behind its end; or why there is none. */
export type MarketOutcome =
  | { readonly market: string; readonly data: MarketData; readonly later: number }
  | { readonly market: string; readonly refused: string };

/** Every market by itself: one that is missing or refused does not stop the others. */
export async function loadEach(loaded: LoadedBot, workspace: string): Promise<readonly MarketOutcome[]> {
  const outcomes: MarketOutcome[] = [];
  for (const reference of loaded.markets) {
    try {
      for (const data of await loadMarkets({ ...loaded, markets: [reference] }, workspace)) {
        const bars = cutBars(loaded.bot, data.bars);
        const last = bars.openTime[bars.length - 1]!;
        const later = data.bars.openTime.filter((time) => time > last).length;
        outcomes.push({ market: bars.market, data: { ...data, bars }, later });
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      outcomes.push({ market: reference.source, refused: error.message });
    }
  }
  return outcomes;
}

/** What a market's outcome is to the lab: its bars, or why it has none. */
export function marketBars(outcome: MarketOutcome): MarketBars {
  return 'refused' in outcome ? outcome : { market: outcome.market, bars: outcome.data.bars };
}
