import { join } from 'node:path';
import { summarise } from '../backtest/backtest.ts';
import { ConfigError } from '../config/config-error.ts';
import { runExperiment } from '../lab/experiment.ts';
import { isBaseline } from '../models/model.ts';
import { experimentText } from '../report/experiment-text.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { drawnOutputs, writeExperimentFolder } from './experiment-folder.ts';
import { type BotOptions, colourful, type Host, print } from './host.ts';
import { loadEach, marketBars } from './market-data.ts';
import { createLabProgress } from './progress.ts';
import { openWorkbench } from './workbench.ts';

interface TrainOptions extends BotOptions {
  readonly figures?: string;
}

/** Fits a bot's models on one chronological split, stores what came of it, and says which of them know more than the last price. */
export async function run([file = '']: readonly string[], options: TrainOptions, host: Host): Promise<number> {
  const { workspace, json, quiet } = options;
  const drawn = drawnOutputs(options.figures);
  const loaded = await loadBotFile(file, options, host);
  const { experiment: plan } = loaded;
  if (!plan) {
    const mend = loaded.frozen === undefined ? 'add model: gru' : 'write a model in place of schedule.frozen, which is trained already';
    throw new ConfigError([`${file}: Expected a model to train, received none; ${mend}`]);
  }
  const learner = plan.models.find(({ model }) => isBaseline(model.kind));
  if (learner) {
    throw new ConfigError([
      `${file}: Expected a network to train, received ${learner.name}, which is among the baselines of every experiment; write model: gru`,
    ]);
  }
  const outcomes = await loadEach(loaded, workspace);
  const data = outcomes.flatMap((outcome) => ('refused' in outcome ? [] : [summarise(outcome.data)]));
  if (!quiet) for (const { market, warnings } of data) for (const warning of warnings) print(host.stderr, `${market}: ${warning}`);

  const progress = quiet ? undefined : createLabProgress(host);
  const bench = openWorkbench(host, workspace);
  const experiment = await runExperiment(plan, outcomes.map(marketBars), {
    ...bench.around,
    config: loaded.config,
    data,
    ...(progress && { onProgress: progress.show }),
  }).finally(async () => {
    progress?.close();
    await bench.close();
  });
  host.signal.throwIfAborted();
  const folder = await writeExperimentFolder(workspace, experiment, drawn, host.signal);

  const { report } = experiment;
  if (json) print(host.stdout, JSON.stringify(report));
  else {
    const view = { colour: colourful(host.stdout, host), width: host.stdout.columns ?? 100, timings: true };
    print(host.stdout, experimentText(report, { ...view, htmlPath: join(folder, 'report.html') }));
  }
  return report.failures.length > 0 ? ExitCode.data : ExitCode.done;
}
