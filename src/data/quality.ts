import { type BarColumns, barProblem } from '../core/bars.ts';
import { anomalies } from './anomalies.ts';
import { DataError } from './data-error.ts';
import { type Calendar, type Gap, isAligned, missingBars } from './gaps.ts';
import { formatInstant } from './instant.ts';

export type { Calendar, Gap } from './gaps.ts';

/** Errors bar the data from trading: a row out of order, twice the same bar, two bars for one time, prices that cannot be. The rest warns. */
export const ERRORS = ['disorder', 'duplicate', 'conflict', 'impossible'] as const;
export const WARNINGS = ['zero-volume', 'gap', 'misaligned', 'stale', 'spike', 'split'] as const;
type ErrorKind = (typeof ERRORS)[number];
export type WarningKind = (typeof WARNINGS)[number];
export type ProblemKind = ErrorKind | WarningKind;

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly kind: ProblemKind;
  /** Row of the data, from 0. */
  readonly row: number;
  /** Line of the file, from 1; absent where the bars came from no file. */
  readonly line?: number;
  /** Opening time, ms UTC; null where it is no finite number. */
  readonly time: number | null;
  readonly message: string;
}

/** What is wrong with a stretch of bars. Counts are exact; lists hold the first LISTED of a kind. */
export interface Quality {
  readonly bars: number;
  /** First and last opening time, ms UTC; null without a finite one. */
  readonly from: number | null;
  readonly to: number | null;
  readonly errors: number;
  readonly warnings: number;
  readonly counts: Readonly<Record<ProblemKind, number>>;
  /** Bars missing in all gaps together. */
  readonly missing: number;
  /** The longest time between two neighbouring opening times that makes a gap, ms; 0 without gaps. */
  readonly longestGapMs: number;
  readonly gaps: readonly Gap[];
  /** In the order of rows. */
  readonly problems: readonly Problem[];
}

/** How many problems of a kind, and how many gaps, a report lists. */
export const LISTED = 100;

/** Above, sums of squares leave the range of 64-bit floats; no market quotes such numbers. */
export const LARGEST_VALUE = 1e100;

/**
 * Everything wrong with rows of bars, which may be out of order.
 *
 * A row counts once among the errors: impossible (by `barProblem`, or a number above 1e100), a duplicate (`conflict` where it differs
 * from the first bar of that time), or disorder (earlier than the row before). Gaps and alignment look at the times in order; anomalies
 * (stale bars, spikes, suspected splits) only at data without errors. `firstLine` is the file's line of row 0, where there is a file.
 */
export function inspect(columns: BarColumns, intervalMs: number, calendar: Calendar = '24/7', firstLine?: number): Quality {
  const { openTime } = columns;
  const counts = Object.fromEntries([...ERRORS, ...WARNINGS].map((kind) => [kind, 0])) as Record<ProblemKind, number>;
  const problems: Problem[] = [];
  const times = findProblems(columns, intervalMs, calendar, firstLine, (kind, row, message) => {
    if (++counts[kind] > LISTED) return;
    const time = Number.isFinite(openTime[row]!) ? openTime[row]! : null;
    const severity = isError(kind) ? 'error' : 'warning';
    problems.push({ severity, kind, row, ...(firstLine === undefined ? {} : { line: row + firstLine }), time, message: message() });
  });
  problems.sort((a, b) => a.row - b.row);
  const sum = (kinds: readonly ProblemKind[]) => kinds.reduce((total, kind) => total + counts[kind], 0);
  return { bars: openTime.length, ...times, errors: sum(ERRORS), warnings: sum(WARNINGS), counts, problems };
}

/** The rows, from 0, of all problems of some kinds. */
export function problemRows(
  columns: BarColumns,
  intervalMs: number,
  kinds: readonly ProblemKind[],
  calendar: Calendar = '24/7',
): ReadonlySet<number> {
  const rows = new Set<number>();
  findProblems(columns, intervalMs, calendar, undefined, (kind, row) => {
    if (kinds.includes(kind)) rows.add(row);
  });
  return rows;
}

/** Told of every problem, kind after kind; `message` is worked out only where it is wanted. */
type Finder = (kind: ProblemKind, row: number, message: () => string) => void;

function findProblems(
  columns: BarColumns,
  intervalMs: number,
  calendar: Calendar,
  firstLine: number | undefined,
  found: Finder,
): Pick<Quality, 'from' | 'to' | 'missing' | 'longestGapMs' | 'gaps'> {
  const { openTime, volume } = columns;
  const order = rowsInTime(openTime);
  const repeats = new Set<number>();
  const gaps: Gap[] = [];
  let missing = 0;
  let longestGapMs = 0;
  for (let k = 1, before = order[0]; k < order.length; k++) {
    const row = order[k]!;
    const from = openTime[before!]!;
    const to = openTime[row]!;
    if (from === to) {
      repeats.add(row);
      continue;
    }
    before = row;
    const absent = missingBars(from, to, intervalMs, calendar);
    if (absent === 0) continue;
    missing += absent;
    longestGapMs = Math.max(longestGapMs, to - from);
    const gap = { row, from, to, missing: absent };
    if (gaps.length < LISTED) gaps.push(gap);
    found('gap', row, gapWords(gap));
  }

  const firstRowOf = new Map<number, number>();
  if (repeats.size > 0) for (const row of order) if (!firstRowOf.has(openTime[row]!)) firstRowOf.set(openTime[row]!, row);
  const start = openTime[order[0] ?? 0]!;
  let errors = 0;
  for (let row = 0; row < openTime.length; row++) {
    const original = repeats.has(row) ? firstRowOf.get(openTime[row]!) : undefined;
    const error = rowError(columns, row, original, firstLine);
    if (error) {
      errors++;
      found(error.kind, row, error.message);
    }
    if (volume[row] === 0) found('zero-volume', row, () => 'nothing was traded, so no order fills');
    if (Number.isFinite(openTime[row]!) && !isAligned(openTime[row]!, start, intervalMs, calendar)) {
      found('misaligned', row, misalignment(openTime[row]!, start));
    }
  }
  if (errors === 0) for (const { kind, row, message } of anomalies(columns)) found(kind, row, () => message);
  const last = order.at(-1);
  return { from: last === undefined ? null : start, to: last === undefined ? null : openTime[last]!, missing, longestGapMs, gaps };
}

/** What bars a row from trading; `original` is the first row of its time, where it is another. */
function rowError(
  columns: BarColumns,
  row: number,
  original: number | undefined,
  firstLine: number | undefined,
): { readonly kind: ErrorKind; readonly message: () => string } | undefined {
  const problem = barProblem(columns, row);
  const large = problem?.kind === 'impossible' ? problem.message : largeValue(columns, row);
  if (large !== undefined) return { kind: 'impossible', message: () => large };
  if (original !== undefined) {
    const where = firstLine === undefined ? `row ${original}` : `line ${original + firstLine}`;
    return sameBar(columns, row, original)
      ? { kind: 'duplicate', message: () => `expected one bar per opening time, received that of ${where} again` }
      : { kind: 'conflict', message: () => `expected one bar per opening time, received one that differs from that of ${where}` };
  }
  return problem && { kind: 'disorder', message: () => problem.message };
}

// Closures are made where something is wrong, and out of the loop: one in it would make every row dearer.
function misalignment(time: number, start: number): () => string {
  return () => `${formatTime(time)} is no multiple of the interval from the first bar, ${formatTime(start)}`;
}

function gapWords({ from, to, missing }: Gap): () => string {
  return () => `expected ${missing} more bar${missing === 1 ? '' : 's'} between ${formatTime(from)} and ${formatTime(to)}`;
}

function isError(kind: ProblemKind): boolean {
  return (ERRORS as readonly ProblemKind[]).includes(kind);
}

/** Why bars are refused for trading: the first error, the count of each kind and the way out; undefined where there is none. */
export function refusal(quality: Quality, file: string): DataError | undefined {
  const first = quality.problems.find((problem) => problem.severity === 'error');
  if (!first) return undefined;
  const where = first.line === undefined ? `${file}, row ${first.row}` : `${file}:${first.line}`;
  const kinds = ERRORS.filter((kind) => quality.counts[kind] > 0);
  const totals = kinds.map((kind) => `${kind} ${quality.counts[kind]}`).join(', ');
  const mend = `correct the data, or import it with ${kinds.map((kind) => `--drop ${kind}`).join(' ')}`;
  const message = `${where}: ${first.message} (rows refused: ${totals}); ${mend}`.replace(': expected', ': Expected');
  return new DataError(message, { file, quality, ...(first.line === undefined ? {} : { line: first.line }) });
}

/** Rows with a finite time, earliest first; rows of one time in the order of the data. */
function rowsInTime(openTime: Float64Array): Int32Array {
  const rows = new Int32Array(openTime.length);
  let length = 0;
  let ordered = true;
  let latest = -Infinity;
  for (let row = 0; row < openTime.length; row++) {
    const time = openTime[row]!;
    if (!Number.isFinite(time)) continue;
    rows[length++] = row;
    ordered &&= time >= latest;
    latest = time;
  }
  const order = rows.subarray(0, length);
  return ordered ? order : order.sort((a, b) => openTime[a]! - openTime[b]! || a - b);
}

function largeValue(columns: BarColumns, row: number): string | undefined {
  // The low and the open lie below the high.
  for (const name of ['high', 'volume'] as const) {
    const value = columns[name][row]!;
    if (value > LARGEST_VALUE) return `expected a ${name} a market can have (below ${LARGEST_VALUE}), received ${value}`;
  }
  return undefined;
}

function sameBar(columns: BarColumns, a: number, b: number): boolean {
  return (['open', 'high', 'low', 'close', 'volume'] as const).every((name) => columns[name][a] === columns[name][b]);
}

function formatTime(time: number): string {
  return Math.abs(time) < 6e13 ? formatInstant(Math.round(time)) : String(time);
}
