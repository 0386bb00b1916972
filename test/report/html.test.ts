import { beforeAll, describe, expect, it } from 'vitest';
import { money } from '../../src/report/format.ts';
import { htmlReport } from '../../src/report/html.ts';
import { costsOf, fixture } from './fixture.ts';

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
      'From gross to net',
      'Losses while training',
    ]);
  });

  it('names in its headings all that a run consists of', () => {
    const headings = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map((match) => match[1]);
    expect(headings).toEqual([
      'Strategy and buy &amp; hold',
      'Forecast',
      'Trading',
      'Costs',
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
    // One of them is the group of those trades.
    expect(html.match(/<td class="words">signal<\/td>/g)?.length).toBe(20 + 1);
    expect(html).toContain('below the smallest order');
    expect(html).toContain('the loss is not finite');
    expect(html).toContain('warming up');
  });

  it('sets out costs from gross to net, and says at what fee nothing would be left', () => {
    const { costs } = fixture().report;
    for (const words of ['gross profit', 'fees', 'slippage', 'net profit']) expect(html).toContain(`<td class="words">${words}</td>`);
    for (const amount of [costs.gross, -costs.fees, costs.net]) expect(html).toContain(`<td>${money(amount)}</td>`);
    expect(html).not.toMatch(/<td class="words">(funding|interest|shortfall)</);
    expect(html).toContain('It would break even at a flat fee of 0.31% a fill; it is behind buy &amp; hold even without fees.');
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
    expect(figuresOf(html)).toEqual(['Equity', 'Drawdown', 'Price and trades: coinbase:BTC/USD', 'From gross to net']);
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
    expect(html.match(/<td class="words">signal<\/td>/g)?.length).toBe(500 + 1);
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

  it('draws what was received as a gain, and says what a shortfall is', async () => {
    const base = fixture();
    const costs = costsOf(base.report.performance, { funding: -40, interest: 12, shortfall: 7 });
    const html = await htmlReport({ ...base, report: { ...base.report, costs } });
    for (const row of ['funding</td><td>40.00', 'interest</td><td>-12.00', 'shortfall</td><td>7.00']) expect(html).toContain(row);
    expect(html).toContain('it was not charged to the account');
  });

  it('tells exits by their reason, limit fills, guards and both bounds apart', async () => {
    const base = fixture({ bars: 200 });
    const reasons = ['stopLossGap', 'takeProfit', 'enterShort', 'liquidation'];
    const trades = base.report.trades.map((trade, n) => (trade.exitTime === null ? trade : { ...trade, exitReason: reasons[n % 4]! }));
    const events = base.trace.events.map((event) => (event.kind === 'fill' && event.id.endsWith('/0') ? { ...event, maker: true } : event));
    const time = base.report.evaluation.from;
    const guards = [
      { time, market: null, guard: 'maxDrawdown', action: 'acts' as const, reason: 'a fall of 0.25123 from the highest value' },
      { time, market: 'coinbase:BTC/USD', guard: 'maxDrawdown', action: 'acts' as const, reason: 'the position is given up' },
    ];
    const assumptions = {
      ...base.report.assumptions,
      costs: { taker: 0.001, maker: 0.0002, slippage: null },
      ambiguousBars: 2,
      bounds: { worst: 0.01, best: 0.02 },
    };
    const html = await htmlReport({
      ...base,
      trace: { ...base.trace, events },
      report: { ...base.report, trades, guards, assumptions },
    });
    for (const words of [
      'stop loss, at the open',
      'take profit',
      'signal',
      'liquidation',
      'the account',
      'the market',
      'max drawdown: acts',
    ])
      expect(html).toContain(`<td class="words">${words}</td>`);
    expect(html).toContain('a fall of 25.12% from the highest value');
    expect(html).toContain('Guards acted 2 times: maxDrawdown 2. The list stands at the end.');
    expect(html).toContain('With all 2 ambiguous bars taken against it the return is +1.00%; with all in its favour +2.00%.');
    expect(html).toContain('0.020% of the notional');
    expect(html).toContain('depends on the fill');
    for (const name of ['long entry', 'long entry, limit', 'exit', 'stopped', 'target reached']) expect(html).toContain(`>${name}</text>`);
  });
});
