import Table from 'cli-table3';
import { ConfigError } from '../config/config-error.ts';
import { intervalName } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { formatInstant } from '../data/instant.ts';
import { inspect, type Quality } from '../data/quality.ts';
import { resolveSource } from '../data/source.ts';
import { columnsHash, openBarStore } from '../data/store.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { place, qualityLines } from './quality-words.ts';
import { parseCalendar, parseInterval } from './usage.ts';

export interface BarsOptions extends CommonOptions {
  readonly interval?: string;
  readonly calendar?: string;
  readonly strict?: boolean;
}

/** One market and interval, inspected. */
interface Inspected {
  readonly market: string;
  readonly intervalMs: number;
  /** Of the columns; null where the bars are refused. */
  readonly sha256: string | null;
  readonly quality: Quality;
}

/** Problems of one market that the table of a single market shows. */
const SHOWN = 20;

/** Lists what is stored, or inspects one market: its range, gaps and anomalies. With --strict, errors make the exit code 1. */
export async function run([market]: readonly string[], options: BarsOptions, host: Host): Promise<number> {
  const inspected =
    market === undefined || !/^(csv|synthetic):/.test(market)
      ? await inspectStored(market, options)
      : [await inspectSource(market, options)];
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/bars@1', markets: inspected.map(plain) }));
  else if (market === undefined)
    print(host.stdout, inspected.length > 0 ? overview(inspected) : `No bars in ${options.workspace}; paperwalk import stores some.`);
  else for (const entry of inspected) print(host.stdout, details(entry));
  return options.strict && inspected.some(({ quality }) => quality.errors > 0) ? ExitCode.no : ExitCode.done;
}

async function inspectStored(market: string | undefined, options: BarsOptions): Promise<readonly Inspected[]> {
  const store = openBarStore(options.workspace);
  const intervalMs = options.interval === undefined ? undefined : parseInterval(options.interval);
  const calendar = parseCalendar(options.calendar);
  const wanted = (await store.list()).filter(
    (entry) => (market === undefined || entry.market === market) && (intervalMs === undefined || entry.intervalMs === intervalMs),
  );
  if (market !== undefined && wanted.length === 0) {
    throw new DataError(
      `Expected stored bars of ${market}, received none; paperwalk bars lists what there is, paperwalk import stores more`,
    );
  }
  const inspected: Inspected[] = [];
  for (const entry of wanted) {
    const bars = await store.read(entry.market, entry.intervalMs);
    inspected.push({
      market: entry.market,
      intervalMs: entry.intervalMs,
      sha256: columnsHash(bars),
      quality: inspect(bars, entry.intervalMs, calendar),
    });
  }
  return inspected;
}

async function inspectSource(market: string, options: BarsOptions): Promise<Inspected> {
  if (options.interval === undefined) throw new ConfigError([`--interval: Expected the interval of ${market} such as 4h, received none`]);
  const intervalMs = parseInterval(options.interval);
  const place = { intervalMs, baseDirectory: '.', workspaceDirectory: options.workspace, calendar: parseCalendar(options.calendar) };
  try {
    const { quality, sha256 } = await resolveSource(market, place);
    return { market, intervalMs, sha256, quality };
  } catch (error) {
    // Bars that nobody may trade on can still be looked at.
    if (error instanceof DataError && error.quality) return { market, intervalMs, sha256: null, quality: error.quality };
    throw error;
  }
}

function plain({ market, intervalMs, sha256, quality }: Inspected): object {
  const { from, to, gaps, problems, ...rest } = quality;
  return {
    market,
    interval: intervalName(intervalMs),
    sha256,
    from: instant(from),
    to: instant(to),
    ...rest,
    gaps: gaps.map((gap) => ({ ...gap, from: instant(gap.from), to: instant(gap.to) })),
    problems: problems.map((problem) => ({ ...problem, time: instant(problem.time) })),
  };
}

function overview(inspected: readonly Inspected[]): string {
  const table = new Table({
    head: ['market', 'interval', 'bars', 'from', 'to', 'gaps', 'missing', 'errors', 'warnings'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'left', 'left', 'right', 'right', 'right', 'right'],
  });
  for (const { market, intervalMs, quality } of inspected) {
    const { bars, from, to, counts, missing, errors, warnings } = quality;
    table.push([market, intervalName(intervalMs), bars, instant(from) ?? '-', instant(to) ?? '-', counts.gap, missing, errors, warnings]);
  }
  return table.toString();
}

function details({ market, intervalMs, quality }: Inspected): string {
  const { bars, from, to, problems } = quality;
  const summaries = [
    ...qualityLines(quality, 'error').map((line) => `error: ${line}`),
    ...qualityLines(quality, 'warning').map((line) => `warning: ${line}`),
  ];
  const found = quality.errors + quality.warnings;
  const listed = problems.slice(0, SHOWN).map((problem) => `  ${problem.severity} ${place(problem)}: ${problem.message}`);
  return [
    `${market} ${intervalName(intervalMs)}: ${bars} bars, ${instant(from) ?? '-'} to ${instant(to) ?? '-'}`,
    ...(found === 0 ? ['nothing is wrong with them'] : summaries),
    ...(found > summaries.length ? ['', ...listed] : []),
    ...(found > SHOWN ? [`  ... ${found - SHOWN} more; --json lists the first hundred of each kind`] : []),
  ].join('\n');
}

function instant(time: number | null): string | null {
  return time === null || !Number.isInteger(time) || Math.abs(time) > 6e13 ? null : formatInstant(time);
}
