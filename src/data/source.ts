import { resolve } from 'node:path';
import type { Bars } from '../core/bars.ts';
import { intervalName } from '../core/interval.ts';
import { DataError } from './data-error.ts';
import { isStoredMarket } from './market-text.ts';
import { type Calendar, inspect, type Quality } from './quality.ts';
import { openBarStore } from './store.ts';
import { parseSynthetic, synthetic } from './synthetic.ts';
import { readTable } from './table.ts';

/** Where a market text of a bot file is looked up. */
export interface SourceOptions {
  readonly intervalMs: number;
  /** The folder that relative paths start from: that of the bot file. */
  readonly baseDirectory: string;
  /** The folder of the bar store. */
  readonly workspaceDirectory: string;
  readonly calendar?: Calendar;
  /** Stored bars as they stood at that time, ms UTC of the local clock; default: as they stand now. */
  readonly asOf?: number;
}

/** The bars of one market, and all a report says about where they come from. */
export interface MarketSource {
  readonly bars: Bars;
  readonly quality: Quality;
  /** What about a synthetic market can be predicted. */
  readonly truth?: string;
  /** In words: a file, a seeded market or the bar store. */
  readonly origin: string;
}

/**
 * The bars a market text means: `csv:path`, `parquet:path`, `synthetic:kind?parameters`, else a market of the bar store such as `coinbase:BTC/USD`.
 * The market is named by the text as it stands. Throws a DataError where the bars are missing, damaged or refused.
 */
export async function resolveSource(text: string, options: SourceOptions): Promise<MarketSource> {
  const { intervalMs, calendar = '24/7', asOf } = options;
  if (asOf !== undefined && !isStoredMarket(text))
    throw new DataError(`Expected a market of the bar store to look back at, received ${text}, which has no history`);
  const file = /^(csv|parquet):(.*)$/s.exec(text);
  if (file) {
    const path = resolve(options.baseDirectory, file[2]!);
    const format = file[1] === 'parquet' ? 'parquet' : undefined;
    const { bars, quality } = await readTable(path, { market: text, intervalMs, calendar }, format);
    return { bars, quality, origin: `file ${file[2]}` };
  }
  if (text.startsWith('synthetic:')) {
    const { kind, options: parameters } = parseSynthetic(text, intervalMs);
    if (parameters.intervalMs !== intervalMs) {
      const received = intervalName(parameters.intervalMs);
      throw new DataError(`Expected the interval ${intervalName(intervalMs)} in ${text}, received ${received}; leave it out there`);
    }
    const { bars, truth } = synthetic(kind, parameters);
    return {
      bars: { ...bars, market: text },
      quality: inspect(bars, intervalMs),
      truth,
      origin: `seeded market, seed ${parameters.seed}`,
    };
  }
  const bars = await openBarStore(options.workspaceDirectory).read(text, intervalMs, asOf === undefined ? {} : { asOf });
  return {
    bars,
    quality: inspect(bars, intervalMs, calendar),
    origin: `bar store ${options.workspaceDirectory}`,
  };
}
