import { join } from 'node:path';
import { backtestBot } from '../backtest/backtest.ts';
import { trialFile } from '../backtest/trials.ts';
import { ConfigError } from '../config/config-error.ts';
import { terminalSummary } from '../report/terminal.ts';
import { loadBotFile } from './bot-file.ts';
import { costAxes } from './cost-sweep.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, colourful, type Host, print } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { writeRunFolder } from './run-folder.ts';
import { searchGrid } from './search.ts';
import { tradableBot } from './tradable-bot.ts';
import { forecasting } from './workbench.ts';

export interface BacktestCommand extends BotOptions {
  readonly sweep?: string;
}

/** Walks a bot through the past, stores the run, and says what it amounts to. */
export async function run([file = '']: readonly string[], options: BacktestCommand, host: Host): Promise<number> {
  const { workspace, json, quiet, sweep } = options;
  const loaded = await loadBotFile(file, options, host);
  if (sweep !== undefined) {
    if (sweep !== 'costs') throw new ConfigError([`--sweep: Expected costs, received ${sweep}; other grids are for paperwalk search`]);
    return searchGrid(file, costAxes(loaded), options, host, { kind: 'matrix' });
  }
  const bot = await tradableBot(file, loaded, workspace);
  const markets = await loadMarkets(loaded, workspace);
  if (!quiet)
    for (const { bars, warnings = [] } of markets) for (const warning of warnings) print(host.stderr, `${bars.market}: ${warning}`);

  const backtest = await forecasting(host, options, (around) =>
    backtestBot(bot, markets, {
      ...around,
      trials: trialFile(join(workspace, 'trials.jsonl')),
      config: loaded.config,
      now: () => new Date(host.now()).toISOString(),
    }),
  );
  host.signal.throwIfAborted();
  const folder = await writeRunFolder(workspace, backtest);

  if (json) print(host.stdout, JSON.stringify(backtest.report));
  else {
    const view = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100, htmlPath: join(folder, 'report.html') };
    print(host.stdout, terminalSummary(backtest, view));
  }
  return ExitCode.done;
}
