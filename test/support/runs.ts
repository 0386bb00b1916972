import type { Bars, Column } from '../../src/core/bars.ts';
import { type Run, run } from '../../src/core/engine.ts';
import { createPanel, type Panel } from '../../src/core/panel.ts';
import type { Policy } from '../../src/core/policy.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { FillEvent, State } from '../../src/core/trace.ts';
import { threshold } from '../../src/strategies/threshold.ts';

export const RULES: Rules = {
  capital: 10_000,
  fill: 'next-open',
  costs: { taker: 0.001, slippage: 0.0005 },
  share: 1,
  band: 0.05,
};

export interface Case {
  readonly markets: readonly Bars[];
  /** One signal per market, by the market's name; default: a jagged function of the last closes. */
  readonly signals?: Readonly<Record<string, readonly number[]>>;
  readonly policy?: Policy;
  readonly rules?: Partial<Rules>;
}

/** Runs a case in one piece, or in pieces that end at the given slices, each state passing through JSON. */
export function runCase({ markets, signals, policy = threshold({ enter: 0 }), rules = {} }: Case, cuts: readonly number[] = []): Run {
  const panel = createPanel(markets);
  const columns = panel.markets.map((bars) => {
    const given = signals?.[bars.market];
    return given ? Float64Array.from(given) : jagged(bars);
  });
  const setup = {
    name: 'bot',
    panel,
    policy,
    signals: columns.map(withOutlook),
    forecasts: columns,
    rules: { ...RULES, ...rules },
  };
  const ends = [...cuts, panel.closeTime.length];
  let from = 0;
  let state: State | undefined;
  const pieces: Run[] = [];
  for (const to of ends) {
    const piece = run({ ...setup, from, to }, state);
    pieces.push(piece);
    state = JSON.parse(JSON.stringify(piece.state)) as State;
    from = to;
  }
  return joined(panel, pieces);
}

/** A signal that changes its mind often: the last move against the one before, NaN for the first rows. */
export function jagged({ close }: Bars): Column {
  return close.map((price, i) => (i < 3 ? Number.NaN : price / close[i - 1]! - close[i - 2]! / close[i - 3]!));
}

/** A signal as an expected return, with bounds around it and a probability that goes with it: what policies of several signals judge. */
function withOutlook(column: Column): readonly Column[] {
  return [
    column,
    column.map((value) => value - 0.004),
    column.map((value) => value + 0.004),
    column.map((value) => 1 / (1 + Math.exp(-100 * value))),
  ];
}

export function fillsOf({ trace }: Run): readonly FillEvent[] {
  return trace.events.filter((event) => event.kind === 'fill');
}

export function joined(panel: Panel, pieces: readonly Run[]): Run {
  const join = (pick: (piece: Run) => Float64Array) => Float64Array.from(pieces.flatMap((piece) => [...pick(piece)]));
  return {
    trace: {
      closeTime: join((piece) => piece.trace.closeTime),
      equity: join((piece) => piece.trace.equity),
      market: panel.markets.map(({ market }, m) => ({
        market,
        signal: join((piece) => piece.trace.market[m]!.signal),
        target: join((piece) => piece.trace.market[m]!.target),
        exposure: join((piece) => piece.trace.market[m]!.exposure),
        reason: Uint8Array.from(pieces.flatMap((piece) => [...piece.trace.market[m]!.reason])),
      })),
      events: pieces.flatMap((piece) => piece.trace.events),
    },
    state: pieces[pieces.length - 1]!.state,
  };
}
