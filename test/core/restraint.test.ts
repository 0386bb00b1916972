import { describe, expect, it } from 'vitest';
import { run } from '../../src/core/engine.ts';
import { createPanel } from '../../src/core/panel.ts';
import { HOLD, type Policy, Reason, type View } from '../../src/core/policy.ts';
import { Restraint, restrain } from '../../src/core/restraint.ts';
import type { Rules } from '../../src/core/rules.ts';
import type { Setup } from '../../src/core/setup.ts';
import { flatBars } from '../support/markets.ts';

const verdictOf = (code: number, exposure: number, target: number) => {
  const verdict = { target, reason: Reason.enterLong as number as typeof Reason.enterLong };
  restrain(code, exposure, verdict);
  return [verdict.target, verdict.reason] as const;
};
const { missed, paused, flattened } = Restraint;

describe('a restraint', () => {
  it.each([
    // code, exposure held, target wanted, what becomes of it; the reason stays where nothing was held back.
    [missed, 0, 1, HOLD, Reason.missed],
    [missed, 0, HOLD, HOLD, Reason.enterLong],
    [missed, 0.5, 1, HOLD, Reason.missed],
    [missed, 0.5, 0.5, 0.5, Reason.enterLong],
    [missed, 0.5, 0.25, 0.25, Reason.enterLong],
    [missed, 0.5, 0, 0, Reason.enterLong],
    [missed, 0.5, -1, 0, Reason.missed],
    [paused, 0, 1, 0, Reason.paused],
    [paused, 0, HOLD, 0, Reason.paused],
    [paused, 0.5, HOLD, HOLD, Reason.enterLong],
    [paused, 0.5, 1, HOLD, Reason.paused],
    [paused, -0.5, 1, 0, Reason.paused],
    [paused, 0.5, 0, 0, Reason.enterLong],
    [flattened, 0.5, 1, 0, Reason.flattened],
    [flattened, 0.5, HOLD, 0, Reason.flattened],
    [flattened, 0, 1, 0, Reason.flattened],
  ])('%d with %d held makes of %d: %d', (code, exposure, target, expected, reason) => {
    expect(verdictOf(code, exposure, target)).toEqual([expected, reason]);
  });
});

describe('a pause', () => {
  const always: Policy = {
    kind: 'always',
    slots: [],
    decide: (view: View) => {
      view.reason = Reason.enterLong;
      return 1;
    },
  };
  const exposures = (rules: Partial<Rules>, restraint: readonly number[], more: Partial<Setup> = {}) => {
    const bars = flatBars(Array.from({ length: 8 }, () => 100));
    const { trace } = run({
      name: 'r',
      panel: createPanel([bars]),
      policy: always,
      signals: [[bars.close]],
      forecasts: [bars.close],
      rules: { capital: 1000, fill: 'next-open', costs: { taker: 0, slippage: 0 }, share: 1, band: 0, ...rules },
      restraint: Uint8Array.from(restraint),
      from: 0,
      to: 8,
      ...more,
    });
    return [...trace.market[0]!.exposure].map((exposure) => Number(exposure.toFixed(6)));
  };

  it('withdraws what is left of an entry that was partly filled', () => {
    // A bar trades 1,000; a thousandth of it is a tenth of the account.
    const volumeCap = { share: 0.001, quantity: 'resolve' } as const;
    expect(exposures({ volumeCap }, [0, 0, 0, paused, paused, paused, 0, 0])).toEqual([0, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.4]);
  });

  it('holds the size that a volatility target comes to, not the wish before it', () => {
    const variance = Float64Array.of(0.04, 0.04, 0.04, 0.01, 0.01, 0.01, 0.01, 0.01);
    const volatilityTarget = { volatility: 0.1, most: 1, covariance: [[variance]] };
    // 0.1 / 0.2 is a half, 0.1 / 0.1 the whole.
    expect(exposures({}, [0, 0, 0, paused, paused, paused, 0, 0], { volatilityTarget })).toEqual([0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1]);
  });
});

describe('orders that a policy places itself', () => {
  /** Places a limit order that waits at the close of every bar in `at`; wants nothing else. */
  const placing = (at: readonly number[]): Policy => ({
    kind: 'placing',
    slots: [],
    decide(view: View) {
      if (at.includes(view.i)) view.place({ kind: 'limit', limit: 50, quantity: 1 });
      return HOLD;
    },
  });
  const events = (restraint: readonly number[], at: readonly number[]) => {
    const bars = flatBars([100, 100, 100, 100, 100]);
    const panel = createPanel([bars]);
    const { trace } = run({
      name: 'r',
      panel,
      policy: placing(at),
      signals: [[bars.close]],
      forecasts: [bars.close],
      rules: { capital: 1000, fill: 'next-open', costs: { taker: 0, slippage: 0 }, share: 1, band: 0 },
      restraint: Uint8Array.from(restraint),
      from: 0,
      to: 5,
    });
    return trace.events.flatMap((event) => (event.kind === 'rejection' ? [`${panel.closeTime.indexOf(event.time)}: ${event.reason}`] : []));
  };

  it('are held back at a close that was missed, and what waits from before goes on waiting', () => {
    expect(events([0, 0, missed, 0, 0], [1, 2])).toEqual(['2: held back, missed']);
  });

  it('are held back in a pause, which withdraws what waits', () => {
    expect(events([0, 0, paused, paused, 0], [1, 3])).toEqual(['2: withdrawn, paused', '3: held back, paused']);
  });
});
