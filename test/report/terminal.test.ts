import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sparklines } from '../../src/report/sparkline.ts';
import { terminalSummary } from '../../src/report/terminal.ts';
import { costsOf, fixture, forecastOf, skillOf } from './fixture.ts';

const plain = { colour: false, width: 100 };
const EXITS = ['exit', 'stopLoss', 'takeProfit', 'trailingStop', 'timeStop', 'drawdownHalt'];
const ESCAPE = '\u001b';

describe('the terminal summary', () => {
  const text = terminalSummary(fixture(), { ...plain, htmlPath: 'runs/x/report.html' });
  const lines = text.split('\n');

  it('begins with name and verdict and ends with the path of the report', () => {
    expect(lines[0]).toBe('fixture bot  2024-01-01 to 2024-03-07, 400 bars');
    expect(lines[1]).toMatch(/^The forecast shows no skill/);
    expect(lines.at(-1)).toBe('Report: runs/x/report.html');
  });

  it('sets the strategy beside buy & hold', () => {
    expect(text).toMatch(/Sharpe +0\.80 +1\.10/);
    expect(text).toMatch(/Max drawdown +-10\.2% +-25\.0%/);
    for (const name of ['Total return', 'CAGR', 'Sortino', 'Exposure', 'Turnover/year', 'Fees', 'Round trips', 'Win rate'])
      expect(text).toContain(name);
  });

  it('sets the model beside its baselines, direction beside the majority share', () => {
    expect(text).toMatch(/gru +2\.13% +50\.7% \/ 51\.3% +-0\.40% +0\.596 +0\.421/);
    expect(text).toMatch(/persistence +2\.13% +- \/ 51\.3% +0\.00% +0\.596 +-/);
    expect(text).toContain('4 folds');
  });

  it('says nothing of forecasts without a model', () => {
    expect(terminalSummary(fixture({ model: false }), plain)).not.toMatch(/forecast|persistence/);
  });

  it.each([60, 72, 91, 92, 100, 240])('keeps to %i columns, to 100 at most and to one screen', (width) => {
    const long = 'a-name-that-goes-on-and-on'.repeat(6);
    const baselines = Array.from({ length: 9 }, (_, n) => ({ ...skillOf(), name: `${long}-${n}` }));
    const base = fixture({ markets: [long, 'b'] });
    const warnings = [`${long} ${long}`, 'two', 'three', 'four'];
    const crowded = fixture({
      markets: [long, 'b'],
      report: {
        name: long,
        forecast: forecastOf({ model: long, baselines }),
        costs: costsOf(base.report.performance, {
          gross: 1e8,
          breakEvenFee: { profit: { kind: 'ahead' }, buyAndHold: { kind: 'behind' } },
        }),
        trades: base.report.trades.map((trade, n) => (trade.exitTime === null ? trade : { ...trade, exitReason: EXITS[n % 6]! })),
        guards: ['maxDrawdown', 'cooldown', 'losses', 'dailyLoss'].map((guard) => ({
          time: base.report.evaluation.from,
          market: null,
          guard,
          action: 'acts' as const,
          reason: long,
        })),
        data: base.report.data.map((data) => ({ ...data, warnings })),
      },
    });
    for (const colour of [true, false]) {
      const shown = stripVTControlCharacters(terminalSummary(crowded, { colour, width })).split('\n');
      expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(Math.min(100, width));
      if (width >= 100) expect(shown.length).toBeLessThanOrEqual(40);
    }
  });

  it('says what trading cost, how it ended and what held it back', () => {
    const base = fixture().report;
    const reasons = ['stopLoss', 'stopLossGap', 'exit', 'enterShort', 'takeProfit'];
    const trades = base.trades.map((trade, n) => ({ ...trade, exitTime: base.evaluation.to, exitReason: reasons[n % 5]! }));
    const open = { ...trades[0]!, exitTime: null, exitReason: null };
    const acts = (guard: string, market: string | null, time: number) => ({
      time: `2024-01-0${time}T00:00:00.000Z`,
      market,
      guard,
      action: 'acts' as const,
      reason: '',
    });
    const guards = [
      acts('maxDrawdown', null, 1),
      acts('maxDrawdown', 'coinbase:BTC/USD', 1),
      acts('cooldown', 'coinbase:BTC/USD', 2),
      { ...acts('cooldown', 'coinbase:BTC/USD', 3), action: 'ends' as const },
      acts('cooldown', 'coinbase:BTC/USD', 4),
    ];
    const costs = costsOf({ ...base.performance, endEquity: 11_230 });
    const shown = terminalSummary(fixture({ report: { trades: [...trades, open], guards, costs } }), plain);
    expect(shown).toContain('Gross 1,374.00 -> net 1,230.00; break-even fee 0.31%, behind buy & hold even without fees\n');
    expect(shown).toContain('Exits: stop loss 8, signal 8, take profit 4, still open 1');
    expect(shown).toContain('Guards acted 4 times: maxDrawdown 2, cooldown 2');
  });

  it.each([60, 100])('says where the run is optimistic, uncut at %i columns', (width) => {
    const base = fixture().report;
    const clause = 'market orders fill at the very close they were decided on, which nobody can do';
    const assumptions = {
      ...base.assumptions,
      fill: 'this-close',
      notes: [`OPTIMISTIC: ${clause}; costs lie before.`, 'OPTIMISTIC: a fit.'],
    };
    const shown = terminalSummary(fixture({ report: { assumptions } }), { colour: false, width });
    expect(shown).toContain('Fill this-close (OPTIMISTIC, see below); taker');
    expect(shown.replaceAll('\n', ' ')).toContain(`OPTIMISTIC: ${clause}; a fit`);
    expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(terminalSummary(fixture(), plain)).not.toContain('OPTIMISTIC');
  });

  it('has no fee at which it is level with a buy & hold that bought nothing', () => {
    const base = fixture().report;
    const shown = terminalSummary(fixture({ report: { buyAndHold: { ...base.buyAndHold, exposure: 0 } } }), plain);
    expect(shown).toContain('; break-even fee 0.31%\n');
  });

  it('warns of refused orders, not of those that ended as orders may', () => {
    const rejections = ['expired after 3 bars', 'replaced by a later decision', 'withdrawn by stopLoss', 'cancelled', 'no cash left'];
    const report = { rejections: rejections.map((reason) => ({ time: '2024-01-01T00:00:00.000Z', market: 'a', reason })), fits: [] };
    expect(terminalSummary(fixture({ report }), plain)).toContain('Warning: 1 refused order\n'.trim());
    expect(terminalSummary(fixture({ report: { ...report, rejections: report.rejections.slice(0, 4) } }), plain)).not.toContain('Warning');
  });

  it('counts the warnings it has no room for', () => {
    const data = fixture().report.data.map((one) => ({ ...one, warnings: ['a gap', 'a spike', 'no volume'] }));
    const shown = terminalSummary(fixture({ report: { data } }), plain);
    expect(shown).toContain('Warning: coinbase:BTC/USD: a gap');
    // Three of the data, one refused fit, one rejected order; two are printed.
    expect(shown).toContain('and 3 further warnings in the report');
  });

  it('has colours only where they are asked for, and otherwise the same text', () => {
    const coloured = terminalSummary(fixture(), { ...plain, colour: true });
    expect(terminalSummary(fixture(), plain)).not.toContain(ESCAPE);
    expect(coloured).toContain(ESCAPE);
    expect(stripVTControlCharacters(coloured)).toBe(terminalSummary(fixture(), plain));
  });

  it('passes no control characters of a name on to the terminal', () => {
    const named = fixture({ report: { name: `bot${ESCAPE}[2J`, engine: `wasm${ESCAPE}]0;x\u0007` } });
    expect(terminalSummary(named, { ...plain, htmlPath: `a${ESCAPE}b` })).not.toContain(ESCAPE);
  });

  it('survives a run of no bars and of one', () => {
    for (const bars of [0, 1]) expect(terminalSummary(fixture({ bars }), plain)).not.toMatch(/NaN|undefined|null/);
  });
});

describe('sparklines', () => {
  it('share one scale from the lowest to the highest value of all', () => {
    const lines = sparklines(
      [
        { name: 'a', values: new Float64Array([0, 1, 2, 3]) },
        { name: 'bb', values: new Float64Array([8, 4, Number.NaN, 0]) },
      ],
      40,
    );
    expect(lines).toEqual(['a  ▁▂▃▄ 3.00', 'bb █▅ ▁ 0.00']);
  });
});
