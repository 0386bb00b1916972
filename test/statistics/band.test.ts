import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Band, band } from '../../src/statistics/band.ts';
import { expectClose, present, reference, titled } from './reference.ts';

const NAMES = { r2: 0, rmse: 0, mae: 0, mapePct: 0, bias: 0, directionAccuracy: 0, skillVsPersistence: 0, epochs: 0 };
type Name = keyof typeof NAMES;
type Seed = Record<Name, number> & { cell: string; activation: string };
type Published = Record<'mean' | 'sd' | 'min' | 'p10' | 'median' | 'p90' | 'max', number>;

interface Reference {
  publishedProtocol: { networks: Record<string, Record<Name, Published>>; perSeed: Seed[] };
}

const golden: Reference = present ? reference<Reference>('task33.json') : { publishedProtocol: { networks: {}, perSeed: [] } };
const networks = Object.entries(golden.publishedProtocol.networks);

describe.skipIf(!present)(titled('Bands over ten seeds agree with numpy and pandas (task33.json; its sd has divisor n - 1)'), () => {
  it.each(networks)('%s', (network, published) => {
    const seeds = golden.publishedProtocol.perSeed.filter(({ cell, activation }) => `${cell}-${activation}` === network);
    expect(seeds).toHaveLength(10);
    for (const name of Object.keys(NAMES) as Name[]) {
      const found = band(seeds.map((seed) => seed[name]));
      const { mean, sd, min, p10, median, p90, max } = published[name];
      const expected: Band = { mean, standardDeviation: sd, minimum: min, p10, median, p90, maximum: max };
      for (const key of Object.keys(expected) as (keyof Band)[]) expectClose(found[key], expected[key], 1e-12);
    }
  });
});

describe('a band', () => {
  it('of five values by hand', () => {
    expect(band([4, 1, 3, 5, 2])).toEqual({
      mean: 3,
      standardDeviation: Math.sqrt(2.5),
      minimum: 1,
      p10: 1.4,
      median: 3,
      p90: 4.6,
      maximum: 5,
    });
  });

  it('of one value has no spread to tell', () => {
    expect(band([7])).toEqual({ mean: 7, standardDeviation: null, minimum: 7, p10: 7, median: 7, p90: 7, maximum: 7 });
  });

  it('does not depend on the order, leaves its values alone, and ascends', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const given = [...values];
        const found = band(values);
        expect(values).toEqual(given);
        expect(band([...values].reverse())).toEqual(found);
        const ascending = [found.minimum, found.p10, found.median, found.p90, found.maximum];
        expect([...ascending].sort((a, b) => a - b)).toEqual(ascending);
      }),
    );
  });

  it('refuses no values, and those that are not finite', () => {
    expect(() => band([])).toThrow('at least one value');
    expect(() => band([1, Number.NaN])).toThrow('received NaN');
  });
});
