import { basename } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { intervalName } from '../core/interval.ts';
import { formatInstant } from '../data/instant.ts';
import { isStoredMarket } from '../data/market-text.ts';
import { ERRORS, WARNINGS } from '../data/quality.ts';
import { readSplits } from '../data/splits.ts';
import { openBarStore } from '../data/store.ts';
import { readTable } from '../data/table.ts';
import { type TimeZone, timeZone } from '../data/time-zone.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { qualityLines } from './quality-words.ts';
import { parseCalendar, parseInterval, parseProblem } from './usage.ts';

export interface ImportOptions extends CommonOptions {
  readonly market: string;
  readonly interval?: string;
  readonly calendar?: string;
  readonly timezone?: string;
  readonly splits?: string;
  readonly adjusted?: boolean;
  readonly replace?: boolean;
  readonly drop?: readonly string[];
}

/** Names of markets are printed. */
const LONGEST_NAME = 200;
/** Problems that are gone once the rows are. */
const DROPPABLE = [...ERRORS, ...WARNINGS].filter((kind) => kind !== 'gap');

/** Stores the bars of a CSV, JSON or Parquet file under a market's name. */
export async function run([file = '']: readonly string[], options: ImportOptions, host: Host): Promise<number> {
  const { market, adjusted, replace = false } = options;
  if (!isStoredMarket(market)) {
    throw new ConfigError([`--market: Expected a name of your own such as coinbase:BTC/USD, received ${market}, which names a source`]);
  }
  if (/\p{Cc}/u.test(market) || market.length > LONGEST_NAME) {
    throw new ConfigError([
      `--market: Expected a name of at most ${LONGEST_NAME} characters without control characters, received ${JSON.stringify(market.slice(0, LONGEST_NAME))}`,
    ]);
  }
  const calendar = parseCalendar(options.calendar) ?? '24/7';
  const zone = options.timezone === undefined ? undefined : parseTimeZone(options.timezone);
  const drop = (options.drop ?? []).map((text) => parseProblem(text, DROPPABLE));
  const { bars, quality, notes, dropped } = await readTable(file, {
    market,
    intervalMs: options.interval === undefined ? undefined : parseInterval(options.interval),
    calendar,
    adjusted,
    volumeOptional: true,
    zone,
    drop,
    ...(options.splits !== undefined && {
      splits: await readSplits(options.splits),
      splitZone: zone ?? (calendar === 'nyse' ? timeZone('America/New_York') : undefined),
    }),
  });
  const change = await openBarStore(options.workspace).write(bars, {
    seen: host.now(),
    revise: replace,
    ...(dropped > 0 && { dropped: { kind: `${drop.join(', ')} of ${basename(file)}`, bars: dropped } }),
  });
  const [from, to] = [formatInstant(bars.openTime[0] ?? 0), formatInstant(bars.openTime[bars.length - 1] ?? 0)];
  const interval = intervalName(bars.intervalMs);
  const taken = options.interval === undefined ? [`the interval is ${interval}, the most common distance of rows`] : [];
  const warnings = [...taken, ...notes, ...qualityLines(quality, 'warning')];
  if (!options.quiet) for (const warning of warnings) print(host.stderr, `${file}: ${warning}`);
  if (options.json) {
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/import@1', market, interval, from, to, ...change, warnings }));
  } else if (!options.quiet) {
    const replaced = change.replaced > 0 ? `, ${change.replaced} replaced` : '';
    print(host.stdout, `Read ${bars.length} bars, ${from} to ${to}. ${market} now has ${change.bars} (${change.added} new${replaced}).`);
  }
  return ExitCode.done;
}

function parseTimeZone(name: string): TimeZone {
  try {
    return timeZone(name);
  } catch (error) {
    throw new ConfigError([`--timezone: ${(error as Error).message}`]);
  }
}
