import { ConfigError } from '../config/config-error.ts';
import { intervalMs as msOf } from '../core/interval.ts';
import { openFeed } from '../data/exchange/client.ts';
import { type Download, download, recentInformation } from '../data/exchange/download.ts';
import { type Holdings, holdings } from '../data/exchange/holdings.ts';
import { formatInstant, instantOf } from '../data/instant.ts';
import { openBarStore } from '../data/store.ts';
import { count, counted } from '../report/format.ts';
import { concurrently } from '../walk/concurrently.ts';
import { ExitCode, exitCodeOf, messageOf } from './exit-code.ts';
import { createFetchProgress } from './fetch-progress.ts';
import { type CommonOptions, type Host, print } from './host.ts';

export interface FetchOptions extends CommonOptions {
  readonly from: string;
  readonly to?: string;
}

type Outcome =
  | { readonly kind: 'done'; readonly result: Download; readonly stored: Holdings }
  | { readonly kind: 'failed'; readonly market: string; readonly error: Error };

/** Markets downloaded side by side; the exchange's rate limit holds for all of them together. */
const SIDE_BY_SIDE = 4;
/** Refused candles that --json lists of a market. */
const LISTED = 100;

/** Downloads the closed bars of one exchange's markets into the store. A market that fails stops no other; the worst exit code is the answer. */
export async function run(args: readonly string[], options: FetchOptions, host: Host): Promise<number> {
  const { exchange, symbols, interval, intervalMs, from, to } = asked(args, options, host.now());
  const redirect = mirror(host.environment.PAPERWALK_EXCHANGE_URL);
  const store = openBarStore(options.workspace);
  const known = await Promise.all(symbols.map((symbol) => recentInformation(store, `${exchange}:${symbol}`, host.now())));
  const feed = await openFeed(exchange, {
    clock: { now: host.now, sleep: host.sleep },
    signal: host.signal,
    known: known.filter((information) => information !== undefined),
    ...(redirect !== undefined && { redirect }),
  });
  const progress = options.quiet ? undefined : createFetchProgress(host);

  const fetchOne = async (symbol: string): Promise<Outcome> => {
    try {
      const { signal, now } = host;
      const onProgress = progress && { onProgress: progress.show };
      const result = await download({ feed, store, symbol, intervalMs, from, to, now, signal, ...onProgress });
      return { kind: 'done', result, stored: await holdings(store, result.market, intervalMs) };
    } catch (error) {
      if (host.signal.aborted || !(error instanceof Error) || exitCodeOf(error) === ExitCode.bug) throw error;
      return { kind: 'failed', market: `${exchange}:${symbol}`, error };
    }
  };
  try {
    const outcomes = await concurrently(symbols, SIDE_BY_SIDE, fetchOne);
    progress?.close();
    if (options.json) {
      const markets = outcomes.map(record);
      print(host.stdout, JSON.stringify({ schema: 'paperwalk/fetch@1', exchange, interval, markets, calls: feed.requests() }));
    }
    for (const outcome of outcomes) {
      if (outcome.kind === 'failed') print(host.stderr, messageOf(outcome.error));
      else if (codeOf(outcome) === ExitCode.data) print(host.stderr, absence(outcome.result.market, interval, from, to));
      else if (!options.json && !options.quiet) print(host.stdout, summary(outcome, interval));
    }
    return Math.max(...outcomes.map(codeOf));
  } finally {
    progress?.close();
    await feed.close();
  }
}

/** What the command line asks for. Throws a ConfigError where it is not sense. */
function asked([exchange = '', ...rest]: readonly string[], options: FetchOptions, now: number) {
  const interval = rest.at(-1) ?? '';
  const symbols = [...new Set(rest.slice(0, -1))];
  let intervalMs: number;
  try {
    intervalMs = msOf(interval);
  } catch (error) {
    throw new ConfigError([`${(error as Error).message}; the interval comes last, as in paperwalk fetch binance BTC/USDT 4h`]);
  }
  if (symbols.length === 0) {
    throw new ConfigError([`Expected a symbol such as BTC/USDT before the interval, received paperwalk fetch ${exchange} ${interval}`]);
  }
  const from = bound('--from', options.from);
  const to = options.to === undefined ? now : bound('--to', options.to);
  if (from >= now) throw new ConfigError([`--from: Expected an instant in the past, received ${options.from}`]);
  if (from >= to) throw new ConfigError([`--to: Expected an instant after --from ${options.from}, received ${options.to}`]);
  return { exchange, symbols, interval, intervalMs, from, to };
}

function bound(option: string, text: string): number {
  const instant = instantOf(text);
  if (instant >= 0) return instant;
  throw new ConfigError([
    `${option}: Expected a date or an instant since 1970 such as 2024-03-01 or 2024-03-01T04:00Z, received ${JSON.stringify(text)}`,
  ]);
}

/** The address that requests to exchanges go to instead. Throws a ConfigError where it is none. */
export function mirror(url: string | undefined): string | undefined {
  if (!url) return undefined;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new ConfigError([`PAPERWALK_EXCHANGE_URL: Expected an address such as https://mirror.example, received ${JSON.stringify(url)}`]);
}

/** Where all that came was refused, the exchange has failed; where nothing came and nothing was there, data are missing. */
function codeOf(outcome: Outcome): number {
  if (outcome.kind === 'failed') return exitCodeOf(outcome.error);
  if (outcome.stored.bars > 0) return ExitCode.done;
  return outcome.result.refused.length > 0 ? ExitCode.outside : ExitCode.data;
}

function record(outcome: Outcome) {
  if (outcome.kind === 'failed') return { market: outcome.market, error: messageOf(outcome.error) };
  const { result, stored } = outcome;
  const { bars, from, to, gaps, missing, dropped, unanswered, warnings } = stored;
  const instant = (time: number | null) => (time === null ? null : formatInstant(time));
  return {
    market: result.market,
    bars,
    added: result.added,
    revised: result.revised,
    refused: result.refused.slice(0, LISTED).map(({ time, reason }) => ({ time: instant(time), reason })),
    refusedCandles: result.refused.length,
    from: instant(from),
    to: instant(to),
    calls: result.calls,
    gaps,
    missing,
    dropped,
    unanswered,
    warnings,
    fundingRates: result.fundingRates,
  };
}

function summary({ result, stored }: Outcome & { readonly kind: 'done' }, interval: string): string {
  const { bars, from, to, gaps, warnings } = stored;
  if (from === null || to === null) return `${result.market} ${interval}: no bars${refusals(result)}`;
  const parts = [
    `${count(bars)} bars, ${formatInstant(from)} to ${formatInstant(to)}`,
    `${count(result.added)} new`,
    ...(result.revised > 0 ? [`${count(result.revised)} revised by the exchange`] : []),
    ...(gaps > 0 ? [`${counted(gaps, 'gap')} (${absent(stored)})`] : []),
    ...(result.fundingRates > 0 ? [`${count(result.fundingRates)} new funding rates`] : []),
  ];
  const odd = warnings > 0 ? `\n  ${counted(warnings, 'warning')} about these bars; paperwalk bars ${result.market} says where` : '';
  return `${result.market} ${interval}: ${parts.join(', ')}${refusals(result)}${odd}`;
}

/** Why the bars within gaps are not there. */
function absent({ missing, dropped, unanswered }: Holdings): string {
  const reasons = [
    [missing, 'the exchange does not have'],
    [dropped, 'dropped by repairs'],
    [unanswered, 'not fetched'],
  ] as const;
  return reasons
    .filter(([bars]) => bars > 0)
    .map(([bars, reason], k) => `${k === 0 ? counted(bars, 'bar') : count(bars)} ${reason}`)
    .join(', ');
}

function absence(market: string, interval: string, from: number, to: number): string {
  return (
    `${market} ${interval}: Expected bars from ${formatInstant(from)} to ${formatInstant(to)}, received none; ` +
    'the exchange has no closed bars in that range, take another'
  );
}

function refusals({ refused }: Download): string {
  const [first] = refused;
  if (!first) return '';
  const where = first.time === null ? '' : ` at ${formatInstant(first.time)}`;
  return `\n  ${counted(refused.length, 'candle')} refused, the first${where}: ${first.reason}; the next fetch asks for them again`;
}
