import { type Bars, sliceBars } from '../../src/core/bars.ts';
import type { BarStore } from '../../src/data/store.ts';
import { HOUR, hourlyBars } from '../data/market.ts';
import { perpetual } from '../support/perpetual.ts';

const { market } = perpetual;
const all: Bars = { ...hourlyBars(12_000), market };
/** Rows that a write appends. */
const STEP = 3;

/** Bars that are written one after the other; every fifth write appends nothing and changes a bar stored before. */
export const writes: readonly Bars[] = Array.from({ length: all.length / STEP }, (_, k) =>
  k % 5 === 4
    ? { ...sliceBars(all, k, k + 1), volume: Float64Array.of(1_000_000 + k) }
    : sliceBars(all, STEP * appended(k), STEP * appended(k) + STEP),
);

/** Makes a write; every tenth also says something new of the market and stores a funding rate. */
export async function save(store: BarStore, k: number): Promise<void> {
  await store.write(writes[k]!, { seen: k, revise: true });
  if (k % 10 !== 9) return;
  await store.saveInformation({ ...perpetual, taker: k }, k);
  await store.saveFunding(market, { time: Float64Array.of(k * HOUR), rate: Float64Array.of(k) }, { seen: k });
}

/** What the store must hold after the first `k` writes: from a plain list of what was written. */
export function contentAfter(k: number): {
  readonly volumes: readonly number[];
  readonly revisions: number;
  readonly others: readonly number[];
} {
  const volumes = [...all.volume.subarray(0, STEP * appended(k))];
  const changes = Array.from({ length: Math.floor(k / 5) }, (_, n) => 5 * n + 4);
  for (const row of changes) volumes[row] = 1_000_000 + row;
  return { volumes, revisions: changes.length, others: Array.from({ length: Math.floor(k / 10) }, (_, n) => 10 * n + 9) };
}

function appended(k: number): number {
  return k - Math.floor(k / 5);
}
