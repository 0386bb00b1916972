import type { Experiment, ExperimentResult, Failure } from '../lab/result.ts';
import {
  bandTable,
  calibrationTables,
  coverageTable,
  gridTable,
  overviewTable,
  scoreTables,
  splitTable,
} from './experiment/score-tables.ts';
import { bestModel, type OutputView, outputsOf, outputView, partName, persistenceOf } from './experiment/view.ts';
import { bestSentence, echoSentence } from './experiment/words.ts';
import { allExperimentFigures, type ExperimentFigure, type OutputFigures } from './experiment-figures.ts';
import { coefficient, count, counted, NONE, percent, pValue, seconds } from './format.ts';
import { escaped, facts, list, paragraph, section, table } from './markup.ts';
import { configuration, dataSection, page, SENTENCE_END } from './page.ts';

/** Outputs whose tables and figures stand open; those of further ones are folded. */
const OPEN_OUTPUTS = 2;
/** Folds for experiments of many markets; on paper a fold is as it was on the screen. */
const FOLDS = `summary{cursor:pointer;font-weight:600;padding:.5rem 0;border-bottom:1px solid var(--rule)}
details[open]{margin-bottom:2rem}
h4{font-size:1rem;margin:1.4rem 0 .4rem}`;

/**
 * A finished experiment as one HTML page that opens offline, in the look of the report of a backtest: inline SVG, inline style, no scripts
 * and no addresses. `figures` are those to show, of `experimentFigures`; all are drawn where it is not given. The same experiment gives the
 * same text; without `timings`, which leaves out the seconds, so does the same training on another day.
 */
export async function experimentHtml(experiment: Experiment, figures?: readonly OutputFigures[], timings = true): Promise<string> {
  const shown = figures ?? (await allExperimentFigures(experiment));
  const { report } = experiment;
  const views = outputsOf(experiment).flatMap(({ market, output }) => {
    const view = outputView(experiment, market, output);
    return view === null ? [] : [view];
  });
  const body = [
    header(report, views),
    section('Split', splitTable(report.split)),
    overviewSection(views),
    drawnNote(views, shown),
    ...views.map((view, at) => outputSection(view, figuresOf(shown, view), at < OPEN_OUTPUTS, timings)),
    failureSection(report.failures),
    report.grid.length === 0
      ? ''
      : section('Search over grids', paragraph('The one with the least validation loss was scored.'), gridTable(report.grid)),
    section('Assumptions', list(report.assumptions)),
    dataSection(report.data),
    runSection(report, timings),
  ];
  return page(`${report.name}: experiment`, FOLDS, body);
}

function header(report: ExperimentResult, views: readonly OutputView[]): string {
  const view = views[0];
  const best = view === undefined ? null : bestModel(view);
  const echo = view === undefined ? null : persistenceOf(view);
  // Figures of one output at the head would mislead where there are several.
  const tiles =
    views.length !== 1 || best?.scores == null
      ? []
      : [
          ['Best model', best.name, best.score.role],
          ['Skill', percent(best.scores.skillVsPersistence), 'against persistence'],
          ['Diebold-Mariano p', pValue(best.scores.dieboldMariano.pValue), 'against persistence'],
          ['R2 of levels', coefficient(best.scores.price.r2), `persistence ${coefficient(echo?.scores?.price.r2)}`],
        ].map(
          ([name = '', figure = '', beside = '']) =>
            `<div><span>${name}</span><b>${escaped(figure)}</b><span>${escaped(beside)}</span></div>`,
        );
  const outputs = [...new Set(report.scores.map((score) => score.output))].join(', ');
  const markets = report.data.map((data) => data.market);
  const named = markets.length > 6 ? `${count(markets.length)} markets` : markets.join(', ');
  return `<header><h1>${escaped(report.name)}</h1>
<p class="period">${escaped(`${named}: ${outputs === '' ? 'nothing was scored' : outputs}, ${counted(report.horizon, 'bar')} ahead, scored on the ${partName(report.scored)}`)}</p>
<div class="verdict">${report.verdict.split(SENTENCE_END).map(paragraph).join('')}</div>
${tiles.length === 0 ? '' : `<div class="key">${tiles.join('')}</div>`}</header>`;
}

function overviewSection(views: readonly OutputView[]): string {
  if (views.length < 2) return '';
  const rows = views.map((view) => ({ view, best: bestModel(view), echo: persistenceOf(view)?.scores ?? null }));
  return section(
    'Markets and outputs',
    paragraph(
      `Of each, the network with the least squared error on the ${partName(views[0]!.scored)}, beside persistence, which only repeats the last level.`,
    ),
    overviewTable(rows),
  );
}

function outputSection(view: OutputView, figures: readonly ExperimentFigure[], open: boolean, timings: boolean): string {
  const { scored } = view;
  const other = scored === 'test' ? 'validation' : 'test';
  const parts = [
    ...[bestSentence(view), echoSentence(view)].flatMap((sentence) => (sentence === null ? [] : [paragraph(sentence)])),
    titled(`All models on the ${partName(scored)}`, scoreTables(view, scored, timings)),
    titled(`All models on the ${partName(other)}`, scoreTables(view, other, timings)),
    titled(`Bands over seeds on the ${partName(scored)}`, bandTable(view, scored)),
    titled(`Bands over seeds on the ${partName(other)}`, bandTable(view, other)),
    titled(`Coverage of quantiles on the ${partName(scored)}`, coverageTable(view)),
    titled(`Calibration of probabilities on the ${partName(scored)}`, calibrationTables(view)),
    ...figures.map(figureOf),
  ].filter((part) => part !== '');
  const body = `<details${open ? ' open' : ''}><summary>Scores${figures.length === 0 ? '' : ` and ${counted(figures.length, 'figure')}`}</summary>\n${parts.join('\n')}</details>`;
  return section(`${view.market}: ${view.output}`, body);
}

function drawnNote(views: readonly OutputView[], shown: readonly OutputFigures[]): string {
  const drawn = views.filter((view) => figuresOf(shown, view).length > 0).length;
  return drawn === views.length
    ? ''
    : paragraph(`Figures are drawn of ${count(drawn)} of ${counted(views.length, 'output')}; tables show all.`);
}

function titled(heading: string, content: string): string {
  return content === '' ? '' : `<h3>${escaped(heading)}</h3>${content}`;
}

/** The picture has its title in it; here it scales with the page, and its caption is text of the page. */
function figureOf({ caption, svg }: ExperimentFigure): string {
  const inline = svg.replace(/^<svg ([^>]*?) width="\d+" height="\d+"/, '<svg $1');
  return `<figure>${inline}<figcaption>${escaped(caption)}</figcaption></figure>`;
}

function figuresOf(all: readonly OutputFigures[], view: OutputView): readonly ExperimentFigure[] {
  return all.find(({ market, output }) => market === view.market && output === view.output)?.figures ?? [];
}

function failureSection(failures: readonly Failure[]): string {
  if (failures.length === 0) return '';
  return section(
    'What could not be done',
    table<Failure>(
      [
        { heading: 'Market', text: (row) => row.market },
        { heading: 'Model', text: (row) => row.model ?? NONE, words: true },
        { heading: 'Reason', text: (row) => row.reason, words: true },
      ],
      failures,
    ),
  );
}

function runSection(report: ExperimentResult, timings: boolean): string {
  return section(
    'Run',
    facts([
      ['Experiment', report.experimentId],
      ['Engine', report.engine ?? 'none: no network'],
      ...(timings ? [['Time', `training ${seconds(report.timings.training)}, all ${seconds(report.timings.total)}`] as const] : []),
    ]),
    configuration(report.config),
  );
}
