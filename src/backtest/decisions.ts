import { type Column, firstRowAt, sliceBars } from '../core/bars.ts';
import { type Run, run } from '../core/engine.ts';
import { isoInstant } from '../core/instant.ts';
import { PolicyError } from '../core/policy.ts';
import type { Setup } from '../core/setup.ts';
import type { State, Trace } from '../core/trace.ts';

/** Closes at which a run is cut and its decision made again without the bars after it. */
const CUTS = 24;

/**
 * Makes a finished run's decisions again in pieces, each taken up from the state before it, and at some closes on bars that end there. Throws a
 * PolicyError where a decision is not the same: the policy reads what comes later, or remembers something outside of its slots.
 */
export function checkDecisions(setup: Setup, { trace }: Run): void {
  const { from, to } = setup;
  const cuts = new Set(Array.from({ length: CUTS }, (_, k) => from + Math.floor(((k + 1) * (to - from)) / (CUTS + 1))));
  let state: State | undefined;
  let at = from;
  for (const cut of cuts) {
    if (cut > at) {
      const piece = run({ ...setup, from: at, to: cut }, state);
      compare(setup, trace, piece.trace, at, 'taken up again from its state; keep all that it remembers in its slots');
      state = piece.state;
      at = cut;
    }
    const alone = run({ ...endingAt(setup, cut), from: at, to: cut + 1 }, state);
    compare(setup, trace, alone.trace, at, 'on bars that end there; read no bar beyond view.i');
  }
}

/** What the run would have if its last slice were this one. */
function endingAt(setup: Setup, slice: number): Setup {
  const { panel, signals, forecasts, weights, trueRange } = setup;
  const end = panel.closeTime[slice]!;
  const rows = panel.markets.map((bars) => firstRowAt(bars, end - bars.intervalMs + 1));
  const cut = (columns: readonly Column[]) => columns.map((column, m) => column.subarray(0, rows[m]));
  return {
    ...setup,
    panel: {
      ...panel,
      markets: panel.markets.map((bars, m) => sliceBars(bars, 0, rows[m]!)),
      closeTime: panel.closeTime.subarray(0, slice + 1),
    },
    signals: signals.map((columns, m) => columns.map((column) => column.subarray(0, rows[m]))),
    forecasts: cut(forecasts),
    ...(weights && { weights: cut(weights) }),
    ...(trueRange && { trueRange: cut(trueRange) }),
  };
}

function compare({ policy, from }: Setup, whole: Trace, part: Trace, at: number, how: string): void {
  part.market.forEach(({ market, target, reason }, m) => {
    const of = whole.market[m]!;
    const offset = at - from;
    for (let k = 0; k < target.length; k++) {
      const before = of.target[offset + k]!;
      if (Object.is(before, target[k]) || before === target[k]) {
        if (reason[k] === of.reason[offset + k]) continue;
      }
      throw new PolicyError(
        `Expected the policy ${policy.kind} to decide by what is known at each close, received a target of ${before} at the close of ${isoInstant(part.closeTime[k]!)} of ${market}, and of ${target[k]} ${how}`,
      );
    }
  });
}
