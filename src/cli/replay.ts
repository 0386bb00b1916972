import { ConfigError } from '../config/config-error.ts';
import type { Bars } from '../core/bars.ts';
import { firstRowAt, sliceBars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { exchangeSymbol } from '../data/market-text.ts';
import { openBarStore } from '../data/store.ts';
import { openLedger } from '../live/ledger.ts';
import { type Replay, replay } from '../live/replay.ts';
import type { Session } from '../live/session.ts';
import { memoryFitStore } from '../models/bundle.ts';
import { replayText } from '../report/replay-text.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { changes, recordedBot, sessionBot } from './session-bot.ts';
import { existingSession } from './session-file.ts';
import { forecasting } from './workbench.ts';

export interface ReplayCommand extends BotOptions {
  readonly refit?: boolean;
  readonly bars?: string;
  /** `--no-observations`. */
  readonly observations: boolean;
}

/** Differences that --json lists. */
const LISTED = 1000;

/** Runs a session's bars through the walk again and compares everything. 0 identical, 1 not. */
export async function run([file = '']: readonly string[], options: ReplayCommand, host: Host): Promise<number> {
  const { workspace, json, quiet, refit, bars = 'recorded', observations } = options;
  if (bars !== 'recorded' && bars !== 'today') throw new ConfigError([`--bars: Expected recorded or today, received ${bars}`]);
  const of = await sessionBot(file, options, host);
  const ledger = openLedger(existingSession(workspace, of.bot.name), 'read');
  let session: Session;
  try {
    session = ledger.read();
  } finally {
    ledger.close();
  }
  const recorded = await recordedBot(session.genesis, of, options, host);
  const changed = changes(session.genesis, of);
  const { funding } = of;
  const present = changed.length > 0 ? { bot: of.bot, missed: of.settings.missed, ...(funding && { funding }) } : undefined;
  const today = bars === 'today' ? await storedBars(session, workspace) : undefined;
  const result = await forecasting(host, options, (around) => {
    const { forecasts: _forecasts, ...rest } = around;
    // Trained again, nothing that lies in the workspace is read.
    const fitting = refit ? { ...rest, fits: memoryFitStore() } : around;
    return replay(session, fitting, { recorded, unobserved: !observations, ...(present && { present }), ...(today && { today }) });
  });
  if (json) print(host.stdout, JSON.stringify(document(session, result, changed)));
  else if (!quiet || !result.identical) print(host.stdout, replayText(session, result, changed));
  return result.identical ? ExitCode.done : ExitCode.no;
}

/** The stored bars of a session's markets, from its first bar to its last. Throws a DataError where they do not reach as far. */
async function storedBars({ bars, genesis }: Session, workspace: string): Promise<readonly Bars[]> {
  const store = openBarStore(workspace);
  return Promise.all(
    bars.map(async ({ market, intervalMs, openTime, length }) => {
      const stored = await store.read(market, intervalMs);
      const last = openTime[length - 1]!;
      if ((stored.openTime[stored.length - 1] ?? Number.NEGATIVE_INFINITY) < last) {
        const [exchange, symbol] = exchangeSymbol(market);
        throw new DataError(
          `Expected stored bars of ${market} up to ${isoInstant(last)}, as far as the session ${genesis.name} has come, received fewer; paperwalk fetch ${exchange} ${symbol} ${intervalName(intervalMs)} --from ${isoInstant(openTime[0]!)} brings them`,
        );
      }
      return sliceBars(stored, firstRowAt(stored, openTime[0]!), firstRowAt(stored, last + 1));
    }),
  );
}

function document({ genesis, observations }: Session, { differences, ...result }: Replay, changed: readonly string[]) {
  const { digests } = result;
  return {
    schema: 'paperwalk/replay@1',
    name: genesis.name,
    identical: result.identical,
    decisions: result.decisions,
    fits: result.fits,
    digest: digests.session,
    replayed: digests.backtest,
    equity: result.equity,
    changed,
    revisions: observations.filter(({ kind }) => kind === 'revision').length,
    differing: differences.length,
    differences: differences
      .slice(0, LISTED)
      .map(({ time, causes, ...rest }) => ({ time: isoInstant(time), ...rest, cause: causes.join(', ') })),
  };
}
