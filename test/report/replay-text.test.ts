import { describe, expect, it } from 'vitest';
import type { Difference, Replay } from '../../src/live/replay.ts';
import type { Session } from '../../src/live/session.ts';
import { replayText } from '../../src/report/replay-text.ts';

const CLOSE = Date.UTC(2026, 10, 27, 4);
const digests = { session: 'a'.repeat(64), backtest: 'a'.repeat(64) };
const session = {
  genesis: { name: 'btc-gru' },
  observations: [],
  trace: { closeTime: new Float64Array(30), events: Array(7).fill({}) },
} as unknown as Session;
const identical: Replay = {
  identical: true,
  decisions: 60,
  fits: 1,
  differences: [],
  digests,
  equity: { session: 10_500, backtest: 10_400 },
};
const difference = (change: Partial<Difference> = {}): Difference => ({
  time: CLOSE,
  what: 'fill.price',
  market: 'x:A',
  session: 0.1 + 0.2,
  backtest: 0.3,
  causes: ['data revised'],
  ...change,
});
const differing = (differences: readonly Difference[]): Replay => ({ ...identical, identical: false, differences });

describe('the text of a replay', () => {
  it('is two lines where it is identical', () => {
    expect(replayText(session, identical, [])).toBe('btc-gru: 60 decisions in 30 bars, 7 events, 1 fit\nidentical (digest aaaaaaaaaaaa)');
  });

  it('counts what only happened live', () => {
    const observations = ['late', 'late', 'hand', 'quote', 'opened', 'absent', 'revision', 'fitMissing'].map((kind) => ({ kind }));
    const [first] = replayText({ ...session, observations } as unknown as Session, identical, []).split('\n');
    expect(first).toBe(
      'btc-gru: 60 decisions in 30 bars, 7 events, 1 fit; 2 late decisions, 1 late or failed fit, 1 late bar, 1 revised bar, 1 wish',
    );
  });

  it('has each difference with all its digits, since the last one may be what differs', () => {
    const text = replayText(session, differing([difference()]), []);
    expect(text).toContain('NOT identical: 1 difference; equity at the end 10,500.00, replayed 10,400.00\n  data revised: 1\n');
    const row = text.split('\n').find((line) => line.includes('fill.price'))!;
    expect(row.split(/[│\s]{2,}/).filter((cell) => cell !== '')).toEqual([
      '2026-11-27 04:00',
      'x:A',
      'fill.price',
      '0.30000000000000004',
      '0.3',
      'data revised',
    ]);
  });

  it('cuts hashes, and shows what one side does not have', () => {
    const text = replayText(session, differing([difference({ session: 'f'.repeat(64), backtest: null, market: null })]), []);
    expect(text).toMatch(/f{12}\.\.\. +│ - /);
  });

  it('counts the differences by cause, with what was changed in the bot file, and lists the first twenty', () => {
    const many = [
      ...Array.from({ length: 24 }, () => difference({ causes: ['config changed', 'data revised'] })),
      difference({ causes: ['config changed'] }),
    ];
    const text = replayText(session, differing(many), ['strategy.fast: 5, now 6']);
    expect(text).toContain('NOT identical: 25 differences');
    expect(text).toContain('  config changed: 25 (strategy.fast: 5, now 6)');
    expect(text).toContain('  data revised: 24');
    expect(text.split('\n').filter((line) => line.includes('fill.price'))).toHaveLength(20);
    expect(text).toMatch(/\.\.\. and 5 more; --json lists them$/);
  });
});
