import { parse } from 'yaml';
import { parseOverride } from '../config/override.ts';
import { type LoadedBot, loadBot } from '../config.ts';
import type { BotOptions, Host } from './host.ts';

/** The bot of a file, with the overrides of the command line. Throws a ConfigError. */
export function loadBotFile(file: string, { set = [], seed }: BotOptions, host: Host): Promise<LoadedBot> {
  const overrides = set.map(parseOverride);
  if (seed !== undefined) overrides.push({ option: '--seed', path: ['seed'], value: parse(seed) });
  return loadBot(file, { overrides, environment: host.environment, currentDirectory: '.' });
}
