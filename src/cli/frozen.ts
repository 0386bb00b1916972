import { readFile } from 'node:fs/promises';
import type { LoadedBot } from '../config.ts';
import type { Fit } from '../models/fit.ts';
import { readPortable } from '../models/portable.ts';
import type { Bot } from '../walk/bot.ts';
import { storedModel } from './models.ts';

/** The bot, with the stored model that its schedule names. Throws where there is no such model, or it is damaged. */
export async function botWithModel({ bot, frozen }: LoadedBot, workspace: string): Promise<Bot> {
  if (frozen === undefined) return bot;
  const fit = await frozenFit(frozen, workspace);
  return { ...bot, model: fit.model, frozen: fit };
}

/** A name with a dot or a slash is a file, anything else the beginning of a key. */
async function frozenFit(frozen: string, workspace: string): Promise<Fit> {
  if (!/[/.]/.test(frozen)) return storedModel(frozen, workspace).fit;
  return readPortable(await readFile(frozen, 'utf8'), frozen);
}
