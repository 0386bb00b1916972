import type { Contestant, TurnLimit } from './contestant.ts';
import type { Workload } from './workloads.ts';

/** Seconds per epoch over all turns, without the warm-up. */
export interface EpochFigures {
  readonly epochs: number;
  readonly minSeconds: number;
  readonly medianSeconds: number;
  /** Mean loss of a first epoch: near to that of the others where all do the same work. */
  readonly firstLoss: number;
}

/** A turn's bounds beside its number of epochs, and the seconds after which a contestant takes no more turns. */
const LIMIT: TurnLimit = { measured: 3, warmUp: 10 };
const TOTAL_SECONDS = 25;
const ROUNDS = 5;

/**
 * Lets the contestants train in turns, each from fresh weights, in rounds of alternating order, so that a machine that gets faster
 * or slower does so for all of them. The first epoch of a turn warms up; it counts only where it is the only one.
 */
export async function race(
  contestants: readonly Contestant[],
  workload: Workload,
  epochs: number,
  onTurn: (name: string) => void = () => {},
): Promise<Readonly<Record<string, EpochFigures>>> {
  const rounds = Math.min(ROUNDS, epochs);
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  const firstLosses = new Map<string, number>();
  const spent = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const { name } = contestant;
      if ((spent.get(name) ?? 0) >= TOTAL_SECONDS) continue;
      onTurn(name);
      const { seconds, losses } = await contestant.train(workload, { epochs: 1 + Math.ceil(epochs / rounds), limit: LIMIT });
      times.get(name)!.push(...(seconds.length > 1 ? seconds.slice(1) : seconds));
      spent.set(name, (spent.get(name) ?? 0) + seconds.reduce((sum, one) => sum + one, 0));
      firstLosses.set(name, losses[0]!);
    }
  }
  return Object.fromEntries(
    [...times].map(([name, seconds]) => [
      name,
      { epochs: seconds.length, minSeconds: Math.min(...seconds), medianSeconds: median(seconds), firstLoss: firstLosses.get(name)! },
    ]),
  );
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
