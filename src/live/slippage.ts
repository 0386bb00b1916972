import type { Event, Side } from '../core/trace.ts';
import { type Band, band } from '../statistics/band.ts';
import type { Observation } from './observation.ts';

/** What a market order cost in the simulation, and what the market asked for at that moment. Fractions of the price, positive where it was worse. */
export interface MeasuredFill {
  readonly id: string;
  readonly market: string;
  /** ms UTC. */
  readonly time: number;
  readonly side: Side;
  readonly measured: number;
  readonly simulated: number;
}

/** Slippages that were measured; as JSON in a file it is one that `costs: { slippage: { measured: FILE } }` reads, unless it is empty. */
export interface SlippageSample {
  /** Fractions of the price, oldest first. */
  readonly sample: readonly number[];
  readonly count: number;
  /** Null without a fill. */
  readonly measured: Band | null;
  /** Of the same fills. */
  readonly simulated: Band | null;
}

/**
 * The fills of a session that can be held against a quote. With the price before slippage as reference (price - or + slippage per unit),
 * a purchase has `ask / reference - 1`, a sale `1 - bid / reference`.
 *
 * Counted are market orders that filled at the close they were decided at, where that slice has a quote with the side in question: a fill
 * after a night or a gap, at the next close, or of what the volume cap left over, is away from the quote by what the market moved, and
 * that is no slippage. The quote itself is some seconds later than the reference, which adds noise but no direction. A quote of twice the
 * price or of nothing is taken for an error.
 */
export function measuredFills(events: readonly Event[], observations: readonly Observation[]): readonly MeasuredFill[] {
  const quotes = new Map<string, Extract<Observation, { kind: 'quote' }>>();
  for (const seen of observations) {
    if (seen.kind !== 'quote') continue;
    const key = keyOf(seen.slice, seen.market);
    if (!quotes.has(key)) quotes.set(key, seen);
  }
  const decidedAt = new Map<string, number>();
  const found: MeasuredFill[] = [];
  for (const event of events) {
    if (event.kind === 'order' && event.order.kind === 'market') decidedAt.set(event.order.id, event.order.decidedAt);
    if (event.kind !== 'fill' || decidedAt.get(event.id) !== event.time) continue;
    const { id, market, time, side, quantity, price, slippage } = event;
    const quote = quotes.get(keyOf(time, market));
    const offered = side === 'buy' ? quote?.ask : quote?.bid;
    if (offered === undefined || offered === null) continue;
    const sign = side === 'buy' ? 1 : -1;
    const worse = slippage / quantity;
    const reference = price - sign * worse;
    const measured = sign * (offered / reference - 1);
    if (Math.abs(measured) < 1) found.push({ id, market, time, side, measured, simulated: worse / reference });
  }
  return found;
}

/** The distribution of what was measured, beside what the simulation took for the same fills. */
export function slippageSample(fills: readonly MeasuredFill[]): SlippageSample {
  const sample = fills.map(({ measured }) => measured);
  const some = fills.length > 0;
  return {
    sample,
    count: fills.length,
    measured: some ? band(sample) : null,
    simulated: some ? band(fills.map(({ simulated }) => simulated)) : null,
  };
}

function keyOf(slice: number, market: string): string {
  return `${slice} ${market}`;
}
