import type { Column } from '../core/bars.ts';
import { type Policy, Reason, type Strategy, type View } from '../core/policy.ts';

/**
 * A combination: each member decides as if it traded alone (its wish is kept in memory), and the account follows the side that
 * at least `quorum` members want, whatever size they want it in. Default quorum: more than half.
 */
export function vote(members: readonly Strategy[], quorum = Math.floor(members.length / 2) + 1): Strategy {
  if (members.length < 2) throw new TypeError(`Expected at least two members in a vote, received ${members.length}`);
  if (!(Number.isInteger(quorum) && quorum > members.length / 2 && quorum <= members.length)) {
    throw new TypeError(`Expected a quorum of more than half of ${members.length} members, received ${quorum}`);
  }
  const across = members.find((member) => member.across);
  if (across) throw new TypeError(`Expected members of a vote that judge each market by itself, received ${across.name}`);
  return {
    name: `vote(${members.map((member) => member.name).join(', ')})`,
    signals: members.flatMap((member) => member.signals),
    policy: voting(members, quorum),
    short: members.some((member) => member.short),
    anySignal: true,
  };
}

function voting(members: readonly Strategy[], quorum: number): Policy {
  // Per member: the exposure it wants, then its own memory.
  const slots = members.flatMap((member, k) => [`${k}.want`, ...member.policy.slots.map((slot) => `${k}.${slot}`)]);
  const ends = members.map((_, k) => members.slice(0, k + 1).reduce((sum, { signals }) => sum + signals.length, 0));
  // What each member sees of a market's signals, which stay the same for a whole run.
  const seen = new WeakMap<readonly Column[], readonly (readonly Column[])[]>();
  const signalsOf = (signals: readonly Column[]): readonly (readonly Column[])[] => {
    const parts = seen.get(signals) ?? ends.map((end, k) => signals.slice(ends[k - 1] ?? 0, end));
    seen.set(signals, parts);
    return parts;
  };
  return {
    kind: 'vote',
    slots,
    decide(view: View, memory: Float64Array, at: number): number {
      const { exposure, signals, signal, entryPrice, barsHeld } = view;
      const parts = signalsOf(signals);
      let long = 0;
      let short = 0;
      let known = 0;
      let place = at;
      for (let k = 0; k < members.length; k++) {
        const { policy } = members[k]!;
        view.signals = parts[k]!;
        view.signal = parts[k]![0]!;
        view.exposure = memory[place]!;
        const wish = policy.decide(view, memory, place + 1);
        if (!Number.isNaN(wish)) memory[place] = wish;
        if (!Number.isNaN(view.signal[view.i]!)) known++;
        if (memory[place]! > 0) long++;
        else if (memory[place]! < 0) short++;
        place += 1 + policy.slots.length;
      }
      view.exposure = exposure;
      view.signals = signals;
      view.signal = signal;
      view.entryPrice = entryPrice;
      view.barsHeld = barsHeld;
      const target = long >= quorum ? 1 : short >= quorum ? -1 : 0;
      view.reason = reasonOf(target, exposure, known);
      return target;
    },
  };
}

function reasonOf(target: number, exposure: number, known: number): View['reason'] {
  if (target === 0) return exposure !== 0 ? Reason.exit : known === 0 ? Reason.noForecast : Reason.belowThreshold;
  if (target * exposure > 0) return Reason.holding;
  return target > 0 ? Reason.enterLong : Reason.enterShort;
}
