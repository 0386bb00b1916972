import type { Bars } from '../../src/core/bars.ts';
import { type Outlook, Reason, reasonName, type Strategy, type View } from '../../src/core/policy.ts';
import { flatBars } from './markets.ts';

const NOTHING = Number.NaN;

/** What a model says at one close after another: the expected return, and what else it says. */
export interface SaidColumns {
  readonly forecast?: readonly number[];
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  readonly probability?: readonly number[];
  readonly horizon?: number;
}

/** An outlook over as many bars as there are, unknown where nothing is given. */
export function outlookOf(length: number, { lower = [], upper = [], probability = [], horizon = 1 }: SaidColumns): Outlook {
  const column = (given: readonly number[]) => Float64Array.from({ length }, (_, row) => given[row] ?? NOTHING);
  return { horizon, lower: column(lower), upper: column(upper), probability: column(probability) };
}

/** The signals of a strategy on what a model says. */
export function signalsOf(strategy: Strategy, bars: Bars, said: SaidColumns) {
  const forecast = Float64Array.from({ length: bars.length }, (_, row) => said.forecast?.[row] ?? NOTHING);
  return strategy.signals.map((signal) => signal.column(bars, forecast, outlookOf(bars.length, said)));
}

/**
 * The exposure after every close, and the reason, if each target were reached at once: no account, no costs. Its memory passes through JSON at
 * every close, as that of a session does.
 */
export function decisions(strategy: Strategy, said: SaidColumns, bars: Bars = flatBars(longest(said).map(() => 100))) {
  const signals = signalsOf(strategy, bars, said);
  const view: View = {
    bars,
    i: 0,
    signals,
    signal: signals[0]!,
    forecast: signals[0]!,
    exposure: 0,
    entryPrice: NOTHING,
    barsHeld: 0,
    reason: Reason.noForecast,
    place: () => '',
    cancel: () => {},
  };
  let memory = new Float64Array(strategy.policy.slots.length);
  const exposures: number[] = [];
  const reasons: string[] = [];
  for (let row = 0; row < bars.length; row++) {
    view.i = row;
    view.reason = Reason.noForecast;
    const target = strategy.policy.decide(view, memory, 0);
    if (!Number.isNaN(target)) view.exposure = target;
    exposures.push(view.exposure);
    reasons.push(reasonName(view.reason));
    memory = Float64Array.from(JSON.parse(JSON.stringify([...memory])) as number[]);
  }
  return { exposures, reasons };
}

function longest({ forecast = [], lower = [], probability = [] }: SaidColumns): readonly number[] {
  return [forecast, lower, probability].reduce((one, other) => (other.length > one.length ? other : one));
}
