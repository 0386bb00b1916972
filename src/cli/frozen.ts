import { ConfigError } from '../config/config-error.ts';
import type { LoadedBot } from '../config.ts';
import { intervalName } from '../core/interval.ts';
import type { Fit } from '../models/fit.ts';
import { readPortable } from '../models/portable.ts';
import type { Bot } from '../walk/bot.ts';
import { modelFileText, storedModel } from './models.ts';

/** The bot, with the stored model that its schedule names. Throws where there is no such model, or it is damaged. */
export async function botWithModel({ bot, frozen, intervalMs }: LoadedBot, workspace: string): Promise<Bot> {
  if (frozen === undefined) return bot;
  const fit = await frozenFit(frozen, workspace);
  if (fit.intervalMs !== undefined && fit.intervalMs !== intervalMs) {
    throw new ConfigError([
      `schedule.frozen: Expected a model of bars of ${intervalName(intervalMs)}, as in interval, received ${fit.key.slice(0, 8)} of bars of ${intervalName(fit.intervalMs)}; mend interval, or freeze another model`,
    ]);
  }
  return { ...bot, model: fit.model, frozen: fit };
}

async function frozenFit(frozen: NonNullable<LoadedBot['frozen']>, workspace: string): Promise<Fit> {
  if ('key' in frozen) return storedModel(frozen.key, workspace).fit;
  return readPortable(await modelFileText(frozen.file), frozen.file);
}
