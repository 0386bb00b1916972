import { describe, expect, it } from 'vitest';
import { Reason } from '../../src/core/policy.ts';
import type { SliceRecord } from '../../src/live/session.ts';
import { caughtUp, type TickView, tickLine } from '../../src/report/paper-text.ts';

const CLOSE = Date.UTC(2026, 10, 27, 4);
const bar = { openTime: CLOSE - 3_600_000, open: 99, high: 103, low: 98, close: 102.5, volume: 5 };
const decision = { forecast: 0.0062, signal: 12.345678, target: 1, exposure: 0, reason: Reason.enterLong };
const slice: SliceRecord = { closeTime: CLOSE, equity: 10_120, holding: 9900, bars: [bar], decisions: [decision] };
const view: TickView = { slice, markets: ['x:A'], capital: 10_000, modelAge: [12], forecasts: true, frozen: false };

describe('the line of a tick', () => {
  it('has time, price, forecast, action, equity against holding and the age of the model', () => {
    expect(tickLine(view)).toBe(
      '2026-11-27 04:00 | x:A 102.50, forecast +0.62%, enter long, held 0.00% | equity 10,120.00 (+1.20%), buy & hold -1.00% | model 12 bars old',
    );
  });

  it('has the signal in place of the forecast where the bot has no model', () => {
    const line = tickLine({ ...view, forecasts: false, modelAge: [] });
    expect(line).toContain('x:A 102.50, signal 12.35, enter long');
    expect(line).not.toContain('model');
    const silent = { ...slice, decisions: [{ ...decision, signal: Number.NaN, reason: Reason.warmingUp }] };
    expect(tickLine({ ...view, forecasts: false, slice: silent })).toContain('x:A 102.50, no signal, warming up');
  });

  it('tells the oldest of several models, and that there is none yet', () => {
    expect(tickLine({ ...view, modelAge: [3, undefined, 7] })).toMatch(/model 7 bars old$/);
    expect(tickLine({ ...view, modelAge: [undefined] })).toMatch(/no model yet$/);
    expect(tickLine({ ...view, modelAge: [undefined], frozen: true })).toMatch(/frozen model$/);
  });

  it('names up to three markets, one without a bar among them, and counts more', () => {
    const of = (count: number) => ({
      ...view,
      markets: Array.from({ length: count }, (_, k) => `x:${k}`),
      slice: {
        ...slice,
        bars: Array.from({ length: count }, (_, k) => (k === 1 ? undefined : bar)),
        decisions: Array.from({ length: count }, (_, k) => ({ ...decision, exposure: k === 0 ? 0.25 : k === 2 ? -0.5 : 0 })),
      },
    });
    expect(tickLine(of(3))).toContain('| x:1 no bar | x:2 102.50');
    expect(tickLine(of(5))).toContain('| 4 markets, 2 held (75.0%) |');
  });

  it('says from when to when bars were caught up on', () => {
    expect(caughtUp([slice, { ...slice, closeTime: CLOSE + 7_200_000 }])).toBe(
      '2 bars that closed from 2026-11-27 04:00 to 2026-11-27 06:00:',
    );
  });
});
