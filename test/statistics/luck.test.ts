import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflatedSharpe, expectedMaximumSharpe, minimumTrackRecordLength, probabilisticSharpe } from '../../src/statistics/luck.ts';
import { present, reference, titled } from './reference.ts';

interface Case {
  id: string;
  inputs: {
    sr_annual?: number;
    sr_per_period?: number;
    sr_estimates?: number[];
    periods_per_year?: number;
    benchmark?: number;
    T?: number;
    N?: number;
    var_sr_annual?: number;
    skew: number;
    kurtosis_nonexcess: number;
    alpha?: number;
  };
  expected: { psr?: number; dsr?: number; sr0_per_period?: number; minTRL?: number };
  computed: { psr?: number; dsr?: number; sr0_per_period?: number; sr0?: number; minTRL?: number };
}

const cases = present ? reference<{ cases: Case[] }>('psr-dsr.json').cases : [];

describe.skipIf(!present)(titled('Luck agrees with Bailey and Lopez de Prado and with mlfinlab (psr-dsr.json)'), () => {
  it.each(cases.map((test) => [test.id, test] as const))('%s', (_, { inputs, expected, computed }) => {
    const periods = inputs.periods_per_year ?? 1;
    const sharpe = inputs.sr_per_period ?? inputs.sr_annual! / Math.sqrt(periods);
    const estimate = { sharpe, length: inputs.T ?? 0, skew: inputs.skew, kurtosis: inputs.kurtosis_nonexcess };
    if (expected.psr !== undefined) {
      const found = probabilisticSharpe(estimate, inputs.benchmark!)!;
      expect(Math.abs(found - computed.psr!)).toBeLessThan(1e-9);
      // The papers print three decimals, not always rounded.
      expect(Math.abs(found - expected.psr)).toBeLessThan(1e-3);
    }
    if (expected.dsr !== undefined) {
      const estimates = inputs.sr_estimates ?? [];
      const mean = estimates.reduce((sum, value) => sum + value, 0) / estimates.length;
      const ofEstimates = estimates.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / estimates.length;
      const variance = inputs.var_sr_annual === undefined ? ofEstimates : inputs.var_sr_annual / periods;
      const trials = inputs.N ?? estimates.length;
      const found = deflatedSharpe(estimate, variance, trials)!;
      expect(Math.abs(found - computed.dsr!)).toBeLessThan(1e-9);
      expect(Math.abs(found - expected.dsr)).toBeLessThan(1e-4);
      const best = computed.sr0_per_period ?? computed.sr0;
      if (best !== undefined) expect(Math.abs(expectedMaximumSharpe(variance, trials) - best)).toBeLessThan(1e-9);
    }
    if (expected.minTRL !== undefined) {
      const found = minimumTrackRecordLength(estimate, inputs.benchmark!, inputs.alpha)!;
      expect(Math.abs(found - computed.minTRL!)).toBeLessThan(1e-6);
      expect(Math.abs(found - expected.minTRL)).toBeLessThan(1e-4);
    }
  });
});

describe('Luck', () => {
  const estimate = { sharpe: 0.1, length: 500, skew: -0.5, kurtosis: 5 };

  it('is not corrected for a single trial, and more so with every further one', () => {
    expect(deflatedSharpe(estimate, 0.002, 1)).toBe(probabilisticSharpe(estimate, 0));
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), (trials) => {
        expect(expectedMaximumSharpe(0.002, trials + 1)).toBeGreaterThan(expectedMaximumSharpe(0.002, trials));
        expect(deflatedSharpe(estimate, 0.002, trials + 1)!).toBeLessThanOrEqual(deflatedSharpe(estimate, 0.002, trials)!);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it('needs a track record just as long as makes the probability 1 - alpha', () => {
    const length = minimumTrackRecordLength(estimate, 0, 0.05)!;
    expect(Math.abs(probabilisticSharpe({ ...estimate, length }, 0)! - 0.95)).toBeLessThan(1e-12);
  });

  it('is null where undefined', () => {
    expect(probabilisticSharpe({ ...estimate, length: 1 }, 0)).toBeNull();
    expect(probabilisticSharpe({ sharpe: 2, length: 10, skew: 3, kurtosis: 3 }, 0)).toBeNull();
    expect(minimumTrackRecordLength(estimate, 0.1)).toBeNull();
    expect(() => expectedMaximumSharpe(1, 0)).toThrow('Expected at least 1 trial');
  });
});
