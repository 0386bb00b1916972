import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/data/data-error.ts';
import { openMarket } from '../../src/lab/inputs.ts';
import { gridCells } from '../../src/lab/plan.ts';
import type { Experiment } from '../../src/lab/result.ts';
import { memoryFitStore } from '../../src/models/bundle.ts';
import { type BaselineKind, createModel } from '../../src/models/model.ts';
import type { Trainer } from '../../src/models/trainer.ts';
import { experimentText } from '../../src/report/experiment-text.ts';
import { poisoned } from '../support/markets.ts';
import { levelsOf, market, planOf, run, scoreOf, tiny, wasm } from './bench.ts';

const bars = market('planted', 3, 220);

/** All that a report says but how long it took and whether a fit was found. */
function told({ report, series }: Experiment): unknown {
  const scores = report.scores.map((score) => ({
    ...score,
    runs: score.runs.map(({ seconds: _seconds, cached: _cached, ...rest }) => rest),
  }));
  return { report: { ...report, scores, timings: null, engine: null }, series };
}

/** Losses of every training by market, model and seed. */
function trainings({ report }: Experiment): Record<string, readonly number[]> {
  return Object.fromEntries(
    report.scores.flatMap(({ market: name, model, runs }) => runs.map((one) => [`${name} ${model} ${one.seed}`, one.validationLosses])),
  );
}

describe('an experiment', () => {
  it('scores networks, ensembles and baselines on validation and test rows, in that order', async () => {
    const plan = planOf({
      models: [
        { name: 'gru', model: tiny() },
        { name: 'lstm', model: tiny({ kind: 'lstm' }) },
      ],
      seeds: [1, 2],
      ensemble: ['mean', 'median', 'weighted'],
      baselines: ['persistence', 'drift', 'majority', 'linear'],
    });
    const { report, series } = await run(plan, [bars]);
    const names = ['gru', 'lstm', 'ensemble mean', 'ensemble median', 'ensemble weighted', 'persistence', 'drift', 'majority', 'linear'];
    expect(report.scores.map(({ model }) => model)).toEqual(names);
    expect(series[0]!.forecasts.map(({ model }) => model)).toEqual(names);
    expect(report.scores.map(({ runs }) => runs.length)).toEqual([2, 2, 2, 2, 2, 1, 1, 1, 1]);
    for (const { runs } of report.scores.slice(0, 5)) expect(runs.map(({ seed }) => seed)).toEqual([1, 2]);
    const { ends } = openMarket(plan, bars)(tiny());
    for (const { runs } of report.scores) {
      for (const one of runs) {
        expect(one.validation!.bars).toBe(ends.validation.length);
        expect(one.test!.bars).toBe(ends.test.length);
      }
    }
    expect(report).toMatchObject({ scored: 'test', failures: [], horizon: 1 });
    expect(report.split[0]!.test.windows).toBe(ends.test.length);
  });

  it('combines the models of one seed: the mean is the mean of what both say', async () => {
    const models = [
      { name: 'gru', model: tiny() },
      { name: 'rnn', model: tiny({ kind: 'rnn' }) },
    ];
    const experiment = await run(planOf({ models, ensemble: ['mean'] }), [bars]);
    const [first, second, mean] = ['gru', 'rnn', 'ensemble mean'].map((name) => levelsOf(experiment, name));
    let compared = 0;
    mean!.forEach((level, k) => {
      if (Number.isNaN(level)) return;
      expect(level).toBeCloseTo((first![k]! + second![k]!) / 2, 9);
      compared++;
    });
    expect(compared).toBeGreaterThan(150);
  });

  it('weighs models by their errors on the validation rows', async () => {
    const models = [
      { name: 'gru', model: tiny() },
      { name: 'rnn', model: tiny({ kind: 'rnn', target: 'price', features: ['close'] }) },
    ];
    const experiment = await run(planOf({ models, ensemble: ['weighted'] }), [bars]);
    const [first, second, weighted] = ['gru', 'rnn', 'ensemble weighted'].map((name) => levelsOf(experiment, name));
    const [a, b] = ['gru', 'rnn'].map((name) => scoreOf(experiment, name).runs[0]!.validation!.price.rmse! ** -2);
    const last = first!.length - 2;
    expect(weighted![last]).toBeCloseTo((a! * first![last]! + b! * second![last]!) / (a! + b!), 8);
    expect(weighted![last]).not.toBeCloseTo((first![last]! + second![last]!) / 2, 4);
  });

  it('splits a market at the same bars for all models, however long their features take to be known', async () => {
    const models = [
      { name: 'early', model: tiny() },
      { name: 'late', model: tiny({ features: ['logReturn', { sma: 60 }] }) },
    ];
    const plan = planOf({ models, ensemble: ['mean'] });
    const { report, series } = await run(plan, [bars]);
    const rows = (model: string) => report.scores.find((score) => score.model === model)!.runs[0]!.test!.bars;
    expect([rows('early'), rows('ensemble mean'), rows('linear')]).toEqual([rows('late'), rows('late'), rows('late')]);
    // The first 59 of 220 rows have no mean of 60.
    expect(report.split[0]!.rows).toBe(220 - 59);
    // What one learns from, stopping included, ends where the test part of all begins.
    const opening = bars.openTime[59 + Math.floor(161 * 0.6) + Math.floor(161 * 0.2)]!;
    expect(series[0]!.time[series[0]!.part.indexOf('test')]).toBe(opening + 2 * bars.intervalMs);
    const wild = await run(plan, [poisoned(bars, bars.openTime.indexOf(opening) + 1)]);
    expect(wild.report.scores.slice(0, 2).map(({ runs }) => runs[0]!.fit)).toEqual(
      report.scores.slice(0, 2).map(({ runs }) => runs[0]!.fit),
    );
    expect(report.assumptions.join()).toContain('on which the features of all models are known');
  });

  it('leaves the split to the others where a model cannot be opened by itself', async () => {
    const models = [
      { name: 'sound', model: tiny() },
      { name: 'late', model: tiny({ features: [{ sma: 218 }] }) },
    ];
    const experiment = await run(planOf({ models }), [bars]);
    const alone = await run(planOf({ models: models.slice(0, 1) }), [bars]);
    expect(experiment.report.failures).toMatchObject([{ market: 'planted', model: 'late' }]);
    expect(experiment.report.split).toEqual(alone.report.split);
    expect(experiment.report.scores).toEqual(alone.report.scores);
  });

  it('combines models with windows of different lengths where all of them speak', async () => {
    const models = [
      { name: 'short', model: tiny({ lookback: 3 }) },
      { name: 'long', model: tiny({ lookback: 12 }) },
    ];
    const experiment = await run(planOf({ models, windows: 'inside', ensemble: ['weighted'] }), [bars]);
    const [long, weighted] = ['long', 'ensemble weighted'].map((name) => scoreOf(experiment, name).runs[0]!.test!.bars);
    expect(weighted).toBe(long);
    expect(weighted).toBeGreaterThan(20);
  });

  it('combines the seeds of a single model', async () => {
    const experiment = await run(planOf({ seeds: [5, 6, 7], ensemble: ['median'] }), [bars]);
    expect(scoreOf(experiment, 'ensemble median').runs.map(({ seed }) => seed)).toEqual([5]);
    expect(scoreOf(experiment, 'gru').bands!.test!.rmse!.median).toBeGreaterThan(0);
  });

  it('combines the seeds that every model was trained with, under their own numbers', async () => {
    const models = [
      { name: 'gru', model: tiny() },
      { name: 'rnn', model: tiny({ kind: 'rnn' }) },
    ];
    const trainer = await wasm();
    let rnns = 0;
    // The first training of the second model fails.
    const failing: Trainer = {
      ...trainer,
      fit: (network, ...rest) =>
        network.layers[0]?.kind === 'rnn' && rnns++ === 0
          ? Promise.resolve({ kind: 'refused', reason: 'out of luck' })
          : trainer.fit(network, ...rest),
    };
    const experiment = await run(planOf({ models, seeds: [7, 8, 9], ensemble: ['mean'] }), [bars], { networkTrainer: async () => failing });
    expect(experiment.report.failures).toEqual([{ market: 'planted', model: 'rnn, seed 7', reason: 'out of luck' }]);
    expect(scoreOf(experiment, 'ensemble mean').runs.map(({ seed }) => seed)).toEqual([8, 9]);
  });

  it('forecasts each row from what was known: wild test bars change no forecast before them', async () => {
    const plan = planOf({ seeds: [1, 2] });
    const { split } = openMarket(plan, bars)(tiny());
    const opening = split.rows[split.test]!;
    const [calm, wild] = [await run(plan, [bars]), await run(plan, [poisoned(bars, opening + 10)])];
    expect(trainings(wild)).toEqual(trainings(calm));
    const row = split.rows.indexOf(opening + 10);
    // The seed that is shown depends on the scores, so each is compared by its losses above and its levels here.
    for (const model of ['persistence', 'linear']) {
      expect(levelsOf(wild, model).subarray(0, row)).toEqual(levelsOf(calm, model).subarray(0, row));
      expect(levelsOf(wild, model).subarray(row)).not.toEqual(levelsOf(calm, model).subarray(row));
    }
    const one = planOf();
    const [first, second] = [await run(one, [bars]), await run(one, [poisoned(bars, opening + 10)])];
    expect(levelsOf(second, 'gru').subarray(0, row)).toEqual(levelsOf(first, 'gru').subarray(0, row));
    expect(scoreOf(second, 'gru').runs[0]!.validation).toEqual(scoreOf(first, 'gru').runs[0]!.validation);
  });

  it('gives the same report on two threads as on one, and with fits that were found', async () => {
    const plan = planOf({ seeds: [1, 2, 3] });
    const fits = memoryFitStore();
    const one = await run(plan, [bars], { fits });
    const two = await run(plan, [bars], { networkTrainer: () => wasm(2) });
    const found = await run(plan, [bars], { fits });
    expect(told(two)).toEqual(told(one));
    expect(told(found)).toEqual(told(one));
    expect(scoreOf(found, 'gru').runs.every(({ cached }) => cached)).toBe(true);
    expect(scoreOf(one, 'gru').runs.some(({ cached }) => cached)).toBe(false);
  });

  it('has the series on all rows of the split: what was known, what came, and what was said', async () => {
    const plan = planOf({ models: [{ name: 'gru', model: tiny({ horizon: 5 }) }] });
    const { series } = await run(plan, [bars]);
    const { time, part, naive, actual } = series[0]!;
    const { rows, validation, test } = openMarket(plan, bars)(tiny({ horizon: 5 })).split;
    expect([part.indexOf('validation'), part.indexOf('test'), part.length]).toEqual([validation, test, rows.length]);
    const k = test + 3;
    const row = rows[k]!;
    expect(naive[k]).toBe(bars.close[row]);
    expect(actual[k]).toBe(bars.close[row + 5]);
    // The close five days on, which is one interval after its opening.
    expect(time[k]).toBe(bars.openTime[row]! + 6 * bars.intervalMs);
    expect([actual[rows.length - 1], time[rows.length - 1]]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('what is forecast', () => {
  it('five bars ahead is scored on windows whose labels are known', async () => {
    const experiment = await run(planOf({ models: [{ name: 'gru', model: tiny({ horizon: 5 }) }] }), [bars]);
    const { test } = scoreOf(experiment, 'gru').runs[0]!;
    expect(experiment.report.horizon).toBe(5);
    expect(test!.horizon).toBe(5);
    const { rows, test: first } = openMarket(planOf(), bars)(tiny()).split;
    expect(test!.bars).toBe(rows.length - first - 5);
  });

  it('is set against the ridge regression, or where there is none against least squares', async () => {
    const against = async (baselines: readonly BaselineKind[]) =>
      scoreOf(await run(planOf({ baselines }), [bars]), 'gru').runs[0]!.test!.dieboldMarianoLinear;
    const [ridge, both, least] = [await against(['linear']), await against(['least-squares', 'linear']), await against(['least-squares'])];
    expect(both).toEqual(ridge);
    expect(least).not.toEqual(ridge);
    expect(least!.statistic).not.toBeNull();
    expect(await against(['persistence', 'forest'])).toBeNull();
  });

  it('may be several levels at once: baselines know the close, the last price all of them', async () => {
    const model = tiny({ target: ['high', 'low', 'close', 'adjustedClose'], features: ['close', 'volume'] });
    const experiment = await run(planOf({ models: [{ name: 'gru', model }] }), [bars]);
    const of = (output: string) => experiment.report.scores.filter((score) => score.output === output).map((score) => score.model);
    expect(of('high')).toEqual(['gru', 'persistence']);
    expect(of('close')).toEqual(['gru', 'persistence', 'linear']);
    for (const output of ['high', 'low', 'close', 'adjustedClose']) {
      expect(scoreOf(experiment, 'persistence', output).runs[0]!.test!.skillVsPersistence).toBe(0);
    }
    // A column is measured against itself: the last high is nearer to the next high than to the next low.
    expect(levelsOf(experiment, 'persistence', 'high')).not.toEqual(levelsOf(experiment, 'persistence', 'low'));
    expect(scoreOf(experiment, 'gru').parameters).toBe(scoreOf(experiment, 'gru', 'low').parameters);
  });

  it('quantiles come with their coverage', async () => {
    const model = tiny({ train: { loss: 'quantile', quantile: [0.1, 0.5, 0.9], epochs: 10, learningRate: 0.01 } });
    const experiment = await run(planOf({ models: [{ name: 'gru', model }] }), [market('planted', 3, 500)]);
    const { coverage, bars: count } = scoreOf(experiment, 'gru').runs[0]!.test!;
    expect(coverage!.quantiles.map(({ quantile }) => quantile)).toEqual([0.1, 0.5, 0.9]);
    expect(coverage!.interval!.nominal).toBeCloseTo(0.8, 12);
    const shares = coverage!.quantiles.map(({ share }) => share!);
    // Of 99 outcomes: the standard deviation of a share is at most 0.05, and the network had ten epochs.
    [0.1, 0.5, 0.9].forEach((quantile, k) => {
      expect(Math.abs(shares[k]! - quantile)).toBeLessThan(0.2);
      expect(shares[k]! * count).toBeCloseTo(Math.round(shares[k]! * count), 9);
    });
    expect(scoreOf(experiment, 'linear').runs[0]!.test!.coverage).toBeNull();
  });

  it('a direction comes with the calibration of its probabilities', async () => {
    const experiment = await run(planOf({ models: [{ name: 'gru', model: tiny({ target: 'direction' }) }] }), [bars]);
    const { calibration, bars: count } = scoreOf(experiment, 'gru').runs[0]!.test!;
    expect(calibration!.bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(count);
    const { ends } = openMarket(planOf(), bars)(tiny());
    const rises = Array.from(ends.test).filter((row) => bars.close[row + 1]! > bars.close[row]!).length;
    expect(calibration!.bins.reduce((sum, bin) => sum + bin.count * bin.share, 0)).toBeCloseTo(rises, 9);
    expect(rises).not.toBe(count / 2);
    expect(calibration!.brier).toBeGreaterThan(0);
    expect(calibration!.brier).toBeLessThan(0.5);
    expect(scoreOf(experiment, 'persistence').runs[0]!.test!.calibration).toBeNull();
  });

  it('a volatility is set beside the present one and baselines that can learn it', async () => {
    const model = tiny({ target: 'volatility', horizon: 5 });
    const plan = planOf({ models: [{ name: 'gru', model }], baselines: ['persistence', 'drift', 'mean', 'majority', 'linear'] });
    const experiment = await run(plan, [bars]);
    expect(experiment.report.scores.map(({ model: name, output }) => `${name} ${output}`)).toEqual([
      'gru volatility',
      'persistence volatility',
      'mean volatility',
      'linear volatility',
    ]);
    expect(experiment.report.assumptions.join()).toContain('Volatility is measured by differences');
  });
});

describe('markets', () => {
  const [one, two, three] = [market('one', 1), market('two', 2, 200, 'trend'), market('three', 4, 260, 'regime')];
  const of = (name: string, { report }: Experiment) => report.scores.filter((score) => score.market === name);

  it('are scored in the order of the plan, and each as when it is alone', async () => {
    const plan = planOf({ seeds: [1, 2], ensemble: ['mean'] });
    const together = await run(plan, [one, two, three]);
    const turned = await run(plan, [three, one, two]);
    expect([...new Set(together.report.scores.map((score) => score.market))]).toEqual(['one', 'two', 'three']);
    expect([...new Set(turned.report.scores.map((score) => score.market))]).toEqual(['three', 'one', 'two']);
    for (const bar of [one, two, three]) {
      const alone = of(bar.market, await run(plan, [bar]));
      expect(of(bar.market, together)).toEqual(alone);
      expect(of(bar.market, turned)).toEqual(alone);
    }
  });

  it('of a class share one network, and markets without a class have their own', async () => {
    const pool = new Map([
      ['one', 'shares'],
      ['three', 'shares'],
    ]);
    const experiment = await run(planOf({ pool }), [one, two, three]);
    const fitOf = (name: string) => of(name, experiment).find((score) => score.model === 'gru')!.runs[0]!.fit;
    expect(fitOf('one')).toBe(fitOf('three'));
    expect(fitOf('two')).not.toBe(fitOf('one'));
    expect(of('two', experiment)).toEqual(of('two', await run(planOf(), [two])));
    for (const score of experiment.report.scores) expect(score.runs[0]!.test!.bars).toBeGreaterThan(30);
  });

  it('that cannot be learnt from are failures with their reason; the others are as they would be without them', async () => {
    const short = market('short', 5, 12);
    const experiment = await run(planOf({ models: [{ name: 'gru', model: tiny({ lookback: 20 }) }] }), [
      one,
      { market: 'gone', refused: 'Expected a file, received none' },
      short,
      two,
    ]);
    const { failures, scores } = experiment.report;
    expect(failures.map(({ market: name, model }) => [name, model])).toEqual([
      ['gone', null],
      ['short', 'gru'],
    ]);
    expect(failures[1]!.reason).toMatch(/^Expected at least 2 training windows .* of 20 rows in short, received 0 and 0 from 12 bars; use/);
    expect([...new Set(scores.map((score) => score.market))]).toEqual(['one', 'two']);
    const alone = await run(planOf({ models: [{ name: 'gru', model: tiny({ lookback: 20 }) }] }), [one]);
    expect(of('one', experiment)).toEqual(of('one', alone));
    expect(experimentText(experiment.report, { colour: false, width: 100, timings: false })).toContain('Failed: gone: Expected a file');
  });

  it('none of which can be learnt from are a DataError with all reasons', async () => {
    const attempt = run(planOf(), [market('short', 5, 8), { market: 'gone', refused: 'Expected a file, received none' }]);
    await expect(attempt).rejects.toThrow(DataError);
    await expect(attempt).rejects.toThrow(/in short, received .*\n.*Expected a file, received none/);
  });

  it('on which one of two models cannot be trained have the scores of the other', async () => {
    const models = [
      { name: 'long', model: tiny({ lookback: 60 }) },
      { name: 'short', model: tiny() },
    ];
    const experiment = await run(planOf({ models, windows: 'inside' }), [bars]);
    expect(experiment.report.failures).toMatchObject([{ market: 'planted', model: 'long' }]);
    expect(experiment.report.failures.length).toBe(1);
    const alone = await run(planOf({ models: models.slice(1), windows: 'inside' }), [bars]);
    expect(alone.report.scores.map(({ model }) => model)).toEqual(['short', 'persistence', 'linear']);
    expect(experiment.report.scores).toEqual(alone.report.scores);
  });

  it('whose training gives no finite loss say so, for that seed', async () => {
    const model = tiny({ train: { learningRate: 1e30, optimiser: 'sgd', epochs: 3 } });
    const models = [
      { name: 'broken', model },
      { name: 'sound', model: tiny() },
    ];
    const experiment = await run(planOf({ models, seeds: [4], ensemble: ['mean'] }), [bars]);
    expect(experiment.report.failures).toMatchObject([{ market: 'planted', model: 'broken, seed 4' }]);
    expect(experiment.report.failures[0]!.reason).toMatch(/finite/);
    expect(experiment.report.scores.map((score) => score.model)).toEqual(['sound', 'persistence', 'linear']);
  });
});

describe('a grid', () => {
  const options = { kind: 'gru' as const, units: [4], lookback: 5, features: ['logReturn', 'range'], train: { epochs: 3 } };
  const cells = gridCells(options, { units: [[2], [6]], learningRate: [0.001, 0.01], lookback: [4, 8] }, createModel);
  const plan = planOf({ models: [{ name: 'gru', model: createModel(options) }], grid: new Map([['gru', cells]]) });

  it('is every combination of its values, in the order of the lists', () => {
    expect(cells.map(({ words }) => words)).toEqual([
      'units 2, learningRate 0.001, lookback 4',
      'units 2, learningRate 0.001, lookback 8',
      'units 2, learningRate 0.01, lookback 4',
      'units 2, learningRate 0.01, lookback 8',
      'units 6, learningRate 0.001, lookback 4',
      'units 6, learningRate 0.001, lookback 8',
      'units 6, learningRate 0.01, lookback 4',
      'units 6, learningRate 0.01, lookback 8',
    ]);
  });

  it('takes the combination with the least validation loss and trains it with every seed', async () => {
    const experiment = await run({ ...plan, seeds: [1, 2] }, [bars]);
    const { tried } = experiment.report.grid[0]!;
    expect(tried.map(({ words }) => words)).toEqual(cells.map(({ words }) => words));
    const losses = tried.map(({ validationLoss }) => validationLoss!);
    expect(tried.map(({ chosen }) => chosen)).toEqual(losses.map((loss) => loss === Math.min(...losses)));
    const { runs } = scoreOf(experiment, 'gru');
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(Math.min(...runs[0]!.validationLosses)).toBe(Math.min(...losses));
  });

  it('is not chosen by the test part', async () => {
    const { split } = openMarket(plan, bars)(tiny());
    const wild = await run(plan, [poisoned(bars, split.rows[split.test]! + 1)]);
    expect(wild.report.grid).toEqual((await run(plan, [bars])).report.grid);
  });

  it('stands in for the model that it varies, whose own window may be too long', async () => {
    const long = { ...options, lookback: 500 };
    const own = gridCells(long, { lookback: [4, 8] }, createModel);
    const experiment = await run({ ...plan, models: [{ name: 'gru', model: createModel(long) }], grid: new Map([['gru', own]]) }, [bars]);
    expect(experiment.report.failures).toEqual([]);
    expect(experiment.report.scores.map(({ model }) => model)).toEqual(['gru', 'persistence', 'linear']);
  });

  it('gives the baselines the windows of the combination that was chosen', async () => {
    const inside = await run({ ...plan, windows: 'inside' }, [bars]);
    expect(scoreOf(inside, 'linear').runs[0]!.test!.bars).toBe(scoreOf(inside, 'gru').runs[0]!.test!.bars);
  });

  it('goes on without a combination that is too long for a market, which is a failure', async () => {
    const own = gridCells(options, { lookback: [4, 400] }, createModel);
    const { report } = await run({ ...plan, grid: new Map([['gru', own]]) }, [bars]);
    expect(report.failures).toMatchObject([{ market: 'planted', model: 'gru' }]);
    expect(report.scores.map(({ model }) => model)).toEqual(['gru', 'persistence', 'linear']);
    expect(report.grid[0]!.tried).toMatchObject([{ words: 'lookback 4', chosen: true }]);
  });
});
