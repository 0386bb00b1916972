import { type Bars, firstRowAt } from '../core/bars.ts';
import { type CalendarName, nextOpening } from '../core/calendar.ts';
import { sameCandle } from '../data/exchange/candle-check.ts';
import { barsOf } from '../data/exchange/composition.ts';
import type { Candle } from '../data/exchange/feed.ts';
import { isOtherMarket } from '../data/exchange/overlap.ts';
import type { Observation } from './observation.ts';

/** Bars of one market as an exchange has just stated them: closed ones, oldest first. */
export interface Delivery {
  readonly bars: readonly Candle[];
  readonly refused: readonly { readonly time: number | null; readonly reason: string }[];
}

/** What was delivered for one close time; [market], undefined where nothing was. */
export interface Slice {
  readonly closeTime: number;
  readonly bars: readonly (Candle | undefined)[];
}

export interface SortingOptions {
  readonly markets: readonly string[];
  readonly intervalMs: number;
  readonly calendar: CalendarName;
  /** How long after its close a slice waits for markets whose bar is expected, ms. */
  readonly graceMs: number;
  /** What the session has of each market, [market]: history and bars delivered. */
  readonly known: () => readonly Bars[];
  /** Close time of the last slice of the session, or of its history, ms UTC. */
  readonly last: () => number;
}

/** From what exchanges state at one time to slices in order, and what there is to say about the rest. */
export interface Sorting {
  /** `now` is the exchange's time, ms UTC. */
  sort(deliveries: readonly Delivery[], now: number): Sorted;
  /** Takes note of what an earlier process has recorded. */
  recall(observation: Observation): void;
}

export interface Sorted {
  /** Ready to be decided, oldest first. */
  readonly slices: readonly Slice[];
  readonly observations: readonly Observation[];
  /** Markets that a slice is still waiting for. */
  readonly waiting: readonly string[];
  /** When the next bar is expected to close, ms UTC: later than what was sorted, unless it is waited for. */
  readonly next: number;
}

/** Bars expected in a row and not there, from which on a market is stale. */
const STALE = 3;

export function createSorting({ markets, intervalMs, calendar, graceMs, known, last }: SortingOptions): Sorting {
  /** What is known of bars that differ from those decided on, or that came too late, by market and opening time. */
  const absent = new Set<string>();
  const refusedBars = new Set<string>();
  const stated = new Map<string, Candle>();
  /** Opening times of bars after which it has been told that none came, by market. */
  const stalled = new Map<string, number>();
  const placeOf = (market: string, openTime: number | null) => `${market} ${openTime}`;

  return {
    recall(observation) {
      if (observation.kind === 'absent') absent.add(placeOf(observation.market, observation.bar.openTime));
      if (observation.kind === 'revision') stated.set(placeOf(observation.market, observation.now.openTime), observation.now);
      if (observation.kind === 'stale') stalled.set(observation.market, observation.openTime);
    },
    sort(deliveries, now) {
      const before = last();
      const bars = known();
      const observations: Observation[] = [];
      const fresh = deliveries.map((delivery, m) => {
        const market = markets[m]!;
        const { bars: delivered, refused } = ofMarket(bars[m]!, delivery);
        for (const { time: openTime, reason } of refused) {
          const place = placeOf(market, openTime) + reason;
          if (refusedBars.has(place)) continue;
          refusedBars.add(place);
          observations.push({ kind: 'refusedBar', slice: before, market, openTime, reason });
        }
        const later = new Map<number, Candle>();
        for (const bar of delivered) {
          const closeTime = bar.openTime + intervalMs;
          if (closeTime > now) continue;
          if (closeTime > before) later.set(closeTime, bar);
          else observations.push(...lookBack(market, bars[m]!, bar));
        }
        return later;
      });

      const slices: Slice[] = [];
      const lastOpening = bars.map(({ openTime, length }) => (length > 0 ? openTime[length - 1]! : Number.NaN));
      for (const closeTime of [...new Set(fresh.flatMap((later) => [...later.keys()]))].sort((a, b) => a - b)) {
        const row = fresh.map((later) => later.get(closeTime));
        const awaited = markets.filter((_, m) => row[m] === undefined && expects(lastOpening[m]!, closeTime));
        if (awaited.length > 0 && now < closeTime + graceMs) return { slices, observations, waiting: awaited, next: closeTime };
        slices.push({ closeTime, bars: row });
        row.forEach((bar, m) => {
          if (bar) lastOpening[m] = bar.openTime;
        });
      }
      markets.forEach((market, m) => {
        const openTime = lastOpening[m]!;
        if (!isStale(openTime, now) || stalled.get(market) === openTime) return;
        stalled.set(market, openTime);
        observations.push({ kind: 'stale', slice: before, market, openTime });
      });
      const nextClose = Math.min(...lastOpening.map((time) => nextOpening(calendar, intervalMs, time) + intervalMs));
      const due = nextClose <= now && now < latestClose(nextClose, now) + graceMs;
      return { slices, observations, waiting: due ? markets.filter((_, m) => expects(lastOpening[m]!, now)) : [], next: nextClose };
    },
  };

  function isStale(lastOpening: number, now: number): boolean {
    if (Number.isNaN(lastOpening)) return false;
    let opening = lastOpening;
    for (let k = 0; k < STALE; k++) opening = nextOpening(calendar, intervalMs, opening);
    return opening + intervalMs + graceMs <= now;
  }

  /** Whether a market whose last bar opened then should have one that closes until `time`. */
  function expects(lastOpening: number, time: number): boolean {
    return Number.isNaN(lastOpening) || nextOpening(calendar, intervalMs, lastOpening) + intervalMs <= time;
  }

  /** The last close until now of bars that close at multiples of the interval from `close` on. */
  function latestClose(close: number, now: number): number {
    return close + Math.floor((now - close) / intervalMs) * intervalMs;
  }

  /** A bar of a slice that was decided already: as it was, stated otherwise, or new. */
  function lookBack(market: string, bars: Bars, bar: Candle): Observation[] {
    const { openTime } = bar;
    const place = placeOf(market, openTime);
    const row = firstRowAt(bars, openTime);
    if (bars.openTime[row] !== openTime) {
      if (absent.has(place) || openTime < (bars.openTime[0] ?? Number.POSITIVE_INFINITY)) return [];
      absent.add(place);
      return [{ kind: 'absent', slice: openTime + intervalMs, market, bar }];
    }
    const before = stated.get(place) ?? candleAt(bars, row);
    if (sameCandle(before, bar)) return [];
    stated.set(place, bar);
    return [{ kind: 'revision', slice: openTime + intervalMs, market, before, now: bar }];
  }
}

/** A delivery of which nothing fits what is known of its market counts as none. */
function ofMarket(known: Bars, delivery: Delivery): Delivery {
  if (delivery.bars.length === 0 || !isOtherMarket(known, barsOf(known.market, known.intervalMs, delivery.bars))) return delivery;
  return { bars: [], refused: [{ time: null, reason: `expected bars of ${known.market}, received those of another market` }] };
}

export function candleAt({ openTime, open, high, low, close, volume }: Bars, row: number): Candle {
  return {
    openTime: openTime[row]!,
    open: open[row]!,
    high: high[row]!,
    low: low[row]!,
    close: close[row]!,
    volume: volume[row]!,
  };
}
