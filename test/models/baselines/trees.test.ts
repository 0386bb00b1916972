import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/random.ts';
import { boosting } from '../../../src/models/baselines/boosting.ts';
import { forest } from '../../../src/models/baselines/forest.ts';
import { trainingTable } from '../../../src/models/baselines/training-table.ts';
import { createGrowth } from '../../../src/models/baselines/tree-growth.ts';
import { addForecasts, joinTrees, LEAF, type Trees, treeWeights } from '../../../src/models/baselines/trees.ts';
import type { Samples } from '../../../src/models/trainer.ts';
import { ASKED, answers, bent, fractions, learn, said, table } from './cases.ts';

/** One tree on all samples, each counted once unless told otherwise. */
function tree(samples: Samples, depth = Infinity, copies?: readonly number[], seed?: number): Trees {
  const learnable = trainingTable(samples);
  if (learnable.kind === 'refused') throw new Error(learnable.reason);
  const counts = Int32Array.from(copies ?? Array(samples.trainCount).fill(1));
  const random = seed === undefined ? undefined : createRandom(seed);
  return createGrowth(learnable.table, depth).grow(Float64Array.from(learnable.table.targets), counts, random);
}

function told(trees: Trees, { rows, inputs, ends }: Samples): number[] {
  const sums = new Float64Array(ends.length);
  addForecasts(
    trees,
    rows,
    ends.map((end) => end * inputs),
    sums,
  );
  return [...sums];
}

const loss = (trees: Trees, samples: Samples) =>
  told(trees, samples).reduce((sum, value, k) => sum + (value - samples.targets[k]!) * (value - samples.targets[k]!), 0);

describe('a regression tree', () => {
  it('learns a step with one split, in the middle between the values beside it', () => {
    expect(tree(table([[1], [2], [4], [5]], [3, 3, 7, 7]))).toEqual({
      sizes: Int32Array.of(3),
      column: Int32Array.of(0, LEAF, LEAF),
      value: Float32Array.of(3, 3, 7),
      right: Int32Array.of(2, 0, 0),
    });
  });

  it('grows as that of scikit-learn: columns, thresholds and leaves to a depth of 3', () => {
    // scikit-learn 1.9.1, DecisionTreeRegressor(max_depth=3); -2 there is a leaf.
    const grown = tree(fractions(2), 3);
    expect([...grown.column]).toEqual([0, 0, 0, -1, -1, 0, -1, -1, 0, 1, -1, -1, 1, -1, -1]);
    const expected = [
      0.52439025, 0.036585364, 0.012195121, 0, 0.256327659, 0.378048778, 1.006265702, 1.424451609, 0.743902445, 0.162790701, 1.561435759,
      1.801788194, 0.558139533, 2.046939711, 2.683387101,
    ];
    expected.forEach((value, node) => {
      expect(grown.value[node]).toBeCloseTo(value, 6);
    });
    expect([...grown.right]).toEqual([8, 4, 2, 0, 0, 2, 0, 0, 4, 2, 0, 0, 2, 0, 0]);
  });

  it('tells all samples apart where their values differ, as that of scikit-learn with 79 nodes', () => {
    const samples = fractions(2);
    const grown = tree(samples);
    expect(grown.sizes[0]).toBe(79);
    expect(told(grown, samples)).toEqual([...samples.targets]);
    const asked = told(
      grown,
      table(
        ASKED.map(([a, b]) => [a, b]),
        [0, 0, 0],
      ),
    );
    [1.280257702, 1.145421028, 2.834790707].forEach((value, k) => {
      expect(asked[k]).toBeCloseTo(value, 6);
    });
  });

  it('never splits between equal values: they share the mean of their targets', () => {
    const samples = table([[1], [1], [1], [2]], [0, 3, 6, 5]);
    expect(told(tree(samples), samples)).toEqual([3, 3, 3, 5]);
  });

  it('is one leaf where no column tells samples apart, where all targets are equal, and of one sample', () => {
    expect(
      tree(
        table(
          [
            [4, 1],
            [4, 1],
            [4, 1],
          ],
          [1, 2, 6],
        ),
      ),
    ).toMatchObject({ column: Int32Array.of(LEAF), value: Float32Array.of(3) });
    expect(tree(table([[1], [2], [3]], [0.1, 0.1, 0.1]))).toMatchObject({ column: Int32Array.of(LEAF), value: Float32Array.of(0.1) });
    expect(tree(table([[1]], [0.7]))).toMatchObject({ column: Int32Array.of(LEAF), value: Float32Array.of(0.7) });
  });

  it('passes over a constant column', () => {
    const grown = tree(
      table(
        [
          [9, 1],
          [9, 2],
          [9, 3],
        ],
        [1, 2, 3],
      ),
    );
    expect([...grown.column].filter((column) => column !== LEAF)).toEqual([1, 1]);
  });

  it('splits also where the first split gains nothing: exclusive or', () => {
    const samples = table(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
    );
    expect(told(tree(samples), samples)).toEqual([0, 1, 1, 0]);
  });

  it('tells neighbouring float32 numbers apart', () => {
    const high = 1 + 2 * 1.1920928955078125e-7;
    for (const [a, b] of [
      [1, 1 + 1.1920928955078125e-7],
      [1 + 1.1920928955078125e-7, high],
    ] as const) {
      const samples = table([[a], [b]], [1, 2]);
      expect(told(tree(samples), samples)).toEqual([1, 2]);
    }
  });

  it('counts a sample as often as it was drawn, and one that was not drawn not at all', () => {
    const samples = table([[1], [2], [3]], [0, 3, 100]);
    expect(told(tree(samples, 0, [2, 1, 0]), samples)).toEqual([1, 1, 1]);
    const repeated = table([[1], [1], [2], [3]], [0, 0, 3, 9]);
    const once = table([[1], [2], [3]], [0, 3, 9]);
    expect(tree(once, 1, [2, 1, 1])).toEqual(tree(repeated, 1));
  });

  const column = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 12, maxLength: 12 });
  const data = fc.record({ a: column, b: column, c: column, y: column });

  it('errs no more, the deeper it is; and its leaves are means: forecasts and targets have the same sum', () => {
    fc.assert(
      fc.property(data, ({ a, b, c, y }) => {
        const samples = table(
          a.map((value, k) => [value, b[k]!, c[k]!]),
          y,
        );
        let before = Infinity;
        for (const depth of [0, 1, 2, 3, 12]) {
          const grown = tree(samples, depth);
          const now = loss(grown, samples);
          expect(now).toBeLessThanOrEqual(before + 1e-9);
          before = now;
          const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
          expect(sum(told(grown, samples))).toBeCloseTo(sum(y), 4);
        }
      }),
    );
  });

  it('finds the best first split, as trying them all does', () => {
    fc.assert(
      fc.property(data, ({ a, b, c, y }) => {
        const rows = a.map((value, k) => [value, b[k]!, c[k]!]);
        const samples = table(rows, y);
        const spread = (part: readonly number[]) => {
          const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
          return part.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
        };
        let least = spread(y);
        for (let j = 0; j < 3; j++) {
          for (const edge of new Set(rows.map((row) => row[j]!))) {
            const left = y.filter((_, k) => rows[k]![j]! <= edge);
            const right = y.filter((_, k) => rows[k]![j]! > edge);
            if (right.length > 0) least = Math.min(least, spread(left) + spread(right));
          }
        }
        expect(loss(tree(samples, 1), samples)).toBeCloseTo(least, 4);
      }),
    );
  });

  it('is as good with its columns in another order, and the same where chance has no ties to break', () => {
    fc.assert(
      fc.property(data, fc.integer(), ({ a, b, c, y }, seed) => {
        const samples = table(
          a.map((value, k) => [value, b[k]!, c[k]!]),
          y,
        );
        const turned = table(
          a.map((value, k) => [c[k]!, value, b[k]!]),
          y,
        );
        expect(loss(tree(turned, 1), turned)).toBeCloseTo(loss(tree(samples, 1), samples), 4);
        expect(loss(tree(samples, 12, undefined, seed), samples)).toBeCloseTo(loss(tree(turned), turned), 4);
      }),
    );
  });

  it('does not change where its column is stretched: only the order of values counts', () => {
    fc.assert(
      fc.property(data, ({ a, b, c, y }) => {
        const samples = table(
          a.map((value, k) => [value, b[k]!, c[k]!]),
          y,
        );
        const cubed = table(
          a.map((value, k) => [value * value * value, b[k]!, c[k]!]),
          y,
        );
        expect(told(tree(cubed), cubed)).toEqual(told(tree(samples), samples));
      }),
    );
  });

  it('joins others as it is', () => {
    const samples = fractions(2);
    const both = joinTrees([tree(samples, 2), tree(samples, 3)]);
    expect([...both.sizes]).toEqual([7, 15]);
    const [first, second, together] = [tree(samples, 2), tree(samples, 3), both].map((trees) => told(trees, samples));
    together!.forEach((value, k) => {
      expect(value).toBe(first![k]! + second![k]!);
    });
    expect(treeWeights(both).map(({ name, shape }) => [name, ...shape])).toEqual([
      ['sizes', 2],
      ['column', 22],
      ['value', 22],
      ['right', 22],
    ]);
  });
});

describe('a forest', () => {
  it('has a hundred trees, each on a draw of its own', async () => {
    const { weights } = await learn(forest, bent());
    expect(weights[0]!.values.length).toBe(100);
    expect(new Set(weights[0]!.values).size).toBeGreaterThan(5);
  });

  it('draws about 63 in a hundred samples: leaves are that many where all values and targets differ', async () => {
    const { weights } = await learn(forest, fractions(2));
    const nodes = weights[0]!.values.reduce((sum, size) => sum + size, 0) / 100;
    // 1 - (1 - 1/40)^40 of 40 samples.
    expect((nodes + 1) / 2 / 40).toBeCloseTo(0.637, 1);
  });

  it('says nothing outside the range of the training targets, wherever it is asked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.float({ noNaN: true, min: -1000, max: 1000 })), {
          minLength: 1,
          maxLength: 15,
        }),
        fc.integer(),
        async (samples, seed) => {
          const targets = samples.map(([, y]) => Math.fround(y));
          const asked = [[-1e6], [0.5], [3], [1e6]];
          const said = await answers(
            forest,
            table(
              samples.map(([x]) => [x]),
              targets,
            ),
            asked,
            seed,
          );
          for (const value of said) {
            expect(value).toBeGreaterThanOrEqual(Math.min(...targets));
            expect(value).toBeLessThanOrEqual(Math.max(...targets));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('learns what bends, where a line cannot', async () => {
    const samples = bent(500);
    const { weights } = await learn(forest, samples);
    const validation = samples.ends.subarray(samples.trainCount);
    let missed = 0;
    let spread = 0;
    said(forest, weights, samples, validation).forEach((value, k) => {
      const target = samples.targets[samples.trainCount + k]!;
      missed += (value - target) * (value - target);
      spread += (1 - target) * (1 - target);
    });
    expect(1 - missed / spread).toBeGreaterThan(0.7);
  });
});

describe('boosting', () => {
  it('errs less after every round, and tells so', async () => {
    const { losses, epochs } = await learn(boosting, bent());
    expect(losses.length).toBe(100);
    expect(epochs).toBe(100);
    losses.forEach((value, k) => {
      if (k > 0) expect(value).toBeLessThan(losses[k - 1]!);
    });
  });

  it('is that of scikit-learn', async () => {
    // scikit-learn 1.9.1, GradientBoostingRegressor, the same for seeds 0 to 2.
    const { losses } = await learn(boosting, fractions(2));
    [0.351197623, 0.087761808, 0.001668378].forEach((expected, k) => {
      expect(losses[[0, 9, 99][k]!]).toBeCloseTo(expected, 7);
    });
    const expected = [1.067747525, 1.125998708, 2.889110299];
    (await answers(boosting, fractions(2), ASKED)).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k]!, 5);
    });
  });

  it('comes as near to a step as 0.9 to the hundredth power of it leaves', async () => {
    const [low, high] = await answers(boosting, table([[1], [2], [3], [4]], [0, 0, 1, 1]), [[1], [4]]);
    let left = 0.5;
    for (let round = 0; round < 100; round++) left *= 0.9;
    expect(low).toBeCloseTo(left, 6);
    expect(high).toBeCloseTo(1 - left, 6);
  });
});
