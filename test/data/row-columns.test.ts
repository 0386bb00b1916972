import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsvParser } from '../../src/data/csv-rows.ts';
import { createRowColumns, MOST_ROWS } from '../../src/data/row-columns.ts';

const START = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;

/** Fills a table as its readers do: row by row, with room for one more where there is none. */
function filled(rows: number, capacity: number, adjusted = false) {
  const table = createRowColumns('a.csv', adjusted, capacity);
  for (let row = 0; row < rows; row++) {
    if (row === table.values()[0]!.length) table.reserve(row + 1);
    // Field k of row r is 10 r + k + 1: no two cells are equal, and none is what empty memory holds.
    for (const [field, column] of table.values().entries()) column[row] = 10 * row + field + 1;
  }
  return table;
}

describe('columns that grow', () => {
  it('hold every row, and no other, however many come and were expected', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(3000), (rows, capacity) => {
        const columns = filled(rows, capacity).finish(rows);
        for (const [field, column] of Object.values(columns).entries()) {
          expect(Array.from(column)).toEqual(Array.from({ length: rows }, (_, row) => 10 * row + field + 1));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('grow with the adjusted closes among them', () => {
    // In row r the open is 10 r + 2, the close 10 r + 5, the adjusted close 10 r + 7.
    const { close, open } = filled(200, 0, true).finish(200);
    for (const row of [0, 63, 64, 95, 96, 199]) {
      expect(close[row]).toBeCloseTo(10 * row + 7, 9);
      expect(open[row]).toBeCloseTo(((10 * row + 2) * (10 * row + 7)) / (10 * row + 5), 9);
    }
  });

  it('let go of memory that was taken for rows that did not come', () => {
    const { openTime } = filled(100, 1000).finish(100);
    expect(openTime.buffer.byteLength).toBeLessThanOrEqual(100 * 8 * 1.2);
  });

  it('end at the most rows that a table may have', () => {
    const most = 'a.csv: Expected at most 16,000,000 rows, received more; import it in parts';
    expect(() => createRowColumns('a.csv', false, MOST_ROWS + 1)).toThrow(most);
    expect(() => createRowColumns('a.csv', false, 0).reserve(MOST_ROWS + 1)).toThrow(most);
  });
});

describe('a file whose later rows are far shorter than those of its first block', () => {
  it('loses no row', () => {
    // Fifty rows of a hundred digits, then 5,000 of a dozen: several times as many as the first block promises.
    const long = Array.from({ length: 50 }, (_, k) => `${START + k * MINUTE},1.${'0'.repeat(99)},2,1,2,${k}`);
    const short = Array.from({ length: 5000 }, (_, k) => `${START + (50 + k) * MINUTE},1,2,1,2,${50 + k}`);
    const first = Buffer.from(`time,open,high,low,close,volume\n${long.join('\n')}\n`);
    const rest = Buffer.from(`${short.join('\n')}\n`);
    const parser = createCsvParser('a.csv', {}, first.length + rest.length);
    expect(parser.parse(first, false)).toBe(first.length);
    const half = rest.subarray(0, rest.length >> 1);
    const taken = parser.parse(half, false);
    parser.parse(rest.subarray(taken), true);
    const { columns } = parser.finish();
    const rows = Array.from({ length: 5050 }, (_, k) => k);
    expect(Array.from(columns.openTime)).toEqual(rows.map((k) => START + k * MINUTE));
    expect(Array.from(columns.volume)).toEqual(rows);
    expect(Array.from(columns.close)).toEqual(rows.map(() => 2));
  });
});
