import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../backtest/result.ts';
import type { ExperimentResult } from '../lab/result.ts';
import { shownScores } from '../report/experiment-verdict.ts';
import { coefficient, count, day, percent, pValue, ratio } from '../report/format.ts';

/** How a model did where an experiment or a backtest of the workspace scored it, next to what it had to beat. */
export interface ModelAppearance {
  /** The experiment or run, and the part of it. */
  readonly where: string;
  readonly part: 'validation' | 'test' | 'fold';
  readonly market: string;
  readonly output: string;
  readonly bars: number;
  readonly r2: number | null;
  readonly rmse: number | null;
  readonly skillVsPersistence: number | null;
  /** Against the last price, two-sided. */
  readonly dieboldMarianoP: number | null;
  /** R2 of each baseline on the same part. */
  readonly baselines: Readonly<Record<string, number | null>>;
}

/** Every place in a workspace where the fit of a key was scored. Results that cannot be read are passed over: they are not what was asked for. */
export async function modelAppearances(workspace: string, key: string): Promise<readonly ModelAppearance[]> {
  const inExperiments = await inDocuments(join(workspace, 'experiments'), 'experiment.json', (report: ExperimentResult) =>
    inExperiment(report, key),
  );
  const inRuns = await inDocuments(join(workspace, 'runs'), 'result.json', (report: RunResult) => inRun(report, key));
  return [...inExperiments, ...inRuns];
}

function inExperiment({ experimentId, scores }: ExperimentResult, key: string): ModelAppearance[] {
  return scores.flatMap(({ market, output, runs }) =>
    runs
      .filter(({ fit }) => fit === key)
      .flatMap((run) =>
        (['validation', 'test'] as const).flatMap((part): ModelAppearance[] => {
          const own = run[part];
          if (!own) return [];
          const beside = scores.filter((score) => score.role === 'baseline' && score.market === market && score.output === output);
          const baselines = Object.fromEntries(beside.map((score) => [score.model, shownScores(score, part)?.price.r2 ?? null]));
          const { bars, price, skillVsPersistence, dieboldMariano } = own;
          const { r2, rmse } = price;
          return [
            {
              where: experimentId,
              part,
              market,
              output,
              bars,
              r2,
              rmse,
              skillVsPersistence,
              dieboldMarianoP: dieboldMariano.pValue,
              baselines,
            },
          ];
        }),
      ),
  );
}

/** The folds of a run that the fit served alone: those of an ensemble are filed under its first model, but score all of them together. */
function inRun({ runId, config, forecast }: RunResult, key: string): ModelAppearance[] {
  if (Object.hasOwn(config as object, 'ensemble')) return [];
  const folds = forecast?.folds.filter((fold) => fold.fit === key) ?? [];
  return folds.map(({ market, from, to, bars, price, skillVsPersistence, dieboldMariano }) => ({
    where: `${runId}, ${day(from)} to ${day(to)}`,
    part: 'fold',
    market,
    output: 'close',
    bars,
    r2: price.r2,
    rmse: price.rmse,
    skillVsPersistence,
    dieboldMarianoP: dieboldMariano.pValue,
    baselines: {},
  }));
}

/** One line for each appearance. */
export function appearanceLines(appearances: readonly ModelAppearance[]): string[] {
  if (appearances.length === 0) return ['not scored in this workspace'];
  return appearances.map(({ where, part, output, bars, r2, rmse, skillVsPersistence, dieboldMarianoP, baselines }) => {
    const beside = ['persistence', 'linear', 'least-squares'].filter((name) => name in baselines);
    const words = beside.map((name) => `${name} ${coefficient(baselines[name] ?? null)}`).join(', ');
    return `${where}, ${part}, ${output}, ${count(bars)} bars: R2 ${coefficient(r2)}${words && ` (${words})`}, RMSE ${ratio(rmse)}, skill ${percent(skillVsPersistence)}, p ${pValue(dieboldMarianoP)}`;
  });
}

/** What `find` makes of every document that is what its name says. */
async function inDocuments<T>(folder: string, file: string, find: (document: T) => ModelAppearance[]): Promise<ModelAppearance[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: ModelAppearance[] = [];
  // Names with a dot in front are folders that are just being written.
  for (const name of names.filter((one) => !one.startsWith('.')).sort()) {
    try {
      const scores = find(JSON.parse(await readFile(join(folder, name, file), 'utf8')) as T);
      // Another document of that name may lack what a line is made of.
      appearanceLines(scores);
      found.push(...scores);
    } catch {}
  }
  return found;
}
