import { beforeAll, describe, expect, it } from 'vitest';
import { htmlReport } from '../../src/report/html.ts';
import { fixture } from './fixture.ts';

const NAMESPACES = /http:\/\/www\.w3\.org\/(2000\/svg|1999\/xlink)/g;
const figuresOf = (html: string) => [...html.matchAll(/<figure><h3>(.*?)<\/h3>/g)].map((match) => match[1]);

describe('the HTML report', () => {
  let html = '';
  beforeAll(async () => {
    html = await htmlReport(fixture());
  });

  it('holds all it shows: no scripts, no links, no addresses', () => {
    expect(html.replace(NAMESPACES, '')).not.toMatch(/https?:|<script|<link|<img|<iframe|@import|\son\w+=/i);
    // A reference may only point into the page itself.
    for (const [, target] of html.matchAll(/url\(([^)]*)\)/g)) expect(html).toContain(`id="${target?.slice(1)}"`);
  });

  it('is the same text each time it is rendered', async () => {
    expect(await htmlReport(fixture())).toBe(html);
  });

  it('gives no id twice', () => {
    const ids = [...html.matchAll(/\bid="([^"]*)"/g)].map((match) => match[1]);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('begins with name, period and verdict', () => {
    expect(html).toContain('<h1>fixture bot</h1>');
    expect(html).toContain('coinbase:BTC/USD: 2024-01-01 to 2024-03-07, 400 bars');
    expect(html).toContain('<p>The forecast shows no skill: its squared error is 0.40% higher');
  });

  it('draws equity, drawdown, forecast, folds, price and losses', () => {
    expect(figuresOf(html)).toEqual([
      'Equity',
      'Drawdown',
      'Forecast against actual return: coinbase:BTC/USD',
      'The last 200 scored bars: coinbase:BTC/USD',
      'Skill by fold',
      'Price and trades: coinbase:BTC/USD',
      'Losses while training',
    ]);
  });

  it('names in its headings all that a run consists of', () => {
    const headings = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map((match) => match[1]);
    expect(headings).toEqual([
      'Strategy and buy &amp; hold',
      'Forecast',
      'Trading',
      'Fits',
      'Assumptions',
      'Data',
      'Run',
      'All trades',
      'Unfilled orders',
    ]);
  });

  it('says beside the skill that R2 of prices tells nothing, and what the last price gets', () => {
    expect(html).toContain('R2 of price looks splendid for anything that echoes the last price');
    expect(html).toContain('repeated as the forecast, gets 0.9871');
  });

  it('prints every assumption, the ranges and hash of the data, configuration, digest and run', () => {
    for (const text of [
      'No order moves the market.',
      'next-open',
      '0.10% of the notional',
      '2bp of the price',
      'a'.repeat(64),
      'd'.repeat(64),
      'fixture-0123456789ab',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).toContain('&quot;capital&quot;: 10000');
  });

  it('prints every trade, the rejection, and the refused fit with its reason', () => {
    expect(html).toContain('<p>20 trades.</p>');
    expect(html.match(/<td class="words">signal<\/td>/g)?.length).toBe(20);
    expect(html).toContain('below the smallest order');
    expect(html).toContain('the loss is not finite');
    expect(html).toContain('warming up');
  });

  it('has nothing that is undefined in print', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
  });

  it('escapes every text that comes from outside', async () => {
    const evil = `<b onload="x">&'`;
    const base = fixture({ markets: [evil, `${evil}2`] });
    const rendered = await htmlReport({
      ...base,
      report: {
        ...base.report,
        name: evil,
        verdict: evil,
        engine: evil,
        config: { evil },
        data: base.report.data.map((data) => ({ ...data, origin: evil, truth: evil, warnings: [evil] })),
        assumptions: { ...base.report.assumptions, fill: evil, notes: [evil] },
        forecast: base.report.forecast && { ...base.report.forecast, model: evil },
        trades: base.report.trades.map((trade) => ({ ...trade, exitReason: evil })),
        rejections: [{ time: base.report.evaluation.from, market: evil, reason: evil }],
      },
    });
    expect(rendered).not.toContain('<b onload');
    expect(rendered).toContain('&lt;b onload=&quot;x&quot;&gt;&amp;&#39;');
  });
});

describe('the HTML report of another run', () => {
  it('has neither forecast nor fits without a model', async () => {
    const html = await htmlReport(fixture({ model: false }));
    expect(html).not.toMatch(/<h2>(Forecast|Fits)</);
    expect(figuresOf(html)).toEqual(['Equity', 'Drawdown', 'Price and trades: coinbase:BTC/USD']);
  });

  it('draws the first four of many markets and says so', async () => {
    const html = await htmlReport(fixture({ markets: ['A', 'B', 'C', 'D', 'E'], bars: 60 }));
    expect(figuresOf(html).filter((title) => title?.startsWith('Price'))).toEqual(
      ['A', 'B', 'C', 'D'].map((name) => `Price and trades: ${name}`),
    );
    expect(html).toContain('Drawn are the first 4 of 5 markets.');
    expect(html).toContain('<td class="words">E</td>');
  });

  it('thins lines, marks and tables of 20,000 bars, says so, and stays below 3 MB', async () => {
    const html = await htmlReport(fixture({ bars: 20_000 }));
    expect(html.length).toBeLessThan(3_000_000);
    expect(html).toContain('20,000 values are drawn as the lowest and highest of each of 1,000 equal stretches.');
    expect(html).toContain('400 of 1,000 trades are drawn, evenly spaced.');
    expect(html).toContain('500 of 1,000 rows are left out here');
    expect(html.match(/<td class="words">signal<\/td>/g)?.length).toBe(500);
  });

  it('takes a logarithmic axis for equity that grows more than tenfold', async () => {
    const base = fixture({ bars: 100 });
    const grown = (factor: number) => ({
      ...base,
      trace: { ...base.trace, equity: base.trace.equity.map((_, i) => 10_000 * (1 + (i * factor) / 99)) },
    });
    expect(await htmlReport(grown(20))).toContain('Quote currency at each close, on a logarithmic axis.');
    expect(await htmlReport(grown(2))).toContain('Quote currency at each close.');
  });

  it('survives a run of no bars and of one', async () => {
    for (const bars of [0, 1]) expect(await htmlReport(fixture({ bars }))).not.toMatch(/NaN|undefined|Infinity|\bnull\b/);
  });
});
