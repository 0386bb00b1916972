import { resolve } from 'node:path';
import { cutBars, type MarketData } from '../backtest/preparation.ts';
import { fraction } from '../config/options.ts';
import type { LoadedBot, MarketReference } from '../config.ts';
import type { Bars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { intervalMs as intervalOf } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { constantFunding, readFundingRates } from '../data/funding.ts';
import { readSlippage } from '../data/slippage.ts';
import { resolveSource } from '../data/source.ts';
import type { MarketBars } from '../lab/plan.ts';
import type { Bot } from '../walk/bot.ts';
import { qualityLines } from './quality-words.ts';

/** The bars of every market of a bot, with what is odd about them in words. Throws a DataError where bars are missing or refused. */
export async function loadMarkets({ markets, intervalMs, detailMs, bot }: LoadedBot, workspace: string): Promise<readonly MarketData[]> {
  const loaded: MarketData[] = [];
  for (const reference of markets) {
    const { source, baseDirectory } = reference;
    const options = { intervalMs, baseDirectory, workspaceDirectory: workspace, calendar: bot.calendar };
    const { bars, quality, truth, sha256, origin } = await resolveSource(source, options);
    const funding = await fundingOf(reference, bars);
    // Bars of a lower interval lie in the store under the same name, or in a file of their own.
    const finer = reference.detail ?? (/^(csv|synthetic):/.test(source) ? undefined : source);
    const detail =
      detailMs !== undefined && finer !== undefined ? await resolveSource(finer, { ...options, intervalMs: detailMs }) : undefined;
    loaded.push({
      bars,
      origin,
      sha256,
      warnings: qualityLines(quality, 'warning'),
      ...(truth !== undefined && { truth }),
      ...(funding && { funding }),
      ...(detail && { detail: { ...detail.bars, market: bars.market } }),
    });
  }
  return loaded;
}

async function fundingOf({ funding, baseDirectory }: MarketReference, bars: Bars): Promise<FundingRates | undefined> {
  if (funding === undefined || funding === 'none') return undefined;
  if (typeof funding === 'string') return readFundingRates(resolve(baseDirectory, funding.slice('csv:'.length)));
  return constantFunding(bars, fraction(funding.rate), intervalOf(funding.every));
}

/** The bot, with the slippages that were measured for it. */
export async function withMeasured(bot: Bot, { measured }: Pick<LoadedBot, 'measured'>): Promise<Bot> {
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
