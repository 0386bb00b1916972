import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { isoInstant } from '../core/instant.ts';
import { nearestName } from '../core/nearest.ts';
import { ExchangeError } from '../data/exchange/exchange-error.ts';
import type { TickReport } from '../live/live-session.ts';
import type { ScheduledTicks } from '../live/schedule.ts';
import { SessionError } from '../live/session-error.ts';
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

/** What a bot file is not called. */
const VERBS = ['pause', 'resume', 'flatten', 'slippage'];

/** A wish that is misspelt must not be taken for the name of a file. */
function refuseVerb(file: string): void {
  const verb = existsSync(file) ? undefined : nearestName(file, VERBS);
  if (verb !== undefined)
    throw new ConfigError([`Expected a bot file, received ${JSON.stringify(file)}; did you mean paperwalk paper ${verb} BOT?`]);
}

/** Messages of one tick that are printed. */
const LISTED = 20;
/** How long a stop waits for what is being told, ms. */
const LAST_WORDS = 3000;

/** Runs bots forward: each on its own schedule, until it is stopped; with --once one tick of each. */
export async function run(files: readonly string[], options: PaperOptions, host: Host): Promise<number> {
  const bots: SessionBot[] = [];
  for (const file of files) {
    refuseVerb(file);
    bots.push(await sessionBot(file, options, host));
  }
  const twice = bots.find(({ bot }, k) => bots.findIndex((other) => other.bot.name === bot.name) < k);
  if (twice)
    throw new ConfigError([
      `${twice.file}: Expected bots with names of their own, received ${twice.bot.name} twice; a session is known by its name`,
    ]);
  const feeds = createFeeds(host, options.workspace);
  const bench = openWorkbench(host, options.workspace);
  const sessions: { readonly of: SessionBot; readonly session: PaperSession }[] = [];
  try {
    // One that cannot run stops no other; the first one's exit code is the answer.
    let code: number = ExitCode.done;
    const failed = (name: string, error: unknown) => {
      if (host.signal.aborted || bots.length === 1 || exitCodeOf(error) === ExitCode.bug) throw error;
      if (code === ExitCode.done) code = exitCodeOf(error);
      print(host.stderr, `${name}: ${messageOf(error)}`);
    };
    for (const of of bots) {
      try {
        const session = await openPaperSession(of, options, host, feeds, bench);
        sessions.push({ of, session });
        say(options, host, `${session.name}: ${session.greeting}`);
      } catch (error) {
        failed(of.bot.name, error);
      }
    }
    const desks = sessions.map(({ of, session }) => createDesk(of, session, options, host));
    if (options.once) {
      for (const desk of desks) await desk.once().catch((error: unknown) => failed(desk.name, error));
      if (options.json) printSummary(desks, host);
      return code;
    }
    return desks.length === 0 ? code : await loop(desks, options, host);
  } finally {
    for (const { session } of sessions) session.close();
    await feeds.close();
    await bench.close();
  }
}

/** Ticks until a person stops it (130), or until something that no later tick can mend. */
async function loop(desks: readonly Desk[], options: PaperOptions, host: Host): Promise<number> {
  const stop = new AbortController();
  const ticking = new Set(desks);
  let code: number = ExitCode.interrupted;
  const ended = AbortSignal.any([host.signal, stop.signal]);
  const tick = async (desk: Desk) => {
    if (ended.aborted || !ticking.has(desk)) return;
    try {
      await desk.tick();
    } catch (error) {
      if (host.signal.aborted) return;
      print(host.stderr, `${desk.name}: ${messageOf(error)}${desks.length > 1 ? '; it is stopped, the others go on' : ''}`);
      if (options.debug && error instanceof Error) print(host.stderr, error.stack ?? '');
      ticking.delete(desk);
      code = exitCodeOf(error);
      if (ticking.size === 0) stop.abort();
    }
  };
  const scheduled: ScheduledTicks[] = [];
  try {
    for (const desk of desks) {
      // What has closed while nobody looked is decided at once.
      await tick(desk);
      if (ended.aborted) break;
      const ticks = await host.schedule.start(
        desk.cron,
        () => tick(desk),
        (skip, at) => desk.skipped(skip, at),
      );
      scheduled.push(ticks);
      say(options, host, `${desk.name}: next tick at ${moment(isoInstant(ticks.next()))} UTC`);
    }
    if (!ended.aborted) await once(ended, 'abort');
  } finally {
    await Promise.all(scheduled.map((ticks) => ticks.stop()));
  }
  await Promise.all(desks.map((desk) => desk.lastWords()));
  if (options.json) printSummary(desks, host);
  else for (const desk of desks) say(options, host, desk.farewell());
  return code;
}

function printSummary(desks: readonly Desk[], host: Host): void {
  print(host.stdout, JSON.stringify({ schema: 'paperwalk/paper@1', sessions: desks.map((desk) => desk.summary()) }));
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
      const view = {
        slice,
        markets: genesis.markets,
        capital,
        modelAge,
        forecasts: of.bot.model !== undefined,
        frozen: of.bot.frozen !== undefined,
      };
      say(options, host, `${name}: ${tickLine(view)}`);
    }
    const said = messages.filter(({ kind }) => kind !== 'order');
    // Many bars may have closed while nobody looked.
    if (said.length > LISTED)
      say(options, host, `${name}:   ${said.length - LISTED} earlier messages are in the ledger; status lists the last`);
    for (const { text, time } of said.slice(-LISTED)) {
      say(options, host, `${name}:   ${slices.length > 1 ? `${moment(isoInstant(time))} ` : ''}${text}`);
    }
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
        if (!(error instanceof ExchangeError || (error instanceof SessionError && error.passing))) throw error;
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
      // What it has begun would never end otherwise.
      await live.idle();
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
        ? `, equity ${money(last.equity)} (${percent(last.equity / capital - 1)}), buy & hold ${percent(last.holding / capital - 1)}`
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
