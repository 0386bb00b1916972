import { describe, expect, it } from 'vitest';
import { type Bars, createBars } from '../../src/core/bars.ts';
import { createPanel } from '../../src/core/panel.ts';
import type { Outcome } from '../../src/models/fit.ts';
import { createModel } from '../../src/models/model.ts';
import { prepareInputs } from '../../src/walk/inputs.ts';
import { dueSlots, requestAt, servingSlots, slotName } from '../../src/walk/plan.ts';
import { ridgeBot } from '../support/bots.ts';
import { randomBars } from '../support/markets.ts';

// Retrained every 20 slots, serving from 1 to 45 slots later; the first 40 samples are complete near row 50.
const bot = ridgeBot();
const bars = randomBars({ seed: 21, length: 200, gaps: 0, market: 'm' });
const panel = createPanel([bars]);
const [inputs] = prepareInputs(bot, panel)!;
const refused: Outcome = { kind: 'refused', key: 'k', reason: 'no' };
const fitted = { kind: 'fit', fit: {} } as Outcome;
const due = (from: number, to: number, known: ReadonlyMap<string, Outcome> = new Map()) =>
  dueSlots(bot, panel, 0, inputs!, from, to, known).map(({ slot }) => slot);

describe('the plan', () => {
  it('asks for the fit that serves the first decision and for every later one', () => {
    expect(due(110, 160)).toEqual([100, 120, 140]);
    expect(due(101, 110)).toEqual([100]);
    // The fit of slot 100 serves from 101 on; row 100 still needs the one before.
    expect(due(100, 110)).toEqual([80, 100]);
  });

  it('asks for nothing that is known', () => {
    const known = new Map([100, 120, 140].map((slot) => [slotName('m', slot), fitted]));
    expect(due(110, 160, known)).toEqual([]);
  });

  it('asks for the fit before one that was refused, as far as its age allows', () => {
    const known = new Map([[slotName('m', 100), refused]]);
    expect(due(110, 118, known)).toEqual([80]);
    known.set(slotName('m', 80), refused);
    // Slot 60 is 50 slots old at row 110, beyond the age of 45.
    expect(due(110, 118, known)).toEqual([]);
  });

  it('makes no request while there are too few samples', () => {
    expect(requestAt(bot, bot.model!, panel, inputs!, { market: 0, slot: 40, row: 40 }, 'id')).toBeUndefined();
    const request = requestAt(bot, bot.model!, panel, inputs!, { market: 0, slot: 60, row: 60 }, 'id')!;
    expect(request.ends).toHaveLength(40);
    // The last label is the return into the bar at which the request is made.
    expect(request.trainedTo).toBe(bars.openTime[60]);
  });

  it('makes keys that know the trainer, the seed and the model', () => {
    const at = (over = bot, model = bot.model!, id = 'id') =>
      requestAt(over, model, panel, inputs!, { market: 0, slot: 100, row: 100 }, id)!.key;
    const gru = createModel({ kind: 'gru', units: [4], lookback: 4, features: bot.model!.features, train: { window: 40 } });
    const network = { ...bot, model: gru };
    const keys = [
      at(network, gru),
      at(network, gru, 'other'),
      at({ ...network, seed: 4 }, gru),
      at(network, { ...gru, training: { ...gru.training, epochs: 9 } }),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(at(network, gru)).toBe(keys[0]);
    // A baseline knows neither chance nor epochs.
    expect(at({ ...bot, seed: 4 }, { ...bot.model!, training: { ...bot.model!.training, epochs: 9 } })).toBe(at());
    expect(at(bot, bot.model, 'other')).not.toBe(at());
  });

  it('gives two markets with the same bars seeds and keys of their own', () => {
    const twins = createPanel([bars, { ...bars, market: 'n' }]);
    const both = prepareInputs(bot, twins)!;
    const [one, other] = [0, 1].map((market) => requestAt(bot, bot.model!, twins, both[market]!, { market, slot: 100, row: 100 }, 'id')!);
    expect(one!.seed).not.toBe(other!.seed);
    // ... but the ridge regression, which knows no chance, is the same one.
    expect(one!.key).toBe(other!.key);
  });

  it('knows in the key how large moves were where only their direction is learnt', () => {
    const direction = createModel({ kind: 'gru', target: 'direction', lookback: 4, features: ['weekday'], train: { window: 40 } });
    const keyOf = (factor: number) => {
      const scaled = { ...bars, close: bars.close.map((price, i) => (i === 90 ? price * factor : price)) };
      const alone = createPanel([scaled]);
      const network = { ...bot, model: direction };
      return requestAt(network, direction, alone, prepareInputs(network, alone)![0]!, { market: 0, slot: 100, row: 100 }, 'id')!;
    };
    const [one, other] = [keyOf(1), keyOf(1 + 1e-9)];
    expect(other.labels).toEqual(one.labels);
    expect(other.key).not.toBe(one.key);
    expect(one.moves[0]).toBe(bars.close[one.trainCount > 0 ? rowOf(one.trainedTo) - 39 : 0]! / bars.close[rowOf(one.trainedTo) - 40]! - 1);
  });

  describe('where the bar of a request is missing', () => {
    // Slots 100 to 102 have no bar: row 100 is slot 103.
    const holed = dropped(bars, 100, 103);
    const one = createPanel([holed]);
    const [columns] = prepareInputs(bot, one)!;
    const dueHere = (from: number, to: number) => dueSlots(bot, one, 0, columns!, from, to, new Map()).map(({ slot }) => slot);

    it('asks for the earlier fit that serves meanwhile, wherever the walk starts', () => {
      expect(columns!.slot[100]).toBe(103);
      expect(dueHere(100, 110)).toEqual([80, 100]);
      expect(dueHere(101, 110)).toEqual([100]);
    });

    it('serves the delay after the bar at which it was really made', () => {
      const known = new Map([80, 100].map((slot) => [slotName('m', slot), fitted]));
      const serving = (delay: number) => servingSlots({ ...bot, schedule: { ...bot.schedule, delay } }, columns!, holed, known, 95, 110);
      expect([...serving(1).subarray(98, 103)]).toEqual([80, 80, 80, 100, 100]);
      expect([...serving(3).subarray(98, 105)]).toEqual([80, 80, 80, 80, 80, 100, 100]);
    });

    it('makes one request where a gap spans several', () => {
      const wide = createPanel([dropped(bars, 95, 150)]);
      const [far] = prepareInputs(bot, wide)!;
      expect(dueSlots(bot, wide, 0, far!, 80, 130, new Map()).map(({ slot }) => slot)).toEqual([60, 80, 140, 160, 180]);
    });
  });

  it('requests nothing before the anchor, and lets nothing from before it serve', () => {
    const anchored = { ...bot, anchor: bars.openTime[100]! };
    const [columns] = prepareInputs(anchored, panel)!;
    expect(columns!.slot[0]).toBe(-100);
    expect(dueSlots(anchored, panel, 0, columns!, 90, 160, new Map()).map(({ slot }) => slot)).toEqual([0, 20, 40]);
    const known = new Map([-20, 0].map((slot) => [slotName('m', slot), fitted]));
    expect([...servingSlots(anchored, columns!, panel.markets[0]!, known, 90, 103).subarray(98, 103)]).toEqual([-1, -1, -1, 0, 0]);
  });

  it('lets the latest usable fit serve, from the delay to the maximum age', () => {
    const known = new Map<string, Outcome>([
      [slotName('m', 60), fitted],
      [slotName('m', 80), refused],
      [slotName('m', 120), fitted],
    ]);
    const serving = servingSlots(bot, inputs!, panel.markets[0]!, known, 0, 200);
    expect([60, 61, 105, 106, 120, 121, 165, 166].map((row) => serving[row])).toEqual([-1, 60, 60, -1, -1, 120, 120, -1]);
  });
});

describe('a fit that is not there on schedule', () => {
  it('serves from the close on at which it was known; until then the one before it does', () => {
    const known = new Map<string, Outcome>([
      [slotName('m', 60), fitted],
      [slotName('m', 80), fitted],
    ]);
    const bars = panel.markets[0]!;
    const closeOf = (row: number) => bars.openTime[row]! + bars.intervalMs;
    const serving = (from: number) => servingSlots(bot, inputs!, bars, known, 0, 100, new Map([[slotName('m', 80), from]]));
    const rows = [80, 81, 82, 83, 84];
    expect(rows.map((row) => serving(closeOf(83))[row])).toEqual([60, 60, 60, 80, 80]);
    expect(rows.map((row) => serving(closeOf(83) + 1)[row])).toEqual([60, 60, 60, 60, 80]);
    expect(rows.map((row) => serving(Number.POSITIVE_INFINITY)[row])).toEqual([60, 60, 60, 60, 60]);
  });

  it('is due before the slots that it will serve', () => {
    const due = (row: number, ahead: number) =>
      dueSlots(bot, panel, 0, inputs!, row, row + 1, new Map([[slotName('m', 60), fitted]]), ahead).map(({ slot }) => slot);
    expect(due(79, 1)).toEqual([]);
    expect(due(80, 0)).toEqual([]);
    expect(due(80, 1)).toEqual([80]);
    expect(due(81, 0)).toEqual([80]);
  });
});

/** The bars without rows `from .. to-1`. */
function dropped(whole: Bars, from: number, to: number): Bars {
  const cut = (column: Float64Array) => Float64Array.from([...column.subarray(0, from), ...column.subarray(to)]);
  return createBars(whole.market, whole.intervalMs, {
    openTime: cut(whole.openTime),
    open: cut(whole.open),
    high: cut(whole.high),
    low: cut(whole.low),
    close: cut(whole.close),
    volume: cut(whole.volume),
  });
}

function rowOf(openTime: number): number {
  return bars.openTime.indexOf(openTime);
}
