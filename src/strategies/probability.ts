import type { Signal, Strategy } from '../core/policy.ts';
import { between, type EntryOptions } from './threshold.ts';

/** Probabilities from 0 to 1. */
export interface ProbabilityOptions extends EntryOptions {
  /** Long where a rise is likelier than this; with `side: both` short where a fall is (one minus the probability of a rise). */
  readonly enter: number;
  /** Left where it is no likelier than this; default 0.5. */
  readonly exit?: number;
}

/** The model's probability that the close rises over its horizon. */
export const riseProbability: Signal = {
  name: 'probability',
  needs: 'probability',
  column: ({ length }, _forecast, outlook) => outlook?.probability ?? new Float64Array(length).fill(Number.NaN),
};

/**
 * Long above `enter`, flat again at or below `exit`; with `side: both` mirrored for falls. Needs a model that learns the direction. Throws a
 * TypeError where `exit` lies above `enter`, or one of them is no probability.
 */
export function probability(options: ProbabilityOptions): Strategy {
  const { enter, exit = 0.5, side = 'long' } = options;
  if (!(exit >= 0 && exit <= enter && enter < 1)) {
    throw new TypeError(`Expected probabilities with 0 <= exit <= enter < 1, received enter ${enter} and exit ${exit}`);
  }
  if (side === 'both' && enter < 0.5) {
    throw new TypeError(`Expected enter >= 0.5 for side both, where long and short conditions must exclude each other, received ${enter}`);
  }
  return {
    name: 'probability',
    signals: [riseProbability],
    policy: between('probability', { enter, exit, enterShort: 1 - enter, exitShort: 1 - exit }, options),
    short: side === 'both',
  };
}
