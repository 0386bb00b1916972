import { untradable } from '../backtest/preparation.ts';
import { ConfigError } from '../config/config-error.ts';
import type { LoadedBot } from '../config.ts';
import type { Bot } from '../walk/bot.ts';
import { botWithModel } from './frozen.ts';
import { withMeasured } from './market-data.ts';

/** The bot, with the stored model and the measured slippages that its file names. Throws a ConfigError where it can never trade on its model. */
export async function tradableBot(file: string, loaded: LoadedBot, workspace: string): Promise<Bot> {
  const bot = await withMeasured(await botWithModel(loaded, workspace), loaded);
  const refusal = untradable(bot);
  if (refusal) throw new ConfigError([`${file}: ${refusal}`]);
  return bot;
}
