import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeWindows, splitSamples, usableRows } from '../../src/models/sample.ts';

const sampling = { window: 10, expanding: false, validation: 0.2, embargo: 0 };

describe('the samples of a fit', () => {
  it('are the latest ones whose labels are known, the last share for validation', () => {
    const split = splitSamples(new Uint8Array(100).fill(1), 50, 1, sampling)!;
    expect([...split.ends]).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
    expect(split.trainCount).toBe(8);
  });

  it('leave a gap of the horizon and the embargo before validation', () => {
    const split = splitSamples(new Uint8Array(100).fill(1), 50, 3, { ...sampling, embargo: 1 })!;
    // Validation starts at row 46; a training label of row a ends at a + 3, one bar of embargo more.
    expect([...split.ends]).toEqual([38, 39, 40, 41, 42, 46, 47].filter((row) => row <= 42 || row >= 46));
    expect(split.trainCount).toBe(5);
  });

  it('are all there are where the window expands, and none while there are too few', () => {
    const usable = new Uint8Array(100).fill(1);
    expect(splitSamples(usable, 50, 1, { ...sampling, expanding: true })!.ends).toHaveLength(50);
    expect(splitSamples(usable, 10, 1, sampling)).toBeDefined();
    expect(splitSamples(usable, 9, 1, sampling)).toBeUndefined();
  });

  it('never use a label that is not known yet, nor one that reaches into the validation part', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 40, maxLength: 120 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 0, max: 5 }),
        fc.boolean(),
        (flags, horizon, embargo, expanding) => {
          const usable = Uint8Array.from(flags, Number);
          const known = flags.length - 5;
          const split = splitSamples(usable, known, horizon, { window: 10, expanding, validation: 0.3, embargo });
          if (!split) return;
          const ends = [...split.ends];
          expect(ends).toEqual([...ends].sort((a, b) => a - b));
          for (const end of ends) {
            expect(usable[end]).toBe(1);
            expect(end + horizon).toBeLessThanOrEqual(known);
          }
          const firstValidation = ends[split.trainCount];
          for (const end of ends.slice(0, split.trainCount)) {
            if (firstValidation !== undefined) expect(end + horizon + embargo).toBeLessThanOrEqual(firstValidation);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('need complete windows and a label', () => {
    const values = Float64Array.of(1, 1, Number.NaN, 1, 1, 1, Infinity, 1, 1, 1);
    expect([...completeWindows(values, 1, 3)]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect([...completeWindows(values, 2, 1)]).toEqual([1, 0, 1, 0, 1]);
    const target = new Float64Array(10).fill(0);
    target[9] = Number.NaN;
    expect([...usableRows(completeWindows(values, 1, 3), target)]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });
});
