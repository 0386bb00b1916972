import { workerData } from 'piscina';
import type { SweepData } from '../backtest/sweep.ts';
import type { Override } from '../config/override.ts';
import type { Bot } from '../walk/bot.ts';
import { type CellOutcome, cellBot, outcomeOf, type SweptFile } from './sweep-task.ts';

/** What all cells of a sweep share; its columns lie in memory that threads share too. */
export interface SweepShared {
  readonly swept: SweptFile;
  /** Of the model, what can be handed to a thread. */
  readonly horizon: number | undefined;
  readonly data: SweepData;
  readonly from: number;
}

/** The entry of a worker thread: figures of some of the cells. */
export default async function cells(part: readonly (readonly Override[])[]): Promise<readonly CellOutcome[]> {
  const { swept, horizon, data, from } = workerData as SweepShared;
  // Of the model only its horizon matters once forecasts are made.
  const base = horizon === undefined ? {} : { model: { horizon } as Bot['model'] & object };
  const outcomes: CellOutcome[] = [];
  for (const cell of part) outcomes.push(outcomeOf(await cellBot(swept, cell, base), data, from));
  return outcomes;
}
