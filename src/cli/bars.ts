import { ConfigError } from '../config/config-error.ts';
import { DataError } from '../data/data-error.ts';
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

/** Lists what is stored, or inspects one market: its range, gaps, anomalies and history. With --strict, errors make the exit code 1. */
export async function run([market]: readonly string[], options: BarsOptions, host: Host): Promise<number> {
  const inspected =
    market === undefined || isStoredMarket(market) ? await inspectStored(market, options) : [await inspectSource(market, options)];
  if (options.json) print(host.stdout, JSON.stringify(barsDocument(inspected, host.now())));
  else if (market === undefined)
    print(
      host.stdout,
      inspected.length > 0
        ? overview(inspected)
        : `No bars in ${options.workspace}; paperwalk fetch downloads some, paperwalk import stores those of a file.`,
    );
  else for (const entry of inspected) print(host.stdout, details(entry, host.now()));
  return options.strict && inspected.some(({ quality }) => quality.errors > 0) ? ExitCode.no : ExitCode.done;
}

/** The stored series of a market, or of all. Throws a DataError where a market is named and there is none. */
export async function storedSeries(market: string | undefined, { workspace, interval }: BarsOptions): Promise<readonly StoredBars[]> {
  const intervalMs = interval === undefined ? undefined : parseInterval(interval);
  const wanted = (await openBarStore(workspace).list()).filter(
    (entry) => (market === undefined || entry.market === market) && (intervalMs === undefined || entry.intervalMs === intervalMs),
  );
  if (market === undefined || wanted.length > 0) return wanted;
  throw new DataError(
    `Expected stored bars of ${market}, received none; paperwalk bars lists what there is, paperwalk fetch or import stores more`,
  );
}

async function inspectStored(market: string | undefined, options: BarsOptions): Promise<readonly Inspected[]> {
  const store = openBarStore(options.workspace);
  const calendar = parseCalendar(options.calendar);
  const asOf = options.asOf === undefined ? undefined : parseInstantOption('--as-of', options.asOf);
  const inspected: Inspected[] = [];
  for (const entry of await storedSeries(market, options)) {
    const { market: name, intervalMs } = entry;
    const bars = await store.read(name, intervalMs, asOf === undefined ? {} : { asOf });
    const [log, information] = [await store.log(name, intervalMs), (await store.information(name)).at(-1)];
    inspected.push({
      market: name,
      intervalMs,
      sha256: columnsHash(bars),
      quality: inspect(bars, intervalMs, calendar),
      history: { ...log, lastRevision: (await store.revisions(name, intervalMs)).at(-1), information },
    });
  }
  return inspected;
}

async function inspectSource(market: string, options: BarsOptions): Promise<Inspected> {
  if (options.interval === undefined) throw new ConfigError([`--interval: Expected the interval of ${market} such as 4h, received none`]);
  const intervalMs = parseInterval(options.interval);
  const place = {
    intervalMs,
    baseDirectory: '.',
    workspaceDirectory: options.workspace,
    calendar: parseCalendar(options.calendar),
    ...(options.asOf !== undefined && { asOf: parseInstantOption('--as-of', options.asOf) }),
  };
  try {
    const { bars, quality } = await resolveSource(market, place);
    return { market, intervalMs, sha256: columnsHash(bars), quality };
  } catch (error) {
    // Bars that nobody may trade on can still be looked at.
    if (error instanceof DataError && error.quality) return { market, intervalMs, sha256: null, quality: error.quality };
    throw error;
  }
}
