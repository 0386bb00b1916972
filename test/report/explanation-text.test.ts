import { describe, expect, it } from 'vitest';
import { explanationText } from '../../src/report/explanation-text.ts';
import type { Explanation, ModelExplanation, OrderExplanation } from '../../src/walk/explanation.ts';

const HOUR = 3_600_000;
const CLOSE = Date.UTC(2026, 10, 27, 4);
const model: ModelExplanation = {
  kind: 'gru',
  fit: {
    key: `0123456789ab${'c'.repeat(52)}`,
    weights: 'd'.repeat(64),
    requested: CLOSE - 12 * HOUR,
    age: 12,
    trainedFrom: CLOSE - 500 * HOUR,
    trainedTo: CLOSE - 13 * HOUR,
  },
  lookback: 30,
  horizon: 1,
  features: [
    { name: 'return', value: 0.00123456789, scaled: 0.25 },
    { name: 'rsi:14', value: null, scaled: null },
  ],
  forecast: 0.0062,
  lower: null,
  upper: null,
  probability: null,
};
const order: OrderExplanation = {
  order: {
    id: 'btc-gru:x:A:1:1',
    market: 'x:A',
    kind: 'market',
    side: 'buy',
    decidedAt: CLOSE,
    reason: 'enterLong',
    target: true,
    bars: 0,
    exposure: 1,
  },
  fills: [{ time: CLOSE, side: 'buy', quantity: 98.5, price: 101.25, fee: 9.97, slippage: 4.9, factor: 1, reason: 'enterLong' }],
  rejection: null,
};
const explanation: Explanation = {
  market: 'x:A',
  closeTime: CLOSE,
  bar: { open: 100, high: 103, low: 100, close: 101, volume: 1234.5 },
  models: [model],
  forecast: 0.0062,
  spread: null,
  signals: [{ name: 'forecast', value: 0.0062 }],
  weight: 1,
  held: 0,
  target: 1,
  reason: 'enterLong',
  restraint: null,
  guards: [],
  settled: [],
  orders: [order],
  equity: 10_000,
};
const strategy = { kind: 'threshold', enter: '0.5%' };
const printed = (change: Partial<Explanation> = {}, guards?: unknown) =>
  explanationText({ ...explanation, ...change }, { strategy, ...(guards !== undefined && { guards }) });
/** The words of the first row with a label. */
const row = (text: string, label: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${label} `))
    ?.slice(label.length)
    .trim();

describe('the text of an explanation', () => {
  it('goes from the bar to the fill, line by line', () => {
    expect(printed()).toBe(
      [
        'close     x:A, 2026-11-27 04:00 UTC',
        'bar       open 100.00, high 103.00, low 100.00, close 101.00, volume 1,234.5',
        'fit       gru: 0123456789ab, asked for at 2026-11-26 16:00, 12 bars old, learnt from 2026-11-06 08:00 to 2026-11-26 15:00',
        'inputs    the latest of 30 rows; scaled in brackets',
        '          return 0.00123457 (0.250)',
        '          rsi:14 - (-)',
        'forecast  +0.62% over 1 bar',
        'signal    forecast: 0.0062',
        'strategy  {"kind":"threshold","enter":"0.5%"}',
        'held      0.00% of equity 10,000.00',
        'target    100.0% of equity: enter long',
        'order     market buy to 100.0% of equity (enter long), btc-gru:x:A:1:1',
        'fill      2026-11-27 04:00: buy 98.5 at 101.25, fee 9.97, slippage 4.90',
      ].join('\n'),
    );
  });

  it('has the members of an ensemble one by one, and together', () => {
    const text = printed({ models: [model, { ...model, kind: 'lstm' }], spread: 0.002 });
    expect(text.match(/^fit /gm)).toHaveLength(2);
    expect(row(text, 'together')).toBe('forecast +0.62%, spread 0.20%');
  });

  it('says more of a model that says more, and that none serves', () => {
    const said = { ...model, lower: -0.01, upper: 0.02, probability: 0.61 };
    expect(row(printed({ models: [said] }), 'forecast')).toBe('+0.62% over 1 bar, interval -1.00% to +2.00%, probability 61.0%');
    expect(row(printed({ models: [{ ...model, fit: null, forecast: null }] }), 'fit')).toBe('gru: no fit serves');
    expect(row(printed({ models: [{ ...model, fit: { ...model.fit!, age: null } }] }), 'fit')).toContain(', frozen, ');
  });

  it('says what guards did, and what a person or lateness kept from happening', () => {
    const guard = { time: CLOSE, market: null, guard: 'maxDrawdown', action: 'acts', reason: 'a fall of 0.25' } as const;
    const text = printed({ guards: [guard], restraint: 'paused', target: null, reason: 'paused', orders: [] }, { maxDrawdown: '20%' });
    expect(row(text, 'guards')).toBe('{"maxDrawdown":"20%"}');
    expect(row(text, 'guard')).toBe('account: maxDrawdown acts, a fall of 25%');
    expect(row(text, 'restraint')).toBe('paused by a person');
    expect(row(text, 'target')).toBe('left as it is: paused by a person');
    expect(row(text, 'order')).toBe('none');
  });

  it('says what has become of an order: a fill that the cash cut short, none, or none yet', () => {
    const short = { ...order, fills: [{ ...order.fills[0]!, factor: 0.5 }] };
    expect(row(printed({ orders: [short] }), 'fill')).toMatch(/, cash sufficed for 50\.0%$/);
    const refused = { ...order, fills: [], rejection: { time: CLOSE + HOUR, reason: 'too small' } };
    expect(row(printed({ orders: [refused] }), 'no fill')).toBe('2026-11-27 05:00: too small');
    expect(row(printed({ orders: [{ ...order, fills: [] }] }), 'fill')).toBe('none yet');
    const sized = { ...order, order: { ...order.order, side: 'sell' as const, quantity: -3 } };
    expect(row(printed({ orders: [sized] }), 'order')).toBe('market sell 3 (enter long), btc-gru:x:A:1:1');
  });
});
