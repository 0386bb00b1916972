import { availableParallelism } from 'node:os';
import type { SweepData } from '../backtest/sweep.ts';
import type { Override } from '../config/override.ts';
import type { Bot } from '../walk/bot.ts';
import { type CellBot, type CellOutcome, outcomeOf, type SweptFile } from './sweep-task.ts';
import type { SweepShared } from './sweep-worker.ts';

/** Bars to fold from which on threads are worth their start. */
const WORTH_THREADS = 4_000_000;
/** Parts for each thread, so that all end at about the same time. */
const PARTS = 8;

/** A cell as the command line would set it, and the bot that this makes. */
export interface SweptCell {
  readonly overrides: readonly Override[];
  readonly bot: CellBot;
}

/**
 * The outcomes of cells, in their order, on threads where that pays (a thread makes the bots of its cells itself, since code cannot be handed to
 * it); the same wherever they are computed. Rejects with the signal's reason.
 */
export async function sweepAll(
  swept: SweptFile,
  cells: readonly SweptCell[],
  base: Bot,
  data: SweepData,
  from: number,
  signal: AbortSignal,
): Promise<readonly CellOutcome[]> {
  const threads = availableParallelism();
  const bars = data.panel.markets.reduce((sum, { length }) => sum + length, 0);
  if (threads === 1 || bars * cells.length < WORTH_THREADS) {
    const outcomes: CellOutcome[] = [];
    for (const { bot } of cells) {
      signal.throwIfAborted();
      outcomes.push(outcomeOf(bot, data, from));
    }
    return outcomes;
  }
  const { Piscina } = await import('piscina');
  const source = import.meta.url.endsWith('.ts');
  const shared: SweepShared = { swept, horizon: base.model?.horizon, data: inSharedMemory(data), from };
  const pool = new Piscina<readonly (readonly Override[])[], readonly CellOutcome[]>({
    filename: new URL(source ? './sweep-worker.ts' : './sweep-worker.js', import.meta.url).href,
    maxThreads: threads,
    workerData: shared,
    // Straight from the source, as tests run it, the threads need the loader that their parent has.
    ...(source && { execArgv: ['--import', 'tsx'] }),
  });
  try {
    const size = Math.ceil(cells.length / (threads * PARTS));
    const parts = Array.from({ length: Math.ceil(cells.length / size) }, (_, k) =>
      cells.slice(k * size, (k + 1) * size).map(({ overrides }) => overrides),
    );
    return (await Promise.all(parts.map((part) => pool.run(part, { signal })))).flat();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await pool.destroy();
  }
}

/** The same plain data with every column in memory that threads share instead of copying it. */
function inSharedMemory<T>(value: T): T {
  if (ArrayBuffer.isView(value)) {
    const column = value as unknown as Float64Array;
    const Kind = column.constructor as { new (buffer: SharedArrayBuffer): Float64Array };
    const copy = new Kind(new SharedArrayBuffer(column.byteLength));
    copy.set(column);
    return copy as T;
  }
  if (Array.isArray(value)) return value.map(inSharedMemory) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inSharedMemory(inner)])) as T;
}
