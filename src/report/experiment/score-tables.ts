import type { Band, GridResult, Scores, SplitSummary, TrainingRun } from '../../lab/result.ts';
import { bandedScores } from '../../lab/result.ts';
import { coefficient, count, day, loss, NONE, percent, price, pValue, quantity, ratio, seconds, share } from '../format.ts';
import { type TableColumn, table } from '../markup.ts';
import { measure } from './measure.ts';
import { errorUnit, type OutputView, type ViewedModel } from './view.ts';

/** The run that stands for a model, and its scores on one part. */
interface ScoreRow {
  readonly model: ViewedModel;
  readonly run: TrainingRun | null;
  readonly scores: Scores;
}

const NAME: TableColumn<ScoreRow> = { heading: 'Model', text: ({ model }) => model.name };

/** All models on one part: first the errors, then the tests and what the training took, its seconds only where `timings`. Empty where nothing was scored there. */
export function scoreTables(view: OutputView, part: 'validation' | 'test', timings: boolean): string {
  const rows = view.models.flatMap((model): ScoreRow[] => {
    const scores = model.run?.[part] ?? null;
    return scores === null ? [] : [{ model, run: model.run, scores }];
  });
  if (rows.length === 0) return '';
  const unit = errorUnit(view);
  const errors: readonly TableColumn<ScoreRow>[] = [
    NAME,
    { heading: 'Role', text: ({ model }) => model.score.role, words: true },
    { heading: 'Bars', text: ({ scores }) => count(scores.bars) },
    { heading: 'R2 of levels', text: ({ scores }) => coefficient(scores.price.r2) },
    { heading: `RMSE, ${unit}`, text: ({ scores }) => price(scores.price.rmse) },
    { heading: `MAE, ${unit}`, text: ({ scores }) => price(scores.price.mae) },
    { heading: 'MAPE', text: ({ scores }) => share(scores.price.mape) },
    { heading: `Bias, ${unit}`, text: ({ scores }) => price(scores.price.bias) },
    { heading: 'Forecasts below zero', text: ({ scores }) => share(scores.price.negativeShare) },
    { heading: 'Direction right', text: ({ scores }) => share(scores.directionAccuracy) },
    { heading: 'Majority share', text: ({ scores }) => share(scores.majorityShare) },
  ];
  const tests: readonly TableColumn<ScoreRow>[] = [
    NAME,
    { heading: 'Skill against persistence', text: ({ scores }) => percent(scores.skillVsPersistence) },
    { heading: 'Diebold-Mariano against persistence', text: ({ scores }) => ratio(scores.dieboldMariano.statistic) },
    { heading: 'its p', text: ({ scores }) => pValue(scores.dieboldMariano.pValue) },
    { heading: 'Diebold-Mariano against linear', text: ({ scores }) => ratio(scores.dieboldMarianoLinear?.statistic) },
    { heading: 'its p', text: ({ scores }) => pValue(scores.dieboldMarianoLinear?.pValue) },
    { heading: 'Pesaran-Timmermann p', text: ({ scores }) => pValue(scores.pesaranTimmermann.pValue) },
    { heading: 'Parameters', text: ({ model }) => count(model.score.parameters) },
    { heading: 'Seed', text: ({ model, run }) => (model.score.role === 'network' ? String(run?.seed ?? NONE) : NONE) },
    {
      heading: 'Epochs (best)',
      text: ({ run }) => (run === null || run.epochs === 0 ? NONE : `${count(run.epochs)} (${count(run.bestEpoch)})`),
    },
    ...(timings ? [{ heading: 'Time', text: ({ run }: ScoreRow) => timeOf(run) }] : []),
  ];
  return table(errors, rows) + table(tests, rows);
}

function timeOf(run: TrainingRun | null): string {
  if (run === null || (run.seconds === 0 && !run.cached)) return NONE;
  return run.cached ? 'cached' : seconds(run.seconds);
}

interface BandRow {
  readonly model: string;
  readonly score: string;
  readonly seeds: number;
  readonly band: Band;
  readonly print: (value: number | null) => string;
}

/** How scores spread over the seeds of each network on one part. Empty where no model has several. */
export function bandTable(view: OutputView, part: 'validation' | 'test'): string {
  const rows = view.models.flatMap(({ name, score }): BandRow[] =>
    bandedScores.flatMap((which): BandRow[] => {
      const band = score.bands?.[part]?.[which];
      const { heading, print } = measure(which);
      return band === undefined ? [] : [{ model: name, score: heading, seeds: score.runs.length, band, print }];
    }),
  );
  if (rows.length === 0) return '';
  const column = (heading: string, of: (band: Band) => number | null): TableColumn<BandRow> => ({
    heading,
    text: ({ band, print }) => print(of(band)),
  });
  return table(
    [
      { heading: 'Model', text: ({ model }) => model },
      { heading: 'Score', text: ({ score }) => score, words: true },
      { heading: 'Seeds', text: ({ seeds }) => count(seeds) },
      column('Mean', (band) => band.mean),
      // A deviation has no direction, so a sign before it would mislead.
      { heading: 'Standard deviation', text: ({ band, print }) => print(band.standardDeviation).replace('+', '') },
      column('Lowest', (band) => band.minimum),
      column('10%', (band) => band.p10),
      column('Median', (band) => band.median),
      column('90%', (band) => band.p90),
      column('Highest', (band) => band.maximum),
    ],
    rows,
  );
}

/** Quantile forecasts against what came. Empty where no model gives quantiles. */
export function coverageTable(view: OutputView): string {
  const rows = view.models.flatMap(({ name, scores }) => {
    const coverage = scores?.coverage ?? null;
    if (coverage === null) return [];
    const { interval, pinball } = coverage;
    const own = coverage.quantiles.map((one) => ({
      name,
      what: `at or below the ${quantity(one.quantile)} quantile`,
      nominal: one.quantile,
      got: one.share,
      p: pValue(one.pValue),
      pinball,
    }));
    return interval === null
      ? own
      : [...own, { name, what: 'within the outermost two', nominal: interval.nominal, got: interval.share, p: NONE, pinball }];
  });
  if (rows.length === 0) return '';
  return table<(typeof rows)[number]>(
    [
      { heading: 'Model', text: (row) => row.name },
      { heading: 'Outcomes', text: (row) => row.what, words: true },
      { heading: 'Promised', text: (row) => share(row.nominal) },
      { heading: 'Came', text: (row) => share(row.got) },
      { heading: 'Kupiec p', text: (row) => row.p },
      { heading: 'Mean pinball loss of the model', text: (row) => loss(row.pinball) },
    ],
    rows,
  );
}

/** Probabilities of a rise against what came: their scores, and each bin. Empty where no model gives probabilities. */
export function calibrationTables(view: OutputView): string {
  const rows = view.models.flatMap(({ name, scores }) => (scores?.calibration == null ? [] : [{ name, calibration: scores.calibration }]));
  if (rows.length === 0) return '';
  const bins = rows.flatMap(({ name, calibration }) => calibration.bins.map((bin) => ({ name, bin })));
  const scores = table<(typeof rows)[number]>(
    [
      { heading: 'Model', text: (row) => row.name },
      { heading: 'Brier score', text: (row) => coefficient(row.calibration.brier) },
      { heading: 'of always saying the share of rises', text: (row) => coefficient(row.calibration.brierOfShare) },
      { heading: 'Log loss', text: (row) => coefficient(row.calibration.logLoss) },
    ],
    rows,
  );
  if (bins.length === 0) return scores;
  return (
    scores +
    table<(typeof bins)[number]>(
      [
        { heading: 'Model', text: ({ name }) => name },
        { heading: 'Probability', text: ({ bin }) => `${share(bin.from)} to ${share(bin.to)}` },
        { heading: 'Forecasts', text: ({ bin }) => count(bin.count) },
        { heading: 'Mean probability', text: ({ bin }) => share(bin.meanProbability) },
        { heading: 'Rises', text: ({ bin }) => share(bin.share) },
      ],
      bins,
    )
  );
}

/** Rows, windows and dates of each part of each market. */
export function splitTable(split: readonly SplitSummary[]): string {
  const rows = split.flatMap((one) =>
    (['train', 'validation', 'test'] as const).map((part) => ({ market: one.market, part, of: one[part] })),
  );
  return table<(typeof rows)[number]>(
    [
      { heading: 'Market', text: (row) => row.market },
      { heading: 'Part', text: (row) => (row.part === 'train' ? 'training' : row.part), words: true },
      { heading: 'From', text: (row) => (row.of.from === null ? NONE : day(row.of.from)) },
      { heading: 'To', text: (row) => (row.of.to === null ? NONE : day(row.of.to)) },
      { heading: 'Rows', text: (row) => count(row.of.rows) },
      { heading: 'Windows', text: (row) => count(row.of.windows) },
    ],
    rows,
  );
}

/** One row for each output of each market: its best network beside persistence. */
export function overviewTable(
  rows: readonly { readonly view: OutputView; readonly best: ViewedModel | null; readonly echo: Scores | null }[],
): string {
  return table<(typeof rows)[number]>(
    [
      { heading: 'Market', text: ({ view }) => view.market },
      { heading: 'Output', text: ({ view }) => view.output, words: true },
      { heading: 'Best network', text: ({ best }) => best?.name ?? NONE, words: true },
      { heading: 'its R2 of levels', text: ({ best }) => coefficient(best?.scores?.price.r2) },
      { heading: "Persistence's R2", text: ({ echo }) => coefficient(echo?.price.r2) },
      { heading: 'Skill against persistence', text: ({ best }) => percent(best?.scores?.skillVsPersistence) },
      { heading: 'Diebold-Mariano p', text: ({ best }) => pValue(best?.scores?.dieboldMariano.pValue) },
      { heading: 'Direction right', text: ({ best }) => share(best?.scores?.directionAccuracy) },
      { heading: 'Majority share', text: ({ best }) => share(best?.scores?.majorityShare) },
    ],
    rows,
  );
}

/** What a search over a grid tried. */
export function gridTable(grids: readonly GridResult[]): string {
  const rows = grids.flatMap(({ market, model, tried }) => tried.map((one) => ({ market, model, one })));
  return table<(typeof rows)[number]>(
    [
      { heading: 'Market', text: (row) => row.market },
      { heading: 'Model', text: (row) => row.model, words: true },
      { heading: 'Tried', text: (row) => row.one.words, words: true },
      { heading: 'Parameters', text: (row) => count(row.one.parameters) },
      { heading: 'Epochs', text: (row) => count(row.one.epochs) },
      { heading: 'Least validation loss', text: (row) => loss(row.one.validationLoss) },
      { heading: 'Chosen', text: (row) => (row.one.chosen ? 'yes' : '') },
    ],
    rows,
  );
}
