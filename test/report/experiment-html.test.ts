import { beforeAll, describe, expect, it } from 'vitest';
import { experimentHtml } from '../../src/report/experiment-html.ts';
import { experimentFixture } from './experiment-fixture.ts';

const NAMESPACES = /http:\/\/www\.w3\.org\/(2000\/svg|1999\/xlink)/g;
const headingsOf = (html: string) => [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map((match) => match[1]);
const FIXTURE = {
  markets: ['AAPL', 'MSFT'],
  outputs: ['close', 'volatility'],
  seeds: 3,
  distribution: true,
  failures: [{ market: 'GONE', model: null, reason: 'too few rows' }],
};

describe('the HTML report of an experiment', () => {
  let html = '';
  beforeAll(async () => {
    html = await experimentHtml(experimentFixture(FIXTURE));
  });

  it('holds all it shows: no scripts, no links, no addresses', () => {
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(html.replace(NAMESPACES, '')).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|\son\w+=/i);
    for (const [, target] of html.matchAll(/url\(([^)]*)\)/g)) expect(html).toContain(`id="${target?.slice(1)}"`);
  });

  it('is the same text each time it is rendered', async () => {
    expect(await experimentHtml(experimentFixture(FIXTURE))).toBe(html);
  });

  it('gives no id twice and closes what it opens', () => {
    const ids = [...html.matchAll(/\bid="([^"]*)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const tag of ['section', 'details', 'table', 'figure', 'svg', 'g', 'div', 'dl', 'ul', 'p']) {
      expect(html.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0, tag).toBe(html.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0);
    }
  });

  it('begins with name, markets and verdict', () => {
    expect(html).toContain('<h1>apples</h1>');
    expect(html).toContain('AAPL, MSFT: close, volatility, 1 bar ahead, scored on the test part');
    expect(html).toContain('<p>No network is better than the last price: the best, gru');
  });

  it('names in its headings all that an experiment consists of', () => {
    expect(headingsOf(html)).toEqual([
      'Split',
      'Markets and outputs',
      'AAPL: close',
      'AAPL: volatility',
      'MSFT: close',
      'MSFT: volatility',
      'What could not be done',
      'Assumptions',
      'Data',
      'Run',
    ]);
  });

  it('draws seven figures for each market and output', () => {
    expect(html.match(/<figure>/g)).toHaveLength(28);
    expect(html.match(/<details open>/g)).toHaveLength(2);
  });

  it('says beside each R2 that an echo gets it too, and what persistence gets', () => {
    const echo = experimentFixture(FIXTURE).report.scores.find(({ model }) => model === 'persistence')?.runs[0]?.test?.price.r2;
    expect(html).toContain(
      `A high R2 on levels is what any echo of the last level gets: persistence, which only repeats it, gets ${echo?.toFixed(4)} on this test part.`,
    );
  });

  it('has tables of both parts, bands, coverage and calibration', () => {
    for (const heading of [
      'All models on the test part',
      'All models on the validation part',
      'Bands over seeds on the test part',
      'Coverage of quantiles on the test part',
      'Calibration of probabilities on the test part',
    ]) {
      expect(html.match(new RegExp(`<h3>${heading}</h3>`, 'g'))).toHaveLength(4);
    }
    for (const column of [
      'Forecasts below zero',
      'Majority share',
      'Diebold-Mariano against linear',
      'Pesaran-Timmermann p',
      'Parameters',
      'Epochs (best)',
      'Kupiec p',
    ]) {
      expect(html).toContain(`>${column}</th>`);
    }
    expect(html).toContain('12,345');
  });

  it('prints split, failures, assumptions, hash of the data and configuration', () => {
    for (const text of [
      '2020-01-02',
      'GONE',
      'too few rows',
      'The scaler saw the training part only.',
      'a'.repeat(64),
      '&quot;seed&quot;: 7',
      'apples-0123456789ab',
    ]) {
      expect(html).toContain(text);
    }
  });

  it('has nothing that is undefined in print', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
  });
});

describe('the HTML report of another experiment', () => {
  it('has the figures at its head where there is one output', async () => {
    const html = await experimentHtml(experimentFixture({ seeds: 2, epochs: 2 }), []);
    expect(html).toContain('<span>Best model</span>');
    expect(html).not.toContain('Markets and outputs');
  });

  it('shows the figures that it is given, and says of how many outputs', async () => {
    const experiment = experimentFixture({ markets: ['A', 'B', 'C'], seeds: 1, epochs: 2 });
    const figures = [
      {
        name: 'scores',
        title: 'Scores',
        caption: 'Given.',
        svg: '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5" viewBox="0 0 10 5"></svg>',
      },
    ];
    const html = await experimentHtml(experiment, [{ market: 'A', output: 'close', figures }]);
    expect(html.match(/<figure>/g)).toHaveLength(1);
    expect(html).toContain(
      '<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5"></svg><figcaption>Given.</figcaption></figure>',
    );
    expect(html).toContain('Figures are drawn of 1 of 3 outputs; tables show all.');
  });

  it('leaves the seconds out where asked, which differ each time', async () => {
    const experiment = experimentFixture({ seeds: 1, epochs: 2 });
    const timed = await experimentHtml(experiment, []);
    const untimed = await experimentHtml(experiment, [], false);
    expect(timed).toContain('training 13 s, all 14 s');
    expect(timed).toContain('>Time</th>');
    expect(untimed).not.toMatch(/>Time<|\d s\b/);
  });

  it('shows what a search over a grid tried', async () => {
    const base = experimentFixture({ seeds: 1, epochs: 2 });
    const tried = [
      { words: 'units 32', parameters: 3_500, epochs: 9, validationLoss: 0.0123, chosen: true },
      { words: 'units 64', parameters: 13_000, epochs: 4, validationLoss: null, chosen: false },
    ];
    const html = await experimentHtml({ ...base, report: { ...base.report, grid: [{ market: 'AAPL', model: 'gru', tried }] } }, []);
    expect(html).toContain('<h2>Search over grids</h2>');
    expect(html).toContain('units 32');
  });

  it('survives an experiment in which everything failed', async () => {
    const base = experimentFixture();
    const failures = [{ market: 'AAPL', model: 'gru', reason: 'the loss is not finite' }];
    const html = await experimentHtml({ series: [], report: { ...base.report, engine: null, scores: [], split: [], failures } });
    expect(html).toContain('nothing was scored');
    expect(html).toContain('the loss is not finite');
    expect(html).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
  });

  it('escapes every text that comes from outside', async () => {
    const evil = `<b onload="x">&'`;
    const base = experimentFixture({
      markets: [evil],
      networks: [evil],
      seeds: 2,
      epochs: 2,
      failures: [{ market: evil, model: evil, reason: evil }],
    });
    const html = await experimentHtml({
      ...base,
      report: {
        ...base.report,
        name: evil,
        verdict: evil,
        engine: evil,
        config: { evil },
        assumptions: [evil],
        data: base.report.data.map((data) => ({ ...data, origin: evil, truth: evil, warnings: [evil] })),
      },
    });
    expect(html).not.toContain('<b onload');
    expect(html).toContain('&lt;b onload=&quot;x&quot;&gt;&amp;&#39;');
  });
});
