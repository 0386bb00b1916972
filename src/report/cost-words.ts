import { type BreakEven, type CostBreakdown, HIGHEST_FEE, type Performance, type RunResult } from '../backtest/result.ts';
import { counted, percent, share } from './format.ts';

/*
 * Costs, and what could not be known, in words.
 */

/** At what flat fee of every fill the profit is used up, and the lead over buy & hold; empty where neither was computed. */
export function breakEvenWords({ profit, buyAndHold }: CostBreakdown['breakEvenFee']): string {
  const clauses: string[] = [];
  if (profit?.kind === 'fee') clauses.push(`it would break even at a flat fee of ${share(profit.fee)} a fill`);
  if (profit?.kind === 'behind') clauses.push('it makes no profit even without fees');
  if (profit?.kind === 'ahead') clauses.push(`it makes a profit even at a fee of ${share(HIGHEST_FEE)} a fill`);
  if (buyAndHold?.kind === 'fee') clauses.push(`buy & hold is matched at ${share(buyAndHold.fee)}`);
  if (buyAndHold?.kind === 'behind') clauses.push('it is behind buy & hold even without fees');
  if (buyAndHold?.kind === 'ahead') clauses.push(`it is ahead of buy & hold even at ${share(HIGHEST_FEE)}`);
  const text = clauses.join('; ');
  return text && `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** The same for a line that begins otherwise: `; break-even fee 0.31%, level with buy & hold at 0.12%`. */
export function breakEvenBrief({ profit, buyAndHold }: CostBreakdown['breakEvenFee']): string {
  const brief = (even: BreakEven | null, fee: string, behind: string, ahead: string): readonly string[] => {
    if (even === null) return [];
    if (even.kind === 'fee') return [`${fee} ${share(even.fee)}`];
    return [even.kind === 'behind' ? `${behind} even without fees` : `${ahead} even at ${share(HIGHEST_FEE)}`];
  };
  const clauses = [
    ...brief(profit, 'break-even fee', 'no profit', 'a profit'),
    ...brief(buyAndHold, 'level with buy & hold at', 'behind buy & hold', 'ahead of buy & hold'),
  ];
  return clauses.length > 0 ? `; ${clauses.join(', ')}` : '';
}

/**
 * The return with every bar that holds several levels taken for the worse and for the better; empty where there are none. No bounds, and not
 * called so: the account goes on from each of them, and what followed may even turn the two round.
 */
export function boundWords({ ambiguousBars, bounds }: Pick<RunResult['assumptions'], 'ambiguousBars' | 'bounds'>): string {
  if (ambiguousBars === 0 || bounds === null) return '';
  const [bars, them] = ambiguousBars === 1 ? ['the one ambiguous bar', 'it'] : [`all ${counted(ambiguousBars, 'ambiguous bar')}`, 'all'];
  return `With ${bars} taken against it the return is ${percent(bounds.worst)}; with ${them} in its favour ${percent(bounds.best)}.`;
}

/** What the run takes for granted in its own favour, from the notes that say so: a clause for each, without what follows in the note. */
export function optimismClauses(notes: readonly string[]): string[] {
  return notes.flatMap((note) => /^OPTIMISTIC: ([^;.]+)/.exec(note)?.[1]?.trim() ?? []);
}

/** Whether buy & hold holds nothing from beginning to end, so that nothing can be compared with it. */
export function neverBought({ exposure }: Pick<Performance, 'exposure'>): boolean {
  return exposure === 0;
}

/** Break-even fees, without the one against a buy & hold that bought nothing. */
export function comparableFees({ costs, buyAndHold }: Pick<RunResult, 'costs' | 'buyAndHold'>): CostBreakdown['breakEvenFee'] {
  return neverBought(buyAndHold) ? { ...costs.breakEvenFee, buyAndHold: null } : costs.breakEvenFee;
}
