import { ConfigError } from '../config/config-error.ts';
import { DataError } from '../data/data-error.ts';
import { likelyCalendar } from '../data/gaps.ts';
import { isStoredMarket } from '../data/market-text.ts';
import { inspect } from '../data/quality.ts';
import { resolveSource } from '../data/source.ts';
import { columnsHash, openBarStore, type StoredBars } from '../data/store.ts';
import { barsDocument, details, type Inspected, overview } from './bars-words.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { parseCalendar, parseInstantOption, parseInterval } from './usage.ts';

export interface BarsOptions extends CommonOptions {
  readonly interval?: string;
  readonly calendar?: string;
  readonly asOf?: string;
  readonly strict?: boolean;
}

/**
 * Lists what is stored, or inspects one market: its range, gaps, anomalies and history. A series that is damaged is told on stderr and does not
 * hide the others. With --strict, errors make the exit code 1.
 */
export async function run([market]: readonly string[], options: BarsOptions, host: Host): Promise<number> {
  const damages: DataError[] = [];
  const damaged = (error: DataError) => damages.push(error);
  const inspected =
    market === undefined || isStoredMarket(market)
      ? await inspectStored(market, options, market === undefined ? damaged : undefined)
      : [await inspectSource(market, options)];
  if (options.json) print(host.stdout, JSON.stringify(barsDocument(inspected, host.now())));
  else if (market === undefined)
    print(
      host.stdout,
      inspected.length > 0
        ? overview(inspected)
        : `No bars in ${options.workspace}; paperwalk fetch downloads some, paperwalk import stores those of a file.`,
    );
  else for (const entry of inspected) print(host.stdout, details(entry, host.now()));
  for (const { message } of damages) print(host.stderr, message);
  if (damages.length > 0) return ExitCode.data;
  return options.strict && inspected.some(({ quality }) => quality.errors > 0) ? ExitCode.no : ExitCode.done;
}

/** The stored series of a market, or of all; damaged ones are told to `damaged`. Throws a DataError where a market is named and there is none. */
export async function storedSeries(
  market: string | undefined,
  { workspace, interval }: BarsOptions,
  damaged?: (error: DataError) => void,
): Promise<readonly StoredBars[]> {
  const intervalMs = interval === undefined ? undefined : parseInterval(interval);
  const wanted = (await openBarStore(workspace).list(damaged)).filter(
    (entry) => (market === undefined || entry.market === market) && (intervalMs === undefined || entry.intervalMs === intervalMs),
  );
  if (market === undefined || wanted.length > 0) return wanted;
  throw new DataError(
    `Expected stored bars of ${market}, received none; paperwalk bars lists what there is, paperwalk fetch or import stores more`,
  );
}

async function inspectStored(
  market: string | undefined,
  options: BarsOptions,
  damaged: ((error: DataError) => void) | undefined,
): Promise<readonly Inspected[]> {
  const store = openBarStore(options.workspace);
  const given = parseCalendar(options.calendar);
  const asOf = parseInstantOption('--as-of', options.asOf);
  const inspected: Inspected[] = [];
  for (const { market: name, intervalMs } of await storedSeries(market, options, damaged)) {
    try {
      const bars = await store.read(name, intervalMs, asOf === undefined ? {} : { asOf });
      const [log, information] = [await store.log(name, intervalMs), (await store.information(name)).at(-1)];
      const calendar = given ?? likelyCalendar(bars.openTime, intervalMs);
      inspected.push({
        market: name,
        intervalMs,
        sha256: columnsHash(bars),
        calendar,
        quality: inspect(bars, intervalMs, calendar),
        history: { ...log, lastRevision: (await store.revisions(name, intervalMs)).at(-1), information },
      });
    } catch (error) {
      if (!damaged || !(error instanceof DataError)) throw error;
      // Without a file it is no damage: of a list, what was not there yet is left out.
      if (error.file !== undefined) damaged(error);
    }
  }
  return inspected;
}

async function inspectSource(market: string, options: BarsOptions): Promise<Inspected> {
  if (options.interval === undefined) throw new ConfigError([`--interval: Expected the interval of ${market} such as 4h, received none`]);
  const intervalMs = parseInterval(options.interval);
  const given = parseCalendar(options.calendar);
  const asOf = parseInstantOption('--as-of', options.asOf);
  const place = {
    intervalMs,
    baseDirectory: '.',
    workspaceDirectory: options.workspace,
    ...(asOf !== undefined && { asOf }),
  };
  try {
    const { bars, quality } = await resolveSource(market, { ...place, calendar: given ?? '24/7' });
    const calendar = given ?? likelyCalendar(bars.openTime, intervalMs);
    const again = given === undefined && calendar !== '24/7' ? (await resolveSource(market, { ...place, calendar })).quality : quality;
    return { market, intervalMs, sha256: columnsHash(bars), calendar, quality: again };
  } catch (error) {
    // Bars that nobody may trade on can still be looked at.
    if (error instanceof DataError && error.quality)
      return { market, intervalMs, sha256: null, calendar: given ?? '24/7', quality: error.quality };
    throw error;
  }
}
