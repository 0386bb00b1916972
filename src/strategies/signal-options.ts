import { intervalMs } from '../core/interval.ts';
import type { Signal } from '../core/policy.ts';
import { type Average, crossover } from './crossover.ts';
import { momentum } from './momentum.ts';
import { onInterval } from './on-interval.ts';

export interface CrossoverSignal {
  readonly kind: 'crossover';
  readonly fast: number;
  readonly slow: number;
  readonly average?: Average;
  /** Of the bars it is computed on, such as `1d`; default: the bot's own. */
  readonly interval?: string;
}

export interface MomentumSignal {
  readonly kind: 'momentum';
  readonly bars: number;
  readonly interval?: string;
}

/** A signal that needs no model, as plain data: above 0 where it speaks for the market. */
export type SignalOptions = CrossoverSignal | MomentumSignal;

/** The signal that the options name. Throws a TypeError that says which option is out of range. */
export function createSignal(options: SignalOptions): Signal {
  const signal = options.kind === 'crossover' ? crossover(options.fast, options.slow, options.average) : momentum(options.bars);
  return options.interval === undefined ? signal : onInterval(signal, intervalMs(options.interval));
}
