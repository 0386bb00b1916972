import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DateTime } from 'luxon';
import { cronOf } from '../config/paper.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { lowerInterval } from '../data/exchange/download.ts';
import { exchangeSymbol } from '../data/market-text.ts';
import { nextTick } from '../live/cron.ts';
import { openLedger, refuseBroken, sessionFile } from '../live/ledger.ts';
import type { Genesis } from '../live/session.ts';
import { holderOf } from '../live/session-lock.ts';
import { LATEST_SLICES, type Standing, standing } from '../live/standing.ts';
import { type Forming, statusText } from '../report/status-text.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode, exitCodeOf, messageOf } from './exit-code.ts';
import { createFeeds, type Feeds } from './feeds.ts';
import { type BotOptions, colourful, type Host, print } from './host.ts';
import { existingSession } from './session-file.ts';
import { standingRules } from './standing-rules.ts';

export interface StatusOptions extends BotOptions {
  readonly quotes?: boolean;
}

/** A session to look at, by name; the cron expression where a bot file says it. */
interface Subject {
  readonly name: string;
  readonly find: () => Promise<{ readonly file: string; readonly cron?: string }>;
}

/** One session, read. */
interface Looked {
  readonly file: string;
  readonly standing: Standing;
  readonly nextTick: number;
  /** First bars after the last decision, where they were asked for. */
  readonly forming: readonly Forming[];
}

type Outcome = { readonly name: string } & (Looked | { readonly error: unknown });

const WIDTH = 100;

/** Where sessions stand: those of the bots, or all of a workspace, each by itself. The exit code is that of the first one that cannot be told. */
export async function run(files: readonly string[], options: StatusOptions, host: Host): Promise<number> {
  const { workspace, json } = options;
  const subjects = files.length > 0 ? files.map((file) => ofBot(file, options, host)) : await allSessions(workspace);
  const feeds = createFeeds(host, workspace);
  let code: number = ExitCode.done;
  const failed = (error: unknown, words: string) => {
    if (code === ExitCode.done) code = exitCodeOf(error);
    if (json || words !== '') print(host.stderr, words || messageOf(error));
  };
  const outcomes: Outcome[] = [];
  try {
    for (const { name, find } of subjects) {
      try {
        const { file, cron } = await find();
        const seen = look(file, cron, workspace, host.now());
        const forming = options.quotes ? await formingBars(seen.genesis, seen.standing, feeds) : [];
        outcomes.push({ name: seen.standing.name, ...seen, forming });
      } catch (error) {
        if (exitCodeOf(error) === ExitCode.bug || host.signal.aborted) throw error;
        failed(error, '');
        outcomes.push({ name, error });
      }
    }
  } finally {
    await feeds.close();
  }
  for (const outcome of outcomes) {
    for (const { market, error } of 'forming' in outcome ? outcome.forming : []) {
      if (error !== undefined) failed(error, `${outcome.name}: no price of ${market}: ${messageOf(error)}`);
    }
  }
  if (json)
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/status@1', at: isoInstant(host.now()), sessions: outcomes.map(document) }));
  else print(host.stdout, text(outcomes, workspace, host));
  return code;
}

function ofBot(file: string, options: StatusOptions, host: Host): Subject {
  return {
    name: basename(file),
    async find() {
      const loaded = await loadBotFile(file, options, host);
      return { file: existingSession(options.workspace, loaded.bot.name), cron: cronOf(loaded) };
    },
  };
}

async function allSessions(workspace: string): Promise<readonly Subject[]> {
  const names = await readdir(join(workspace, 'sessions')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith('.sqlite'))
    .sort()
    .map((name) => name.slice(0, -'.sqlite'.length))
    .map((name) => ({ name, find: async () => ({ file: sessionFile(workspace, name) }) }));
}

/** Reads a session while it runs, without holding it. */
function look(file: string, cron: string | undefined, workspace: string, now: number) {
  const ledger = openLedger(file, 'read');
  try {
    refuseBroken(file, ledger.read());
    const summary = ledger.summary();
    const rules = standingRules(file, summary.genesis, workspace);
    return {
      file,
      genesis: summary.genesis,
      standing: standing(summary, ledger.recent(LATEST_SLICES), rules, holderOf(file)),
      nextTick: nextTick(cron ?? rules.cron, DateTime.fromMillis(now, { zone: 'utc' })).toMillis(),
    };
  } finally {
    ledger.close();
  }
}

/** The bars that follow the last decision of each market, as far as they have come: where an order that waits would fill. */
async function formingBars({ markets, intervalMs }: Genesis, { last }: Standing, feeds: Feeds): Promise<readonly Forming[]> {
  return Promise.all(
    markets.map(async (market): Promise<Forming> => {
      const [exchange, symbol] = exchangeSymbol(market);
      try {
        const feed = await feeds.of(
          exchange,
          markets.filter((other) => other.startsWith(`${exchange}:`)),
        );
        await feed.market(symbol);
        const now = await feed.time();
        const since = last?.closeTime ?? now - (now % intervalMs);
        const [bar] = (await feed.candles(symbol, lowerInterval(feed, intervalMs), since, 2)).filter(({ openTime }) => openTime >= since);
        return bar && bar.openTime <= now ? { market, open: bar.open, openTime: bar.openTime } : { market };
      } catch (error) {
        if (exitCodeOf(error) === ExitCode.bug) throw error;
        return { market, error };
      }
    }),
  );
}

function text(outcomes: readonly Outcome[], workspace: string, host: Host): string {
  if (outcomes.length === 0) return `No sessions in ${workspace}; paperwalk paper BOT begins one`;
  const style = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? WIDTH, now: host.now() };
  return outcomes.map((one) => ('error' in one ? `${one.name}: ${messageOf(one.error)}` : statusText(one, style))).join('\n\n');
}

/** As `paperwalk/status@1` has it: instants in ISO 8601. */
function document(outcome: Outcome): unknown {
  if ('error' in outcome) return { name: outcome.name, error: messageOf(outcome.error) };
  const { intervalMs, begun, holder, last, pending, model, alerts, fills, ...rest } = outcome.standing;
  return {
    ...rest,
    file: outcome.file,
    interval: intervalName(intervalMs),
    begun: isoInstant(begun),
    holder: holder && { pid: holder.pid, since: isoInstant(holder.since) },
    last: last && { ...last, closeTime: isoInstant(last.closeTime) },
    pending: pending.map((order) => ({ ...order, decidedAt: isoInstant(order.decidedAt) })),
    forming: outcome.forming.flatMap(({ market, open, openTime }) =>
      open === undefined || openTime === undefined ? [] : [{ market, open, openTime: isoInstant(openTime) }],
    ),
    model: model && { ...model, next: model.next && { ...model.next, time: isoInstant(model.next.time) } },
    nextTick: isoInstant(outcome.nextTick),
    fills: fills.map(({ kind: _kind, time, ...fill }) => ({ time: isoInstant(time), ...fill })),
    alerts: alerts.map((alert) => ({ ...alert, time: isoInstant(alert.time) })),
  };
}
