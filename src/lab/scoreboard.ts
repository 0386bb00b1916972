import type { Column } from '../core/bars.ts';
import type { ModelForecast } from './forecast.ts';
import type { LabInputs } from './inputs.ts';
import { linearAmong, type ModelScore, type OutputSeries, type TrainingRun } from './result.ts';
import { bandsOf, medianRun, scoresOf } from './score.ts';
import { partOf } from './split.ts';

/** One model's forecasts of one market, run by run. */
export interface Said {
  readonly name: string;
  readonly role: ModelScore['role'];
  readonly parameters: number | null;
  /** Whose windows are scored. */
  readonly inputs: LabInputs;
  readonly runs: readonly { readonly run: Omit<TrainingRun, 'validation' | 'test'>; readonly forecast: ModelForecast }[];
}

export interface Board {
  readonly market: string;
  /** Of the first model: the rows of the series, and the levels that all are measured against. */
  readonly inputs: LabInputs;
  readonly outputs: readonly string[];
  readonly scored: 'validation' | 'test';
  readonly horizon: number;
}

/** The scores of all models on every output of one market, and the columns behind them. */
export function marketScores(said: readonly Said[], board: Board): { scores: ModelScore[]; series: OutputSeries[] } {
  const scores: ModelScore[] = [];
  const series: OutputSeries[] = [];
  board.outputs.forEach((output, k) => {
    const knowing = said.filter(({ runs }) => runs.every(({ forecast }) => forecast.levels[k] !== undefined));
    const linear = linearAmong(knowing, ({ name }) => name)?.runs[0]?.forecast.levels[k];
    const own = knowing.map((model) => scoreOf(model, output, k, linear, board));
    scores.push(...own);
    series.push(seriesOf(knowing, own, output, k, board));
  });
  return { scores, series };
}

function scoreOf(
  { name, role, parameters, inputs, runs }: Said,
  output: string,
  k: number,
  linear: Column | undefined,
  board: Board,
): ModelScore {
  const { present, actual } = board.inputs;
  const unit = output === 'volatility' ? ('volatility' as const) : ('price' as const);
  const measure = { inputs, output: k, horizon: board.horizon, present: present[k]!, actual: actual[k]!, unit, linear };
  const scoredRuns = runs.map(({ run, forecast }): TrainingRun => {
    const of = (part: 'validation' | 'test') => scoresOf(forecast, inputs.ends[part], measure);
    return { ...run, validation: of('validation'), test: of('test') };
  });
  return {
    market: board.market,
    model: name,
    role,
    output,
    parameters,
    runs: scoredRuns,
    shown: medianRun(scoredRuns, board.scored),
    bands: scoredRuns.length < 2 ? null : { validation: bandsOf(scoredRuns, 'validation'), test: bandsOf(scoredRuns, 'test') },
  };
}

function seriesOf(said: readonly Said[], scores: readonly ModelScore[], output: string, k: number, board: Board): OutputSeries {
  const { market, horizon, inputs } = board;
  const { bars, split, present, actual } = inputs;
  const { rows } = split;
  const pick = (column: Column): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  return {
    market,
    output,
    time: Float64Array.from(rows, (row) => (row + horizon < bars.length ? bars.openTime[row + horizon]! + bars.intervalMs : Number.NaN)),
    part: Array.from(rows, (_, place) => partOf(split, place)),
    naive: pick(present[k]!),
    actual: pick(actual[k]!),
    forecasts: said.map(({ name, runs }, m) => {
      const { levels, spread } = runs[scores[m]!.shown]!.forecast;
      return { model: name, level: pick(levels[k]!), ...(spread?.[k] && { spread: pick(spread[k]!) }) };
    }),
  };
}
