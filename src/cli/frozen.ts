import { resolve } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { createModuleLoader, ModuleError } from '../config/module.ts';
import { openFeatures } from '../config/own-code.ts';
import type { LoadedBot } from '../config.ts';
import { intervalName } from '../core/interval.ts';
import { type FeatureSpecification, isOwnFeature } from '../models/feature.ts';
import type { Fit } from '../models/fit.ts';
import { readPortable } from '../models/portable.ts';
import type { Bot } from '../walk/bot.ts';
import { modelFileText, storedModel } from './models.ts';

/** The bot, with the stored model that its schedule names. Throws where there is no such model, or it is damaged. */
export async function botWithModel({ bot, frozen, intervalMs, folder, markets }: LoadedBot, workspace: string): Promise<Bot> {
  if (frozen === undefined) return bot;
  const stored = await frozenFit(frozen, workspace);
  const features = await withCode(stored.model.features, folder);
  const fit = { ...stored, model: { ...stored.model, features } };
  if (fit.intervalMs !== undefined && fit.intervalMs !== intervalMs) {
    throw new ConfigError([
      `schedule.frozen: Expected a model of bars of ${intervalName(intervalMs)}, as in interval, received ${fit.key.slice(0, 8)} of bars of ${intervalName(fit.intervalMs)}; mend interval, or freeze another model`,
    ]);
  }
  const symbols = (fit.pooled ?? [fit]).map(({ market }) => symbolOf(market));
  const foreign = markets.map(({ source }) => symbolOf(source)).find((symbol) => symbol !== undefined && !symbols.includes(symbol));
  // What a file holds is not told by its name.
  if (foreign !== undefined && symbols.every((symbol) => symbol !== undefined)) {
    throw new ConfigError([
      `schedule.frozen: Expected a model of ${foreign}, as in markets, received ${fit.key.slice(0, 8)} of ${symbols.join(', ')}; mend markets, or freeze another model`,
    ]);
  }
  return { ...bot, model: fit.model, frozen: fit };
}

/** The symbol of a market of an exchange, which is the same one on another; undefined for any other market. */
function symbolOf(market: string): string | undefined {
  const [, exchange, symbol] = /^([a-z0-9]+):(.+)$/.exec(market) ?? [];
  return exchange === undefined || ['csv', 'parquet', 'synthetic'].includes(exchange) ? undefined : symbol;
}

/** Features with the code that a stored model does not hold: in the same version, from where it was named, by the bot file's folder. */
async function withCode(features: readonly FeatureSpecification[], folder: string): Promise<readonly FeatureSpecification[]> {
  if (!features.some(isOwnFeature)) return features;
  try {
    return openFeatures(features, await createModuleLoader(), (module) => resolve(folder, module));
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new ConfigError([`schedule.frozen: ${error.message}`]);
  }
}

async function frozenFit(frozen: NonNullable<LoadedBot['frozen']>, workspace: string): Promise<Fit> {
  if ('key' in frozen) return storedModel(frozen.key, workspace).fit;
  return readPortable(await modelFileText(frozen.file), frozen.file);
}
