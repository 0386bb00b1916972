import { ConfigError } from '../config/config-error.ts';
import { intervalName } from '../core/interval.ts';
import { readCsv } from '../data/csv.ts';
import { formatInstant } from '../data/instant.ts';
import { openBarStore } from '../data/store.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { qualityLines } from './quality-words.ts';
import { parseCalendar, parseInterval } from './usage.ts';

export interface ImportOptions extends CommonOptions {
  readonly market: string;
  readonly interval: string;
  readonly calendar?: string;
  readonly adjusted?: boolean;
  readonly replace?: boolean;
}

/** Stores the bars of a CSV file under a market's name. */
export async function run([file = '']: readonly string[], options: ImportOptions, host: Host): Promise<number> {
  const { market, adjusted = false, replace = false } = options;
  if (/^(csv|parquet|synthetic):/.test(market)) {
    throw new ConfigError([`--market: Expected a name of your own such as coinbase:BTC/USD, received ${market}, which names a source`]);
  }
  const intervalMs = parseInterval(options.interval);
  const { bars, quality } = await readCsv(file, { market, intervalMs, calendar: parseCalendar(options.calendar), adjusted });
  const change = await openBarStore(options.workspace).write(bars, { replace });
  const [from, to] = [formatInstant(bars.openTime[0] ?? 0), formatInstant(bars.openTime[bars.length - 1] ?? 0)];
  const warnings = qualityLines(quality, 'warning');
  if (!options.quiet) for (const warning of warnings) print(host.stderr, `${file}: ${warning}`);
  if (options.json) {
    const interval = intervalName(intervalMs);
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/import@1', market, interval, from, to, ...change, warnings }));
  } else if (!options.quiet) {
    const replaced = change.replaced > 0 ? `, ${change.replaced} replaced` : '';
    print(host.stdout, `Read ${bars.length} bars, ${from} to ${to}. ${market} now has ${change.bars} (${change.added} new${replaced}).`);
  }
  return ExitCode.done;
}
