import { describe, expect, it } from 'vitest';
import type { Standing } from '../../src/live/standing.ts';
import { type StatusView, statusText } from '../../src/report/status-text.ts';

const HOUR = 3_600_000;
const LAST = Date.UTC(2026, 10, 27, 4);
const NEXT = LAST + 4 * HOUR + 5000;
const BAND = { run: 'btc-gru-0123456789ab', folds: 7, rmse: [0.01, 0.015], directionAccuracy: [0.48, 0.55] } as const;

const calm: Standing = {
  name: 'btc-gru',
  markets: ['coinbase:BTC/USD'],
  intervalMs: 4 * HOUR,
  begun: Date.UTC(2026, 9, 1),
  capital: 10_000,
  holder: { pid: 4711, since: Date.UTC(2026, 10, 20, 6, 30) },
  hand: 'resume',
  asked: [],
  decided: 343,
  last: {
    closeTime: LAST,
    equity: 10_234.5,
    holding: 9870,
    markets: [
      {
        market: 'coinbase:BTC/USD',
        close: 67_000,
        forecast: 0.0062,
        signal: 0.0062,
        target: 1,
        exposure: 0.5,
        reason: 'enterLong',
      },
    ],
  },
  cash: 5100.25,
  positions: [
    { market: 'coinbase:BTC/USD', quantity: 0.0766, entryPrice: 65_000, lastClose: 67_000, profit: 153.2, profitFraction: 2 / 65 },
  ],
  pending: [
    {
      id: 'btc-gru:coinbase:BTC/USD:1:1',
      market: 'coinbase:BTC/USD',
      side: 'buy',
      kind: 'market',
      quantity: null,
      exposure: 1,
      reason: 'enterLong',
      decidedAt: LAST,
    },
  ],
  model: { kind: 'gru', frozen: false, age: [163], next: { bars: 17, time: LAST + 17 * 4 * HOUR } },
  fills: [],
  alerts: [{ time: LAST - 8 * HOUR, text: 'the close of 2026-11-26T20:00:00.000Z was decided 12 min late' }],
  drift: {
    band: BAND,
    markets: [
      {
        market: 'coinbase:BTC/USD',
        bars: 180,
        rmse: { value: 0.0123, interval: [0.011, 0.0135], place: 'inside' },
        directionAccuracy: { value: 0.51, interval: [0.44, 0.58], place: 'inside' },
        alarm: false,
      },
    ],
  },
  slippage: {
    sample: [],
    count: 12,
    measured: { mean: 0.0002, standardDeviation: null, minimum: 0, p10: 0, median: 0.00021, p90: 0, maximum: 0 },
    simulated: { mean: 0.0002, standardDeviation: null, minimum: 0, p10: 0, median: 0.0002, p90: 0, maximum: 0 },
  },
};
const style = { colour: false, width: 100, now: LAST + 30 * 60_000 };
const printed = (change: Partial<Standing> = {}, more: Partial<StatusView> = {}, width = 100) =>
  statusText({ standing: { ...calm, ...change }, nextTick: NEXT, forming: [], ...more }, { ...style, width });
/** The words of a row, its lines joined. */
function row(text: string, label: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => line.trimStart().startsWith(`${label}  `));
  const rest = lines.slice(first + 1).findIndex((line) => !/^ {8}/.test(line));
  const own = lines.slice(first, rest < 0 ? undefined : first + 1 + rest).map((line) => line.trim());
  return own.join(' ').slice(label.length).trim();
}

describe('the text of a standing', () => {
  it('has it all on one screen of 100 columns', () => {
    const forming = [{ market: 'coinbase:BTC/USD', open: 67_010, openTime: LAST }];
    expect(printed({}, { forming })).toBe(
      [
        'btc-gru  running (process 4711 since 2026-11-20 06:30)',
        '  session    coinbase:BTC/USD; begun 2026-10-01 00:00, 343 bars decided',
        '  last bar   2026-11-27 04:00 UTC',
        '             coinbase:BTC/USD: 67,000.00, forecast +0.62%, signal 0.0062, target 100.0% (enter long)',
        '  equity     10,234.50 (+2.34% of 10,000.00); buy & hold 9,870.00 (-1.30%); cash 5,100.25',
        '  position   coinbase:BTC/USD: 0.0766 at 65,000.00, now 67,000.00, unrealised +153.20 (+3.08%)',
        '  pending    coinbase:BTC/USD: market buy to 100.0% of equity (enter long), until its bar closes',
        '             provisional, outside the ledger: the bar of 2026-11-27 04:00 opened at 67,010.00',
        '  model      gru, 163 bars old, next training in 17 bars, at the close of 2026-11-30 00:00',
        '  next tick  2026-11-27 08:00:05 UTC, in 3 h 30 min',
        '  drift      coinbase:BTC/USD: inside the band; RMSE 1.23%, direction 51.0% in 180 scored bars',
        '             band of the 7 folds of btc-gru-0123456789ab:',
        '             RMSE 1.00% to 1.50%, direction 48.0% to 55.0%',
        '  slippage   measured 2.1bp, simulated 2bp (medians of 12 fills)',
        '  alerts     2026-11-26 20:00 the close of 2026-11-26T20:00:00.000Z was decided 12 min late',
      ].join('\n'),
    );
  });

  it('is no wider than the terminal, down to 60 columns', () => {
    for (const width of [60, 80, 100]) {
      const lines = printed({}, {}, width).split('\n');
      expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
    }
  });

  it('says who runs it, what a person wants, and what was asked for', () => {
    const heading = (change: Partial<Standing>) => printed(change).split('\n')[0];
    expect(heading({ holder: null })).toBe('btc-gru  not running');
    expect(heading({ holder: null, hand: 'pause' })).toBe('btc-gru  not running; PAUSED');
    expect(heading({ holder: null, hand: 'flatten', asked: ['resume'] })).toBe(
      'btc-gru  not running; FLATTENED and paused; resume asked for, from the next decision on',
    );
    expect(row(printed({ holder: null }), 'next tick')).toContain('; not running: paperwalk paper goes on');
  });

  it('says what there is not', () => {
    const text = printed({ last: null, positions: [], pending: [], cash: 10_000, decided: 0, alerts: [] });
    expect(row(text, 'last bar')).toBe('none decided yet');
    expect(row(text, 'equity')).toBe('10,000.00, all of it cash');
    expect(row(text, 'position')).toBe('none');
    for (const label of ['pending', 'alerts']) expect(text).not.toContain(label);
    const plain = printed({ model: null, drift: null, slippage: { sample: [], count: 0, measured: null, simulated: null } });
    for (const label of ['model', 'drift', 'slippage', 'forecast']) expect(plain).not.toContain(label);
    expect(row(printed({ drift: { band: null, markets: [] } }), 'drift')).toBe(
      'no backtest to compare with: paperwalk backtest of btc-gru before its session begins',
    );
    const silent = { ...calm.last!.markets[0]!, close: null };
    expect(row(printed({ last: { ...calm.last!, markets: [silent] } }), 'last bar')).toContain('coinbase:BTC/USD: no bar');
    const held = { ...calm.last!.markets[0]!, target: null, signal: null, forecast: null, reason: 'noForecast' };
    expect(row(printed({ last: { ...calm.last!, markets: [held] } }), 'last bar')).toContain(
      'forecast -, no signal, left as it is (no forecast)',
    );
  });

  it('tells a drift on the worse side from one that is only elsewhere, and too few bars from both', () => {
    const market = calm.drift!.markets[0]!;
    const drifted = (place: 'inside' | 'outside' | null, alarm: boolean) =>
      row(
        printed({
          drift: {
            band: BAND,
            markets: [{ ...market, alarm, rmse: { ...market.rmse, place }, directionAccuracy: { ...market.rmse, place: null } }],
          },
        }),
        'drift',
      );
    expect(drifted('outside', true)).toContain('OUTSIDE the band, on its worse side; ');
    expect(drifted('outside', false)).toContain('OUTSIDE the band; ');
    expect(drifted(null, false)).toContain('too few bars to tell; ');
  });

  it('names markets that no fit serves, and the ages of the others', () => {
    const markets = ['x:A', 'x:B', 'x:C'];
    const model = (age: readonly (number | null)[]) => row(printed({ markets, model: { ...calm.model!, age, next: null } }), 'model');
    expect(model([3, 7, null])).toBe('gru, 3 to 7 bars old, none serves x:C');
    expect(model([1, 1, 1])).toBe('gru, 1 bar old');
    expect(model([null, null, null])).toBe('gru, no fit serves');
    expect(row(printed({ model: { kind: 'gru', frozen: true, age: [null], next: null } }), 'model')).toBe('gru; it is never trained again');
  });

  it('counts what is too much to list', () => {
    const positions = Array.from({ length: 11 }, (_, k) => ({ ...calm.positions[0]!, market: `x:${k}`, quantity: -1, profit: -2 }));
    const text = printed({ positions, alerts: Array.from({ length: 9 }, (_, k) => ({ time: LAST, text: `alert ${k}` })) });
    expect(row(text, 'position')).toContain('x:7: -1 at 65,000.00, now 67,000.00, unrealised -2.00 (+3.08%) and 3 more, see --json');
    expect(row(text, 'alerts')).toBe(`4 earlier ones, see --json${[4, 5, 6, 7, 8].map((k) => ` 2026-11-27 04:00 alert ${k}`).join('')}`);
  });

  it('rounds the wait to minutes', () => {
    const wait = (ms: number) => row(printed({}, { nextTick: style.now + ms }), 'next tick').split(', in ')[1];
    expect([12 * 60_000, 20_000, HOUR, 27 * HOUR, 48 * HOUR, -5].map(wait)).toEqual([
      '12 min',
      'less than a minute',
      '1 h',
      '1 d 3 h',
      '2 d',
      'less than a minute',
    ]);
  });

  it('lets no name steer the terminal', () => {
    expect(printed({ name: 'a\u001b[2Jb', alerts: [{ time: LAST, text: 'x\u001b[31my' }] })).not.toContain('\u001b');
  });
});
