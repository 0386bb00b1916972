import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BarColumns, type Bars, sliceBars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { intervalName, intervalMs as msOf } from '../core/interval.ts';
import { writeAtomically } from './atomic-file.ts';
import { DataError } from './data-error.ts';
import type { Candle } from './exchange/feed.ts';
import type { DatedInformation, MarketInformation } from './exchange/market-information.ts';
import { formatInstant } from './instant.ts';
import { bytesOf, type Columns } from './store/columns-file.ts';
import { openHistory } from './store/history.ts';
import { readSealed, seal } from './store/sealed.ts';
import type { Manifest, Repair } from './store/series.ts';
import type { Span } from './store/span.ts';

export type { Repair } from './store/series.ts';
export type { Span } from './store/span.ts';

/** What the store holds of one market and interval. */
export interface StoredBars {
  readonly market: string;
  readonly intervalMs: number;
  readonly bars: number;
  /** First and last opening time, ms UTC. */
  readonly from: number;
  readonly to: number;
  readonly folder: string;
}

/** What a write changed: bars now stored, bars that were new, bars that took the place of different ones. */
export interface StoreChange {
  readonly bars: number;
  readonly added: number;
  readonly replaced: number;
}

/** A bar as it once stood: its values, when it was seen with them, and when others took its place or it was dropped (ms UTC, local clock). */
export interface Revision extends Candle {
  readonly seen: number;
  readonly replaced: number;
}

export interface WriteOptions {
  /** When the data were seen, ms UTC of the local clock. */
  readonly seen: number;
  /** Data that differ from those stored take their place, and those are kept as revisions; default false: a DataError tells how many differ. */
  readonly revise?: boolean;
  /**
   * What the origin was asked for and has answered, with these data and no others. There need not be any then; and what was dropped by a
   * repair does not come back where the origin says the same again.
   */
  readonly covered?: Span;
  /** What was left out of these data beforehand: goes into the log of repairs. */
  readonly dropped?: Pick<Repair, 'kind' | 'bars'>;
}

/** The log of a series: what its origin has answered for, and what was repaired. */
export interface SeriesLog {
  /** Ascending and disjoint. */
  readonly coverage: readonly Span[];
  /** In the order in which they were made. */
  readonly repairs: readonly Repair[];
  readonly revisions: number;
  readonly bars: number;
  /** First and last opening time, ms UTC; null without bars. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface BarStore {
  /** Everything stored, by market and interval. A damaged series throws its DataError, or is told to `damaged` and left out. */
  list(damaged?: (error: DataError) => void): Promise<readonly StoredBars[]>;
  /** Reads every file of the store; the damages found. */
  check(): Promise<readonly DataError[]>;
  /**
   * The bars of a market, with `asOf` (ms UTC) as they stood at that time of the local clock. Throws a DataError where there are none, or a
   * file is damaged.
   */
  read(market: string, intervalMs: number, options?: { readonly asOf?: number }): Promise<Bars>;
  write(bars: Bars, options: WriteOptions): Promise<StoreChange>;
  log(market: string, intervalMs: number): Promise<SeriesLog>;
  /** Bars that changed or were dropped, in the order in which that happened. */
  revisions(market: string, intervalMs: number): Promise<readonly Revision[]>;
  /** Takes the bars for which `dropped` is true out of the series; they stay among its revisions. Returns their opening times. */
  drop(
    market: string,
    intervalMs: number,
    dropped: (bars: BarColumns) => (row: number) => boolean,
    repair: Pick<Repair, 'at' | 'kind'>,
  ): Promise<readonly number[]>;
  /** What an exchange has said of a market, oldest first. */
  information(market: string): Promise<readonly DatedInformation[]>;
  saveInformation(information: MarketInformation, seen: number): Promise<void>;
  /** Funding rates of a perpetual; undefined where none are stored. */
  funding(market: string): Promise<FundingRates | undefined>;
  fundingCoverage(market: string): Promise<readonly Span[]>;
  saveFunding(market: string, rates: FundingRates, options: WriteOptions): Promise<StoreChange>;
}

const COLUMNS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;
const FUNDING = ['time', 'rate'] as const;
const INFORMATION = 'paperwalk/market@1';
/** Folder of what is said of a market: a file for each version, named after when it was first said, so that no writer takes another's away. */
const MARKET = 'market';

/**
 * The bars of a workspace, in its folder `bars`: a folder for each market, in it one for each interval (see `openSeries`), one for funding
 * rates, and a file of what the exchange says of the market.
 */
export function openBarStore(workspaceDirectory: string): BarStore {
  const root = join(workspaceDirectory, 'bars');
  const folderOf = (market: string, part: string) => join(root, folderName(market), part);
  const barsOf = (market: string, intervalMs: number) =>
    openHistory(folderOf(market, intervalName(intervalMs)), subjectOf(market, intervalName(intervalMs)), COLUMNS);
  const fundingOf = (market: string) => openHistory(folderOf(market, 'funding'), subjectOf(market, 'funding'), FUNDING);

  const list: BarStore['list'] = async (damaged) => {
    const stored: StoredBars[] = [];
    for (const folder of await seriesIn(root)) {
      if (!/^\d+[mhdw]$/.test(basename(folder))) continue;
      const version = await openHistory(folder, undefined, COLUMNS).version().catch(telling(damaged));
      if (!version) continue;
      const { manifest } = version;
      const { bars, from, to } = extentOf(manifest);
      if (from === null || to === null) continue;
      const { market, part } = JSON.parse(manifest.subject) as { readonly market: string; readonly part: string };
      stored.push({ market, intervalMs: msOf(part), bars, from, to, folder });
    }
    return stored.sort((a, b) => (a.market < b.market ? -1 : a.market > b.market ? 1 : a.intervalMs - b.intervalMs));
  };

  const check = async () => {
    const found: DataError[] = [];
    const note = telling((error) => found.push(error));
    for (const folder of await seriesIn(root)) {
      if (basename(folder) === MARKET) await readInformation(folder).catch(note);
      else {
        const history = openHistory(folder, undefined, basename(folder) === 'funding' ? FUNDING : COLUMNS);
        await history.read().catch(note);
        await history.replaced().catch(note);
      }
    }
    return found;
  };

  const read: BarStore['read'] = async (market, intervalMs, { asOf } = {}) => {
    const columns = await barsOf(market, intervalMs).read(asOf);
    if (columns && columns.openTime!.length > 0) return barsFrom(market, intervalMs, columns);
    const interval = intervalName(intervalMs);
    const held = (await list(() => {})).map((entry) => `${entry.market} ${intervalName(entry.intervalMs)}`);
    const then = asOf === undefined ? '' : ` as of ${formatInstant(asOf)}`;
    const [, exchange, symbol] = /^([a-z0-9]+):(.+\/.+)$/.exec(market) ?? [];
    const how = exchange ? `fetch ${exchange} ${symbol} ${interval} --from DATE` : `import FILE --market ${market} --interval ${interval}`;
    throw new DataError(
      `Expected stored bars of ${market} at ${interval}${then}, received none (stored: ${held.join(', ') || 'nothing'}); ` +
        `paperwalk ${how} stores them`,
    );
  };

  const write: BarStore['write'] = async (bars, options) => {
    const { market, intervalMs } = bars;
    if (bars.length === 0 && !options.covered) throw new DataError(`Expected bars of ${market} to store, received none`);
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, bars[name]]));
    return change(barsOf(market, intervalMs), `bars`, market, columns, options);
  };

  const saveFunding: BarStore['saveFunding'] = (market, { time, rate }, options) =>
    change(fundingOf(market), 'funding rates', market, { time, rate }, options);

  const log: BarStore['log'] = async (market, intervalMs) => {
    const { manifest } = await barsOf(market, intervalMs).version();
    const { coverage, repairs, replaced } = manifest;
    return { coverage, repairs, revisions: replaced?.length ?? 0, ...extentOf(manifest) };
  };

  const revisions: BarStore['revisions'] = async (market, intervalMs) => {
    const rows = await barsOf(market, intervalMs).replaced();
    if (!rows) return [];
    const names = [...COLUMNS, 'seen', 'replaced'];
    return Array.from(rows.openTime!, (_, row) => Object.fromEntries(names.map((name) => [name, rows[name]![row]])) as never as Revision);
  };

  const drop: BarStore['drop'] = (market, intervalMs, dropped, repair) =>
    barsOf(market, intervalMs).drop((rows) => dropped(rows as never as BarColumns), repair);

  const information: BarStore['information'] = (market) => readInformation(folderOf(market, MARKET));

  const saveInformation: BarStore['saveInformation'] = async (saved, seen) => {
    const { market } = saved;
    const last = (await information(market)).at(-1);
    const same = last && JSON.stringify(last.information) === JSON.stringify(saved);
    const version: DatedInformation = { seen: same ? last.seen : seen, checked: seen, information: saved };
    await mkdir(folderOf(market, MARKET), { recursive: true });
    await writeAtomically(folderOf(market, join(MARKET, `${version.seen}.json`)), seal({ schema: INFORMATION, ...version }));
  };

  const funding: BarStore['funding'] = async (market) => {
    const columns = await fundingOf(market).read();
    return columns && { time: columns.time!, rate: columns.rate! };
  };
  const fundingCoverage: BarStore['fundingCoverage'] = async (market) => (await fundingOf(market).version()).manifest.coverage;

  return { list, check, read, write, log, revisions, drop, information, saveInformation, funding, fundingCoverage, saveFunding };
}

async function change(
  history: ReturnType<typeof openHistory>,
  kind: string,
  market: string,
  columns: Columns,
  { revise = false, ...options }: WriteOptions,
): Promise<StoreChange> {
  const changed = await history.write(columns, { ...options, revise });
  if ('rows' in changed) return { bars: changed.rows, added: changed.added, replaced: changed.replaced };
  throw new DataError(
    `Expected ${kind} that agree with those stored of ${market}, received ${changed.differing} that differ, the first at ` +
      `${formatInstant(changed.first)}; --replace lets them take the place of the stored ones`,
  );
}

/** SHA-256 (hex) of the columns openTime, open, high, low, close, volume as 64-bit floats: what a result says it was computed from. */
export function columnsHash(bars: BarColumns): string {
  const hash = createHash('sha256');
  for (const name of COLUMNS) hash.update(bytesOf(bars[name]));
  return hash.digest('hex');
}

/** Only checked bars are ever stored, and checksums tell that they still are those: they need no second check. */
function barsFrom(market: string, intervalMs: number, { openTime, open, high, low, close, volume }: Columns): Bars {
  const columns = { openTime: openTime!, open: open!, high: high!, low: low!, close: close!, volume: volume! };
  return sliceBars({ market, intervalMs, length: columns.openTime.length, ...columns }, 0, columns.openTime.length);
}

/** Readable, and safe on every file system: the hash tells markets apart that look alike, differ in case only, or are cut. */
function folderName(market: string): string {
  const readable = market.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
  return `${readable}.${createHash('sha256').update(market).digest('hex').slice(0, 12)}`;
}

function subjectOf(market: string, part: string): string {
  return JSON.stringify({ market, part });
}

/** Folders of everything that is kept of all markets. */
async function seriesIn(root: string): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const market of await namesIn(root)) for (const part of await namesIn(join(root, market))) folders.push(join(root, market, part));
  return folders;
}

async function readInformation(folder: string): Promise<readonly DatedInformation[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => absent(error) ?? []);
  const versions: DatedInformation[] = [];
  for (const name of names.filter((file) => /^-?\d+\.json$/.test(file))) {
    const { seen, checked, information } = (await readSealed(join(folder, name), INFORMATION)) as DatedInformation;
    versions.push({ seen, checked, information });
  }
  return versions.sort((a, b) => a.seen - b.seen);
}

function extentOf({ segments }: Manifest): { readonly bars: number; readonly from: number | null; readonly to: number | null } {
  const bars = segments.reduce((sum, { length }) => sum + length, 0);
  return { bars, from: segments[0]?.from ?? null, to: segments.at(-1)?.to ?? null };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => absent(error) ?? []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Hands a DataError on to whoever wants to be told; other errors are thrown. */
function telling(damaged: ((error: DataError) => void) | undefined): (error: unknown) => undefined {
  return (error) => {
    if (!damaged || !(error instanceof DataError)) throw error;
    damaged(error);
  };
}
