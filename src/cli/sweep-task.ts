import { type CellFigures, cellFigures, type SweepData } from '../backtest/sweep.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Override } from '../config/override.ts';
import { loadBot } from '../config.ts';
import type { Bot } from '../walk/bot.ts';
import { completed } from './market-data.ts';

/** A bot file and what the command line sets in it, before a grid does. */
export interface SweptFile {
  readonly file: string;
  readonly overrides: readonly Override[];
  /** Folder of the bar store. */
  readonly workspace: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A cell's figures, or why its values contradict each other. */
export type CellOutcome = CellFigures | { readonly refused: string };

export type CellBot = Bot | { readonly refused: string };

/** The bot of a cell: the file with the cell's values, and the model that was forecast with. */
export async function cellBot(
  { file, overrides, environment, workspace }: SweptFile,
  cell: readonly Override[],
  base: Pick<Bot, 'model'>,
): Promise<CellBot> {
  try {
    const loaded = await loadBot(file, { overrides: [...overrides, ...cell], environment, currentDirectory: '.' });
    const bot = await completed(loaded.bot, loaded, workspace);
    return { ...bot, ...(base.model && { model: base.model }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { refused: error.message };
  }
}

export function outcomeOf(bot: CellBot, data: SweepData, from: number): CellOutcome {
  return 'refused' in bot ? bot : cellFigures(bot, data, from);
}
