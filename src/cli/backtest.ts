import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { backtestBot, withoutDirection } from '../backtest/backtest.ts';
import { trialFile } from '../backtest/trials.ts';
import { ConfigError } from '../config/config-error.ts';
import { createLearnerPool } from '../models/baselines/learner-pool.ts';
import { learners } from '../models/baselines/learners.ts';
import { directoryFitStore, directoryForecastStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import { isLearner } from '../models/model.ts';
import { terminalSummary } from '../report/terminal.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { botWithModel } from './frozen.ts';
import { type BotOptions, colourful, type Host, print, revectorizerOf } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { createProgress } from './progress.ts';
import { writeRunFolder } from './run-folder.ts';

/** Walks a bot through the past, stores the run, and says what it amounts to. */
export async function run([file = '']: readonly string[], options: BotOptions, host: Host): Promise<number> {
  const { workspace, json, quiet } = options;
  const loaded = await loadBotFile(file, options, host);
  const bot = await botWithModel(loaded, workspace);
  const refusal = withoutDirection(bot);
  if (refusal) throw new ConfigError([`${file}: ${refusal}`]);
  const markets = await loadMarkets(loaded, workspace);
  if (!quiet)
    for (const { bars, warnings = [] } of markets) for (const warning of warnings) print(host.stderr, `${bars.market}: ${warning}`);

  const progress = quiet ? undefined : createProgress(host);
  const pool = createLearnerPool();
  const backtest = await backtestBot(bot, markets, {
    networkTrainer: (engine) => loadTrainer(engine, { revectorizer: revectorizerOf(host) }),
    learnerTrainer: (kind) => (isLearner(kind) ? pool.trainers[kind] : learners[kind]),
    fits: directoryFitStore(join(workspace, 'cache', 'fits')),
    forecasts: directoryForecastStore(join(workspace, 'cache', 'forecasts')),
    trials: trialFile(join(workspace, 'trials.jsonl')),
    config: loaded.config,
    clock: () => performance.now(),
    now: () => new Date(host.now()).toISOString(),
    signal: host.signal,
    ...(progress && { onProgress: progress.show }),
  }).finally(async () => {
    progress?.close();
    await pool.close();
  });
  host.signal.throwIfAborted();
  const folder = await writeRunFolder(workspace, backtest);

  if (json) print(host.stdout, JSON.stringify(backtest.report));
  else {
    const view = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100, htmlPath: join(folder, 'report.html') };
    print(host.stdout, terminalSummary(backtest, view));
  }
  return ExitCode.done;
}
