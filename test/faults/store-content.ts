import type { BarStore } from '../../src/data/store.ts';

/** Everything that the store tells of a market: each question by its name, so that one can fail where others do not. */
export function questions(store: BarStore, market: string, intervalMs: number): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    list: () => store.list(),
    bars: () => store.read(market, intervalMs),
    log: () => store.log(market, intervalMs),
    revisions: () => store.revisions(market, intervalMs),
    information: () => store.information(market),
    funding: () => store.funding(market),
    'funding coverage': () => store.fundingCoverage(market),
  };
}

/** All of it; null where nothing is stored. */
export async function contentOf(store: BarStore, market: string, intervalMs: number): Promise<Readonly<Record<string, unknown>> | null> {
  if (!(await store.list()).some((entry) => entry.market === market && entry.intervalMs === intervalMs)) return null;
  const answers = Object.entries(questions(store, market, intervalMs)).map(async ([name, ask]) => [name, await ask()] as const);
  return Object.fromEntries(await Promise.all(answers));
}
