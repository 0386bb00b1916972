import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialProbability, binomialTail, wilsonInterval } from '../../src/statistics/binomial.ts';
import { logGammaHalfStep, stirlingError } from '../../src/statistics/gamma.ts';
import { normalCdf, normalQuantile } from '../../src/statistics/normal.ts';
import { studentCdf, studentTwoSided } from '../../src/statistics/student.ts';
import { expectClose } from './reference.ts';

// Expected values: mpmath 1.3.0 with 50 digits (ncdf, erfinv, betainc, binomial sums, loggamma).

describe('The normal distribution', () => {
  it.each([
    [-37.5, 4.605353009581955e-308],
    [-20, 2.7536241186062337e-89],
    [-8, 6.220960574271784e-16],
    [-5, 2.866515718791939e-7],
    [-3.0000001, 0.0013498975884453199],
    [-3, 0.0013498980316300946],
    [-2.5, 0.006209665325776135],
    [-1, 0.15865525393145705],
    [1e-9, 0.5000000003989423],
    [0.5, 0.6914624612740131],
    [3.1, 0.9990323967867817],
    [6, 0.9999999990134123],
  ])('cdf(%d) is mpmath ncdf', (x, expected) => expectClose(normalCdf(x), expected, 1e-13));

  it.each([
    [1e-10, -6.361340902404057],
    [0.0001, -3.7190164854556804],
    [0.02425, -1.972961051311885],
    [0.3, -0.5244005127080408],
    [0.4999, -0.0002506628300880351],
    [0.6, 0.2533471031357998],
    [0.975, 1.9599639845400543],
    [0.999, 3.0902323061678136],
  ])('quantile(%d) is mpmath erfinv', (p, expected) => expectClose(normalQuantile(p), expected, 2e-13));

  it('has its limits at the ends, and no quantile outside them', () => {
    expect([normalCdf(-Infinity), normalCdf(0), normalCdf(Infinity), normalCdf(Number.NaN)]).toEqual([0, 0.5, 1, Number.NaN]);
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalQuantile(Number.NaN)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it('rises, is symmetric, and is undone by its quantile', () => {
    const x = fc.double({ min: -6, max: 6, noNaN: true });
    fc.assert(
      fc.property(x, fc.double({ min: 1e-6, max: 1, noNaN: true }), (at, step) => {
        expect(normalCdf(at + step)).toBeGreaterThan(normalCdf(at));
        expectClose(normalCdf(at) + normalCdf(-at), 1, 1e-15);
        if (at < 0) expect(Math.abs(normalQuantile(normalCdf(at)) - at)).toBeLessThan(1e-11);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("Student's distribution", () => {
  it.each([
    [0.5, 1, 0.7048327646991335],
    [12.706204736174698, 1, 0.050000000000000024],
    [0.001, 5, 0.9992407867721976],
    [2, 10, 0.07338803477074037],
    [6, 10, 0.0001321088603547856],
    [1.96, 59, 0.05472417352292447],
    [5.25, 199, 3.8874529901638715e-7],
    [40, 30, 1.3726045194406403e-27],
    [0.3, 1000, 0.7642395041672441],
    [2.5, 20_000, 0.012427274131994225],
    [3, 1_000_000, 0.002699862541421797],
  ])('P(|T| >= %d) with %d degrees is mpmath betainc', (t, degrees, expected) => {
    const tolerance = degrees > 1000 ? 1e-11 : 1e-13;
    expectClose(studentTwoSided(t, degrees), expected, tolerance);
    expectClose(studentTwoSided(-t, degrees), expected, tolerance);
  });

  it('with one degree is the Cauchy distribution, with two its closed form', () => {
    const t = fc.double({ min: -50, max: 50, noNaN: true });
    fc.assert(
      fc.property(t, (at) => {
        expect(Math.abs(studentCdf(at, 1) - (0.5 + Math.atan(at) / Math.PI))).toBeLessThan(1e-14);
        expect(Math.abs(studentCdf(at, 2) - (0.5 + at / (2 * Math.sqrt(2 + at * at))))).toBeLessThan(1e-14);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('rises, and has heavier tails than the normal', () => {
    const t = fc.double({ min: -5, max: -0.01, noNaN: true });
    fc.assert(
      fc.property(t, fc.integer({ min: 1, max: 500 }), fc.double({ min: 1e-6, max: 1, noNaN: true }), (at, degrees, step) => {
        expect(studentCdf(at + step, degrees)).toBeGreaterThan(studentCdf(at, degrees));
        expect(studentCdf(at, degrees)).toBeGreaterThan(normalCdf(at));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('has its limits at the ends, and nothing without degrees of freedom', () => {
    expect([studentCdf(-Infinity, 4), studentCdf(0, 4), studentCdf(Infinity, 4)]).toEqual([0, 0.5, 1]);
    expect([studentCdf(1, 0), studentCdf(Number.NaN, 4)]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('The binomial distribution', () => {
  it.each([
    [1, 1, 0.5, 0.5],
    [36, 60, 0.5, 0.0775009520016303],
    [10, 10, 0.3, 5.9049e-6],
    [530, 1000, 0.5, 0.03101159754918159],
    [10_300, 20_000, 0.512, 0.19998298942877057],
    [10_100, 20_000, 0.512, 0.9765609604896887],
    [501_000, 1_000_000, 0.5, 0.02280414993269104],
  ])('P(X >= %d) of %d at %d is the sum in mpmath', (k, n, p, expected) => expectClose(binomialTail(k, n, p), expected, 1e-13));

  it('has probabilities that sum to one, and a tail that falls with every hit more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (n, p) => {
        let sum = 0;
        for (let k = n; k >= 0; k--) {
          sum += binomialProbability(k, n, p);
          expect(Math.abs(binomialTail(k, n, p) - sum)).toBeLessThan(1e-12);
          expect(binomialTail(k + 1, n, p)).toBeLessThanOrEqual(binomialTail(k, n, p));
        }
        expectClose(sum, 1, 1e-12);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('is certain or impossible at the ends', () => {
    expect([
      binomialTail(0, 5, 0.2),
      binomialTail(6, 5, 0.2),
      binomialTail(1, 5, 0),
      binomialTail(5, 5, 1),
      binomialTail(0, 0, 0.5),
    ]).toEqual([1, 0, 0, 1, 1]);
    expect(() => binomialTail(1, 2, 1.5)).toThrow('Expected a probability from 0 to 1, received 1.5');
  });

  it("gives Wilson's interval inside [0, 1], around the share, and none without trials", () => {
    expect(wilsonInterval(0, 0)).toBeNull();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (count, part) => {
        const hits = Math.round(count * part);
        const [low, high] = wilsonInterval(hits, count)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(hits / count + 1e-15);
        expect(high).toBeGreaterThanOrEqual(hits / count - 1e-15);
        expect(high).toBeLessThanOrEqual(1);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('Ratios of gamma functions', () => {
  it.each([
    [0.5, 0.15342640972002736],
    [1, 0.08106146679532726],
    [3, 0.02767792568499834],
    [14.9, 0.005592002512250831],
    [15, 0.005554733551962801],
    [1000, 8.333333055555635e-5],
  ])("what Stirling's formula leaves out at %d is as in mpmath", (z, expected) => expectClose(stirlingError(z), expected, 2e-14));

  it.each([
    [0.5, -0.5723649429247001],
    [1, -0.12078223763524522],
    [7.25, 0.9732729455774445],
    [100, 2.3013350982022227],
    [500_000, 6.561181438702165],
  ])('log Gamma(z + 1/2) / Gamma(z) at %d is as in mpmath', (z, expected) => expectClose(logGammaHalfStep(z), expected, 1e-14));
});
