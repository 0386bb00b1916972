import { createInterface } from 'node:readline';
import { intervalMs } from '../../src/core/interval.ts';
import { resolveSource } from '../../src/data/source.ts';
import type { Listing } from './dialect.ts';
import type { Fault } from './faults.ts';
import { type ExchangeOptions, startExchange } from './server.ts';

/** The argument of this program, as JSON: an exchange whose bars are named and whose clock is described. */
export interface ProcessConfig extends Pick<ExchangeOptions, 'dialect' | 'pageLimit' | 'rateLimit' | 'faults' | 'port'> {
  readonly forming?: 'included' | 'left out';
  readonly publishDelay?: number;
  /** `source` is a market of a bot file: `csv:path`, `synthetic:trend`; paths start from the current folder. `interval` is of the bars, such as `4h`. */
  readonly markets: readonly (Omit<Listing, 'bars'> & { readonly source: string; readonly interval: string })[];
  /** Where the clock starts, ms UTC, and how many of its ms pass in a real one; 0: it stands still. */
  readonly clock: { readonly from: number; readonly speed: number };
}

/** A line on standard input, as JSON: sets the clock, replaces the faults, or asks for the counts of calls, which come as a line of JSON. */
export type ProcessCommand =
  | { readonly kind: 'clock'; readonly from: number; readonly speed: number }
  | { readonly kind: 'script'; readonly faults: readonly Fault[] }
  | { readonly kind: 'calls' };

// `node --import tsx test/exchange/process.ts CONFIG` prints the URL as its first line and runs until standard input ends.
const { clock, markets, ...rest } = JSON.parse(process.argv[2] ?? '') as ProcessConfig;
let running = { ...clock, since: Date.now() };
const listings = await Promise.all(
  markets.map(async ({ source, interval, ...listing }) => {
    const options = { intervalMs: intervalMs(interval), baseDirectory: process.cwd(), workspaceDirectory: process.cwd() };
    return { ...listing, bars: (await resolveSource(source, options)).bars };
  }),
);
const exchange = await startExchange({
  ...rest,
  markets: listings,
  now: () => Math.floor(running.from + running.speed * (Date.now() - running.since)),
});
console.log(exchange.url);

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as ProcessCommand;
  switch (command.kind) {
    case 'clock':
      running = { ...command, since: Date.now() };
      break;
    case 'script':
      exchange.script(command.faults);
      break;
    case 'calls':
      console.log(JSON.stringify(exchange.calls()));
      break;
  }
}
await exchange.close();
