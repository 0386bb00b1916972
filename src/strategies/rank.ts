import type { Signal, Strategy } from '../core/policy.ts';
import { follow, rebalanced } from './rebalancing.ts';

export interface RankOptions {
  /** How many markets are held at most. */
  readonly hold: number;
  /** A held market is dropped only when it ranks below `hold + buffer`; default 0. */
  readonly buffer?: number;
  /** Only markets with a score above 0 are held; what would be the others' share stays cash. Default false. */
  readonly positive?: boolean;
  /** Bars between decisions; default 1. */
  readonly every?: number;
}

/**
 * Holds the `hold` markets with the highest score, each with the same share of the whole account (relative strength: Jegadeesh & Titman 1993;
 * with `positive`, Antonacci 2012).
 *
 * A target counts in units of a market's share, which is 1 / number of markets; so that `hold` markets use all of the account, the target of each
 * is markets / hold. Which are held is decided for all together, the buffer included, and never are more than `hold`: a market that a
 * guard has closed keeps its place until it is ranked out, and is entered again when decisions are next made.
 * Equal scores rank by the market's name. Throws a TypeError for options out of range, and at the columns where there are fewer markets than places.
 */
export function rank(score: Signal, options: RankOptions): Strategy {
  const { hold, buffer = 0, positive = false, every = 1 } = options;
  checkWhole('hold', hold, 1);
  checkWhole('buffer', buffer, 0);
  checkWhole('every', every, 1);
  return {
    name: `the ${hold} best by ${score.name}`,
    signals: [score],
    policy: follow,
    short: false,
    across(panel, signals) {
      const markets = panel.markets.length;
      if (hold > markets) throw new TypeError(`Expected at least as many markets as are held, received hold ${hold} of ${markets}`);
      const order = new Int32Array(markets);
      const scores = new Float64Array(markets);
      const member = new Uint8Array(markets);
      return rebalanced(panel, every, (_slice, rows, targets) => {
        let known = 0;
        for (let m = 0; m < markets; m++) {
          scores[m] = rows[m]! >= 0 ? signals[m]![0]![rows[m]!]! : Number.NaN;
          if (!Number.isNaN(scores[m])) insert(order, known++, m, scores);
        }
        if (known === 0) return;
        const eligible = (place: number) => !positive || scores[order[place]!]! > 0;
        targets.fill(0);
        let held = 0;
        for (let place = 0; place < Math.min(hold + buffer, known); place++) {
          if (member[order[place]!] === 0 || !eligible(place)) continue;
          targets[order[place]!] = markets / hold;
          held++;
        }
        for (let place = 0; place < known && held < hold; place++) {
          if (targets[order[place]!] !== 0 || !eligible(place)) continue;
          targets[order[place]!] = markets / hold;
          held++;
        }
        for (let m = 0; m < markets; m++) member[m] = targets[m] === 0 ? 0 : 1;
      });
    },
  };
}

/** Puts market `m` among the first `count` of `order`, which are sorted by descending score. */
function insert(order: Int32Array, count: number, m: number, scores: Float64Array): void {
  let place = count;
  for (; place > 0 && scores[order[place - 1]!]! < scores[m]!; place--) order[place] = order[place - 1]!;
  order[place] = m;
}

function checkWhole(name: string, value: number, least: number): void {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new TypeError(`Expected ${name} to be a whole number >= ${least}, received ${String(value)}`);
  }
}
