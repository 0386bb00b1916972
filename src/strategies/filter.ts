import { type Policy, Reason, type Signal, type Strategy, type View } from '../core/policy.ts';

/**
 * A strategy that enters long only where another signal lies above 0, and short only where it lies below; where it is unknown, not at
 * all. What is held is kept, resized and left as the strategy itself says; a turn that is not let through ends flat.
 */
export function filtered(strategy: Strategy, filter: Signal): Strategy {
  if (strategy.across) throw new TypeError(`Expected a filter of a strategy that judges each market by itself, received ${strategy.name}`);
  return {
    ...strategy,
    name: `${strategy.name} where ${filter.name}`,
    signals: [...strategy.signals, filter],
    policy: filteredPolicy(strategy.policy, strategy.signals.length),
  };
}

function filteredPolicy(policy: Policy, place: number): Policy {
  return {
    kind: policy.kind,
    slots: policy.slots,
    decide(view: View, memory: Float64Array, at: number): number {
      const target = policy.decide(view, memory, at);
      const held = view.exposure;
      // NaN targets hold, and what is wanted on the side that is held is no entry.
      if (!(target > 0 && held <= 0) && !(target < 0 && held >= 0)) return target;
      if (target * view.signals[place]![view.i]! > 0) return target;
      view.reason = held !== 0 ? Reason.exit : Reason.belowThreshold;
      return 0;
    },
  };
}
