import { FIELDS } from './csv-header.ts';
import type { RowOptions, TableRows } from './csv-rows.ts';
import { DataError } from './data-error.ts';
import { createOpeningTimes } from './opening-times.ts';
import { createRowColumns } from './row-columns.ts';

/** Time, open, high, low, close, volume. */
const WIDTH = 6;

/**
 * The rows of a JSON text as freqtrade and exchanges give them: `[[time, open, high, low, close, volume], ...]`, times as epoch numbers.
 * Throws DataErrors that name the row, from 0.
 */
export function parseJsonRows(text: string, file: string, { zone, adjusted = false }: RowOptions): TableRows {
  const expected = 'a list [[time, open, high, low, close, volume], ...]';
  const refuse = (words: string, row: number, received: unknown): never => {
    throw new DataError(`${file}, row ${row}: Expected ${words}, received ${JSON.stringify(received)}; correct or remove the row`, {
      file,
    });
  };
  const refuseFile = (received: string): never => {
    throw new DataError(`${file}: Expected ${expected}, received ${received}; write the bars in that form, or as CSV`, { file });
  };
  if (adjusted) refuseFile('a JSON file, which has no adjusted close');
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    refuseFile(`text that is no JSON (${(error as Error).message})`);
  }
  if (!Array.isArray(list) || list.length === 0)
    return refuseFile(Array.isArray(list) ? 'an empty list' : `${JSON.stringify(list).slice(0, 60)}`);
  const table = createRowColumns(file, false, list.length);
  const values = table.values();
  let row = 0;
  const times = createOpeningTimes({
    zone,
    refuse: (words, earlier) => refuse(words, earlier?.row ?? row, earlier?.received ?? list[row][0]),
  });
  for (; row < list.length; row++) {
    const cells: unknown = list[row];
    if (!Array.isArray(cells) || cells.length < WIDTH) return refuse('[time, open, high, low, close, volume]', row, cells);
    for (let field = 0; field < WIDTH; field++) {
      const cell: unknown = cells[field];
      if (typeof cell !== 'number') return refuse(`a number for ${FIELDS[field]}`, row, cell);
      values[field]![row] = field === 0 ? times.fromEpoch(cell) : cell;
    }
  }
  return { columns: table.finish(row), times, notes: [] };
}
