import { createColors } from 'picocolors';
import type { ExperimentResult, ModelScore, Scores } from '../lab/result.ts';
import { type OutputPlace, placesOf } from './experiment/view.ts';
import { shownScores } from './experiment-verdict.ts';
import { coefficient, count, counted, day, loss, percent, pValue, ratio, seconds, share } from './format.ts';
import { type Colours, clip, grid, plain, wrap } from './text.ts';

export interface ExperimentTextOptions {
  readonly colour: boolean;
  /** Columns; nothing is wider, down to 80. */
  readonly width: number;
  /** Whether seconds of training are told, which differ from run to run. */
  readonly timings: boolean;
  readonly htmlPath?: string;
}

const NARROWEST = 80;
/** From here on one table holds all figures. */
const ROOMY = 150;
/** Up to so many markets and outputs each has a table of all models; beyond it one table has a line for each network. */
const WHOLE_TABLES = 4;

type ColumnOf = readonly [heading: string, print: (scores: Scores, score: ModelScore) => string];

const ACCURACY: readonly ColumnOf[] = [
  ['R2', (of) => coefficient(of.price.r2)],
  ['RMSE', (of) => figure(of.price.rmse)],
  ['MAE', (of) => figure(of.price.mae)],
  ['MAPE', (of) => share(of.price.mape)],
  ['bias', (of) => figure(of.price.bias)],
  ['negative', (of) => share(of.price.negativeShare)],
  ['rows', (of) => count(of.bars)],
];

const TESTS: readonly ColumnOf[] = [
  ['direction / majority', (of) => `${share(of.directionAccuracy)} / ${share(of.majorityShare)}`],
  ['skill', (of) => percent(of.skillVsPersistence)],
  ['DM p', (of) => pValue(of.dieboldMariano.pValue)],
  ['linear p', (of) => pValue(of.dieboldMarianoLinear?.pValue ?? null)],
  ['PT p', (of) => pValue(of.pesaranTimmermann.pValue)],
];

/** An experiment on a screen or in a text file: verdict, all models and baselines, seeds, grids, failures and assumptions. */
export function experimentText(report: ExperimentResult, options: ExperimentTextOptions): string {
  const width = Math.max(NARROWEST, Math.floor(options.width));
  const colours = createColors(options.colour);
  const lines = [colours.bold(clip(heading(report), width)), ...wrap(plain(report.verdict), Math.min(width, 120)), ''];
  const places = placesOf(report.scores);
  if (places.length > WHOLE_TABLES) lines.push(...overview(report, places, width, colours), '');
  else for (const place of places) lines.push(...placeLines(report, place, width, options.timings, colours), '');
  lines.push(...gridLines(report, colours));
  for (const { market, model, reason } of report.failures) {
    lines.push(
      ...wrap(`Failed: ${plain(market)}${model === null ? '' : `, ${plain(model)}`}: ${plain(reason)}`, width).map(colours.yellow),
    );
  }
  lines.push(...report.assumptions.flatMap((note) => wrap(`- ${note}`, Math.min(width, 120))).map(colours.dim));
  if (options.htmlPath !== undefined) lines.push(`Report: ${plain(options.htmlPath)}`);
  return lines.join('\n');
}

function heading({ name, scored, horizon, split }: ExperimentResult): string {
  const part = split[0]?.[scored];
  const period = part?.from && part.to ? `, ${day(part.from)} to ${day(part.to)}` : '';
  return `${plain(name)}  scored on the ${scored} rows${period}, ${counted(horizon, 'bar')} ahead`;
}

function placeLines(
  report: ExperimentResult,
  { market, output }: OutputPlace,
  width: number,
  timings: boolean,
  colours: Colours,
): string[] {
  const { scores, scored, split } = report;
  const own = scores.filter((score) => score.market === market && score.output === output);
  const parts = split.find((one) => one.market === market);
  const rows = parts && (['train', 'validation', 'test'] as const).map((part) => `${parts[part].windows} ${part}`).join(', ');
  const lines = [colours.bold(clip(`${plain(market)}: ${output}`, width)), ...(rows ? [colours.dim(`windows: ${rows}`)] : [])];
  for (const part of scored === 'validation' ? (['validation', 'test'] as const) : (['test', 'validation'] as const)) {
    if (own.some((score) => shownScores(score, part) !== null)) lines.push('', ...partTable(own, part, width, timings, colours));
  }
  return [...lines, ...bandLines(own, scored, colours)];
}

function partTable(own: readonly ModelScore[], part: 'validation' | 'test', width: number, timings: boolean, colours: Colours): string[] {
  const cost: readonly ColumnOf[] = [
    ['parameters', (_, score) => count(score.parameters)],
    ['epochs', (_, score) => (score.runs[score.shown]!.epochs > 0 ? count(score.runs[score.shown]!.epochs) : '-')],
    ...(timings ? [['seconds', (_: Scores, score: ModelScore) => secondsOf(score)] as ColumnOf] : []),
  ];
  const tables = width >= ROOMY ? [[...ACCURACY, ...TESTS, ...cost]] : [ACCURACY, [...TESTS, ...cost]];
  return tables.flatMap((columns, k) => [
    ...grid(
      ['model', ...columns.map(([name]) => name)],
      own.map((score) => {
        const scores = shownScores(score, part);
        const cells = columns.map(([, print]) => (scores ? print(scores, score) : '-'));
        const name = clip(plain(score.model), 22);
        return [score.role === 'baseline' ? name : colours.bold(name), ...cells];
      }),
      colours,
    ).map((line, at) => (at === 0 && k === 0 ? `${line}  ${colours.dim(`(${part})`)}` : line)),
  ]);
}

function secondsOf({ runs }: ModelScore): string {
  return runs.every(({ fit }) => fit === null) ? '-' : seconds(runs.reduce((sum, run) => sum + run.seconds, 0));
}

function bandLines(own: readonly ModelScore[], scored: 'validation' | 'test', colours: Colours): string[] {
  const banded = own.filter(({ bands }) => bands?.[scored]);
  if (banded.length === 0) return [];
  const header = ['model', 'seeds', 'R2 p10', 'median', 'p90', 'worst', 'RMSE p10', 'median', 'p90', 'skill median'];
  const rows = banded.map(({ model, runs, bands }) => {
    const { r2, rmse, skillVsPersistence } = bands![scored]!;
    return [
      clip(plain(model), 22),
      count(runs.length),
      ...[r2?.p10, r2?.median, r2?.p90, r2?.minimum].map((value) => coefficient(value ?? null)),
      ...[rmse?.p10, rmse?.median, rmse?.p90].map((value) => figure(value ?? null)),
      percent(skillVsPersistence?.median ?? null),
    ];
  });
  return ['', ...grid(header, rows, colours)];
}

/** Names of markets in one line of a table. */
const LONGEST_NAME = 40;
const SHORTEST_NAME = 16;
/** What a narrow screen does without, the first one first; `report.txt` has it. */
const SPARE = ['MAPE', 'direction / majority', 'R2 last price'];

/** Many markets: a line for each network, beside the last price. Names give way first, then columns, until the table fits. */
function overview(report: ExperimentResult, places: readonly OutputPlace[], width: number, colours: Colours): string[] {
  const rows = overviewRows(report, places);
  const constant = OVERVIEW.filter(
    (heading, k) => (heading === 'output' || heading === 'model') && new Set(rows.map((row) => row[k])).size === 1,
  );
  for (let spared = 0; ; spared++) {
    const dropped = [...constant, ...SPARE.slice(0, spared)];
    const kept = OVERVIEW.map((_, k) => k).filter((k) => !dropped.includes(OVERVIEW[k]!));
    // Two spaces stand between columns.
    const widthOf = (k: number) => 2 + Math.max(OVERVIEW[k]!.length, ...rows.map((row) => row[k]!.length));
    const room = width - kept.slice(1).reduce((sum, k) => sum + widthOf(k), 0) - 2;
    if (room < SHORTEST_NAME && spared < SPARE.length) continue;
    const longest = Math.min(LONGEST_NAME, Math.max(SHORTEST_NAME, room));
    return grid(
      kept.map((k) => OVERVIEW[k]!),
      rows.map((row) => kept.map((k) => (k === 0 ? clipMiddle(row[0]!, longest) : row[k]!))),
      colours,
    );
  }
}

const OVERVIEW = ['market', 'output', 'model', 'R2', 'R2 last price', 'MAPE', 'skill', 'DM p', 'direction / majority'];

function overviewRows({ scores, scored }: ExperimentResult, places: readonly OutputPlace[]): string[][] {
  return places.flatMap(({ market, output }) => {
    const own = scores.filter((score) => score.market === market && score.output === output);
    const naive = own.find(({ model }) => model === 'persistence');
    const naiveScores = naive && shownScores(naive, scored);
    return own
      .filter(({ role }) => role !== 'baseline')
      .map((score) => {
        const of = shownScores(score, scored);
        return [
          plain(market),
          output,
          clip(plain(score.model), 18),
          coefficient(of?.price.r2 ?? null),
          coefficient(naiveScores?.price.r2 ?? null),
          share(of?.price.mape ?? null),
          percent(of?.skillVsPersistence ?? null),
          pValue(of?.dieboldMariano.pValue ?? null),
          `${share(of?.directionAccuracy ?? null)} / ${share(of?.majorityShare ?? null)}`,
        ];
      });
  });
}

/** The text with its middle left out where it is longer: the end of a name tells files and seeds apart. */
function clipMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const end = Math.floor((width - 3) / 2);
  return `${text.slice(0, width - 3 - end)}...${text.slice(text.length - end)}`;
}

function gridLines({ grid: grids }: ExperimentResult, colours: Colours): string[] {
  return grids.flatMap(({ market, model, tried }) => [
    colours.bold(`${plain(market)}: grid of ${plain(model)}`),
    ...grid(
      ['model', 'parameters', 'epochs', 'validation loss', ''],
      [...tried]
        .sort((a, b) => (a.validationLoss ?? Infinity) - (b.validationLoss ?? Infinity))
        .map(({ words, parameters, epochs, validationLoss, chosen }) => [
          words,
          count(parameters),
          count(epochs),
          loss(validationLoss),
          chosen ? 'chosen' : '',
        ]),
      colours,
    ),
    '',
  ]);
}

/** An error in the unit of the output: three significant digits, two decimals where that is more. */
function figure(value: number | null): string {
  return value === null ? '-' : Math.abs(value) >= 1 || value === 0 ? ratio(value) : loss(value);
}
