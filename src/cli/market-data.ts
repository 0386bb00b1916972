import type { MarketData } from '../backtest/backtest.ts';
import { cutBars } from '../backtest/backtest.ts';
import type { LoadedBot } from '../config.ts';
import { DataError } from '../data/data-error.ts';
import { resolveSource } from '../data/source.ts';
import type { MarketBars } from '../lab/plan.ts';
import { qualityLines } from './quality-words.ts';

/** The bars of every market of a bot, with what is odd about them in words. Throws a DataError where bars are missing or refused. */
export async function loadMarkets({ markets, intervalMs, bot }: LoadedBot, workspace: string): Promise<readonly MarketData[]> {
  const loaded: MarketData[] = [];
  for (const { source, baseDirectory } of markets) {
    const options = { intervalMs, baseDirectory, workspaceDirectory: workspace, calendar: bot.calendar };
    const { bars, quality, truth, sha256, origin } = await resolveSource(source, options);
    loaded.push({ bars, origin, sha256, warnings: qualityLines(quality, 'warning'), ...(truth !== undefined && { truth }) });
  }
  return loaded;
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
