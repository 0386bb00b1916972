import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/core/trace.ts';
import { messagesOf } from '../../src/live/messages.ts';
import type { Observation } from '../../src/live/observation.ts';

const HOUR = 3_600_000;
const FROM = Date.UTC(2020, 0, 1);
const at = (k: number) => FROM + k * HOUR;
const bar = { openTime: FROM, open: 1, high: 2, low: 1, close: 1, volume: 1 };

describe('what a person is told', () => {
  it('of observations is what is the matter, many closes that were missed in one line, and nothing of the rest', () => {
    const observations: readonly Observation[] = [
      { kind: 'opened', slice: null, at: at(0), version: '1', node: 'v20' },
      { kind: 'late', slice: at(1), byMs: 720_000 },
      { kind: 'revision', slice: at(2), market: 'x:A', before: bar, now: { ...bar, close: 2 } },
      { kind: 'quote', slice: at(2), market: 'x:A', bid: 1, ask: 2, last: 1, time: at(2) },
      { kind: 'absent', slice: at(3), market: 'x:A', bar },
      { kind: 'fitMissing', slice: at(4), model: 0, market: 'x:A', slot: 20, reason: 'it is still being trained' },
      { kind: 'fit', slice: at(4), model: 0, market: 'x:A', slot: 20, key: 'k', weights: 'w', refused: null },
      { kind: 'hand', slice: at(5), action: 'pause', askedAt: at(5) },
      { kind: 'late', slice: at(2), byMs: 60_000 },
      { kind: 'clock', slice: null, at: at(0), driftMs: -3000 },
      { kind: 'clock', slice: null, at: at(6), driftMs: 3000 },
    ];
    const told = messagesOf(observations, []);
    expect(
      told.filter(({ kind }) => kind === 'alert').map(({ time, text }) => [(time - FROM) / HOUR, text.replace(/2020\S+Z/g, 'T')]),
    ).toEqual([
      [2, 'x:A: the bar of T was revised (close 1 to 2); what was decided stays'],
      [3, 'x:A: the bar of T came too late and is left out'],
      [4, 'x:A: the fit due now is not there, it is still being trained; the last one serves until its age limit'],
      [0, "the local clock is 3 s behind the exchange's; bars are closed by the exchange's time"],
      [6, "the local clock is 3 s ahead of the exchange's; bars are closed by the exchange's time"],
      [2, '2 closes from T to T were decided 1 min to 12 min late'],
    ]);
    expect(told.filter(({ kind }) => kind !== 'alert').map(({ kind }) => kind)).toEqual(['fit', 'hand']);
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  });

  it('of a fill has its reason; of a level that was reached there is a second message, for those who listen to guards only', () => {
    const fill: Event = {
      kind: 'fill',
      time: FROM,
      id: 'b:x:A:1:0',
      market: 'x:A',
      side: 'sell',
      quantity: 2,
      price: 99.5,
      fee: 0.2,
      slippage: 0,
      factor: 1,
      maker: false,
      reason: 'stopLossGap',
    };
    expect(messagesOf([], [{ ...fill, reason: 'exit' }]).map(({ kind, text }) => [kind, text])).toEqual([
      ['fill', 'x:A: sold 2 at 99.500, fee 0.20 (exit)'],
    ]);
    expect(messagesOf([], [fill]).map(({ kind, text }) => [kind, text])).toEqual([
      ['fill', 'x:A: sold 2 at 99.500, fee 0.20 (stop loss, at the open)'],
      ['guard', 'x:A: stop loss, at the open, the position is given up at 99.500'],
    ]);
  });
});
