import type { Bars } from '../core/bars.ts';
import { intervalMs } from '../core/interval.ts';
import { readCsv } from './csv.ts';

/** The bars of a CSV file, named after it unless `market` says otherwise. Throws a DataError that names file and line where they are refused. */
export async function csv(path: string, options: { readonly interval: string; readonly market?: string }): Promise<Bars> {
  const { bars } = await readCsv(path, { market: options.market ?? `csv:${path}`, intervalMs: intervalMs(options.interval) });
  return bars;
}
