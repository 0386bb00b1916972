// A strategy of your own. To trade by it write `strategy: ./my-strategy.ts` in bot.yaml, and run the backtest again: there is nothing to build.
import { HOLD, type Policy } from 'paperwalk';

/** Set in bot.yaml: `strategy: { module: ./my-strategy.ts, options: { longest: 5 } }`. */
interface Options {
  /** Expected return above which to buy, as a fraction: 0.001 is 0.1 %. */
  readonly enter?: number;
  /** Bars after which a position is closed, whatever is expected by then. */
  readonly longest?: number;
}

export default function myStrategy({ enter = 0.001, longest = 10 }: Options): Policy {
  return {
    kind: 'my-strategy',
    // Names of the numbers to remember from bar to bar; they lie at memory[at], memory[at + 1] and so on. None here.
    slots: [],
    decide(view) {
      // The model's forecast at the bar that has just closed. Nothing beyond view.i may be read.
      const expected = view.signal[view.i] ?? Number.NaN;
      // Not known yet: the position stays as it is.
      if (Number.isNaN(expected)) return HOLD;
      if (view.exposure > 0) return expected <= 0 || view.barsHeld >= longest ? 0 : HOLD;
      // The part of the account to hold: 1 is all of it, 0.5 half, 0 none.
      return expected > enter ? 1 : 0;
    },
  };
}
