import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { prepareBot } from '../backtest/preparation.ts';
import { computed, expectedBestSharpe, type SearchCell, type SearchResult } from '../backtest/search.ts';
import { holdFigures, sweepStart } from '../backtest/sweep.ts';
import { type Trial, type TrialLedger, trialFile } from '../backtest/trials.ts';
import { ConfigError } from '../config/config-error.ts';
import { isoInstant } from '../core/instant.ts';
import { columnsHash } from '../data/store.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import { type SearchView, searchCsv, searchText } from '../report/search-text.ts';
import type { Bot } from '../walk/bot.ts';
import { loadBotFile, overridesFrom } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { type Axis, cellsOf, overridesOf, parseAxis } from './grid.ts';
import { type BotOptions, colourful, type Host, print } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { writeFolder } from './run-folder.ts';
import { sweepAll } from './sweep-pool.ts';
import { cellBot, type SweptFile } from './sweep-task.ts';
import { tradableBot } from './tradable-bot.ts';
import { forecasting } from './workbench.ts';

export interface SearchOptions extends BotOptions {
  readonly grid?: readonly string[];
  readonly top?: string;
}

/** Tries a grid of strategies, costs or guards on the forecasts of one walk. */
export async function run([file = '']: readonly string[], options: SearchOptions, host: Host): Promise<number> {
  const { grid = [], top = '20' } = options;
  if (grid.length === 0) throw new ConfigError(['Expected at least one axis, received none; add --grid strategy.enter=0.1%,0.2%,0.5%']);
  const rows = Number(top);
  if (!(Number.isInteger(rows) && rows >= 1)) throw new ConfigError([`--top: Expected a whole number of rows >= 1, received ${top}`]);
  const axes = grid.map(parseAxis);
  const twice = axes.find(({ path }, k) => axes.findIndex((other) => other.path === path) < k);
  if (twice) throw new ConfigError([`--grid ${twice.path}: Expected each path once, received it again`]);
  return searchGrid(file, axes, options, host, { kind: 'ranking', rows });
}

export async function searchGrid(file: string, axes: readonly Axis[], options: BotOptions, host: Host, view: SearchView): Promise<number> {
  const { workspace, json } = options;
  const cells = cellsOf(axes).map((values) => ({ values, overrides: overridesOf(axes, values) }));
  const loaded = await loadBotFile(file, options, host);
  const bot = await tradableBot(file, loaded, workspace);
  const swept: SweptFile = { file, overrides: overridesFrom(options), environment: host.environment, workspace };
  const bots = await Promise.all(cells.map(({ overrides }) => cellBot(swept, overrides, bot)));
  const valid = bots.flatMap((cell) => ('refused' in cell ? [] : [cell]));
  if (valid.length === 0) throw new ConfigError(bots.flatMap((cell) => ('refused' in cell ? [cell.refused] : [])).slice(0, 1));

  const markets = await loadMarkets(loaded, workspace);
  const started = performance.now();
  const prepared = await forecasting(host, options, (around) => prepareBot(bot, markets, around));
  const forecast = performance.now();
  const from = sweepStart(valid, prepared);
  const outcomes = await sweepAll(
    swept,
    cells.map(({ overrides }, k) => ({ overrides, bot: bots[k]! })),
    bot,
    prepared,
    from,
    host.signal,
  );
  const done = performance.now();

  const { closeTime } = prepared.panel;
  const found: readonly SearchCell[] = cells.map(({ values }, k) => ({ values, ...outcomes[k]! }));
  const ledger = trialFile(join(workspace, 'trials.jsonl'));
  const data = prepared.panel.markets.map((bars) => ({ market: bars.market, sha256: columnsHash(bars) }));
  const searchId = `${bot.name}-${contentHash([canonicalJson([loaded.config, axes]), canonicalJson(data.map(({ sha256 }) => sha256))]).slice(0, 12)}`;
  recordTrials(ledger, bot, searchId, found, data, closeTime.length - from, new Date(host.now()).toISOString());
  const result: SearchResult = {
    schema: 'paperwalk/search@1',
    searchId,
    name: bot.name,
    exploratory: true,
    axes: axes.map(({ path, also = [], values }) => ({ path: [path, ...also].join(' and '), values })),
    evaluation: {
      from: isoInstant(closeTime[from]!),
      to: isoInstant(closeTime[closeTime.length - 1]!),
      bars: closeTime.length - from,
      periodsPerYear: bot.periodsPerYear,
    },
    buyAndHold: holdFigures(bot, prepared, from),
    cells: found,
    // How costs differ says nothing of skill.
    expectedBestSharpe: axes.some(({ path }) => path.startsWith('costs.'))
      ? null
      : expectedBestSharpe(found, (closeTime.length - from) / bot.periodsPerYear),
    trials: ledger.count(),
    seconds: { forecasts: (forecast - started) / 1000, cells: (done - forecast) / 1000 },
  };
  const folder = await writeFolder(join(workspace, 'searches'), searchId, {
    'search.json': `${JSON.stringify(result, null, 1)}\n`,
    'cells.csv': searchCsv(result),
  });
  if (json) print(host.stdout, JSON.stringify(result));
  else {
    const words = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100, csvPath: join(folder, 'cells.csv') };
    print(host.stdout, searchText(result, view, words));
  }
  return ExitCode.done;
}

/** Every cell that was computed is a trial. */
function recordTrials(
  ledger: TrialLedger,
  { name, periodsPerYear }: Bot,
  searchId: string,
  cells: readonly SearchCell[],
  data: Trial['data'],
  bars: number,
  time: string,
): void {
  for (const { values, sharpe, totalReturn } of computed(cells)) {
    const configSha256 = contentHash([searchId, canonicalJson(values)]);
    ledger.append({ time, runId: searchId, name, configSha256, data, bars, periodsPerYear, sharpe, totalReturn });
  }
}
