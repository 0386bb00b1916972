import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/data/data-error.ts';
import { type Split, splitRows, type WindowRule, windowEnds } from '../../src/lab/split.ts';
import { completeWindows } from '../../src/models/sample.ts';
import { flatBars, HOUR } from '../support/markets.ts';

interface Case {
  readonly known: readonly boolean[];
  readonly shares: readonly [train: number, validation: number, test: number];
  readonly rule: WindowRule;
}

const cases: fc.Arbitrary<Case> = fc.record({
  known: fc.array(
    fc.integer({ min: 0, max: 9 }).map((k) => k > 0),
    { minLength: 12, maxLength: 90 },
  ),
  shares: fc.constantFrom([0.6, 0.2, 0.2] as const, [0.7, 0.15, 0.15] as const, [0.8, 0.2, 0] as const),
  rule: fc.record({
    lookback: fc.integer({ min: 1, max: 6 }),
    horizon: fc.integer({ min: 1, max: 4 }),
    embargo: fc.integer({ min: 0, max: 8 }),
    windows: fc.constantFrom('overlapping' as const, 'inside' as const),
    dropLast: fc.boolean(),
  }),
});

/** One column whose unknown rows are NaN, split; undefined where nothing is left to train or validate on. */
function splitOf({ known, shares: [train, validation, test] }: Case): { split: Split; values: Float64Array } | undefined {
  const values = Float64Array.from(known, (flag, i) => (flag ? i : Number.NaN));
  try {
    return { values, split: splitRows(flatBars(known.map(() => 1)), values, 1, { kind: 'shares', train, validation, test }) };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return undefined;
  }
}

function endsOf(one: Case) {
  const found = splitOf(one);
  if (!found) return undefined;
  const complete = completeWindows(found.values, 1, one.rule.lookback);
  const usable = complete.map((flag, row) => (row + one.rule.horizon < complete.length ? flag : 0));
  return { ...found, usable, ends: windowEnds(found.split, usable, one.rule) };
}

function holds(law: (ends: NonNullable<ReturnType<typeof endsOf>>, one: Case) => void): void {
  let told = 0;
  fc.assert(
    fc.property(cases, (one) => {
      const ends = endsOf(one);
      if (!ends) return;
      told++;
      law(ends, one);
    }),
    { seed: 20, numRuns: 400 },
  );
  expect(told).toBeGreaterThan(300);
}

describe('a split by shares', () => {
  it('holds every row with known features once, in order, training before validation before test', () => {
    fc.assert(
      fc.property(cases, (one) => {
        const found = splitOf(one);
        if (!found) return;
        const { rows, validation, test } = found.split;
        expect(Array.from(rows)).toEqual(one.known.flatMap((flag, row) => (flag ? [row] : [])));
        const count = rows.length;
        // Each share is rounded down and the last part takes what is left.
        expect(validation).toBe(Math.floor(one.shares[0] * count + 1e-9));
        expect(test - validation).toBe(one.shares[2] === 0 ? count - validation : Math.floor(one.shares[1] * count + 1e-9));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('gives 741, 158 and 160 of 1,059 rows as the publication has it, whose windows of 30 are 710 and 127', () => {
    const bars = flatBars(Array.from({ length: 1060 }, () => 1));
    const values = Float64Array.from({ length: 1060 }, (_, i) => (i < 1059 ? 1 : Number.NaN));
    const split = splitRows(bars, values, 1, { kind: 'shares', train: 0.7, validation: 0.15, test: 0.15 });
    expect([split.validation, split.test - split.validation, split.rows.length - split.test]).toEqual([741, 158, 160]);
    const usable = completeWindows(values, 1, 30);
    const ends = windowEnds(split, usable, { lookback: 30, horizon: 1, embargo: 0, windows: 'inside', dropLast: true });
    expect([ends.train.length, ends.validation.length]).toEqual([710, 127]);
  });

  it('counts 0.7 of 10 rows as seven, though the number is a little less than seven tenths', () => {
    const split = splitRows(flatBars(Array.from({ length: 10 }, () => 1)), new Float64Array(10), 1, {
      kind: 'shares',
      train: 0.7,
      validation: 0.3,
      test: 0,
    });
    expect([split.validation, split.test]).toEqual([7, 10]);
  });
});

describe('a split by dates', () => {
  const bars = flatBars(Array.from({ length: 10 }, () => 1));
  const at = (row: number) => bars.openTime[0]! + row * HOUR;

  it('begins a part with the first bar that opens at its date or later', () => {
    const split = splitRows(bars, new Float64Array(10), 1, { kind: 'dates', validation: at(4), test: at(7) - 1 });
    expect([split.validation, split.test]).toEqual([4, 7]);
  });

  it('without a test date has no test part', () => {
    expect(splitRows(bars, new Float64Array(10), 1, { kind: 'dates', validation: at(4) }).test).toBe(10);
  });

  it.each([
    ['before the first bar', at(-5), '0 before the validation part and 10 in it'],
    ['after the last one', at(50), '10 before the validation part and 0 in it'],
  ])('%s is refused, with the rows there are', (_, validation, words) => {
    const split = () => splitRows(bars, new Float64Array(10), 1, { kind: 'dates', validation });
    expect(split).toThrow(DataError);
    expect(split).toThrow(`in test, received 10 rows from 2020-01-01T00:00:00.000Z: ${words}`);
  });

  it('of a market whose features are never known says so', () => {
    const split = () => splitRows(bars, new Float64Array(10).fill(Number.NaN), 1, { kind: 'dates', validation: at(4) });
    expect(split).toThrow('received no row on which all features are known');
  });
});

describe('the windows of the parts', () => {
  it('end on rows of their own part, each once and in order', () => {
    holds(({ split, ends }) => {
      const parts = [
        split.rows.subarray(0, split.validation),
        split.rows.subarray(split.validation, split.test),
        split.rows.subarray(split.test),
      ];
      [ends.train, ends.validation, ends.test].forEach((own, k) => {
        for (const end of own) expect(parts[k]!.includes(end)).toBe(true);
        for (let i = 1; i < own.length; i++) expect(own[i]!).toBeGreaterThan(own[i - 1]!);
      });
    });
  });

  it('have labels that are known when the first window of a later part closes, with the embargo between', () => {
    holds(({ split, ends }, { rule }) => {
      if (rule.windows === 'inside') return;
      const check = (own: Int32Array, next: number | undefined) => {
        for (const end of own) if (next !== undefined) expect(end + rule.horizon + rule.embargo).toBeLessThanOrEqual(next);
      };
      check(ends.train, split.rows[split.validation]);
      check(ends.validation, split.rows[split.test]);
    });
  });

  it('keep the embargo from the windows of the next part, wherever those lie', () => {
    holds(({ ends }, { rule }) => {
      for (const [own, next] of [[ends.train, ends.validation] as const, [ends.validation, ends.test] as const]) {
        const last = own[own.length - 1];
        const first = next[0];
        if (last !== undefined && first !== undefined) expect(last + rule.horizon + rule.embargo).toBeLessThanOrEqual(first);
      }
    });
  });

  it('leave out no window that may be used', () => {
    holds(({ split, usable, ends }, { rule }) => {
      if (rule.windows === 'inside') return;
      const first = split.rows[split.validation]!;
      const expected = Array.from(split.rows.subarray(0, split.validation)).filter(
        (row) => usable[row] === 1 && row + rule.horizon + rule.embargo <= first,
      );
      expect(Array.from(ends.train)).toEqual(expected);
    });
  });

  it('that lie inside their part begin and have their label there', () => {
    holds(({ split, ends }, { rule }) => {
      if (rule.windows !== 'inside') return;
      const borders = [0, split.validation, split.test, split.rows.length];
      [ends.train, ends.validation, ends.test].forEach((own, k) => {
        for (const end of own) {
          expect(end - rule.lookback + 1).toBeGreaterThanOrEqual(split.rows[borders[k]!]!);
          expect(end + rule.horizon).toBeLessThanOrEqual(split.rows[borders[k + 1]! - 1]!);
        }
      });
    });
  });

  it('lose their last one to dropLast inside, and none otherwise', () => {
    holds(({ split, usable, ends }, one) => {
      const other = windowEnds(split, usable, { ...one.rule, dropLast: !one.rule.dropLast });
      const [dropped, whole] = one.rule.dropLast ? [ends, other] : [other, ends];
      for (const part of ['train', 'validation', 'test'] as const) {
        const expected = one.rule.windows === 'inside' ? Array.from(whole[part]).slice(0, -1) : Array.from(whole[part]);
        expect(Array.from(dropped[part])).toEqual(expected);
      }
    });
  });
});
