import type { MarketData } from '../backtest/backtest.ts';
import type { LoadedBot } from '../config.ts';
import { resolveSource } from '../data/source.ts';
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
