import { isoInstant } from '../core/instant.ts';
import type { Experiment } from '../lab/result.ts';
import { type Cell, csv } from './csv.ts';

/**
 * One row per market, output, validation or test row and model: the instant at which the outcome is known, the part, the actual level, the
 * last one, and what the model forecast; empty where not known. What a model says of the rows it learnt from is no forecast.
 */
export function experimentForecastsCsv({ series }: Experiment): string {
  const rows = series.flatMap(({ market, output, time, part, actual, naive, forecasts }) =>
    forecasts.flatMap(({ model, level, spread }) =>
      Array.from(level.keys())
        .filter((k) => part[k] !== 'train' && !Number.isNaN(level[k]))
        .map((k): Cell[] => [
          market,
          output,
          Number.isNaN(time[k]!) ? null : isoInstant(time[k]!),
          part[k]!,
          known(actual[k]!),
          known(naive[k]!),
          model,
          level[k]!,
          known(spread?.[k] ?? Number.NaN),
        ]),
    ),
  );
  return csv(['market', 'output', 'time', 'part', 'actual', 'last', 'model', 'forecast', 'spread'], rows);
}

/** The losses of every training, epoch by epoch. */
export function historyJson({ report }: Experiment): string {
  const seen = new Set<string>();
  const history = report.scores.flatMap(({ market, model, runs }) =>
    runs.flatMap(({ seed, fit, epochs, bestEpoch, losses, validationLosses }) => {
      // A model with several outputs is one training.
      const name = `${market}\n${model}\n${seed}`;
      if (losses.length === 0 || seen.has(name)) return [];
      seen.add(name);
      return [{ market, model, seed, fit, epochs, bestEpoch, losses, validationLosses }];
    }),
  );
  return `${JSON.stringify({ schema: 'paperwalk/history@1', history }, null, 1)}\n`;
}

/** What an experiment was made from and how: enough to make it again. */
export function metadataJson({ report }: Experiment, version: string): string {
  const { experimentId, name, config, engine, data, horizon, scored, split, assumptions } = report;
  const fits = report.scores.flatMap(({ market, model, output, parameters, runs }) =>
    runs.flatMap(({ seed, fit }) => (fit === null ? [] : [{ market, output, model, parameters, seed, fit }])),
  );
  const content = {
    schema: 'paperwalk/metadata@1',
    experimentId,
    name,
    version,
    engine,
    horizon,
    scored,
    data,
    split,
    fits,
    assumptions,
    config,
  };
  return `${JSON.stringify(content, null, 1)}\n`;
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
