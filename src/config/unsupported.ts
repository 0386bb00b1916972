import type { Problem } from './problem.ts';

/** What this version refuses rather than ignores, with the place where it is asked for. */
export function unsupported(raw: Readonly<Record<string, unknown>>): Problem[] {
  const found: Problem[] = [];
  const value = (path: Problem['path'], words: string) => found.push({ path, part: 'value', message: notYet(words) });

  const { markets, schedule } = raw;
  if (schedule === 'frozen') {
    const message =
      'Expected which model to freeze, received none; write schedule: { frozen: KEY } with a key that paperwalk models list shows';
    found.push({ path: ['schedule'], part: 'value', message });
  }
  if (Array.isArray(markets)) {
    markets.forEach((market, k) => {
      const source = isSection(market) ? market.source : market;
      if (typeof source === 'string' && source.startsWith('parquet:')) value(['markets', k], 'A Parquet file');
    });
  }
  return found;
}

function notYet(words: string): string {
  return `${words} is not supported yet; take it out of the bot file`;
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
