import { describe, expect, it } from 'vitest';
import { createPanel } from '../../src/core/panel.ts';
import type { Outcome } from '../../src/models/fit.ts';
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
    const keys = [
      at(),
      at(bot, bot.model!, 'other'),
      at({ ...bot, seed: 4 }),
      at(bot, { ...bot.model!, training: { ...bot.model!.training, epochs: 9 } }),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(at()).toBe(keys[0]);
  });

  it('lets the latest usable fit serve, from the delay to the maximum age', () => {
    const known = new Map<string, Outcome>([
      [slotName('m', 60), fitted],
      [slotName('m', 80), refused],
      [slotName('m', 120), fitted],
    ]);
    const serving = servingSlots(bot, inputs!, 'm', known, 0, 200);
    expect([60, 61, 105, 106, 120, 121, 165, 166].map((row) => serving[row])).toEqual([-1, 60, 60, -1, -1, 120, 120, -1]);
  });
});
