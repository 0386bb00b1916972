import type { Setup } from './setup.ts';
import type { State } from './trace.ts';
import { resumed, type Working } from './working.ts';

/** The orders that wait in a state. Throws a TypeError for one of a market that the panel lacks. */
export function resume({ panel }: Setup, state: State | undefined): Working[] {
  if (!state) return [];
  return state.open.map((order) => {
    const m = panel.markets.findIndex(({ market }) => market === order.market);
    if (m < 0) throw new TypeError(`Expected the market ${order.market} of an open order among the panel's markets, it is missing`);
    return resumed(order, m);
  });
}

/** Throws a TypeError where the slices do not fit the panel, or do not follow the state. */
export function checkRange({ panel, from, to }: Setup, state: State | undefined): void {
  if (!(from >= 0 && from <= to && to <= panel.closeTime.length)) {
    throw new TypeError(`Expected slices within 0 and ${panel.closeTime.length}, received ${from} to ${to}`);
  }
  if (state && state.slice !== from - 1) {
    throw new TypeError(`Expected the run to go on after slice ${state.slice}, received a start at ${from}`);
  }
}

/** The policy's memory, all markets' in a row; zeros without a state. Throws a TypeError where the state's does not fit. */
export function readMemory({ panel, policy }: Setup, state: State | undefined): Float64Array {
  const width = policy.slots.length;
  const memory = new Float64Array(width * panel.markets.length);
  if (!state) return memory;
  panel.markets.forEach((bars, m) => {
    const kept = state.memory[bars.market];
    if (kept?.length !== width) {
      throw new TypeError(`Expected ${width} numbers of memory for ${bars.market} in the state, received ${kept?.length ?? 'none'}`);
    }
    memory.set(kept, m * width);
  });
  return memory;
}

export function writeMemory({ panel, policy }: Setup, memory: Float64Array): Record<string, readonly number[]> {
  const width = policy.slots.length;
  // Adding 0 turns -0 into 0, which JSON cannot tell apart.
  return Object.fromEntries(
    panel.markets.map((bars, m) => [bars.market, Array.from(memory.subarray(m * width, (m + 1) * width), (value) => value + 0)]),
  );
}
