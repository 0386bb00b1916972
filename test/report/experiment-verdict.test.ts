import { describe, expect, it } from 'vitest';
import { experimentVerdict } from '../../src/report/experiment-verdict.ts';
import { market, planOf, run, tiny } from '../lab/bench.ts';

const echo = /A high R2 on price levels is no evidence/;

describe('the verdict on an experiment', () => {
  it('calls a network better only where its errors are smaller and the test says so', async () => {
    const model = tiny({
      units: [8],
      lookback: 3,
      features: ['range', { volatility: 5 }],
      train: { epochs: 60, patience: 15, learningRate: 0.01 },
    });
    const { report } = await run(planOf({ models: [{ name: 'gru', model }] }), [market('planted', 3, 2500)]);
    const { skillVsPersistence, dieboldMariano, dieboldMarianoLinear } = report.scores[0]!.runs[0]!.test!;
    expect(skillVsPersistence).toBeGreaterThan(0);
    expect(dieboldMariano.pValue).toBeLessThan(0.05);
    expect(report.verdict).toMatch(/Better than the last price: gru \(skill \+\d/);
    // The same errors with a larger p-value are chance, with the other sign worse.
    const told = (pValue: number, skill: number) => {
      const test = {
        ...report.scores[0]!.runs[0]!.test!,
        skillVsPersistence: skill,
        dieboldMariano: { ...dieboldMariano, pValue, statistic: skill > 0 ? 1 : -1 },
        dieboldMarianoLinear: { ...dieboldMarianoLinear!, statistic: -3, pValue: 0.001 },
      };
      const first = { ...report.scores[0]!, runs: [{ ...report.scores[0]!.runs[0]!, test }] };
      return experimentVerdict({ ...report, scores: [first, ...report.scores.slice(1)] });
    };
    expect(told(0.06, 0.1)).toMatch(/Ahead of it, but no more than chance allows: gru/);
    expect(told(0.001, -0.1)).toMatch(/No network forecasts better than the last price: gru/);
    // Much worse than the linear model is no reason to be called better.
    expect(told(0.001, 0.1)).toMatch(/None is better than the linear model/);
  });

  it('says where the scored rows also stopped the training, of one market as of several', async () => {
    const plan = planOf({ split: { kind: 'shares', train: 0.8, validation: 0.2, test: 0 } });
    const flattered = 'These rows also stopped the training, which flatters the networks.';
    const [one, two] = [market('one', 1), market('two', 2)];
    expect((await run(plan, [one])).report.verdict).toContain(flattered);
    expect((await run(plan, [one, two])).report.verdict).toContain(flattered);
    expect((await run(planOf(), [one, two])).report.verdict).not.toContain(flattered);
  });

  it('counts markets and outputs, next to how many chance alone would call better', async () => {
    const model = tiny({ target: ['high', 'close'], features: ['close'] });
    const markets = Array.from({ length: 10 }, (_, k) => market(`market ${k}`, k + 1, 120));
    const { verdict } = (await run(planOf({ models: [{ name: 'gru', model }] }), markets)).report;
    expect(verdict).toMatch(
      /^gru is ahead of the last price on \d+ of 20 outputs of all markets, and better by the test on \d+ \(of the close on \d+ of 10\);/,
    );
    // One in forty: two-sided at five percent, and the better side alone.
    expect(verdict).toContain('A test at 5 % calls about 0.5 of 20 models better that are not');
    expect(verdict).toMatch(/better than the linear model on \d+ of 10\./);
  });

  it('tells the range of few seeds, and the outer tenths of many', async () => {
    const of = async (seeds: number) => {
      const plan = planOf({ seeds: Array.from({ length: seeds }, (_, k) => k + 1), baselines: ['persistence'] });
      const { scores, verdict } = (await run(plan, [market('one', 1)])).report;
      return { verdict, band: scores[0]!.bands!.test!.r2! };
    };
    const few = await of(3);
    const words = (low: number, high: number) => `is gru ${low.toFixed(4)} to ${high.toFixed(4)}.`;
    expect(few.verdict).toContain(`Over 3 seeds the R2 (worst to best) ${words(few.band.minimum, few.band.maximum)}`);
    const many = await of(10);
    expect(many.verdict).toContain(`Over 10 seeds the R2 (10 to 90 %) ${words(many.band.p10, many.band.p90)}`);
  });

  it('speaks of the present volatility where that is what persistence repeats', async () => {
    const model = tiny({ target: 'volatility', horizon: 5 });
    const { verdict } = (await run(planOf({ models: [{ name: 'gru', model }] }), [market('one', 1)])).report;
    expect(verdict).toContain('the present volatility alone has an R2 of');
    expect(verdict).not.toContain('last price');
    expect(verdict).not.toMatch(echo);
  });
});
