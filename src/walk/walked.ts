import { type Column, firstRowAt } from '../core/bars.ts';
import { type Run, run } from '../core/engine.ts';
import type { Panel } from '../core/panel.ts';
import { firstSliceAt } from '../core/panel.ts';
import type { Setup } from '../core/setup.ts';
import type { Bot } from './bot.ts';
import { predictFrozen } from './frozen.ts';
import type { Predictions, PredictOptions, Surroundings } from './predictions.ts';
import { predict } from './predictions.ts';
import { type RowRange, wholeSetup } from './walk.ts';

/** One walk over all slices from a first one on, and everything that it rests on. */
export interface Walked {
  readonly setup: Setup;
  readonly run: Run;
  /** Undefined without a model. */
  readonly predictions: Predictions | undefined;
  /** Expected returns, [market], aligned with its bars. */
  readonly forecasts: readonly Column[];
}

export interface WalkOptions extends Pick<PredictOptions, 'available'> {
  /** Codes of `Restraint`, one a slice of the panel. */
  readonly restraint?: Uint8Array;
}

/**
 * Fits, forecasts and fold of a bot over the slices of bars that open at `from` (ms UTC) or later: one long tick, without baselines. Throws the
 * signal's reason when aborted.
 */
export async function walk(bot: Bot, panel: Panel, from: number, around: Surroundings, options: WalkOptions = {}): Promise<Walked> {
  const { available, restraint } = options;
  const ranges = panel.markets.map((bars): RowRange => ({ from: firstRowAt(bars, from), to: bars.length }));
  const predictions = bot.frozen
    ? await predictFrozen(bot, bot.frozen, panel, around, [])
    : bot.model && (await predict(bot, bot.model, panel, ranges, around, { baselines: [], ...(available && { available }) }));
  const forecasts = predictions?.forecasts.columns ?? panel.markets.map((bars) => new Float64Array(bars.length).fill(Number.NaN));
  const whole = wholeSetup(bot, { panel, forecasts, outlooks: predictions?.forecasts.outlooks });
  const setup = { ...whole, from: firstSliceAt(panel, from + panel.markets[0]!.intervalMs), ...(restraint && { restraint }) };
  return { setup, run: run(setup), predictions, forecasts };
}
