import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../config/config-error.ts';
import { isoInstant } from '../core/instant.ts';
import { lookAhead } from '../lab/outlook.ts';
import type { Model } from '../models/model.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { botWithModel } from './frozen.ts';
import { type BotOptions, colourful, type Host, print } from './host.ts';
import { loadEach, type MarketOutcome, marketBars } from './market-data.ts';
import { outlookText } from './outlook-words.ts';
import { createProgress } from './progress.ts';
import { openWorkbench } from './workbench.ts';

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
  const steps = stepsOf(options.steps, model);
  const outcomes = await loadEach(loaded, workspace);
  const warnings = new Map(outcomes.map((outcome) => [outcome.market, warningsOf(outcome)]));
  const told = [...warnings].flatMap(([market, words]) => words.map((warning) => `${market}: ${warning}`));
  if (!quiet) for (const line of told) print(host.stderr, line);

  const progress = quiet ? undefined : createProgress(host);
  const bench = openWorkbench(host, workspace);
  const outlook = await lookAhead({ ...bot, model }, outcomes.map(marketBars), steps, {
    ...bench.around,
    pause: () => setImmediate(),
    ...(progress && { onProgress: progress.show }),
  }).finally(async () => {
    progress?.close();
    await bench.close();
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

/** What is odd about a market's bars, and whether the forecast starts before the last of them. */
function warningsOf(outcome: MarketOutcome): readonly string[] {
  if ('refused' in outcome) return [];
  const { data, later } = outcome;
  const { openTime, length, intervalMs } = data.bars;
  const from = isoInstant(openTime[length - 1]! + intervalMs);
  const words = `period.to leaves out the last ${later === 1 ? 'bar' : `${later} bars`}; forecast from ${from}`;
  return [...(data.warnings ?? []), ...(later > 0 ? [words] : [])];
}
