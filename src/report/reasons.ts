import type { RunResult, TradeRow } from '../backtest/result.ts';
import { count, counted } from './format.ts';
import { reasonWords } from './reason-words.ts';

/*
 * Why something was done, in words: the codes of `Reason`, of protective levels, and of orders.
 */

/** Reasons of a policy's own; and of guards that let it leave a side, but not enter the other. */
const SIGNALS = [
  'exit',
  'enterLong',
  'enterShort',
  'belowThreshold',
  'rebalance',
  'holding',
  'signal',
  'cooldown',
  'lossesHalt',
  'staleData',
];

/** What made a position end: `signal`, or the reason in words. */
export function exitWords(reason: string): string {
  return SIGNALS.includes(reason) ? 'signal' : reasonWords(reason);
}

/** Closed trades that ended in one way. */
export interface ExitGroup {
  readonly words: string;
  readonly count: number;
  /** Quote, and of the money put in; averages over the trades. */
  readonly averageProfit: number;
  readonly averageFraction: number;
  /** Quote, of all together. */
  readonly profit: number;
}

/** The closed trades by what made them end, the commonest first; `gaps: false` takes an exit at an open beyond its level for one at the level. */
export function exitsByReason(trades: readonly TradeRow[], gaps = true): ExitGroup[] {
  const groups = new Map<string, TradeRow[]>();
  for (const trade of trades) {
    if (trade.exitTime === null) continue;
    const reason = trade.exitReason ?? 'signal';
    const words = exitWords(gaps ? reason : reason.replace(/Gap$/, ''));
    groups.set(words, [...(groups.get(words) ?? []), trade]);
  }
  return Array.from(groups, ([words, group]) => {
    const profit = group.reduce((sum, trade) => sum + trade.profit, 0);
    const fraction = group.reduce((sum, trade) => sum + trade.profitFraction, 0);
    return { words, count: group.length, averageProfit: profit / group.length, averageFraction: fraction / group.length, profit };
  }).sort((a, b) => b.count - a.count);
}

/** How often each guard acted, as the list of what guards did has it; empty where none did. */
export function guardWords(guards: RunResult['guards']): string {
  const acts = guards.filter(({ action }) => action === 'acts');
  const times = new Map<string, number>();
  for (const { guard } of acts) times.set(guard, (times.get(guard) ?? 0) + 1);
  return acts.length === 0
    ? ''
    : `Guards acted ${counted(acts.length, 'time')}: ${Array.from(times, ([guard, n]) => `${guard} ${count(n)}`).join(', ')}`;
}
