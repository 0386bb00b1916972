import { intervalName } from '../core/interval.ts';
import { DataError } from './data-error.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * The interval of bars, ms: the one given, or the most common distance of neighbouring rows. Throws a DataError where the rows tell
 * none, or contradict the one given: most are nearer to each other, or none so near. Rows may stand newest first.
 */
export function settleInterval(openTime: Float64Array, given: number | undefined, file: string): number {
  const counts = new Map<number, number>();
  const directions = new Set<number>();
  for (let i = 1; i < openTime.length; i++) {
    const distance = openTime[i]! - openTime[i - 1]!;
    if (distance === 0) continue;
    directions.add(Math.sign(distance));
    counts.set(Math.abs(distance), (counts.get(Math.abs(distance)) ?? 0) + 1);
  }
  const [common, count] = [...counts].reduce(
    (best, entry) => (entry[1] > best[1] || (entry[1] === best[1] && entry[0] < best[0]) ? entry : best),
    [Number.NaN, 0],
  );
  if (given === undefined) {
    if (common % MINUTE !== 0 || common === 30 * DAY || common === 31 * DAY) {
      const received = count === 0 ? 'no two rows that follow each other' : `rows mostly ${length(common)} apart`;
      throw new DataError(
        `${file}: Expected rows a fixed number of minutes apart, received ${received}; name the interval with --interval`,
        { file },
      );
    }
    return common;
  }
  // One distance alone may be a gap, and of rows in disorder the distances tell nothing.
  if (count > 1 && directions.size === 1 && (common < given || !counts.has(given))) {
    throw new DataError(
      `${file}: Expected bars of ${length(given)} as the interval says, received rows mostly ${length(common)} apart; correct the interval`,
      { file },
    );
  }
  return given;
}

function length(ms: number): string {
  if (ms % MINUTE === 0) return intervalName(ms);
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}
