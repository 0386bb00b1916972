import type { DataSummary } from '../backtest/result.ts';
import { DataError } from '../data/data-error.ts';
import { learners } from '../models/baselines/learners.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import { type BaselineKind, baselineLike, isLearner, type Model, networkOf } from '../models/model.ts';
import { parameterCount } from '../models/parameters.ts';
import { outputNames } from '../models/target.ts';
import type { Trainer } from '../models/trainer.ts';
import { experimentVerdict } from '../report/experiment-verdict.ts';
import { onlyOnce } from '../walk/only-once.ts';
import { experimentAssumptions } from './assumptions.ts';
import { combine } from './ensemble.ts';
import { forecastFit, type ModelForecast, persistenceForecast } from './forecast.ts';
import { chooseCells } from './grid.ts';
import type { LabInputs } from './inputs.ts';
import { type ExperimentPlan, type MarketBars, type NamedModel, scoredPart } from './plan.ts';
import type { Experiment, ExperimentResult, Failure, ModelScore, TrainingRun } from './result.ts';
import { marketScores, type Said } from './scoreboard.ts';
import { summarisePart } from './split.ts';
import { type Bases, type Opened, openMarkets, type Subject } from './subjects.ts';
import { type Done, fitAll, type Job, type LabSurroundings } from './training.ts';

export interface ExperimentSurroundings extends LabSurroundings {
  /** Plain JSON of the configuration, printed in the report and part of the experiment's id. */
  readonly config: unknown;
  readonly data: readonly DataSummary[];
}

/**
 * One chronological split, every model and baseline on it, and how they compare. Markets and models that cannot be fitted are failures
 * with their reason; a DataError is thrown where nothing is left to compare.
 */
export async function runExperiment(
  plan: ExperimentPlan,
  markets: readonly MarketBars[],
  around: ExperimentSurroundings,
): Promise<Experiment> {
  const started = around.clock();
  const candidates = plan.models.flatMap(candidatesOf(plan));
  const bases: Bases = new Map(candidates.map(({ model }) => [model, baselineModels(plan, model)]));
  const opened = openMarkets(plan, markets, candidates, bases);
  if (opened.subjects.length === 0) throw new DataError(opened.failures.map(({ reason }) => reason).join('\n'));
  const failures: Failure[] = [...opened.failures];

  const trainers = new Map<Model, Trainer>();
  const networkTrainer = onlyOnce(around.networkTrainer);
  for (const { model } of candidates) trainers.set(model, await networkTrainer(model.engine));
  const { chosen, grid } = await chooseCells(plan, opened, trainers, around);
  const networks = await fitNetworks(plan, opened, chosen, trainers, around);
  // Models with other inputs would need baselines of their own; all are compared with those of the first one that there is.
  const basesOf = (subject: Subject) => {
    const models = plan.models.flatMap(({ name }) => chosen.get(subject.name)?.get(name) ?? []);
    const first = models.find((model) => inputsOfAll(opened, subject, model).length > 0);
    return (first && bases.get(first)) ?? [];
  };
  const baselines = await fitBaselines(plan, basesOf, opened, around);
  const trained = around.clock();

  const scores: ModelScore[] = [];
  const series: Experiment['series'][number][] = [];
  const split: ExperimentResult['split'][number][] = [];
  const scored = scoredPart(plan);
  for (const subject of opened.subjects) {
    for (const market of subject.markets) {
      const place = placeOf(plan, opened, chosen, subject, market);
      if (!place) continue;
      const said = [
        ...networkWords(networks, subject, place, failures),
        ...baselineWords(plan, basesOf(subject), baselines, subject, place, failures),
      ];
      const members = said.filter(({ role }) => role === 'network');
      const all = [...members, ...ensembles(plan, members, place), ...said.filter(({ role }) => role === 'baseline')];
      const result = marketScores(all, { ...place, scored, horizon: place.model.horizon });
      scores.push(...result.scores);
      series.push(...result.series);
      const { inputs } = place;
      const of = (part: 'train' | 'validation' | 'test') => summarisePart(inputs.bars, inputs.split, inputs.ends, part);
      split.push({ market, rows: inputs.split.rows.length, train: of('train'), validation: of('validation'), test: of('test') });
    }
  }
  if (!scores.some(({ role }) => role !== 'baseline')) throw new DataError(failures.map(({ reason }) => reason).join('\n'));
  const body = {
    schema: 'paperwalk/experiment@1' as const,
    experimentId: `${plan.name}-${contentHash([canonicalJson(around.config), ...around.data.map(({ sha256 }) => sha256)]).slice(0, 12)}`,
    name: plan.name,
    config: around.config,
    engine: [...new Set([...trainers.values()].map(({ description }) => description))].join('; ') || null,
    data: around.data,
    horizon: plan.models[0]!.model.horizon,
    scored,
    split,
    scores,
    grid,
    failures,
    assumptions: experimentAssumptions(plan, scored),
  };
  const verdict = experimentVerdict(body);
  const timings = { training: (trained - started) / 1000, total: (around.clock() - started) / 1000 };
  return { report: { ...body, verdict, timings }, series };
}

/** The models that a named one may turn out to be: itself, or, where there is a grid, its combinations. */
function candidatesOf({ grid }: ExperimentPlan): (named: NamedModel) => readonly NamedModel[] {
  return (named) => {
    const cells = grid?.get(named.name) ?? [];
    return cells.length > 0 ? cells.map(({ model }) => ({ name: named.name, model })) : [named];
  };
}

/** The baselines of a model as models of their own; persistence needs no fit. */
function baselineModels({ baselines, baselineInputs }: ExperimentPlan, model: Model): NamedModel[] {
  const fits = (kind: BaselineKind) => kind !== 'persistence' && (model.target !== 'volatility' || kind === 'mean' || isLearner(kind));
  return baselines.filter(fits).map((kind) => ({ name: kind, model: baselineOf(model, kind, baselineInputs) }));
}

function baselineOf(model: Model, kind: BaselineKind, inputs: 'window' | 'row'): Model {
  // Of several targets a baseline learns the close.
  const close: Model = typeof model.target === 'string' ? model : { ...model, target: 'price' };
  return baselineLike(close, kind, inputs === 'row' ? 1 : model.lookback);
}

type Chosen = ReadonlyMap<string, ReadonlyMap<string, Model>>;
type Fitted = ReadonlyMap<string, readonly { readonly job: Job; readonly done: Done }[]>;

async function fitNetworks(
  plan: ExperimentPlan,
  opened: Opened,
  chosen: Chosen,
  trainers: ReadonlyMap<Model, Trainer>,
  around: LabSurroundings,
): Promise<Fitted> {
  const jobs = opened.subjects.flatMap((subject) =>
    plan.models.flatMap(({ name }) => {
      const model = chosen.get(subject.name)?.get(name);
      const markets = model ? inputsOfAll(opened, subject, model) : [];
      return model && markets.length > 0 ? plan.seeds.map((seed): Job => ({ subject: subject.name, name, model, markets, seed })) : [];
    }),
  );
  const fitted = new Map<string, { job: Job; done: Done }[]>();
  for (const trainer of new Set(jobs.map(({ model }) => trainers.get(model)!))) {
    const own = jobs.filter(({ model }) => trainers.get(model) === trainer);
    file(fitted, own, await fitAll(own, trainer, around, true));
  }
  return fitted;
}

async function fitBaselines(
  plan: ExperimentPlan,
  basesOf: (subject: Subject) => readonly NamedModel[],
  opened: Opened,
  around: LabSurroundings,
): Promise<Fitted> {
  const fitted = new Map<string, { job: Job; done: Done }[]>();
  const { learnerTrainer = (kind: BaselineKind) => learners[kind] } = around;
  // One after the other would leave threads idle; each kind has its own trainer, so all kinds of all markets go together.
  await Promise.all(
    plan.baselines.map(async (kind) => {
      const jobs = opened.subjects.flatMap((subject): Job[] => {
        const model = basesOf(subject).find(({ name }) => name === kind)?.model;
        const markets = model ? inputsOfAll(opened, subject, model) : [];
        return model && markets.length > 0 ? [{ subject: subject.name, name: kind, model, markets, seed: plan.seeds[0]! }] : [];
      });
      file(fitted, jobs, await fitAll(jobs, learnerTrainer(kind), around, false));
    }),
  );
  return fitted;
}

function file(fitted: Map<string, { job: Job; done: Done }[]>, jobs: readonly Job[], done: readonly Done[]): void {
  jobs.forEach((job, k) => {
    const name = fittedName(job.subject, job.name);
    fitted.set(name, [...(fitted.get(name) ?? []), { job, done: done[k]! }]);
  });
}

function fittedName(subject: string, model: string): string {
  return `${model}@${subject}`;
}

function inputsOfAll({ inputsOf }: Opened, { markets }: Subject, model: Model): LabInputs[] {
  return markets.map((market) => inputsOf(market, model)).filter((inputs) => inputs !== undefined);
}

/** Where forecasts are made and measured: one market, with the outputs of the experiment. */
interface Place {
  readonly market: string;
  readonly model: Model;
  readonly inputs: LabInputs;
  readonly inputsFor: (model: Model) => LabInputs | undefined;
  readonly outputs: readonly string[];
}

function placeOf(plan: ExperimentPlan, opened: Opened, chosen: Chosen, subject: Subject, market: string): Place | undefined {
  for (const { name } of plan.models) {
    const model = chosen.get(subject.name)?.get(name);
    const inputs = model && opened.inputsOf(market, model);
    if (model && inputs) {
      return { market, model, inputs, inputsFor: (other) => opened.inputsOf(market, other), outputs: outputNames(model.target) };
    }
  }
  return undefined;
}

function networkWords(networks: Fitted, subject: Subject, place: Place, failures: Failure[]): Said[] {
  return [...networks.values()].flatMap((fits) => {
    const first = fits[0]!.job;
    const inputs = place.inputsFor(first.model);
    if (first.subject !== subject.name || !inputs) return [];
    const runs = fits.flatMap(({ job, done }) => {
      if (done.kind === 'refused') {
        failures.push({ market: place.market, model: `${job.name}, seed ${job.seed}`, reason: done.reason });
        return [];
      }
      return [runOf(job.seed, done, forecastFit(done.fit, done.trainer, inputs, place.outputs, place.inputs.present))];
    });
    if (runs.length === 0) return [];
    const parameters = parameterCount(networkOf(first.model, inputs.features.width));
    return [{ name: first.name, role: 'network', parameters, inputs, runs }];
  });
}

function baselineWords(
  plan: ExperimentPlan,
  bases: readonly NamedModel[],
  baselines: Fitted,
  subject: Subject,
  place: Place,
  failures: Failure[],
): Said[] {
  const { market, outputs, inputs: own } = place;
  return plan.baselines.flatMap((kind): Said[] => {
    if (kind === 'persistence') {
      // On the rows of the baselines: where those see one row only, there are more of them.
      const inputs = (bases[0] && place.inputsFor(bases[0].model)) ?? own;
      return [
        {
          name: kind,
          role: 'baseline',
          parameters: null,
          inputs,
          runs: [{ run: UNTRAINED, forecast: persistenceForecast(inputs, own.present) }],
        },
      ];
    }
    return (baselines.get(fittedName(subject.name, kind)) ?? []).flatMap(({ job, done }): Said[] => {
      const inputs = place.inputsFor(job.model);
      if (!inputs) return [];
      if (done.kind === 'refused') {
        failures.push({ market, model: kind, reason: done.reason });
        return [];
      }
      const run = runOf(job.seed, done, forecastFit(done.fit, done.trainer, inputs, outputs, own.present));
      return [{ name: kind, role: 'baseline', parameters: null, inputs, runs: [run] }];
    });
  });
}

/** Over the models of one seed where there are several, else over the seeds of the one there is. */
function ensembles(plan: ExperimentPlan, networks: readonly Said[], { inputs }: Place): Said[] {
  const groups: { readonly seed: number; readonly members: readonly ModelForecast[] }[] =
    networks.length > 1
      ? plan.seeds.flatMap((seed) => {
          const members = networks.flatMap(({ runs }) => runs.filter(({ run }) => run.seed === seed));
          return members.length === networks.length ? [{ seed, members: members.map(({ forecast }) => forecast) }] : [];
        })
      : networks.map(({ runs }) => ({ seed: plan.seeds[0]!, members: runs.map(({ forecast }) => forecast) }));
  const usable = groups.filter(({ members }) => members.length > 1);
  if (usable.length === 0) return [];
  return plan.ensemble.map(
    (kind): Said => ({
      name: `ensemble ${kind}`,
      role: 'ensemble',
      parameters: null,
      inputs,
      runs: usable.map(({ seed, members }) => ({
        run: { ...UNTRAINED, seed },
        forecast: combine(kind, members, inputs.actual, inputs.ends.validation),
      })),
    }),
  );
}

const UNTRAINED: Said['runs'][number]['run'] = {
  seed: 0,
  fit: null,
  epochs: 0,
  bestEpoch: 0,
  seconds: 0,
  cached: false,
  losses: [],
  validationLosses: [],
};

function runOf(seed: number, { fit, record }: Extract<Done, { kind: 'fit' }>, forecast: ModelForecast): Said['runs'][number] {
  const { key, epochs, bestEpoch, losses, validationLosses } = fit;
  const { seconds, cached } = record;
  const run: Omit<TrainingRun, 'validation' | 'test'> = { seed, fit: key, epochs, bestEpoch, seconds, cached, losses, validationLosses };
  return { run, forecast };
}
