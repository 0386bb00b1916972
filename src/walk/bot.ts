import type { CalendarName } from '../core/calendar.ts';
import type { Strategy } from '../core/policy.ts';
import type { Rules } from '../core/rules.ts';
import type { Fit } from '../models/fit.ts';
import type { Model } from '../models/model.ts';
import type { Schedule } from '../models/schedule.ts';
import type { Sizing } from '../strategies/sizing.ts';

/** A bot with every choice made: what the walk, the backtest and the paper session run. A value. */
export interface Bot {
  readonly name: string;
  readonly calendar: CalendarName;
  readonly periodsPerYear: number;
  /** First bar of all columns, ms UTC; undefined for the first bar there is. */
  readonly historyFrom?: number;
  /** Trading period, ms UTC: bars that open at or after `from` and before `to`. */
  readonly period: { readonly from?: number; readonly to?: number };
  /** Figures from the first decision that is possible, or from the first bar. */
  readonly evaluate: 'decision' | 'all';
  readonly rules: Rules;
  readonly strategy: Strategy;
  /** How large positions are, beyond what the rules say of it; undefined for the same share of equity in every market. */
  readonly sizing?: Sizing;
  readonly model?: Model;
  /** Models beside it whose forecasts are combined with its own; `window`: rows that a stacking learns its weights from, 500 by default. */
  readonly ensemble?: {
    readonly members: readonly Model[];
    readonly combine: 'mean' | 'median' | 'stacking';
    readonly window?: number;
  };
  /** A fit of the model that serves every decision after it was made; nothing is trained. */
  readonly frozen?: Fit;
  readonly schedule: Schedule;
  /** Slot 0 of the schedule, ms UTC; undefined for the first bar of the columns. */
  readonly anchor?: number;
  readonly seed: number;
}

/** What tables call a bot's model: its kind, or what an ensemble is made of. */
export function modelName({ ensemble }: Bot, model: Model): string {
  return ensemble ? `${ensemble.combine} of ${[model, ...ensemble.members].map(({ kind }) => kind).join(', ')}` : model.kind;
}
