import { type Bars, sliceBars } from '../../src/core/bars.ts';
import type { Order } from '../../src/core/order.ts';
import { createRandom } from '../../src/core/random.ts';
import type { State } from '../../src/core/trace.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import type { Genesis, Session, TickRecord } from '../../src/live/session.ts';
import { HOUR, hourlyBars, START } from '../data/market.ts';

export const MARKETS = ['binance:BTC/USDT', 'binance:ETH/USDT'];
const HISTORY = 20;
const markets = MARKETS.map((market, m): Bars => ({ ...hourlyBars(400, m + 1), market }));

export const history = markets.map((bars) => sliceBars(bars, 0, HISTORY));
export const genesis: Genesis = {
  name: 'demo',
  // The order of entries is part of a config.
  config: { name: 'demo', features: { z: 1, a: 'é😀' }, nothing: null },
  completion: {},
  version: '0.1.0',
  markets: MARKETS,
  intervalMs: HOUR,
  from: START + HISTORY * HOUR,
  begun: START + HISTORY * HOUR + 5000,
  band: null,
};

const candle = (bars: Bars, row: number): Candle => ({
  openTime: bars.openTime[row]!,
  open: bars.open[row]!,
  high: bars.high[row]!,
  low: bars.low[row]!,
  close: bars.close[row]!,
  volume: bars.volume[row]!,
});

export function stateAfter(slice: number): State {
  const account = { cash: 1000 - slice / 3, fees: 0.1, slippage: 0, funding: 0, interest: 0, shortfall: 0, losses: 0, positions: [] };
  return { schema: 1, slice, account, open: [orderOf(slice)], memory: { [MARKETS[1]!]: [1, 2], [MARKETS[0]!]: [] }, guards: { '': [0] } };
}

function orderOf(slice: number): Order {
  const decidedAt = START + (HISTORY + slice + 1) * HOUR;
  const id = `demo:${MARKETS[0]}:${decidedAt}:1`;
  return {
    id,
    market: MARKETS[0]!,
    kind: 'market',
    side: 'buy',
    decidedAt,
    reason: 'threshold',
    target: true,
    bars: 0,
    exposure: 0.1 * slice,
  };
}

/**
 * The tick numbered k, from 0 on: a slice (every fifth has two, every seventh none), now and then a market without its bar, unknown numbers, and
 * something of all else that a tick can hold.
 */
export function tickOf(k: number): TickRecord {
  const random = createRandom(k);
  const slices = k % 7 === 6 ? [] : k % 5 === 4 ? [2 * k, 2 * k + 1] : [2 * k];
  const last = slices.at(-1);
  const closeOf = (slice: number) => START + (HISTORY + slice + 1) * HOUR;
  return {
    at: START + (HISTORY + 2 * k + 1) * HOUR + 1234.5,
    slices: slices.map((slice) => ({
      closeTime: closeOf(slice),
      equity: 1000 * random.uniform(),
      holding: 1000 + random.uniform(),
      bars: markets.map((bars, m) => (m === 1 && k % 3 === 1 ? undefined : candle(bars, HISTORY + slice))),
      decisions: markets.map((_, m) => ({
        forecast: m === 0 && k < 3 ? Number.NaN : random.uniform() / 100,
        signal: k % 4 === 0 ? -0 : random.uniform() - 0.5,
        target: k % 2 === 0 ? Number.NaN : 1 / 3,
        exposure: -random.uniform(),
        reason: random.below(12),
      })),
    })),
    events: slices.map((slice) => ({ kind: 'order', time: closeOf(slice), order: orderOf(slice) })),
    observations: [
      ...(k === 0 ? [{ kind: 'opened', slice: null, at: START, version: '0.1.0', node: 'v20.0.0' } as const] : []),
      { kind: 'quote', slice: closeOf(2 * k), market: MARKETS[0]!, bid: 99.5, ask: null, last: -0, time: closeOf(2 * k) + 700 },
      { kind: 'skipped', slice: null, at: closeOf(2 * k), reason: 'half \ud800 of a pair, a \0 and "quotes"' },
    ],
    ...(last === undefined ? {} : { state: stateAfter(last), holdings: [stateAfter(last), stateAfter(last + 1)] }),
    messages: [{ id: `order:${k}`, time: closeOf(2 * k), kind: 'order', text: `bought ${k} — at once` }],
    answered: [],
  };
}

/** What a ledger of these ticks must read as, put together without one. */
export function sessionOf(ticks: readonly TickRecord[]): Session {
  const slices = ticks.flatMap((tick) => tick.slices);
  const column = (value: (slice: (typeof slices)[number]) => number) => Float64Array.from(slices, (slice) => value(slice) + 0);
  const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const last = ticks.findLast(({ state }) => state);
  return {
    genesis,
    bars: history.map((begun, m): Bars => {
      const delivered = slices.flatMap(({ bars }) => bars[m] ?? []);
      const joined = (name: keyof Candle) => Float64Array.from([...begun[name], ...delivered.map((bar) => bar[name])]);
      return {
        market: MARKETS[m]!,
        intervalMs: HOUR,
        length: HISTORY + delivered.length,
        openTime: joined('openTime'),
        open: joined('open'),
        high: joined('high'),
        low: joined('low'),
        close: joined('close'),
        volume: joined('volume'),
      };
    }),
    historyRows: history.map(({ length }) => length),
    trace: {
      closeTime: column(({ closeTime }) => closeTime),
      equity: column(({ equity }) => equity),
      market: MARKETS.map((market, m) => ({
        market,
        signal: column(({ decisions }) => decisions[m]!.signal),
        target: column(({ decisions }) => decisions[m]!.target),
        exposure: column(({ decisions }) => decisions[m]!.exposure),
        reason: Uint8Array.from(slices, ({ decisions }) => decisions[m]!.reason),
      })),
      events: json(ticks.flatMap(({ events }) => events)),
    },
    forecasts: MARKETS.map((_, m) => column(({ decisions }) => decisions[m]!.forecast)),
    holding: column(({ holding }) => holding),
    observations: json(ticks.flatMap(({ observations }) => observations)),
    state: last?.state,
    holdings: last?.holdings,
    broken: [],
  };
}
