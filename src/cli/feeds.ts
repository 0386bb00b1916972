import { type ExchangeFeed, openFeed } from '../data/exchange/client.ts';
import { recentInformation } from '../data/exchange/download.ts';
import { openBarStore } from '../data/store.ts';
import { mirror } from './fetch.ts';
import type { Host } from './host.ts';

/** One feed an exchange, opened when it is first asked for and shared by all sessions of a process. Built without keys. */
export interface Feeds {
  /** `markets` are names of the store on that exchange: what is known of them need not be asked again. */
  of(exchange: string, markets: readonly string[]): Promise<ExchangeFeed>;
  close(): Promise<void>;
}

export function createFeeds(host: Host, workspace: string): Feeds {
  const opened = new Map<string, Promise<ExchangeFeed>>();
  const open = async (exchange: string, markets: readonly string[]) => {
    const redirect = mirror(host.environment.PAPERWALK_EXCHANGE_URL);
    const store = openBarStore(workspace);
    const known = await Promise.all(markets.map((market) => recentInformation(store, market, host.now())));
    return openFeed(exchange, {
      clock: { now: host.now, sleep: host.sleep },
      signal: host.signal,
      known: known.filter((information) => information !== undefined),
      ...(redirect !== undefined && { redirect }),
    });
  };
  return {
    of(exchange, markets) {
      const feed = opened.get(exchange) ?? open(exchange, markets);
      opened.set(exchange, feed);
      return feed;
    },
    async close() {
      for (const feed of await Promise.allSettled(opened.values())) if (feed.status === 'fulfilled') await feed.value.close();
    },
  };
}
