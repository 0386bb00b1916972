import type { Columns, ColumnsFile } from './columns-file.ts';
import { changedRows, columnsOf, mergeRows, type Rows, rowsLength, takeRows, timeOf, withColumn } from './rows.ts';
import { type Change, openSeries, type Repair, type Segment, type Version } from './series.ts';
import { joinSpans, type Span } from './span.ts';

export interface HistoryChange {
  /** Rows now stored. */
  readonly rows: number;
  readonly added: number;
  readonly replaced: number;
}

export interface HistoryWrite {
  /** When the rows were seen, ms UTC of the local clock. */
  readonly seen: number;
  /** Whether rows that differ take the place of those stored, which are kept beside them. */
  readonly revise: boolean;
  readonly covered?: Span;
  /** Goes into the log of repairs. */
  readonly dropped?: Pick<Repair, 'kind' | 'bars'>;
}

/** What may stop a write: rows of stored times that differ, how many and the time of the first. */
export interface Conflict {
  readonly differing: number;
  readonly first: number;
}

/** A new segment takes in a neighbour that is shorter than so many of its own lengths: a row is rewritten about log2(rows) times in all. */
const ABSORBED = 2;

/**
 * Rows of a series by their time, with the history of what was seen: every row knows when it was first seen with its values, and rows whose
 * values changed, or that were dropped, stay as they were with the times between which they stood.
 *
 * `names` are the columns; the first is the time, ascending.
 */
export function openHistory(folder: string, subject: string | undefined, names: readonly string[]) {
  const series = openSeries(folder, subject);
  const stored = [...names, 'seen'];

  const load = async (segments: readonly ColumnsFile[], of: readonly string[] = stored): Promise<Rows> =>
    columnsOf(await Promise.all(segments.map(series.columns)), of);

  /** All rows; with `asOf` (ms UTC) as they stood then. Undefined where nothing is stored. */
  const read = (asOf?: number): Promise<Columns | undefined> =>
    series.read(async ({ number, manifest }) => {
      if (number === 0) return undefined;
      const rows = await load(manifest.segments);
      if (asOf === undefined) return rows;
      const present = takeRows(rows, (row) => rows.seen![row]! <= asOf);
      if (!manifest.replaced) return present;
      const former = await series.columns(manifest.replaced);
      const then = takeRows(former, (row) => former.seen![row]! <= asOf && asOf < former.replaced![row]!);
      return mergeRows(present, columnsOf([sortRows(then)], stored));
    });

  const write = (rows: Rows, { seen, revise, covered, dropped: left }: HistoryWrite): Promise<HistoryChange | Conflict> =>
    series.write<HistoryChange | Conflict>(async ({ manifest }) => {
      const { segments } = manifest;
      const touched = between(segments, rows);
      const changed = changedRows(touched.length > 0 ? await load(touched) : undefined, rows, names);
      const { former } = changed;
      // What a person has dropped does not come back because its origin still says the same.
      const dropped = covered && manifest.repairs.length > 0 && manifest.replaced ? await series.columns(manifest.replaced) : undefined;
      const fresh = dropped ? withoutFormer(changed.fresh, former, dropped, names) : changed.fresh;
      const differing = rowsLength(former);
      if (differing > 0 && !revise) return { result: { differing, first: timeOf(former, 0) } };
      const added = rowsLength(fresh) - differing;
      const result = { rows: total(segments) + added, added, replaced: differing };
      const coverage = joinSpans(manifest.coverage, covered);
      const unchanged = rowsLength(fresh) === 0;
      if (unchanged && !left && JSON.stringify(coverage) === JSON.stringify(manifest.coverage)) return { result };
      const change: Change = {
        ...manifest,
        coverage,
        ...(left && { repairs: [...manifest.repairs, { at: seen, ...left }] }),
        segments: unchanged ? segments : await place(segments, withColumn(fresh, 'seen', seen)),
        ...(differing > 0 && { replaced: { columns: await extend(manifest.replaced, withColumn(former, 'replaced', seen)) } }),
      };
      return { change, result };
    });

  /** Takes rows out, for which `dropped` is true, and keeps them as replaced at `repair.at`; the number of rows goes into the log of repairs. Returns their times. */
  const drop = (dropped: (rows: Rows) => (row: number) => boolean, repair: Omit<Repair, 'bars'>): Promise<readonly number[]> =>
    series.write(async ({ manifest }) => {
      const rows = await load(manifest.segments);
      const test = dropped(rows);
      const former = takeRows(rows, test);
      const bars = rowsLength(former);
      const result = Array.from({ length: bars }, (_, row) => timeOf(former, row));
      if (bars === 0) return { result };
      const kept = takeRows(rows, (row) => !test(row));
      const change: Change = {
        ...manifest,
        segments: rowsLength(kept) > 0 ? [segmentOf(kept)] : [],
        replaced: { columns: await extend(manifest.replaced, withColumn(former, 'replaced', repair.at)) },
        repairs: [...manifest.repairs, { ...repair, bars }],
      };
      return { change, result };
    });

  /** Segments with new rows among them, which take in what they overlap and neighbours that are short. */
  const place = async (segments: readonly Segment[], fresh: Rows): Promise<Change['segments']> => {
    const before = segments.filter(({ to }) => to < timeOf(fresh, 0));
    const after = segments.filter(({ from }) => from > timeOf(fresh, rowsLength(fresh) - 1));
    let taken = between(segments, fresh);
    let length = rowsLength(fresh) + total(taken);
    for (let grew = true; grew; ) {
      const [left, right] = [before.at(-1), after[0]];
      grew = false;
      if (left && left.length < ABSORBED * length) {
        taken = [before.pop()!, ...taken];
        grew = true;
      } else if (right && right.length < ABSORBED * length) {
        taken = [...taken, after.shift()!];
        grew = true;
      }
      length = rowsLength(fresh) + total(taken);
    }
    const rows = taken.length > 0 ? mergeRows(await load(taken), fresh) : fresh;
    return [...before, segmentOf(rows), ...after];
  };

  const extend = async (replaced: ColumnsFile | null, former: Rows): Promise<Rows> =>
    columnsOf([...(replaced ? [await series.columns(replaced)] : []), former], [...stored, 'replaced']);

  const replaced = (): Promise<Columns | undefined> =>
    series.read(async ({ manifest }) => manifest.replaced && (await series.columns(manifest.replaced))).then((rows) => rows ?? undefined);

  const version = (): Promise<Version> => series.read(async (present) => present);

  return { read, write, drop, replaced, version };
}

/** Rows less those that are new and equal the last version of their time that was taken out. */
function withoutFormer(fresh: Rows, revised: Rows, replaced: Rows, names: readonly string[]): Rows {
  const last = new Map(Array.from({ length: rowsLength(replaced) }, (_, row) => [timeOf(replaced, row), row] as const));
  const known = new Set(Array.from({ length: rowsLength(revised) }, (_, row) => timeOf(revised, row)));
  return takeRows(fresh, (row) => {
    const time = timeOf(fresh, row);
    const former = known.has(time) ? undefined : last.get(time);
    return former === undefined || names.some((name) => fresh[name]![row] !== replaced[name]![former]);
  });
}

/** Neighbouring segments that rows lie among. */
function between(segments: readonly Segment[], rows: Rows): readonly Segment[] {
  const length = rowsLength(rows);
  if (length === 0) return [];
  const [first, last] = [timeOf(rows, 0), timeOf(rows, length - 1)];
  return segments.filter(({ from, to }) => to >= first && from <= last);
}

function segmentOf(columns: Rows) {
  return { columns, from: timeOf(columns, 0), to: timeOf(columns, rowsLength(columns) - 1) };
}

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, { length }) => sum + length, 0);
}

/** Replaced rows come in the order in which they were replaced. */
function sortRows(rows: Rows): Rows {
  const order = Int32Array.from({ length: rowsLength(rows) }, (_, row) => row).sort((a, b) => timeOf(rows, a) - timeOf(rows, b));
  return Object.fromEntries(Object.entries(rows).map(([name, column]) => [name, Float64Array.from(order, (row) => column[row]!)]));
}
