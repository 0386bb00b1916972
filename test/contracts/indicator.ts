import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bars, type Column, sliceBars } from '../../src/core/bars.ts';
import type { Indicator } from '../../src/indicators/indicator.ts';
import { flatBars, poisoned, randomBars } from '../support/markets.ts';

const INPUTS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** What its outputs are measured in: quote currency, base currency, or nothing that prices and volumes could scale. */
export type Unit = 'price' | 'volume' | 'none';

/** What every indicator promises. */
export function indicatorContract(indicator: Indicator, unit: Unit): void {
  const { outputs, warmup } = indicator;
  const outputsOf = (bars: Bars) => indicator.compute(bars).slice(0, outputs.length);
  const bars = randomBars({ seed: 7, length: 300 });

  describe(`the indicator ${indicator.name}`, () => {
    it('names its outputs after itself and aligns every column with the bars', () => {
      expect(outputs.length).toBeGreaterThan(0);
      expect(new Set(outputs).size).toBe(outputs.length);
      for (const output of outputs) expect(output.startsWith(indicator.name)).toBe(true);
      for (const length of [0, 1, 300]) {
        for (const column of indicator.compute(sliceBars(bars, 0, length))) expect(column.length).toBe(length);
      }
    });

    it('knows all its outputs from the end of its warm-up on, and not a row before', () => {
      for (const column of outputsOf(bars)) expect(column.subarray(warmup).every(Number.isFinite)).toBe(true);
      if (warmup > 0) expect(outputsOf(bars).some((column) => Number.isNaN(column[warmup - 1]!))).toBe(true);
      expect(outputsOf(bars).every((column) => firstKnown(column) <= warmup)).toBe(true);
    });

    it('sees nothing of what follows', () => {
      const whole = indicator.compute(bars);
      fc.assert(
        fc.property(fc.nat({ max: bars.length }), fc.integer(), (keep, seed) => {
          const other = indicator.compute(poisoned(bars, keep, seed));
          expectSame(
            other.map((column) => column.subarray(0, keep)),
            whole.map((column) => column.subarray(0, keep)),
          );
        }),
        { seed: 1, numRuns: 25 },
      );
    });

    it('is extended over any cuts to the very bits of the whole, NaNs in the bars included', () => {
      const holes = fc.array(fc.tuple(fc.constantFrom(...INPUTS), fc.nat({ max: 299 })), { maxLength: 4 });
      fc.assert(
        fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), holes, (cuts, unknown) => {
          const holed = withHoles(bars, unknown);
          let columns = indicator.compute(sliceBars(holed, 0, 0));
          let from = 0;
          for (const cut of [...cuts.sort((a, b) => a - b), 300]) {
            const before = columns.map((column) => column.slice());
            const longer = indicator.extend(columns, sliceBars(holed, 0, cut), from);
            expectSame(columns, before);
            columns = longer;
            from = cut;
          }
          expectSame(columns, indicator.compute(holed));
        }),
        { seed: 1, numRuns: 40 },
      );
    });

    it('takes back rows that turned out otherwise', () => {
      const columns = indicator.compute(poisoned(bars, 200));
      expectSame(indicator.extend(columns, bars, 200), indicator.compute(bars));
    });

    it('refuses to be extended from columns that do not reach the row, or without its carriers', () => {
      const columns = indicator.compute(sliceBars(bars, 0, 10));
      expect(() => indicator.extend(columns, bars, 11)).toThrow('in 0..10, where its columns end, received 11');
      expect(() => indicator.extend(columns.slice(1), bars, 10)).toThrow('pass its carriers as well');
    });

    it('leaves the bars as they are', () => {
      const before = structuredClone(bars);
      indicator.extend(indicator.compute(bars), bars, 100);
      expect(bars).toEqual(before);
    });

    it('starts afresh behind a row of NaN, without a value in that row', () => {
      const row = 120;
      const after = outputsOf(
        withHoles(
          bars,
          INPUTS.map((input) => [input, row]),
        ),
      );
      const fresh = outputsOf(sliceBars(bars, row + 1, bars.length));
      after.forEach((column, k) => {
        expect(column[row]).toBeNaN();
        expect(column.subarray(row + 1 + warmup).every(Number.isFinite)).toBe(true);
        const magnitude = Math.max(...fresh[k]!.filter(Number.isFinite).map(Math.abs));
        fresh[k]!.forEach((value, i) => {
          if (!Number.isNaN(value)) expect(Math.abs(column[row + 1 + i]! - value)).toBeLessThanOrEqual(1e-12 * magnitude);
        });
      });
    });

    it('stays finite where nothing moves and nothing trades', () => {
      const still = flatBars(new Array(200).fill(0.1));
      still.volume.fill(0);
      for (const column of outputsOf(still)) expect(column.subarray(warmup).every(Number.isFinite)).toBe(true);
    });

    it(`scales exactly with its unit (${unit}) when prices and volumes are multiplied by powers of two`, () => {
      const scaled = {
        ...bars,
        open: bars.open.map((price) => price * 1024),
        high: bars.high.map((price) => price * 1024),
        low: bars.low.map((price) => price * 1024),
        close: bars.close.map((price) => price * 1024),
        volume: bars.volume.map((volume) => volume / 8),
      };
      const factor = { price: 1024, volume: 1 / 8, none: 1 }[unit];
      expectSame(
        outputsOf(scaled),
        outputsOf(bars).map((column) => column.map((value) => value * factor)),
      );
    });
  });
}

/** The same bars with NaN in the given inputs and rows, as an outside series may have it. */
function withHoles(bars: Bars, holes: readonly (readonly [(typeof INPUTS)[number], number])[]): Bars {
  const copy = structuredClone(bars);
  for (const [input, row] of holes) copy[input][row] = Number.NaN;
  return copy;
}

function firstKnown(column: Column): number {
  const row = column.findIndex((value) => !Number.isNaN(value));
  return row < 0 ? column.length : row;
}

/** Bit for bit, all NaNs being one. */
function expectSame(received: readonly Column[], expected: readonly Column[]): void {
  expect(received.length).toBe(expected.length);
  received.forEach((column, k) => {
    expect(column.length).toBe(expected[k]!.length);
    const row = column.findIndex((value, i) => !Object.is(value, expected[k]![i]));
    if (row >= 0) expect.fail(`column ${k}, row ${row}: expected ${expected[k]![row]}, received ${column[row]}`);
  });
}
