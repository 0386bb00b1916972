import { type Run, run } from '../core/engine.ts';
import { type Panel, singleMarket } from '../core/panel.ts';
import type { Rules } from '../core/rules.ts';
import type { State, Trace } from '../core/trace.ts';
import { buyAndHold } from '../strategies/buy-and-hold.ts';
import type { Bot } from './bot.ts';

/**
 * Buy & hold of every market with its share of the capital, by the same engine, fill rule, fees and rounding, whole and without guards: one run a
 * market, from its state where one is given.
 */
export function holdAll(
  bot: Pick<Bot, 'name' | 'rules'>,
  panel: Panel,
  from: number,
  to: number,
  states?: readonly State[],
): readonly Run[] {
  const { capital, fill, costs, markets } = bot.rules;
  const rules: Rules = {
    capital: capital / panel.markets.length,
    fill,
    costs,
    share: 1,
    band: Infinity,
    ...(markets && { markets: unlevered(markets) }),
  };
  return panel.markets.map((bars, m) =>
    run(
      {
        name: bot.name,
        panel: singleMarket(panel, m),
        policy: buyAndHold.policy,
        signals: [[bars.close]],
        forecasts: [bars.close],
        rules,
        from,
        to,
      },
      states?.[m],
    ),
  );
}

/** Who buys with own money only is never liquidated. */
function unlevered(markets: NonNullable<Rules['markets']>): NonNullable<Rules['markets']> {
  return Object.fromEntries(
    Object.entries(markets).map(([market, { leverage: _leverage, maintenance: _maintenance, ...rules }]) => [market, rules]),
  );
}

/** The equity of several accounts side by side, which trade on the same slices. */
export function sumOf(traces: readonly Trace[]): Float64Array {
  const sum = new Float64Array(traces[0]!.equity.length);
  for (const { equity } of traces) for (let i = 0; i < sum.length; i++) sum[i]! += equity[i]!;
  return sum;
}
