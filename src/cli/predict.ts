import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { cutBars } from '../backtest/backtest.ts';
import { ConfigError } from '../config/config-error.ts';
import type { LoadedBot } from '../config.ts';
import { isoInstant } from '../core/instant.ts';
import { DataError } from '../data/data-error.ts';
import { lookAhead } from '../lab/outlook.ts';
import type { MarketBars } from '../lab/plan.ts';
import { createLearnerPool } from '../models/baselines/learner-pool.ts';
import { learners } from '../models/baselines/learners.ts';
import { directoryFitStore } from '../models/bundle.ts';
import { loadTrainer } from '../models/engines/load.ts';
import { isLearner, type Model } from '../models/model.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { botWithModel } from './frozen.ts';
import { type BotOptions, colourful, type Host, print, revectorizerOf } from './host.ts';
import { loadMarkets } from './market-data.ts';
import { outlookText } from './outlook-words.ts';
import { createProgress } from './progress.ts';

interface PredictOptions extends BotOptions {
  readonly steps?: string;
}

const MOST_STEPS = 1000;

/** Says what a bot's model expects after the last bar of each market, beside the last price and drift. */
export async function run([file = '']: readonly string[], options: PredictOptions, host: Host): Promise<number> {
  const { workspace, json, quiet } = options;
  const loaded = await loadBotFile(file, options, host);
  const bot = await botWithModel(loaded, workspace);
  const { model, name } = bot;
  if (!model) throw new ConfigError([`${file}: Expected a model that forecasts, received none; add model: gru`]);
  if (bot.ensemble) {
    const all = bot.ensemble.members.length + 1;
    throw new ConfigError([`${file}: Expected one model to look ahead with, received an ensemble of ${all}; name one of them as model`]);
  }
  const steps = stepsOf(options.steps, model);
  const { markets, warnings } = await loadEach(loaded, workspace);
  const told = markets.flatMap(({ market }) => (warnings.get(market) ?? []).map((warning) => `${market}: ${warning}`));
  if (!quiet) for (const line of told) print(host.stderr, line);

  const progress = quiet ? undefined : createProgress(host);
  const pool = createLearnerPool();
  const outlook = await lookAhead({ ...bot, model }, markets, steps, {
    networkTrainer: (engine) => loadTrainer(engine, { revectorizer: revectorizerOf(host) }),
    learnerTrainer: (kind) => (isLearner(kind) ? pool.trainers[kind] : learners[kind]),
    fits: directoryFitStore(join(workspace, 'cache', 'fits')),
    clock: () => performance.now(),
    pause: () => setImmediate(),
    signal: host.signal,
    ...(progress && { onProgress: progress.show }),
  }).finally(async () => {
    progress?.close();
    await pool.close();
  });
  host.signal.throwIfAborted();

  const { failures } = outlook;
  if (json) {
    const said = outlook.markets.map((market) => ({ ...market, warnings: [...(warnings.get(market.market) ?? []), ...market.warnings] }));
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/predict@1', name, markets: said, ...(failures.length > 0 && { failures }) }));
  } else {
    print(host.stdout, outlookText(name, outlook, { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100 }));
  }
  return failures.length > 0 ? ExitCode.data : ExitCode.done;
}

/** The value of --steps, by default the model's horizon. Throws a ConfigError where the model cannot look so far, or no further. */
function stepsOf(text: string | undefined, { horizon, target }: Model): number {
  const steps = text === undefined ? horizon : Number(text);
  const refuse = (expected: string) => new ConfigError([`--steps: Expected ${expected}, received ${JSON.stringify(text)}`]);
  if (text !== undefined && !(/^\d+$/.test(text) && steps >= 1 && steps <= MOST_STEPS)) {
    throw refuse(`a whole number from 1 to ${MOST_STEPS}`);
  }
  if (horizon > 1 && steps !== horizon) {
    throw refuse(
      `${horizon}, since the model forecasts ${horizon} bars ahead at once (model.horizon) and nothing in between or beyond; leave the option out, or set model.horizon=1 to go step by step`,
    );
  }
  if (target === 'volatility' && horizon === 1 && steps > 1) {
    throw refuse('1 with target volatility, which says nothing about the close from which a next step could go on');
  }
  return steps;
}

interface LoadedMarkets {
  readonly markets: readonly MarketBars[];
  /** By market: what is odd about its bars. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

/** Every market by itself: one that is missing or refused does not stop the others. */
async function loadEach(loaded: LoadedBot, workspace: string): Promise<LoadedMarkets> {
  const markets: MarketBars[] = [];
  const warnings = new Map<string, readonly string[]>();
  for (const reference of loaded.markets) {
    try {
      for (const { bars, warnings: odd = [] } of await loadMarkets({ ...loaded, markets: [reference] }, workspace)) {
        const { market } = bars;
        const cut = cutBars(loaded.bot, bars);
        markets.push({ market, bars: cut });
        const last = cut.openTime[cut.length - 1]!;
        const later = bars.openTime.filter((time) => time > last).length;
        const words = `period.to leaves out the last ${later === 1 ? 'bar' : `${later} bars`}; forecast from ${isoInstant(last + cut.intervalMs)}`;
        warnings.set(market, later > 0 ? [...odd, words] : odd);
      }
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      markets.push({ market: reference.source, refused: error.message });
    }
  }
  return { markets, warnings };
}
