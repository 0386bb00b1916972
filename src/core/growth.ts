import { type BarColumns, BarError, type Bars, barProblem, sliceBars } from './bars.ts';

/** One bar: `openTime` in ms UTC, prices in quote currency, `volume` in base currency. */
export type BarRow = { readonly [name in keyof BarColumns]: number };

/** Bars that rows are appended to, and with them all columns that `kept` has once worked out. */
export interface GrowingBars {
  /** Adds a row behind the last. Throws a BarError, and adds nothing, where it is no possible bar after the one before. */
  append(row: BarRow): void;
  /** The bars so far. What was handed out before stays as it was. */
  view(): Bars;
}

type Buffer = Float64Array | Int32Array | Uint8Array;
type Fill<B> = (columns: readonly B[], from: number) => void;

/** What is remembered of growing bars; each buffer has room to spare behind its `filled` rows. */
interface Growth {
  readonly columns: Map<string, { readonly buffers: readonly Buffer[]; readonly filled: number }>;
  readonly objects: Map<string, object>;
}

// Found by the view itself: bars that are cut from it, spread or changed have no memory and are worked out in full.
const growths = new WeakMap<Bars, Growth>();

const NAMES = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const;

/** Growing bars that begin with the given ones, whose columns are used until the first row is appended. */
export function growBars(bars: Bars): GrowingBars {
  const { market, intervalMs } = bars;
  const growth: Growth = { columns: new Map(), objects: new Map() };
  let columns: BarColumns = bars;
  let length = bars.length;
  let latest: Bars | undefined;
  return {
    append(row) {
      const longer = roomier(columns, length);
      for (const name of NAMES) longer[name][length] = row[name];
      const found = barProblem(longer, length);
      if (found) throw new BarError(`${market}, row ${length}: ${found.message}`, length);
      columns = longer;
      length++;
    },
    view() {
      if (latest?.length === length) return latest;
      latest = sliceBars({ ...columns, market, intervalMs, length }, 0, length);
      growths.set(latest, growth);
      return latest;
    },
  };
}

/**
 * Columns of bars, column k with `widths[k]` values a row. `fill` gets them at their whole length, writes every value from row `from` on, and
 * may read all before it and all of the bars: what it writes at a row must not depend on later ones. For bars that grow it is asked for each
 * row once, in order, and what it wrote is shared by all who ask for that `key`, which must name the computation with all its parameters: the
 * columns are to be read, never written to. For other bars they are new, and filled from row 0 on.
 */
export function kept(bars: Bars, key: string, widths: readonly number[], fill: Fill<Float64Array>): readonly Float64Array[];
export function kept<B extends Buffer>(
  bars: Bars,
  key: string,
  widths: readonly number[],
  fill: Fill<B>,
  create: (length: number) => B,
): readonly B[];
export function kept(
  bars: Bars,
  key: string,
  widths: readonly number[],
  fill: (columns: readonly never[], from: number) => void,
  create: (length: number) => Buffer = (length) => new Float64Array(length),
): readonly Buffer[] {
  const { length } = bars;
  const growth = growths.get(bars);
  const { buffers, filled } = growth?.columns.get(key) ?? { buffers: widths.map(() => create(0)), filled: 0 };
  const upTo = (columns: readonly Buffer[]) => columns.map((column, k) => column.subarray(0, length * widths[k]!));
  if (growth && length <= filled) return upTo(buffers);
  const longer = buffers.map((buffer, k) => withRoom(buffer, filled * widths[k]!, length * widths[k]!));
  const columns = upTo(longer);
  fill(columns as readonly Buffer[] as never, filled);
  growth?.columns.set(key, { buffers: longer, filled: length });
  return columns;
}

/** What goes with columns that are kept and is no column, such as the inside of a stream: made once for bars that grow, else anew. */
export function remembered<T extends object>(bars: Bars, key: string, create: () => T): T {
  const objects = growths.get(bars)?.objects;
  const object = (objects?.get(key) as T | undefined) ?? create();
  objects?.set(key, object);
  return object;
}

/** Whether the bars are a view of growing ones. */
export function grows(bars: Bars): boolean {
  return growths.has(bars);
}

/** The buffer with room for `needed` values: itself, or a longer one with the same first `used` values, at least twice as long. */
export function withRoom<B extends Buffer>(buffer: B, used: number, needed: number): B {
  if (needed <= buffer.length) return buffer;
  const longer = new (buffer.constructor as new (length: number) => B)(Math.max(needed, 2 * buffer.length));
  longer.set(buffer.subarray(0, used));
  return longer;
}

/** The columns with room for one row more. */
function roomier(columns: BarColumns, length: number): BarColumns {
  if (length < columns.openTime.length) return columns;
  const longer = (column: Float64Array) => withRoom(column, length, length + 1);
  const { openTime, open, high, low, close, volume } = columns;
  return {
    openTime: longer(openTime),
    open: longer(open),
    high: longer(high),
    low: longer(low),
    close: longer(close),
    volume: longer(volume),
  };
}
