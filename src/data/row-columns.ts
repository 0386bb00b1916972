import type { BarColumns } from '../core/bars.ts';
import { FIELDS } from './csv-header.ts';
import { DataError } from './data-error.ts';

const ADJUSTED = FIELDS.indexOf('adjusted close');
const FIRST_CAPACITY = 64;
/** Most rows of a table: thirty years of minutes, and what collections of JavaScript can hold. */
export const MOST_ROWS = 16_000_000;
/** Up to this share of unused rows, which take no memory before they are written, the rest is not copied. */
const SLACK = 0.15;

/** Columns that are filled row by row, one per field that is a number (the order of FIELDS); their memory grows as needed. */
export interface RowColumns {
  /** The columns; others after a call of `reserve`. */
  readonly values: () => readonly Float64Array[];
  /** Room for at least so many rows. Throws a DataError beyond MOST_ROWS. */
  reserve(rows: number): void;
  /** The first `rows` rows; prices scaled by adjusted close / close where that was asked for. */
  finish(rows: number): BarColumns;
}

/** `capacity` is how many rows are expected, so that memory is taken once. */
export function createRowColumns(file: string, adjusted: boolean, capacity: number): RowColumns {
  const check = (rows: number) => {
    if (rows <= MOST_ROWS) return;
    const most = MOST_ROWS.toLocaleString('en');
    throw new DataError(`${file}: Expected at most ${most} rows, received more; import it in parts`, { file });
  };
  check(capacity);
  let size = Math.max(capacity, FIRST_CAPACITY);
  let values = Array.from({ length: ADJUSTED + 1 }, (_, field) => new Float64Array(field === ADJUSTED && !adjusted ? 0 : size));
  return {
    values: () => values,
    reserve: (rows) => {
      if (rows <= size) return;
      check(rows);
      size = Math.min(MOST_ROWS, Math.ceil(Math.max(rows, size * 1.5)));
      values = values.map((column) => {
        const grown = new Float64Array(column.length === 0 ? 0 : size);
        grown.set(column);
        return grown;
      });
    },
    finish: (rows) => {
      const [openTime, open, high, low, close, volume, adjustedClose] = values.map((column) =>
        rows < column.length * (1 - SLACK) ? column.slice(0, rows) : column.subarray(0, rows),
      );
      const columns = { openTime: openTime!, open: open!, high: high!, low: low!, close: close!, volume: volume! };
      if (adjusted) adjust(columns, adjustedClose!);
      return columns;
    },
  };
}

/** Scales the prices in place by adjusted close / close. One factor for all four keeps their order, since rounding is monotone. */
function adjust({ open, high, low, close }: BarColumns, adjustedClose: Float64Array): void {
  for (let i = 0; i < close.length; i++) {
    const factor = adjustedClose[i]! / close[i]!;
    for (const prices of [open, high, low, close]) prices[i] = prices[i]! * factor;
  }
}
