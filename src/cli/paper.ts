import { ConfigError } from '../config/config-error.ts';
import { isoInstant } from '../core/instant.ts';
import type { TickReport } from '../live/live-session.ts';
import type { ScheduledTicks } from '../live/schedule.ts';
import { moment, money, percent } from '../report/format.ts';
import { caughtUp, tickLine } from '../report/paper-text.ts';
import { ExitCode, exitCodeOf, messageOf } from './exit-code.ts';
import { createFeeds } from './feeds.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { openPaperSession, type PaperSession } from './paper-session.ts';
import { type SessionBot, sessionBot } from './session-bot.ts';
import { openWorkbench } from './workbench.ts';

export interface PaperOptions extends BotOptions {
  readonly once?: boolean;
}

/** How long a stop waits for what is being told, ms. */
const LAST_WORDS = 3000;

/** Runs bots forward: each on its own schedule, until it is stopped; with --once one tick of each. */
export async function run(files: readonly string[], options: PaperOptions, host: Host): Promise<number> {
  const bots: SessionBot[] = [];
  for (const file of files) bots.push(await sessionBot(file, options, host));
  const twice = bots.find(({ bot }, k) => bots.findIndex((other) => other.bot.name === bot.name) < k);
  if (twice)
    throw new ConfigError([
      `${twice.file}: Expected bots with names of their own, received ${twice.bot.name} twice; a session is known by its name`,
    ]);
  const feeds = createFeeds(host, options.workspace);
  const bench = openWorkbench(host, options.workspace);
  const sessions: { readonly of: SessionBot; readonly session: PaperSession }[] = [];
  try {
    for (const of of bots) {
      const session = await openPaperSession(of, options, host, feeds, bench);
      sessions.push({ of, session });
      say(options, host, `${session.name}: ${session.greeting}`);
    }
    const desks = sessions.map(({ of, session }) => createDesk(of, session, options, host));
    if (options.once) {
      for (const desk of desks) await desk.once();
      if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/paper@1', sessions: desks.map((desk) => desk.summary()) }));
      return ExitCode.done;
    }
    return await loop(desks, options, host);
  } finally {
    for (const { session } of sessions) session.close();
    await feeds.close();
    await bench.close();
  }
}

/** Ticks until a person stops it (130), or until something that no later tick can mend. */
async function loop(desks: readonly Desk[], options: PaperOptions, host: Host): Promise<number> {
  const stop = new AbortController();
  let code: number = ExitCode.interrupted;
  const ended = new Promise<void>((resolve) => {
    host.signal.addEventListener('abort', () => resolve(), { once: true });
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
    if (host.signal.aborted) resolve();
  });
  const give = (error: unknown) => {
    if (host.signal.aborted || stop.signal.aborted) return;
    code = exitCodeOf(error);
    print(host.stderr, messageOf(error));
    if (options.debug && error instanceof Error) print(host.stderr, error.stack ?? '');
    stop.abort();
  };
  const scheduled: ScheduledTicks[] = [];
  try {
    for (const desk of desks) {
      // What has closed while nobody looked is decided at once.
      await desk.tick().catch(give);
      if (stop.signal.aborted || host.signal.aborted) break;
      const ticks = await host.schedule.start(
        desk.cron,
        () => (stop.signal.aborted || host.signal.aborted ? Promise.resolve() : desk.tick().catch(give)),
        (skip, at) => desk.skipped(skip, at),
      );
      scheduled.push(ticks);
      say(options, host, `${desk.name}: next tick at ${moment(isoInstant(ticks.next()))} UTC`);
    }
    if (!stop.signal.aborted) await ended;
  } finally {
    await Promise.all(scheduled.map((ticks) => ticks.stop()));
  }
  await Promise.all(desks.map((desk) => desk.lastWords()));
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/paper@1', sessions: desks.map((desk) => desk.summary()) }));
  else for (const desk of desks) say(options, host, desk.farewell());
  return code;
}

/** Lines go where they disturb no document. */
function say({ json, quiet }: PaperOptions, host: Host, text: string): void {
  if (!quiet) print(json ? host.stderr : host.stdout, text);
}

/** What looks after one session: its ticks, and what is said of them. */
interface Desk {
  readonly name: string;
  readonly cron: string;
  /** Throws only what no later tick can mend. */
  tick(): Promise<void>;
  /** A tick whose failure is the answer. */
  once(): Promise<void>;
  skipped(skip: 'overlap' | 'missed', at: number): void;
  lastWords(): Promise<void>;
  farewell(): string;
  summary(): unknown;
}

function createDesk(of: SessionBot, session: PaperSession, options: PaperOptions, host: Host): Desk {
  const { name, live, delivery, genesis, ledger } = session;
  const { capital } = of.bot.rules;
  let trouble: string | undefined;
  let last: TickReport['slices'][number] | undefined;
  let decided = 0;

  const show = ({ slices, messages, modelAge }: TickReport) => {
    const slice = slices.at(-1);
    if (slice) {
      last = slice;
      decided += slices.length;
      if (slices.length > 1) say(options, host, `${name}: ${caughtUp(slices)}`);
      const view = { slice, markets: genesis.markets, capital, modelAge, forecasts: of.bot.model !== undefined };
      say(options, host, `${name}: ${tickLine(view)}`);
    }
    // Of bars that closed while nobody looked, what happened then is in the ledger; what is the matter now is said.
    const since = slices.length > 1 ? slice!.closeTime - genesis.intervalMs : Number.NEGATIVE_INFINITY;
    for (const { kind, text, time } of messages) if (time >= since && kind !== 'order') say(options, host, `${name}:   ${text}`);
  };

  const tick = async () => {
    const report = await live.tick();
    if (trouble !== undefined) print(host.stderr, `${name}: back again, ${report.slices.length} bars decided`);
    trouble = undefined;
    show(report);
    host.crashPoint?.('told');
  };

  return {
    name,
    cron: of.settings.cron,
    async tick() {
      try {
        await tick();
      } catch (error) {
        if (host.signal.aborted) return;
        const mended = error instanceof Error && (error.name === 'ExchangeError' || error.name === 'SessionError');
        if (!mended) throw error;
        // Said once: an exchange that is away for hours is one piece of news.
        const words = messageOf(error);
        const kind = error.name;
        if (trouble !== kind) {
          print(host.stderr, `${name}: ${words}; the session waits and goes on by itself`);
          live.alert(words);
        }
        trouble = kind;
      }
      void delivery.run(host.signal);
    },
    async once() {
      await tick();
      await delivery.run(host.signal);
    },
    skipped(skip, at) {
      live.skipped(`the tick of ${isoInstant(at)}: ${skip}`);
      const why = skip === 'overlap' ? 'the one before is still at work' : 'the process did not get to it';
      if (!options.quiet) print(host.stderr, `${name}: the tick of ${isoInstant(at)} was skipped, ${why}; the next one decides its bars`);
    },
    async lastWords() {
      const limit = new AbortController();
      const told = delivery.run(limit.signal);
      await Promise.race([told, host.sleep(LAST_WORDS).then(() => limit.abort())]);
    },
    farewell() {
      const stands = last
        ? `, equity ${money(last.equity)} (${percent(last.equity / capital - 1)}), holding ${percent(last.holding / capital - 1)}`
        : '';
      return `${name}: stopped after ${decided} decisions in this process${stands}; the same command goes on`;
    },
    summary() {
      const { closeTime, equity, holding } = ledger.summary().last ?? {};
      return {
        name,
        decided,
        last: closeTime === undefined ? null : isoInstant(closeTime),
        equity: equity ?? null,
        holding: holding ?? null,
      };
    },
  };
}
