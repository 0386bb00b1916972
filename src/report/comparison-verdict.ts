import type { ComparedRun, Comparison } from '../backtest/comparison.ts';
import { count, day, percent, ratio } from './format.ts';

/** Runs named in a sentence; of more, the first and the last. */
const NAMED = 6;

/**
 * Which run returned more than which, and than its own buy & hold; whether the Sharpe ratios say otherwise; and what none of it says. It
 * tests nothing and claims nothing beyond the figures.
 */
export function comparisonVerdict({ runs, common, warnings }: Omit<Comparison, 'verdict'>): string {
  const whole = runs.every(({ from, to }) => from === runs[0]!.from && to === runs[0]!.to);
  const figures = runs
    .map((run) => ({
      run,
      ...(common && !whole && run.common
        ? run.common
        : { totalReturn: run.performance.totalReturn, buyAndHold: run.buyAndHold.totalReturn }),
    }))
    .sort((a, b) => b.totalReturn - a.totalReturn);
  const sentences: string[] = [];
  if (common) sentences.push(orderSentence(figures, whole ? '' : ` from ${day(common.from)} to ${day(common.to)}, which all runs cover`));
  else sentences.push('The periods of the runs do not overlap, so their returns do not say which is better.');
  sentences.push(`${namedRuns(figures).map(againstHolding).join('; ')}.`);
  if (common && whole) sentences.push(...sharpeSentence(runs, figures[0]!.run));
  if (warnings.length > 0) sentences.push('The runs differ in more than what they decide; the warnings say in what.');
  sentences.push(
    `Each is one path of prices: no difference is tested here, and nothing is corrected for the choice among ${count(runs.length)} runs.`,
  );
  return sentences.join(' ');
}

interface Returns {
  readonly run: ComparedRun;
  readonly totalReturn: number;
  readonly buyAndHold: number;
}

function orderSentence(figures: readonly Returns[], where: string): string {
  const [best, ...others] = figures;
  const words = ({ run, totalReturn }: Returns) => `${run.label} (${percent(totalReturn)})`;
  const equal = others.filter(({ totalReturn }) => totalReturn === best!.totalReturn);
  const less = others.filter(({ totalReturn }) => totalReturn < best!.totalReturn);
  const first = [best!, ...equal].map(words).join(' and ');
  const verb = equal.length > 0 ? 'returned the same' : 'returned';
  if (less.length === 0) return `${first} ${verb}${where}.`;
  const rest =
    less.length <= NAMED
      ? less.map(words).join(', ')
      : `${less
          .slice(0, NAMED - 1)
          .map(words)
          .join(', ')} and ${count(less.length - NAMED + 1)} others`;
  return equal.length > 0 ? `${first} ${verb}, more than ${rest}${where}.` : `${first} ${verb} more than ${rest}${where}.`;
}

function namedRuns(figures: readonly Returns[]): readonly Returns[] {
  return figures.length <= NAMED ? figures : [...figures.slice(0, NAMED - 1), figures.at(-1)!];
}

function againstHolding({ run, totalReturn, buyAndHold }: Returns): string {
  const holding = `its buy & hold (${percent(buyAndHold)})`;
  if (run.performance.roundTrips === 0 && run.performance.exposure === 0) return `${run.label} never traded, beside ${holding}`;
  const difference = totalReturn - buyAndHold;
  return `${run.label} returned ${difference > 0 ? `more than ${holding}` : difference < 0 ? `less than ${holding}` : `the same as ${holding}`}`;
}

/** Said only where another run is first by Sharpe ratio. */
function sharpeSentence(runs: readonly ComparedRun[], best: ComparedRun): string[] {
  const known = runs.filter(({ performance }) => performance.sharpe !== null);
  const first = known.toSorted((a, b) => b.performance.sharpe! - a.performance.sharpe!)[0];
  if (!first || best.performance.sharpe === null || first.performance.sharpe === best.performance.sharpe) return [];
  return [
    `By Sharpe ratio ${first.label} is first, ${ratio(first.performance.sharpe)} beside ${ratio(best.performance.sharpe)} of ${best.label}.`,
  ];
}
