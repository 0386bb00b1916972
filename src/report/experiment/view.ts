import type { Experiment, ModelScore, OutputSeries, Part, Scores, SplitSummary, TrainingRun } from '../../lab/result.ts';
import { counted } from '../format.ts';
import { type Look, modelLook } from './look.ts';

/** A model as figures show it: the run that stands for it, and that run's scores and levels. */
export interface ViewedModel {
  readonly name: string;
  readonly score: ModelScore;
  readonly run: TrainingRun | null;
  /** On the scored part. */
  readonly scores: Scores | null;
  readonly level: Float64Array | null;
  readonly look: Look;
}

/** One output of one market, as its figures need it. */
export interface OutputView {
  readonly experiment: Experiment;
  /** Unique within the experiment and safe in ids: its place. */
  readonly id: string;
  readonly market: string;
  readonly output: string;
  readonly scored: 'validation' | 'test';
  readonly series: OutputSeries | null;
  readonly split: SplitSummary | null;
  readonly models: readonly ViewedModel[];
}

export interface OutputPlace {
  readonly market: string;
  readonly output: string;
}

/** The pairs of market and output among scores or series, each once, in their order. */
export function placesOf(all: readonly OutputPlace[]): readonly OutputPlace[] {
  const places = new Map<string, OutputPlace>();
  for (const { market, output } of all) {
    const key = JSON.stringify([market, output]);
    if (!places.has(key)) places.set(key, { market, output });
  }
  return [...places.values()];
}

/** The pairs of market and output that an experiment has anything to show of, in its order. */
export function outputsOf({ report, series }: Experiment): readonly OutputPlace[] {
  return placesOf([...report.scores, ...series]);
}

/** Null where the experiment has neither scores nor series of it. */
export function outputView(experiment: Experiment, market: string, output: string): OutputView | null {
  const at = outputsOf(experiment).findIndex((pair) => pair.market === market && pair.output === output);
  if (at < 0) return null;
  const { report } = experiment;
  const series = experiment.series.find((one) => one.market === market && one.output === output) ?? null;
  const scores = report.scores.filter((one) => one.market === market && one.output === output);
  const learned = scores.filter((one) => one.role !== 'baseline');
  return {
    experiment,
    id: String(at),
    market,
    output,
    scored: report.scored,
    series,
    split: report.split.find((one) => one.market === market) ?? null,
    models: scores.map((score) => {
      const run = score.runs[score.shown] ?? null;
      return {
        name: score.model,
        score,
        run,
        scores: run?.[report.scored] ?? null,
        level: series?.forecasts.find((forecast) => forecast.model === score.model)?.level ?? null,
        look: modelLook(Math.max(0, learned.indexOf(score))),
      };
    }),
  };
}

export function isLearned({ score }: ViewedModel): boolean {
  return score.role !== 'baseline';
}

export function persistenceOf(view: OutputView): ViewedModel | null {
  return view.models.find((model) => model.name === 'persistence') ?? null;
}

/** The models with the smaller squared error first; those without one last. */
export function byError(models: readonly ViewedModel[]): readonly ViewedModel[] {
  const error = (model: ViewedModel) => model.scores?.price.rmse ?? Number.MAX_VALUE;
  return [...models].sort((a, b) => error(a) - error(b));
}

/** The best baseline besides persistence; null where none has a score. */
export function bestBaseline(view: OutputView): ViewedModel | null {
  const others = view.models.filter((model) => !isLearned(model) && model.name !== 'persistence' && model.scores?.price.rmse != null);
  return byError(others)[0] ?? null;
}

/** The model that a figure of a single one shows: the best network, else ensemble, else baseline. Null where nothing was scored. */
export function bestModel(view: OutputView): ViewedModel | null {
  for (const role of ['network', 'ensemble'] as const) {
    const best = byError(view.models.filter((model) => model.score.role === role && model.scores?.price.rmse != null))[0];
    if (best !== undefined) return best;
  }
  return bestBaseline(view);
}

const PRICES = ['open', 'high', 'low', 'close'];

/** What an axis of levels says: `close (price)`. The currency is not known. */
export function levelName({ output }: OutputView): string {
  return PRICES.includes(output) ? `${output} (price)` : `${output} (level)`;
}

/** The unit of errors: `price units`. */
export function errorUnit({ output }: OutputView): string {
  return PRICES.includes(output) ? 'price units' : `units of ${output}`;
}

/** `AAPL, close, 1 bar ahead`. */
export function subject({ market, output, experiment }: OutputView): string {
  return `${market}, ${output}, ${counted(experiment.report.horizon, 'bar')} ahead`;
}

export function partName(part: Part): string {
  return part === 'train' ? 'training part' : `${part} part`;
}
