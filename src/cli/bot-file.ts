import { parse } from 'yaml';
import { type Override, parseOverride } from '../config/override.ts';
import { type LoadedBot, loadBot } from '../config.ts';
import type { BotOptions, Host } from './host.ts';

/** The bot of a file, with the overrides of the command line. Throws a ConfigError. */
export function loadBotFile(file: string, options: BotOptions, host: Host): Promise<LoadedBot> {
  return loadBot(file, { overrides: overridesFrom(options), environment: host.environment, currentDirectory: '.' });
}

/** What the command line sets in a bot file. Throws a ConfigError. */
export function overridesFrom({ set = [], seed }: BotOptions): readonly Override[] {
  const seeded: readonly Override[] = seed === undefined ? [] : [{ option: '--seed', path: ['seed'], value: parse(seed) }];
  return [...set.map(parseOverride), ...seeded];
}
