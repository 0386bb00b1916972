import { loadCcxtClient } from '../../../src/data/exchange/ccxt-client.ts';
import { createFeed, type ExchangeFeed, type FeedOptions } from '../../../src/data/exchange/client.ts';
import type { Clock } from '../../../src/data/exchange/patience.ts';

/** A clock that only sleeping moves; it keeps the pauses. */
export interface FakeClock extends Clock {
  readonly pauses: readonly number[];
}

export function fakeClock(start = Date.UTC(2030, 0, 1)): FakeClock {
  const pauses: number[] = [];
  let now = start;
  return {
    pauses,
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
      now += ms;
    },
  };
}

/** A feed on the real client without its own pace, since a local exchange sets none. */
export async function testFeed(id: string, url: string, options: Partial<FeedOptions> = {}): Promise<ExchangeFeed> {
  const client = await loadCcxtClient(id);
  client.enableRateLimit = false;
  return createFeed(client, { clock: fakeClock(), redirect: url, ...options });
}
