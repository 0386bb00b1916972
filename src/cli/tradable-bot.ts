import { untradable } from '../backtest/preparation.ts';
import { ConfigError } from '../config/config-error.ts';
import type { LoadedBot } from '../config.ts';
import type { Bot } from '../walk/bot.ts';
import { botWithModel } from './frozen.ts';
import { completed } from './market-data.ts';

/** The bot, with the stored model, the measured slippages and the exchange's rules that its file asks for. Throws a ConfigError where it can never trade on its model. */
export async function tradableBot(file: string, loaded: LoadedBot, workspace: string): Promise<Bot> {
  const bot = await completed(await botWithModel(loaded, workspace), loaded, workspace);
  const refusal = untradable(bot);
  if (refusal) throw new ConfigError([`${file}: ${refusal}`]);
  return bot;
}
