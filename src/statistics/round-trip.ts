/** One execution, as the broker booked it. */
export interface Fill {
  readonly market: string;
  /** ms UTC. */
  readonly time: number;
  readonly side: 'buy' | 'sell';
  /** Base units, > 0. */
  readonly quantity: number;
  /** Quote per unit, after slippage. */
  readonly price: number;
  /** Quote. */
  readonly fee: number;
  /** The fee of this purchase was taken from the units received. */
  readonly inBase?: true;
  readonly reason?: string;
}

/** From flat to flat in one market; entries and exits may be in several fills. */
export interface RoundTrip {
  readonly market: string;
  readonly side: 'long' | 'short';
  /** Time of the first entry, ms UTC. */
  readonly entryTime: number;
  /** Time of the fill that closed it; null while open. */
  readonly exitTime: number | null;
  /** All that was entered, base units. */
  readonly quantity: number;
  /** Average over the entries, quote. */
  readonly entryPrice: number;
  /** Average over the exits; null while open. */
  readonly exitPrice: number | null;
  /** Of all its fills, quote. */
  readonly fees: number;
  /** Net of all fees, quote. While open: with the rest at its mark; null where no mark was given. */
  readonly profit: number | null;
  /** `profit / (quantity x entryPrice)`. */
  readonly profitFraction: number | null;
  /** Reason of the closing fill; null while open or where it gave none. */
  readonly exitReason: string | null;
  readonly open: boolean;
}

interface Trip {
  readonly market: string;
  readonly sign: 1 | -1;
  readonly entryTime: number;
  /** Held now, signed base units; kept by the same additions as the account's, so that both are flat together. */
  held: number;
  entered: number;
  entryCost: number;
  exited: number;
  exitValue: number;
  fees: number;
}

/** What is left of a trip after a closing fill and smaller than this share of it is rounding, not a position. */
const DUST = 1e-12;

/**
 * Pairs the fills of each market first in, first out into round trips: closed ones in the order of their closing, then the open ones.
 * Within a trip the pairing only says which units are left; its profit, sold minus bought minus fees, is the same for every pairing.
 * A fill that goes through zero closes one trip and opens the next, its fee shared by quantity. Fills oldest first.
 * `marks`: last price by market, quote, for trips still open. Throws a RangeError for a fill whose quantity is not > 0.
 */
export function roundTrips(fills: readonly Fill[], marks: ReadonlyMap<string, number> = new Map()): RoundTrip[] {
  const current = new Map<string, Trip>();
  const trips: RoundTrip[] = [];
  for (const booked of fills) {
    const fill = received(booked);
    if (!(fill.quantity > 0)) {
      throw new RangeError(
        `Expected a fill's quantity > 0, received ${fill.quantity} in ${fill.market} at ${fill.time}; its side says the sign`,
      );
    }
    const sign = fill.side === 'buy' ? 1 : -1;
    const trip = current.get(fill.market);
    if (trip === undefined) {
      current.set(fill.market, enter(fill, sign, fill.quantity));
    } else if (trip.sign === sign) {
      trip.held += sign * fill.quantity;
      trip.entered += fill.quantity;
      trip.entryCost += fill.quantity * fill.price;
      trip.fees += fill.fee;
    } else {
      const before = Math.abs(trip.held);
      const after = trip.held + sign * fill.quantity;
      const flat = Math.abs(after) <= DUST * trip.entered;
      const through = !flat && Math.sign(after) === sign;
      const closing = through ? before : fill.quantity;
      trip.held = after;
      trip.exited += closing;
      trip.exitValue += closing * fill.price;
      trip.fees += through ? (fill.fee * closing) / fill.quantity : fill.fee;
      if (flat || through) {
        trips.push(close(trip, fill));
        current.delete(fill.market);
      }
      if (through) current.set(fill.market, enter(fill, sign, Math.abs(after)));
    }
  }
  for (const trip of current.values()) trips.push(mark(trip, marks.get(trip.market)));
  return trips;
}

/** A purchase by the units that were received: of one whose fee was taken in units those are fewer, and worth what was paid less the fee. */
function received(fill: Fill): Fill {
  return fill.inBase ? { ...fill, quantity: fill.quantity - fill.fee / fill.price } : fill;
}

function enter(fill: Fill, sign: 1 | -1, quantity: number): Trip {
  return {
    market: fill.market,
    sign,
    entryTime: fill.time,
    held: sign * quantity,
    entered: quantity,
    entryCost: quantity * fill.price,
    exited: 0,
    exitValue: 0,
    fees: (fill.fee * quantity) / fill.quantity,
  };
}

function close({ market, sign, entryTime, entered, entryCost, exited, exitValue, fees }: Trip, fill: Fill): RoundTrip {
  const profit = sign * (exitValue - entryCost) - fees;
  return {
    market,
    side: sign > 0 ? 'long' : 'short',
    entryTime,
    exitTime: fill.time,
    quantity: entered,
    entryPrice: entryCost / entered,
    exitPrice: exitValue / exited,
    fees,
    profit,
    profitFraction: profit / entryCost,
    exitReason: fill.reason ?? null,
    open: false,
  };
}

function mark({ market, sign, entryTime, held, entered, entryCost, exitValue, fees }: Trip, price: number | undefined): RoundTrip {
  const profit = price === undefined ? null : sign * (exitValue - entryCost) + held * price - fees;
  return {
    market,
    side: sign > 0 ? 'long' : 'short',
    entryTime,
    exitTime: null,
    quantity: entered,
    entryPrice: entryCost / entered,
    exitPrice: null,
    fees,
    profit,
    profitFraction: profit === null ? null : profit / entryCost,
    exitReason: null,
    open: true,
  };
}
