import { type Policy, Reason, type Strategy, type View } from '../core/policy.ts';

/**
 * A combination: each member decides as if it traded alone (its wish is kept in memory), and the account follows the side that
 * at least `quorum` members want. Default quorum: more than half. Members need one signal each.
 */
export function vote(members: readonly Strategy[], quorum = Math.floor(members.length / 2) + 1): Strategy {
  if (members.length < 2) throw new TypeError(`Expected at least two members in a vote, received ${members.length}`);
  if (!(Number.isInteger(quorum) && quorum > members.length / 2 && quorum <= members.length)) {
    throw new TypeError(`Expected a quorum of more than half of ${members.length} members, received ${quorum}`);
  }
  return {
    name: `vote(${members.map((member) => member.name).join(', ')})`,
    signals: members.map((member) => {
      const [signal, another] = member.signals;
      if (!signal || another)
        throw new TypeError(`Expected members of a vote with one signal each, received ${member.signals.length} in ${member.name}`);
      return signal;
    }),
    policy: voting(members, quorum),
    short: members.some((member) => member.short),
  };
}

function voting(members: readonly Strategy[], quorum: number): Policy {
  // Per member: the exposure it wants, then its own memory.
  const slots = members.flatMap((member, k) => [`${k}.want`, ...member.policy.slots.map((slot) => `${k}.${slot}`)]);
  return {
    kind: 'vote',
    slots,
    decide(view: View, memory: Float64Array, at: number): number {
      const { exposure, signal, entryPrice, barsHeld } = view;
      let long = 0;
      let short = 0;
      let known = 0;
      let place = at;
      for (let k = 0; k < members.length; k++) {
        const { policy } = members[k]!;
        view.signal = view.signals[k]!;
        view.exposure = memory[place]!;
        const wish = policy.decide(view, memory, place + 1);
        if (!Number.isNaN(wish)) memory[place] = wish;
        if (!Number.isNaN(view.signal[view.i]!)) known++;
        if (memory[place]! > 0) long++;
        else if (memory[place]! < 0) short++;
        place += 1 + policy.slots.length;
      }
      view.exposure = exposure;
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
