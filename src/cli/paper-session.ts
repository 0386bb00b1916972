import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { paperSettings } from '../config/paper.ts';
import type { Bars } from '../core/bars.ts';
import { firstRowAt, sliceBars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { download } from '../data/exchange/download.ts';
import { openBarStore } from '../data/store.ts';
import { driftBand } from '../live/drift.ts';
import { createLedger, type Ledger, openLedger, sessionFile } from '../live/ledger.ts';
import { createLiveSession, type LiveSession, refuseClock } from '../live/live-session.ts';
import { trainedModels } from '../live/models.ts';
import { createDelivery, type Delivery } from '../live/notify/delivery.ts';
import { createNotifier } from '../live/notify/notifier.ts';
import { replay } from '../live/replay.ts';
import type { Genesis, Session } from '../live/session.ts';
import { SessionError } from '../live/session-error.ts';
import { lockSession } from '../live/session-lock.ts';
import { soundFits } from '../live/sound-fits.ts';
import { createBarSource } from '../live/source.ts';
import { directoryForecastStore } from '../models/bundle.ts';
import type { Feeds } from './feeds.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { asBegun, changes, completionOf, type SessionBot } from './session-bot.ts';
import { storedRun } from './stored-run.ts';
import { version } from './version.ts';
import type { Workbench } from './workbench.ts';

/** A session in this process, open and held. */
export interface PaperSession {
  readonly name: string;
  readonly genesis: Genesis;
  readonly live: LiveSession;
  readonly ledger: Ledger;
  readonly delivery: Delivery;
  /** One line about where it stands. */
  readonly greeting: string;
  close(): void;
}

/** Slices of a session are looked for in so many bars before its first decision, where nothing else says how long the history is. */
const PLAIN_HISTORY = 500;

/** Opens the session of a bot, or begins it with the bars up to now. Throws a SessionError where it is held, or cannot go on. */
export async function openPaperSession(
  of: SessionBot,
  options: BotOptions,
  host: Host,
  feeds: Feeds,
  bench: Workbench,
): Promise<PaperSession> {
  const { workspace } = options;
  const { name } = of.bot;
  const file = sessionFile(workspace, name);
  const warn = (words: string) => {
    if (!options.quiet) print(host.stderr, `${name}: ${words}`);
  };
  const { notify } = paperSettings(of.loaded, host.environment);
  const lock = lockSession(file);
  let ledger: Ledger | undefined;
  try {
    const sources = await Promise.all(
      of.markets.map(async ({ market, exchange, symbol }) => {
        const onExchange = of.markets.filter((other) => other.exchange === exchange).map((other) => other.market);
        return { market, symbol, feed: await feeds.of(exchange, onExchange) };
      }),
    );
    const known = existsSync(file);
    ledger = known ? openLedger(file, 'write') : await begin(file, of, sources, options, host);
    const session = ledger.read();
    const { genesis } = session;
    const around = { ...bench.around, fits: soundFits(bench.around.fits, warn) };
    refuseChanges(genesis, of, file);
    const bot = asBegun(of.bot, genesis);
    if (known) await selfCheck(session, bot, of, around, workspace);
    const live = createLiveSession({
      bot,
      settings: of.settings,
      ledger,
      source: createBarSource(sources, genesis.intervalMs),
      models: await trainedModels(bot, around),
      fits: around.fits,
      clock: { now: host.now, sleep: host.sleep },
      signal: host.signal,
      version: version(),
      onProblem: warn,
      ...(of.funding && { funding: of.funding }),
      ...(host.crashPoint && { crashPoint: host.crashPoint }),
    });
    await live.open(session);
    const opened = ledger;
    return {
      name,
      genesis,
      live,
      ledger,
      delivery: createDelivery({
        outbox: ledger,
        notifiers: notify.map((settings) => createNotifier(settings)),
        bot: name,
        now: host.now,
        onProblem: (channel, words) => warn(`${channel}: ${words}`),
      }),
      greeting:
        greeting(session, known) +
        (bot.rules.fill === 'this-close' || bot.rules.optimistic ? '; OPTIMISTIC: its orders fill as nobody can trade' : ''),
      close() {
        live.close();
        opened.close();
        lock.release();
      },
    };
  } catch (error) {
    ledger?.close();
    lock.release();
    throw error;
  }
}

/** A new session: its history are the bars of the store, brought up to now. */
async function begin(
  file: string,
  { loaded, bot, markets }: SessionBot,
  sources: Parameters<typeof createBarSource>[0],
  options: BotOptions,
  host: Host,
): Promise<Ledger> {
  const { workspace } = options;
  const { intervalMs } = loaded;
  const store = openBarStore(workspace);
  const begun = Math.min(...(await Promise.all([...new Set(sources.map(({ feed }) => feed))].map((feed) => feed.time()))));
  refuseClock(host.now() - begun, intervalMs);
  for (const { market, symbol, feed } of sources) {
    const from = bot.historyFrom ?? (await store.log(market, intervalMs)).from ?? begun - historyBars(bot) * intervalMs;
    await download({ feed, store, symbol, intervalMs, from, to: begun, now: host.now, signal: host.signal });
  }
  const data = await loadMarkets(loaded, workspace);
  const history = markets.map(({ market }): Bars => {
    const bars = data.find((one) => one.bars.market === market)!.bars;
    return sliceBars(bars, bot.historyFrom === undefined ? 0 : firstRowAt(bars, bot.historyFrom), firstRowAt(bars, begun - intervalMs + 1));
  });
  const empty = history.find(({ length }) => length === 0);
  if (empty) throw new DataError(`Expected closed bars of ${empty.market} to begin a session with, received none; mend history.from`);
  const from = Math.max(...history.map(({ openTime, length }) => openTime[length - 1]! + intervalMs));
  const genesis: Genesis = {
    name: bot.name,
    config: loaded.config,
    completion: completionOf(bot),
    version: version(),
    markets: markets.map(({ market }) => market),
    intervalMs,
    from,
    begun,
    // A bot that was never backtested has nothing to drift from.
    band: await storedRun(bot.name, workspace).then(driftBand, () => null),
  };
  return createLedger(file, genesis, history);
}

/** Bars that a bot's first fit needs, with room for the warm-up of its features. */
function historyBars({ model, frozen, ensemble }: SessionBot['bot']): number {
  const models = [model ?? frozen?.model, ...(ensemble?.members ?? [])].filter((one) => one !== undefined);
  return (
    PLAIN_HISTORY + Math.max(0, ...models.map(({ sampling, lookback, horizon }) => Math.ceil(1.1 * (sampling.window + lookback + horizon))))
  );
}

function refuseChanges(genesis: Genesis, of: SessionBot, file: string): void {
  const changed = changes(genesis, of);
  if (changed.length === 0) return;
  throw new SessionError(
    `${of.file}: Expected the bot that its session began with at ${isoInstant(genesis.begun)}, received a changed one (${changed.slice(0, 3).join('; ')}${changed.length > 3 ? `; ${changed.length - 3} more` : ''}); put it back, or give the bot another name, which begins another session (${file} stays)`,
  );
}

/** Replays the session before it goes on: a program that would decide otherwise than it did must not go on with it. */
async function selfCheck(
  session: Session,
  bot: SessionBot['bot'],
  { settings, funding }: SessionBot,
  around: Workbench['around'],
  workspace: string,
): Promise<void> {
  if (session.trace.closeTime.length === 0) return;
  const recorded = { bot, missed: settings.missed, ...(funding && { funding }) };
  const { identical, differences } = await replay(
    session,
    { ...around, forecasts: directoryForecastStore(join(workspace, 'cache', 'forecasts')) },
    { recorded },
  );
  if (identical) return;
  const [first] = differences;
  throw new SessionError(
    `Expected the session of ${session.genesis.name} to come out as it was decided, received ${differences.length} differences, the first at ${isoInstant(first?.time ?? 0)} in ${first?.what} (${first?.causes.join(', ')}); paperwalk replay lists them`,
  );
}

function greeting({ genesis, trace, historyRows }: Session, known: boolean): string {
  const interval = intervalName(genesis.intervalMs);
  if (!known)
    return `a new session on ${Math.max(...historyRows)} bars of ${interval}; the first decision is that of the bar that opens at ${isoInstant(genesis.from)}`;
  const last = trace.closeTime.at(-1);
  if (last === undefined) return `goes on before its first decision, with the bar that opens at ${isoInstant(genesis.from)}`;
  return `goes on after ${trace.closeTime.length} decisions, replayed and identical; the last one at ${isoInstant(last)}`;
}
