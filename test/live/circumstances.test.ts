import { describe, expect, it } from 'vitest';
import { Restraint } from '../../src/core/restraint.ts';
import { createCircumstances } from '../../src/live/circumstances.ts';
import { afterWish } from '../../src/live/observation.ts';
import { slotName } from '../../src/walk/plan.ts';

const fit = { model: 0, market: 'm', slot: 20 };
const arrived = { kind: 'fit', ...fit, key: 'k', weights: 'w', refused: null } as const;

describe('what observations mean to the walk', () => {
  it('is that a late close enters nothing, unless the bot trades what it missed', () => {
    for (const [policy, expected] of [
      ['skip', Restraint.missed],
      ['replay', Restraint.none],
    ] as const) {
      const circumstances = createCircumstances(policy);
      circumstances.note({ kind: 'late', slice: 5, byMs: 1 });
      expect([4, 5, 6].map(circumstances.restraintAt)).toEqual([Restraint.none, expected, Restraint.none]);
    }
  });

  it('is that a wish acts from its own slice on', () => {
    const circumstances = createCircumstances('skip');
    circumstances.note({ kind: 'hand', slice: 5, action: 'pause', askedAt: 1 });
    circumstances.note({ kind: 'hand', slice: 7, action: 'flatten', askedAt: 2 });
    circumstances.note({ kind: 'hand', slice: 8, action: 'resume', askedAt: 3 });
    expect([4, 5, 6, 7, 8].map(circumstances.restraintAt)).toEqual([0, Restraint.paused, Restraint.paused, Restraint.flattened, 0]);
  });

  it('is that only a fit that was missed has to be waited for, and serves from the slice on in which it arrived', () => {
    const circumstances = createCircumstances('skip');
    circumstances.note({ ...arrived, slice: 9 });
    expect(circumstances.available(0).get(slotName('m', 20))).toBeUndefined();
    circumstances.note({ kind: 'fitMissing', ...fit, slot: 40, slice: 11, reason: 'late' });
    expect([circumstances.available(0).get(slotName('m', 40)), circumstances.isMissing({ ...fit, slot: 40 })]).toEqual([Infinity, true]);
    circumstances.note({ ...arrived, slot: 40, slice: 13 });
    expect([circumstances.available(0).get(slotName('m', 40)), circumstances.isMissing({ ...fit, slot: 40 })]).toEqual([13, false]);
  });

  it('is that a pause after a flatten takes nothing back', () => {
    expect(afterWish('flatten', 'pause')).toBe('flatten');
    expect(afterWish('flatten', 'resume')).toBe('resume');
    expect(afterWish('pause', 'flatten')).toBe('flatten');
  });
});
