import { beforeAll, describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/lab/result.ts';
import { binEdges, countsIn } from '../../src/report/experiment/residual-sheet.ts';
import { allExperimentFigures, type ExperimentFigure, experimentFigures } from '../../src/report/experiment-figures.ts';
import { overlapsOf, textsOf, viewBoxOf } from './experiment-drawing.ts';
import { type ExperimentFixtureOptions, experimentFixture } from './experiment-fixture.ts';

const LONG = 'coinbase:A-VERY-LONG-MARKET-NAME/WITH-A-LONG-QUOTE-CURRENCY-2024-12-31-PERPETUAL-SETTLED';
const ALL = ['loss-curves', 'validation-losses', 'actual-and-predicted', 'residuals', 'last-100-bars', 'scores', 'scorecard'];
const CASES: Readonly<Record<string, ExperimentFixtureOptions>> = {
  'two networks of ten seeds': {},
  'one epoch, one seed, one network, volatility, no test part': {
    networks: ['gru'],
    ensembles: [],
    baselines: ['persistence', 'linear'],
    seeds: 1,
    epochs: 1,
    outputs: ['volatility'],
    scored: 'validation',
    parts: { train: 60, validation: 40, test: 0 },
  },
  'long names, a negative R2, large prices': {
    markets: [LONG],
    networks: ['gru', 'lstm', 'attention-gru', 'a-network-with-a-rather-long-name', 'convolution-lstm'],
    ensembles: ['ensemble', 'median-ensemble'],
    wild: 'lstm',
    seeds: 3,
    level: 60_000,
  },
  'tiny prices': { level: 0.000_012_34, seeds: 2 },
  'no networks': { networks: [], ensembles: [] },
  'no baselines but persistence': { baselines: ['persistence'], seeds: 2 },
  'a handful of bars': { parts: { train: 20, validation: 3, test: 3 }, seeds: 2 },
  'twelve networks': { networks: Array.from({ length: 12 }, (_, i) => `network-${i + 1}`), seeds: 2 },
  '9,000 bars': { parts: { train: 5000, validation: 2000, test: 2000 }, seeds: 1 },
};

const drawn = (experiment: Experiment) => experimentFigures(experiment, experiment.series[0]!.market, experiment.series[0]!.output);
const named = (figures: readonly ExperimentFigure[], name: string) => figures.find((figure) => figure.name === name)?.svg ?? '';
const wordsOf = (svg: string) => textsOf(svg).map(({ text }) => text);

describe.each(Object.entries(CASES))('the figures of %s', (_, options) => {
  let figures: readonly ExperimentFigure[] = [];
  beforeAll(async () => {
    figures = await drawn(experimentFixture(options));
  });

  it('have all their text within the page', () => {
    for (const { name, svg } of figures) {
      const [width, height] = viewBoxOf(svg);
      const outside = textsOf(svg).filter(({ left, right, top, bottom }) => left < 0 || top < 0 || right > width || bottom > height);
      expect(outside, name).toEqual([]);
    }
  });

  it('have no text on another', () => {
    for (const { name, svg } of figures) expect(overlapsOf(textsOf(svg)), name).toEqual([]);
  });

  it('have nothing undefined in them', () => {
    for (const { title, caption, svg } of figures) expect(title + caption + svg).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('stand for themselves: white, with a size, without references', () => {
    for (const { svg } of figures) {
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="1000" height="\d+" viewBox="0 0 1000 \d+"/);
      expect(svg).toMatch(/^<svg [^>]*><rect width="1000" height="\d+" fill="#ffffff"\/>/);
      expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|<script|<image|<style|<foreignObject/);
      for (const [, target] of svg.matchAll(/url\(([^)]*)\)/g)) expect(svg).toContain(`id="${target?.slice(1)}"`);
    }
  });

  it('are well-formed', () => {
    for (const { name, svg } of figures) expect(unbalanced(svg), name).toBe('');
  });

  it('name market, output, horizon and part', () => {
    for (const { title } of figures) expect(title).toMatch(/: .+, (close|volatility), 1 bar ahead$/);
    for (const { name, svg } of figures)
      if (name !== 'scorecard') expect(wordsOf(svg).join(' ')).toMatch(/(close|volatility), 1 bar ahead/);
  });
});

describe('the figures of an experiment', () => {
  let figures: readonly ExperimentFigure[] = [];
  beforeAll(async () => {
    figures = await drawn(experimentFixture());
  });

  it('are seven, in the order of reading, under names that any file system takes', () => {
    expect(figures.map(({ name }) => name)).toEqual(ALL);
  });

  it('are the same text each time', async () => {
    expect(await drawn(experimentFixture())).toEqual(figures);
  });

  it('say in words what they show', () => {
    for (const { caption } of figures) expect(caption).toMatch(/^[A-Z].*\.$/);
  });

  it('show the losses of each network, the shown seed apart from the others', () => {
    const words = wordsOf(named(figures, 'loss-curves'));
    for (const word of [
      'gru (10 seeds)',
      'lstm (10 seeds)',
      'training, shown seed',
      'validation, shown seed',
      'other seeds',
      'best epoch',
      'epoch',
      'loss (log scale)',
    ]) {
      expect(words).toContain(word);
    }
  });

  it('show the models, persistence and the best baseline beside the actual levels', () => {
    for (const name of ['actual-and-predicted', 'last-100-bars']) {
      const words = wordsOf(named(figures, name));
      for (const word of ['actual', 'gru', 'lstm', 'ensemble', 'persistence', 'close (price)', 'time (UTC)']) expect(words).toContain(word);
      expect(words.filter((word) => word.endsWith('(best baseline)'))).toHaveLength(1);
    }
    const parts = wordsOf(named(figures, 'actual-and-predicted'));
    for (const part of ['training', 'validation', 'test']) expect(parts).toContain(part);
  });

  it('show residuals of the best network over time and as a histogram', () => {
    const words = wordsOf(named(figures, 'residuals'));
    for (const word of ['Over time', 'Histogram, test part', 'residual (price units)', 'bars', 'persistence'])
      expect(words).toContain(word);
    expect(words.some((word) => /^Residuals of (gru|lstm): actual less predicted$/.test(word))).toBe(true);
  });

  it('print the score of each model beside its bar', () => {
    const experiment = experimentFixture();
    const words = wordsOf(named(figures, 'scores'));
    for (const word of [
      'R2 of levels',
      'RMSE (price units)',
      'MAE (price units)',
      'MAPE',
      'Direction right',
      'Skill vs persistence',
      '10-90% of seeds',
    ]) {
      expect(words).toContain(word);
    }
    for (const { model, runs, shown } of experiment.report.scores) {
      expect(words).toContain(model);
      expect(words).toContain(runs[shown]!.test!.price.r2!.toFixed(4));
    }
  });

  it('put table, sentences and verdict on a page of the proportions of A4', () => {
    const svg = named(figures, 'scorecard');
    const text = wordsOf(svg).join(' ');
    expect(viewBoxOf(svg)).toEqual([1000, 1414]);
    expect(text).toContain('A high R2 on levels is what any echo of the last level gets');
    expect(text).toContain('Verdict on the experiment: No network is better than the last price');
    for (const model of ['gru', 'ensemble', 'persistence', 'boosting']) expect(text).toContain(model);
  });

  it('draw lines of different dashes, so that they stay apart without colour', () => {
    const keys = [...named(figures, 'last-100-bars').matchAll(/<path d="M[\d. ]+h40"[^>]*>/g)].map(
      ([path]) => /stroke-dasharray="([^"]*)"/.exec(path)?.[1] ?? `solid ${/stroke-width="([^"]*)"/.exec(path)?.[1]}`,
    );
    expect(keys.length).toBe(6);
    expect(new Set(keys).size).toBe(6);
  });
});

describe('a figure that would be empty', () => {
  it('is not made: no networks, no losses', async () => {
    const figures = await drawn(experimentFixture({ networks: [], ensembles: ['ensemble'] }));
    expect(figures.map(({ name }) => name)).toEqual(ALL.slice(2));
  });

  it('is not made: nothing scored, no levels', async () => {
    const base = experimentFixture({ seeds: 2 });
    const bare = {
      series: [],
      report: {
        ...base.report,
        scores: base.report.scores.map((score) => ({
          ...score,
          bands: null,
          runs: score.runs.map((run) => ({ ...run, validation: null, test: null })),
        })),
      },
    };
    expect((await experimentFigures(bare, 'AAPL', 'close')).map(({ name }) => name)).toEqual(ALL.slice(0, 2));
  });

  it('is not made of a market that failed', async () => {
    expect(await experimentFigures(experimentFixture(), 'GONE', 'close')).toEqual([]);
  });
});

describe('the figures of several markets and outputs', () => {
  it('are drawn for each, with ids that never meet on a page', async () => {
    const all = await allExperimentFigures(
      experimentFixture({ markets: ['AAPL', 'MSFT'], outputs: ['close', 'high'], seeds: 2, epochs: 3 }),
    );
    expect(all.map(({ market, output }) => `${market} ${output}`)).toEqual(['AAPL close', 'AAPL high', 'MSFT close', 'MSFT high']);
    const ids = all.flatMap(({ figures }) => figures.flatMap(({ svg }) => [...svg.matchAll(/\bid="([^"]*)"/g)].map((match) => match[1])));
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the bars of scores', () => {
  it('are cut where one would hide the others, and say so', async () => {
    const svg = named(await drawn(experimentFixture({ wild: 'lstm', seeds: 2 })), 'scores');
    expect(wordsOf(svg)).toContain('reaches beyond the axis');
    expect(wordsOf(svg).some((word) => word.startsWith('\u00bb -'))).toBe(true);
  });

  it('have their reference where the score of persistence is, to every digit', async () => {
    // 1.32 % of MAPE is 0.0132: rounded to two decimals, the line would stand at 1 %.
    const experiment = experimentFixture({ networks: [], ensembles: [], baselines: ['persistence'] });
    const svg = named(await drawn(experiment), 'scores');
    const bars = [...svg.matchAll(/<path d="M([\d.]+) [\d.]+l([\d.]+) 0[^>]*fill="#ffffff"/g)].map(
      ([, from, length]) => Number(from) + Number(length),
    );
    const lines = [...svg.matchAll(/<path d="M([\d.]+) [^>]*stroke-dasharray="4,3"/g)].map(([, x]) => Number(x));
    expect(lines).toHaveLength(5);
    lines.forEach((x, at) => {
      expect(Math.abs(x - bars[at]!)).toBeLessThan(2);
    });
  });
});

describe('the scorecard', () => {
  it('stays one page with twelve networks and a long verdict: rows go before words do', async () => {
    const base = experimentFixture({ networks: Array.from({ length: 12 }, (_, i) => `network-${i + 1}`), seeds: 2, epochs: 3 });
    const svg = named(
      await drawn({ ...base, report: { ...base.report, verdict: `${base.report.verdict} `.repeat(6).trim() } }),
      'scorecard',
    );
    const texts = textsOf(svg);
    expect(viewBoxOf(svg)).toEqual([1000, 1414]);
    expect(overlapsOf(texts)).toEqual([]);
    expect(Math.max(...texts.map(({ bottom }) => bottom))).toBeLessThan(1414);
    for (const word of ['network-2', 'persistence']) expect(wordsOf(svg)).toContain(word);
    expect(wordsOf(svg).join(' ')).toMatch(/\d+ more in the report\./);
  });
});

describe('the bins of a histogram', () => {
  it('hold every value once, the highest in the last', () => {
    const values = Array.from({ length: 100 }, (_, i) => i);
    const edges = binEdges(values);
    expect(edges).toHaveLength(11);
    expect(countsIn(edges, values)).toEqual(new Array(10).fill(10));
  });

  it('lie around a single value', () => {
    expect(countsIn(binEdges([5, 5]), [5, 5]).reduce((sum, bars) => sum + bars, 0)).toBe(2);
    expect(binEdges([0])[0]).toBe(-1);
  });
});

/** The first tag that is not closed where it should be; empty where all are. */
function unbalanced(svg: string): string {
  const open: string[] = [];
  for (const [token, closing, name = '', selfClosing] of svg.matchAll(/<(\/?)([\w:]+)(?:"[^"]*"|[^">])*?(\/?)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) return token;
    } else if (selfClosing !== '/') open.push(name);
  }
  return open.join(' ');
}
