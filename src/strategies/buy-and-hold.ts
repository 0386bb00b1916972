import { HOLD, type Policy, Reason, type Strategy } from '../core/policy.ts';

/** Buys once, at the first close it sees, and never trades again. */
export const hold: Policy = {
  kind: 'buy-and-hold',
  slots: ['bought'],
  decide(view, memory, at) {
    if (memory[at] === 1) {
      view.reason = Reason.holding;
      return HOLD;
    }
    memory[at] = 1;
    view.reason = Reason.enterLong;
    return 1;
  },
};

/** What every strategy is compared with. Its signal is the close itself, known from the first bar on. */
export const buyAndHold: Strategy = {
  name: 'buy-and-hold',
  signals: [{ name: 'close', column: (bars) => bars.close }],
  policy: hold,
  short: false,
};
