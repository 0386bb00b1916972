import type { Columns } from './columns-file.ts';

/** Rows as columns; the first column is their time, ascending and each once unless said otherwise. */
export type Rows = Columns;

function timesOf(rows: Rows): Float64Array {
  return Object.values(rows)[0]!;
}

export function rowsLength(rows: Rows): number {
  return timesOf(rows).length;
}

export function timeOf(rows: Rows, row: number): number {
  return timesOf(rows)[row]!;
}

/** The named columns of several pieces, one after the other; those of a single piece are not copied. */
export function columnsOf(pieces: readonly Rows[], names: readonly string[]): Rows {
  if (pieces.length === 1) return Object.fromEntries(names.map((name) => [name, pieces[0]![name]!]));
  const length = pieces.reduce((sum, piece) => sum + rowsLength(piece), 0);
  return Object.fromEntries(
    names.map((name) => {
      const column = new Float64Array(length);
      let at = 0;
      for (const piece of pieces) {
        column.set(piece[name]!, at);
        at += rowsLength(piece);
      }
      return [name, column];
    }),
  );
}

/** Rows with one more column, the same value in all of them. */
export function withColumn(rows: Rows, name: string, value: number): Rows {
  return { ...rows, [name]: new Float64Array(rowsLength(rows)).fill(value) };
}

export function takeRows(rows: Rows, taken: (row: number) => boolean): Rows {
  const chosen: number[] = [];
  for (let row = 0; row < rowsLength(rows); row++) if (taken(row)) chosen.push(row);
  if (chosen.length === rowsLength(rows)) return rows;
  return Object.fromEntries(Object.entries(rows).map(([name, column]) => [name, Float64Array.from(chosen, (row) => column[row]!)]));
}

/** Both in order of time, with the columns of `rows`; at equal times the row of `over`. */
export function mergeRows(rows: Rows, over: Rows): Rows {
  const names = Object.keys(rows);
  const [left, right] = [timesOf(rows), timesOf(over)];
  // Where one ends before the other begins, nothing has to be compared.
  if (left.length === 0 || right.length === 0 || left[left.length - 1]! < right[0]!) return columnsOf([rows, over], names);
  const capacity = left.length + right.length;
  const merged = names.map(() => new Float64Array(capacity));
  const [a, b] = [names.map((name) => rows[name]!), names.map((name) => over[name]!)];
  let length = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; length++) {
    const older = j >= right.length || (i < left.length && left[i]! < right[j]!);
    const same = !older && i < left.length && left[i] === right[j];
    const [source, row] = older ? [a, i] : [b, j];
    for (let k = 0; k < names.length; k++) merged[k]![length] = source[k]![row]!;
    if (older || same) i++;
    if (!older) j++;
  }
  return Object.fromEntries(names.map((name, k) => [name, merged[k]!.subarray(0, length)]));
}

/**
 * What incoming rows change among stored ones: `fresh` are those of new times and those that differ in one of the columns `names`, `former`
 * the stored rows that they differ from.
 */
export function changedRows(
  stored: Rows | undefined,
  incoming: Rows,
  names: readonly string[],
): { readonly fresh: Rows; readonly former: Rows } {
  if (!stored) return { fresh: incoming, former: takeRows(incoming, () => false) };
  const [left, right] = [timesOf(stored), timesOf(incoming)];
  const [a, b] = [names.map((name) => stored[name]!), names.map((name) => incoming[name]!)];
  const fresh = new Uint8Array(right.length);
  const former = new Uint8Array(left.length);
  for (let i = 0, j = 0; j < right.length; j++) {
    while (i < left.length && left[i]! < right[j]!) i++;
    const known = i < left.length && left[i] === right[j];
    if (known && a.every((column, k) => column[i] === b[k]![j])) continue;
    fresh[j] = 1;
    if (known) former[i] = 1;
  }
  return { fresh: takeRows(incoming, (row) => fresh[row] === 1), former: takeRows(stored, (row) => former[row] === 1) };
}
