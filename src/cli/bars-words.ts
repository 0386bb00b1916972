import Table from 'cli-table3';
import { intervalName } from '../core/interval.ts';
import type { DatedInformation } from '../data/exchange/market-information.ts';
import { formatInstant } from '../data/instant.ts';
import type { Calendar, Quality } from '../data/quality.ts';
import type { Revision, SeriesLog } from '../data/store.ts';
import { place, qualityLines } from './quality-words.ts';

/** One market and interval, inspected. */
export interface Inspected {
  readonly market: string;
  readonly intervalMs: number;
  /** Of the columns; null where the bars are refused. */
  readonly sha256: string | null;
  /** By which gaps are counted. */
  readonly calendar: Calendar;
  readonly quality: Quality;
  /** Of a stored series. */
  readonly history?: SeriesLog & { readonly lastRevision: Revision | undefined; readonly information: DatedInformation | undefined };
}

/** Problems of one market that the table of a single market shows. */
const SHOWN = 20;
/** Bars from an exchange that end so many intervals ago are said to. */
const STALE_INTERVALS = 3;

/** What `bars --json` prints. */
export function barsDocument(inspected: readonly Inspected[], now: number): object {
  return { schema: 'paperwalk/bars@1', markets: inspected.map((entry) => plain(entry, now)) };
}

function plain(entry: Inspected, now: number): object {
  const { market, intervalMs, sha256, calendar, quality, history } = entry;
  const { from, to, gaps, problems, ...rest } = quality;
  return {
    market,
    interval: intervalName(intervalMs),
    sha256,
    calendar,
    from: instant(from),
    to: instant(to),
    ...rest,
    gaps: gaps.map((gap) => ({ ...gap, from: instant(gap.from), to: instant(gap.to) })),
    problems: problems.map((problem) => ({ ...problem, time: instant(problem.time) })),
    ...(history && {
      behind: behind(entry, now),
      answered: history.coverage.map((span) => ({ from: instant(span.from), to: instant(span.to) })),
      revisions: history.revisions,
      repairs: history.repairs.map(({ at, ...repair }) => ({ at: instant(at), ...repair })),
      ...(history.information && { information: dated(history.information) }),
    }),
  };
}

export function overview(inspected: readonly Inspected[]): string {
  const table = new Table({
    head: ['market', 'interval', 'bars', 'from', 'to', 'gaps', 'missing', 'revised', 'errors', 'warnings'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { market, intervalMs, quality, history } of inspected) {
    const { bars, from, to, counts, missing, errors, warnings } = quality;
    const range = [instant(from) ?? '-', instant(to) ?? '-'];
    table.push([market, intervalName(intervalMs), bars, ...range, counts.gap, missing, history?.revisions ?? 0, errors, warnings]);
  }
  return table.toString();
}

export function details(entry: Inspected, now: number): string {
  const { market, intervalMs, calendar, quality, history } = entry;
  const { bars, from, to, problems } = quality;
  const summaries = [
    ...qualityLines(quality, 'error').map((line) => `error: ${line}`),
    ...qualityLines(quality, 'warning').map((line) => `warning: ${line}`),
  ];
  const found = quality.errors + quality.warnings;
  const listed = problems.slice(0, SHOWN).map((problem) => `  ${problem.severity} ${place(problem)}: ${problem.message}`);
  return [
    `${market} ${intervalName(intervalMs)}: ${bars} bars, ${instant(from) ?? '-'} to ${instant(to) ?? '-'}${calendar === '24/7' ? '' : `, calendar ${calendar}`}`,
    ...(found === 0 ? ['nothing is wrong with them'] : summaries),
    ...(history ? historyLines(entry, history, now) : []),
    ...(found > summaries.length ? ['', ...listed] : []),
    ...(found > SHOWN ? [`  ... ${found - SHOWN} more; --json lists the first hundred of each kind`] : []),
  ].join('\n');
}

function historyLines(entry: Inspected, history: NonNullable<Inspected['history']>, now: number): readonly string[] {
  const { revisions, lastRevision, repairs, information } = history;
  const late = behind(entry, now);
  const lines: string[] = [];
  if (late !== null && late >= STALE_INTERVALS) lines.push(`the last bar is ${late} intervals old; paperwalk fetch brings what came since`);
  if (lastRevision) {
    const { openTime, close, replaced } = lastRevision;
    lines.push(
      `${revisions} earlier version${revisions === 1 ? '' : 's'} of bars; the newest of ${formatInstant(openTime)}, which closed at ${close} until ${formatInstant(replaced)}`,
    );
  }
  for (const { at, kind, bars } of repairs) lines.push(`repaired at ${formatInstant(at)}: dropped ${bars} (${kind})`);
  if (information) {
    const { kind, tick, lot, minimumNotional, taker, maker } = information.information;
    const said = Object.entries({ tick, lot, 'minimum notional': minimumNotional, 'taker fee': taker, 'maker fee': maker });
    const known = said.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
    lines.push(`${kind} market; ${known.join(', ')}, as of ${formatInstant(information.checked)}`);
  }
  return lines;
}

/** Whole intervals from the close of the last bar to now, of bars that an exchange answered with; null for others. */
function behind({ intervalMs, quality: { to }, history }: Inspected, now: number): number | null {
  if (!history || history.coverage.length === 0 || to === null) return null;
  return Math.max(0, Math.floor((now - to) / intervalMs) - 1);
}

function dated({ seen, checked, information: { definition: _, ...information } }: DatedInformation): object {
  return { seen: instant(seen), checked: instant(checked), ...information };
}

function instant(time: number | null): string | null {
  return time === null || !Number.isInteger(time) || Math.abs(time) > 6e13 ? null : formatInstant(time);
}
