import type { Run } from '../core/engine.ts';
import { type Performance, performance } from '../statistics/performance.ts';
import type { Bot } from '../walk/bot.ts';
import { sumOf } from '../walk/holding.ts';

/** The figures of one account, or of several side by side. */
export function figuresOf(bot: Pick<Bot, 'periodsPerYear'>, runs: readonly Run[]): Performance {
  const traces = runs.map(({ trace }) => trace);
  const { closeTime } = traces[0]!;
  const positionHeld = new Uint8Array(closeTime.length);
  for (const { market } of traces) {
    for (const { exposure } of market) for (let i = 0; i < exposure.length; i++) if (exposure[i] !== 0) positionHeld[i] = 1;
  }
  const fills = traces.flatMap(({ events }) => events.filter((event) => event.kind === 'fill'));
  const result = performance({
    equity: sumOf(traces),
    closeTime,
    positionHeld,
    periodsPerYear: bot.periodsPerYear,
    fills,
    slippage: fills.reduce((sum, fill) => sum + fill.slippage, 0),
    funding: runs.reduce((sum, { state: { account } }) => sum + account.funding + account.interest, 0),
  });
  if (!result) throw new Error(`Expected a curve that starts above zero, received ${traces[0]!.equity[0]}`);
  return result;
}
