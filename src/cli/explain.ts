import { existsSync } from 'node:fs';
import { evaluationStart, prepareBot } from '../backtest/preparation.ts';
import { ConfigError } from '../config/config-error.ts';
import { run as fold } from '../core/engine.ts';
import { isoInstant } from '../core/instant.ts';
import { firstSliceAt } from '../core/panel.ts';
import { DataError } from '../data/data-error.ts';
import { instantOf } from '../data/instant.ts';
import { openLedger, sessionFile } from '../live/ledger.ts';
import { rewalk } from '../live/replay.ts';
import { explanationText } from '../report/explanation-text.ts';
import { type Explainable, explain } from '../walk/explanation.ts';
import { wholeSetup } from '../walk/walk.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { recordedBot, sessionBot } from './session-bot.ts';
import { tradableBot } from './tradable-bot.ts';
import { forecasting } from './workbench.ts';

export interface ExplainCommand extends BotOptions {
  readonly backtest?: boolean;
}

/** Explains every market's decision at a close: of the bot's session where it has one, else of its backtest. */
export async function run([file = '', instant = '']: readonly string[], options: ExplainCommand, host: Host): Promise<number> {
  const time = instantOf(instant);
  if (Number.isNaN(time)) throw new ConfigError([`Expected an instant such as 2024-03-01T04:00Z, received ${JSON.stringify(instant)}`]);
  const loaded = await loadBotFile(file, options, host);
  const ofSession = !options.backtest && existsSync(sessionFile(options.workspace, loaded.bot.name));
  const [of, config] = await (ofSession ? fromSession(file, options, host) : fromBacktest(file, options, host));
  const { panel, from, to } = of.setup;
  // The decision in force at an instant is that of the last close.
  const slice = firstSliceAt(panel, time + 1) - 1;
  // Beyond the bar after the last decision nothing is in force yet.
  const beyond = time >= (panel.closeTime[to - 1] ?? 0) + panel.markets[0]!.intervalMs;
  const found = slice < from || slice >= to || beyond ? [] : panel.markets.flatMap((_, m) => explain(of, m, slice) ?? []);
  if (found.length === 0) {
    throw new DataError(
      `Expected a decision of ${loaded.bot.name} at ${isoInstant(time)}, received none; its ${ofSession ? 'session' : 'backtest'} decides from ${isoInstant(panel.closeTime[from]!)} to ${isoInstant(panel.closeTime[to - 1]!)}`,
    );
  }
  const said = config as { readonly strategy: unknown; readonly guards?: unknown };
  if (options.json) {
    const decisions = found.map((one) => ({ ...one, closeTime: isoInstant(one.closeTime) }));
    print(
      host.stdout,
      JSON.stringify({
        schema: 'paperwalk/explain@1',
        name: loaded.bot.name,
        strategy: said.strategy,
        guards: said.guards ?? null,
        decisions,
      }),
    );
  } else print(host.stdout, found.map((one) => explanationText(one, said)).join('\n\n'));
  return ExitCode.done;
}

async function fromSession(file: string, options: BotOptions, host: Host): Promise<readonly [Explainable, unknown]> {
  const of = await sessionBot(file, options, host);
  const ledger = openLedger(sessionFile(options.workspace, of.bot.name), 'read');
  const session = ledger.read();
  ledger.close();
  const recorded = await recordedBot(session.genesis, of, options, host);
  if (session.trace.closeTime.length === 0)
    throw new DataError(`Expected a session of ${of.bot.name} that has decided something, received one before its first decision`);
  const walked = await forecasting(host, options, (around) => rewalk(session, recorded, session.bars, session.observations, around));
  return [{ ...walked, bot: recorded.bot }, session.genesis.config];
}

async function fromBacktest(file: string, options: BotOptions, host: Host): Promise<readonly [Explainable, unknown]> {
  const loaded = await loadBotFile(file, options, host);
  const bot = await tradableBot(file, loaded, options.workspace);
  const markets = await loadMarkets(loaded, options.workspace);
  const prepared = await forecasting(host, options, (around) => prepareBot(bot, markets, around));
  const whole = wholeSetup(bot, prepared);
  const setup = { ...whole, from: evaluationStart(bot, whole) };
  return [{ bot, setup, run: fold(setup), predictions: prepared.predictions }, loaded.config];
}
