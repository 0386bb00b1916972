import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averageRanks, pearson, spearman } from '../../src/statistics/correlation.ts';
import { averageDifference, dieboldMariano } from '../../src/statistics/diebold-mariano.ts';
import { countDirections, overOffsets, pesaranTimmermann } from '../../src/statistics/direction.ts';
import { neweyWestMean } from '../../src/statistics/newey-west.ts';
import { type Scored, skill } from '../../src/statistics/skill.ts';

const { NaN: unknown } = Number;

const returnSeries = (minLength: number) =>
  fc
    .array(fc.integer({ min: -1000, max: 1000 }), { minLength, maxLength: 60 })
    .map((values) => Float64Array.from(values, (value) => value / 4096));

function scored(actual: ArrayLike<number>, forecast: ArrayLike<number>, horizon = 1): Scored {
  return {
    actual: Float64Array.from(actual),
    forecast: Float64Array.from(forecast),
    close: new Float64Array(actual.length).fill(100),
    horizon,
  };
}

describe('Skill', () => {
  it('of hand-made forecasts is the hand calculation', () => {
    const found = skill({ ...scored([0.1, -0.1, 0, 0.2, unknown, 0.1], [0.2, 0.1, 0.1, 0, 0.3, -1.5]), trainingMajority: -1 });
    expect(found).toMatchObject({ bars: 5, unscored: 1, horizon: 1, zeroMoves: 1, zeroForecasts: 1 });
    // Of the four bars that moved three went up; of the three with both directions one was hit.
    expect(found).toMatchObject({ majorityShare: 0.75, directionAccuracy: 1 / 3, trainingMajorityAccuracy: 0.25 });
    expect(found.price.negativeShare).toBe(0.2);
    // Errors 0.1, 0.2, 0.1, -0.2, -1.6.
    expect(found.return.rmse).toBeCloseTo(Math.sqrt(2.66 / 5), 14);
    expect(found.return.mae).toBeCloseTo(2.2 / 5, 14);
    expect(found.return.bias).toBeCloseTo(-1.4 / 5, 14);
    expect(found.price.mae).toBeCloseTo(220 / 5, 12);
    expect(found.skillVsPersistence).toBeCloseTo(1 - 2.66 / 0.07, 12);
    expect(found.theilU2).toBeCloseTo(Math.sqrt(2.66 / 0.07), 12);
  });

  it('of persistence is none, and has no direction and nothing to compare', () => {
    const found = skill(scored([0.1, -0.2, 0.3], [0, 0, 0]));
    expect(found).toMatchObject({ skillVsPersistence: 0, theilU2: 1, directionAccuracy: null, directionInterval: null, zeroForecasts: 3 });
    expect(found).toMatchObject({ informationCoefficient: null, rankInformationCoefficient: null, majorityShare: 2 / 3 });
    expect(found.dieboldMariano).toMatchObject({ statistic: null, pValue: null, reason: 'both forecasts have the same loss on every bar' });
    expect(found.pesaranTimmermann).toEqual({ statistic: null, pValue: null });
    expect(found.binomial).toEqual({ statistic: null, pValue: null });
  });

  it('of a perfect forecast is 1', () => {
    const actual = Float64Array.of(0.1, -0.2, 0.3, 0.05, -0.1, 0.2);
    const found = skill(scored(actual, actual));
    expect(found).toMatchObject({ skillVsPersistence: 1, theilU2: 0, directionAccuracy: 1 });
    expect(found.return).toEqual({ rmse: 0, mae: 0, r2: 1, bias: 0 });
    expect(found.dieboldMariano.statistic).toBeGreaterThan(0);
    expect(found.pesaranTimmermann.statistic).toBeGreaterThan(0);
  });

  it('without a scored bar is null throughout, not NaN', () => {
    for (const found of [skill(scored([], [])), skill(scored([unknown, 0.1], [0.1, unknown]))]) {
      expect(found).toMatchObject({ bars: 0, directionAccuracy: null, majorityShare: null, skillVsPersistence: null, theilU2: null });
      expect(found.return).toEqual({ rmse: null, mae: null, r2: null, bias: null });
      expect(found.price).toEqual({ rmse: null, mae: null, mape: null, r2: null, bias: null, negativeShare: null });
      expect(found.dieboldMariano).toMatchObject({ statistic: null, pValue: null, bars: 0 });
      expect(JSON.stringify(found)).not.toContain('NaN');
    }
  });

  it('of one scored bar has errors, and null for what needs more', () => {
    const found = skill(scored([0.1], [0.2]));
    expect(found.return).toMatchObject({ mae: 0.1, r2: null });
    expect(found).toMatchObject({ informationCoefficient: null, majorityShare: 1 });
    expect(found.dieboldMariano.reason).toBe('1 scored bars are too few for a horizon of 1');
  });

  it('where nothing moved is null: persistence was perfect', () => {
    const found = skill(scored([0, 0, 0], [0.1, -0.1, 0.1]));
    expect(found).toMatchObject({ skillVsPersistence: null, theilU2: null, majorityShare: null, directionAccuracy: null, zeroMoves: 3 });
    expect(found.return.r2).toBeNull();
  });

  it('is not changed by bars that cannot be scored', () => {
    fc.assert(
      fc.property(returnSeries(1), returnSeries(1), fc.integer({ min: 1, max: 10 }), (first, second, more) => {
        const length = Math.min(first.length, second.length);
        const actual = first.subarray(0, length);
        const forecast = second.subarray(0, length);
        const gaps = new Array(more).fill(unknown);
        const { unscored, ...plain } = skill(scored(actual, forecast));
        const padded = skill(scored([...gaps, ...actual, ...gaps.map(() => 0.1)], [...gaps.map(() => 0.1), ...forecast, ...gaps]));
        expect(unscored).toBe(0);
        expect(padded).toEqual({ ...plain, unscored: 2 * more });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('of returns is the same to the last bit where outcome and forecast are scaled by a power of two', () => {
    fc.assert(
      fc.property(returnSeries(4), returnSeries(4), (first, second) => {
        const length = Math.min(first.length, second.length);
        const actual = first.subarray(0, length);
        const forecast = second.subarray(0, length);
        const scale = (values: Float64Array) => values.map((value) => value / 8);
        const { return: errors, price: _, ...plain } = skill(scored(actual, forecast, 2));
        const { return: scaledErrors, price: __, ...scaled } = skill(scored(scale(actual), scale(forecast), 2));
        expect(scaled).toEqual(plain);
        expect(scaledErrors).toEqual({ rmse: errors.rmse! / 8, mae: errors.mae! / 8, bias: errors.bias! / 8, r2: errors.r2 });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('refuses columns of different lengths', () => {
    expect(() => skill({ ...scored([0.1], [0.1]), close: new Float64Array(2) })).toThrow('Expected columns of 1 bars, as in actual');
  });
});

describe('A direction test of overlapping outcomes', () => {
  const forecast = Float64Array.from({ length: 400 }, (_, i) => ((i * 7919) % 13) - 6.5);
  const actual = forecast.map((value, i) => (i % 3 === 0 || (i * 31) % 11 < 6 ? value : -value));

  it('is made on each offset apart, and reports the largest p', () => {
    const apart = [0, 1, 2].map((offset) => {
      const every = (values: Float64Array) => values.filter((_, i) => i % 3 === offset);
      return pesaranTimmermann(countDirections(every(actual), every(forecast)));
    });
    const worst = apart.reduce((a, b) => ((a.pValue ?? 0) > (b.pValue ?? 0) ? a : b));
    expect(overOffsets(pesaranTimmermann, actual, forecast, 3)).toEqual(worst);
    // All of the skill sits at offset 0; a single offset would have flattered.
    expect(apart[0]?.pValue).toBeLessThan(worst.pValue ?? 0);
    expect(skill(scored(actual, forecast, 3)).pesaranTimmermann).toEqual(worst);
  });

  it('keeps its offsets by the bar where some bars cannot be scored', () => {
    const gapped = forecast.map((value, i) => (i % 17 === 5 ? unknown : value));
    expect(skill(scored(actual, gapped, 3)).pesaranTimmermann).toEqual(overOffsets(pesaranTimmermann, actual, gapped, 3));
    const closedUp = (values: Float64Array) => values.filter((_, i) => i % 17 !== 5);
    expect(skill(scored(actual, gapped, 3)).pesaranTimmermann).not.toEqual(
      overOffsets(pesaranTimmermann, closedUp(actual), closedUp(forecast), 3),
    );
  });

  it('is undefined as soon as one offset is', () => {
    const oneSided = forecast.map((value, i) => (i % 3 === 1 ? Math.abs(value) : value));
    expect(overOffsets(pesaranTimmermann, actual, oneSided, 3)).toEqual({ statistic: null, pValue: null });
  });
});

describe('Diebold-Mariano', () => {
  it('turns its sign with the roles, and does not see the scale of losses', () => {
    fc.assert(
      fc.property(returnSeries(6), fc.integer({ min: 1, max: 5 }), (difference, horizon) => {
        const found = dieboldMariano(difference, horizon);
        const turned = dieboldMariano(
          difference.map((value) => -value),
          horizon,
        );
        const scaled = dieboldMariano(
          difference.map((value) => value * 1024),
          horizon,
        );
        expect(scaled).toEqual(found);
        expect(turned.pValue).toBe(found.pValue);
        if (found.statistic === null) return;
        expect(turned.statistic! + found.statistic).toBe(0);
        expect(turned.pValueBetter! + found.pValueBetter!).toBeCloseTo(1, 12);
        expect(found.pValue).toBeCloseTo(2 * Math.min(found.pValueBetter!, turned.pValueBetter!), 12);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is null with the reason where there is nothing to test', () => {
    expect(dieboldMariano(new Float64Array(0), 1).reason).toBe('0 scored bars are too few for a horizon of 1');
    expect(dieboldMariano(Float64Array.of(1, 2, unknown, 3), 3).reason).toBe('3 scored bars are too few for a horizon of 3');
    expect(dieboldMariano(new Float64Array(50), 2).reason).toBe('both forecasts have the same loss on every bar');
    expect(dieboldMariano(new Float64Array(50).fill(0.1), 2).reason).toBe('the difference of losses never changes');
    expect(() => dieboldMariano(new Float64Array(5), 0)).toThrow('Expected a horizon of whole bars >= 1, received 0');
  });

  it('is made on one value per close time where there are several markets', () => {
    const averaged = averageDifference([
      { closeTime: Float64Array.of(1, 2, 3, 5), difference: Float64Array.of(1, 2, unknown, 4) },
      { closeTime: Float64Array.of(2, 3, 4, 5), difference: Float64Array.of(4, unknown, 7, 0) },
    ]);
    expect([...averaged]).toEqual([1, 3, 7, 2]);
    expect([...averageDifference([])]).toEqual([]);
  });

  it('does not become more certain by counting one market twice', () => {
    fc.assert(
      fc.property(returnSeries(3), (difference) => {
        const market = { closeTime: difference.map((_, i) => i), difference };
        expect(averageDifference([market, market])).toEqual(difference);
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});

describe('Correlation', () => {
  it('has ties at their average rank', () => {
    expect([...averageRanks(Float64Array.of(3, 1, 3, -0, 0, 7))]).toEqual([4.5, 3, 4.5, 1.5, 1.5, 6]);
  });

  it('has the ranks that counting gives', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 50 }), (values) => {
        const counted = values.map((value) => {
          const below = values.filter((other) => other < value).length;
          const upTo = values.filter((other) => other <= value).length;
          return (below + 1 + upTo) / 2;
        });
        expect([...averageRanks(Float64Array.from(values))]).toEqual(counted);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('stays from -1 to 1; of ranks it does not see a monotone change, of values not a linear one', () => {
    fc.assert(
      fc.property(returnSeries(3), returnSeries(3), (first, second) => {
        const length = Math.min(first.length, second.length);
        const x = first.subarray(0, length);
        const y = second.subarray(0, length);
        const linear = pearson(x, y);
        const ranked = spearman(x, y);
        expect(pearson(y, x)).toBe(linear);
        expect(spearman(x, y.map(Math.exp))).toBe(ranked);
        if (linear === null) return;
        expect(Math.abs(linear)).toBeLessThanOrEqual(1);
        const moved = pearson(
          x.map((value) => 3 * value - 0.5),
          y,
        )!;
        expect(moved).toBeCloseTo(linear, 10);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('with what never changes is null', () => {
    expect(pearson(Float64Array.of(1, 2, 3), new Float64Array(3).fill(0.1))).toBeNull();
    expect(spearman(Float64Array.of(1), Float64Array.of(2))).toBeNull();
  });
});

describe('The mean of dependent values', () => {
  it('has no test where there is no spread, one value or none, or one that is unknown', () => {
    expect(neweyWestMean(new Float64Array(0))).toBeNull();
    expect(neweyWestMean(Float64Array.of(1))).toBeNull();
    expect(neweyWestMean(new Float64Array(20).fill(0.1))).toBeNull();
    expect(neweyWestMean(Float64Array.of(1, unknown, 2))).toBeNull();
  });
});
