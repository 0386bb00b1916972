import type { Book } from './account.ts';
import type { Bars } from './bars.ts';
import type { Meeting } from './broker.ts';
import type { Levels, Reached } from './protection.ts';
import type { Event } from './trace.ts';

/** The bar, or the part of it, that is met now. */
export interface Moment {
  slice: number;
  /** ms UTC. */
  time: number;
  /** By market: where its bars are, and its row there, -1 where it takes no part. */
  readonly source: Bars[];
  readonly row: Int32Array;
  /** Slice in which a position was entered: its trailing stop waits for the next one. */
  readonly entered: Int32Array;
}

/**
 * What came first inside a bar, as far as that is known. What lies on one side of the open is met from the nearer to the further; of what lies
 * on both sides the worse is assumed (or the better, for the other bound), and the bar is noted as ambiguous, once.
 */
export interface Precedence {
  /** The level a range reaches: where both sides are, the one against the position, unless the better outcome is asked for. */
  reached(market: number): Reached | undefined;
  /** Whether an order is met before the level that its market's range reaches. */
  precedes(meeting: Meeting, level: Reached): boolean;
  /** Of two orders of one market. At one price they keep their order. */
  comesBefore(one: Meeting, other: Meeting): boolean;
  /**
   * The level that what was entered inside a bar reaches in the rest of it. One that the price can only have reached afterwards counts; of what may
   * have come before the entry the worse is assumed.
   */
  afterEntry(entry: Meeting): Reached | undefined;
}

export function createPrecedence(book: Book, levels: Levels, moment: Moment, worst: boolean, events: Event[]): Precedence {
  const { source, row, entered } = moment;
  const noted = new Int32Array(row.length).fill(-1);

  return {
    reached(m) {
      const { against, inFavour } = levelsIn(m);
      if (!against || !inFavour) return against ?? inFavour;
      ambiguous(m, `${against.reason} and ${inFavour.reason} within one bar`);
      return worst ? against : inFavour;
    },
    precedes({ market: m, price, order: { side, kind } }, level) {
      const open = openOf(m);
      const apart = (price - open) * (level.price - open);
      if (apart >= 0) return Math.abs(price - open) < Math.abs(level.price - open);
      ambiguous(m, `${level.reason} and a ${kind} order within one bar`);
      const held = book.quantity[m]!;
      const enlarges = (side === 'buy') === held > 0;
      return worst === (enlarges === (level.reason !== 'takeProfit'));
    },
    comesBefore(one, other) {
      if (one.price === other.price) return false;
      const m = one.market;
      const open = openOf(m);
      if ((one.price - open) * (other.price - open) < 0) {
        const exits = stops(one);
        if (exits !== stops(other)) {
          const [stop, rest] = exits ? [one, other] : [other, one];
          ambiguous(m, `${stop.order.kind} and ${rest.order.kind} orders within one bar`);
          return exits === worst;
        }
        if (one.order.group !== undefined && one.order.group === other.order.group) ambiguous(m, 'two orders of a group within one bar');
      }
      return Math.abs(one.price - open) < Math.abs(other.price - open);
    },
    afterEntry({ market: m, price, maker, order }) {
      if (book.quantity[m] === 0) return undefined;
      // An order that was placed long ago may be filled beyond the levels it brings.
      const already = levels.beyond(m, price, false);
      if (already) return already;
      const { against, inFavour } = levelsIn(m);
      if (!against && !inFavour) return undefined;
      const sign = book.quantity[m]! > 0 ? 1 : -1;
      const close = source[m]!.close[row[m]!]!;
      // A limit is reached with the price moving against the position to come, a stop with it moving in its favour.
      const fell = maker || order.kind === 'take-profit';
      const surelyAgainst = against !== undefined && (fell || sign * (close - against.price) <= 0);
      const surelyInFavour = inFavour !== undefined && (!fell || sign * (close - inFavour.price) >= 0);
      if (surelyAgainst && !inFavour) return against;
      if (surelyInFavour && !against) return inFavour;
      ambiguous(m, `entered within a bar that reached ${[against, inFavour].flatMap((found) => found?.reason ?? []).join(' and ')}`);
      if (worst) return against;
      return inFavour ?? (surelyAgainst ? against : undefined);
    },
  };

  function levelsIn(m: number): { readonly against: Reached | undefined; readonly inFavour: Reached | undefined } {
    const high = source[m]!.high[row[m]!]!;
    const low = source[m]!.low[row[m]!]!;
    return { against: levels.against(m, high, low, entered[m] !== moment.slice), inFavour: levels.inFavour(m, high, low) };
  }

  function openOf(m: number): number {
    return source[m]!.open[row[m]!]!;
  }

  /** A stop that makes a position smaller. */
  function stops({ market, order: { kind, side } }: Meeting): boolean {
    const held = book.quantity[market]!;
    return held !== 0 && (kind === 'stop' || kind === 'trailing-stop') && (side === 'sell') === held > 0;
  }

  function ambiguous(m: number, reason: string): void {
    if (noted[m] === moment.slice) return;
    noted[m] = moment.slice;
    events.push({ kind: 'ambiguity', time: moment.time, market: source[m]!.market, reason });
  }
}
