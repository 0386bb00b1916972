import type { Verdict } from './guards.ts';
import { HOLD, Reason, type ReasonCode } from './policy.ts';

/**
 * What keeps a session from doing what its policy wants at a close: `missed` the close was decided too late, so that nothing is entered; `paused`
 * a person wants no entries; `flattened` a person wants no position.
 */
export const Restraint = { none: 0, missed: 1, paused: 2, flattened: 3 } as const;

const REASONS: readonly ReasonCode[] = [Reason.noForecast, Reason.missed, Reason.paused, Reason.flattened];
const WORDS: readonly string[] = ['', 'missed', 'paused', 'flattened'];

/** Reasons by which a position is given up at once, whatever orders its exits usually are. */
export function isUrgent(reason: number): boolean {
  return reason === Reason.flattened || reason === Reason.drawdownHalt || reason === Reason.dailyLossHalt || reason === Reason.nothingLeft;
}

/** The code of `Restraint` in words, for orders that it holds back or withdraws. */
export function restraintName(code: number): string {
  return WORDS[code]!;
}

/**
 * Puts a wish under a restraint, with the exposure held. Exits are left alone; what would enter, turn or grow is not. Where a close was missed an
 * order that waits from before goes on waiting; a person's pause withdraws it.
 */
export function restrain(code: number, exposure: number, verdict: Verdict): void {
  const { target } = verdict;
  const held = exposure !== 0;
  if (code === Restraint.flattened) verdict.target = 0;
  else if (Number.isNaN(target)) {
    if (held || code !== Restraint.paused) return;
    verdict.target = 0;
  } else {
    const turns = target * exposure < 0;
    if (target === 0 || (held && !turns && Math.abs(target) <= Math.abs(exposure))) return;
    verdict.target = turns || (!held && code === Restraint.paused) ? 0 : HOLD;
  }
  verdict.reason = REASONS[code]!;
}
