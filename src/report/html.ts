import type { Backtest, ForecastReport, RunResult } from '../backtest/result.ts';
import { type Drawing, type Figure, loadDrawing } from './chart.ts';
import { boundWords, breakEvenWords, comparableFees } from './cost-words.ts';
import { drawdownFigure, equityFigure, foldFigure, lossFigure, priceFigure, recentFigure, scatterFigure } from './figures.ts';
import { basisPoints, coefficient, count, counted, day, percent, quantity, ratio, seconds, share } from './format.ts';
import { escaped, facts, figure, list, paragraph, section } from './markup.ts';
import { configuration, dataSection, page, SENTENCE_END } from './page.ts';
import { guardWords } from './reasons.ts';
import {
  exitTable,
  fitTable,
  foldTable,
  guardTable,
  performanceTable,
  reasonTable,
  rejectionTable,
  skillTables,
  tradeTable,
} from './tables.ts';
import { waterfallFigure, waterfallTable } from './waterfall.ts';

/** Markets with figures of their own; all of them are in the tables. */
const DRAWN_MARKETS = 4;

/**
 * A finished backtest as one HTML page that opens offline: figures are inline SVG, the style is inline, there are no scripts and no
 * addresses. The same backtest gives the same text. Long series are thinned for drawing, and long tables cut, where the page says so.
 */
export async function htmlReport(backtest: Backtest): Promise<string> {
  const drawing = await loadDrawing();
  const { report } = backtest;
  const body = [
    header(report),
    equitySection(drawing, backtest),
    forecastSection(drawing, backtest),
    tradingSection(drawing, backtest),
    costSection(drawing, report),
    fitSection(drawing, report),
    assumptionSection(report),
    dataSection(report.data),
    runSection(report),
    listSection('All trades', 'trade', report.trades, tradeTable),
    report.guards.length === 0 ? '' : listSection('What guards did', 'event', report.guards, guardTable),
    listSection('Unfilled orders', 'unfilled order', report.rejections, rejectionTable),
  ];
  return page(`${report.name}: backtest ${period(report)}`, '', body);
}

function header(report: RunResult): string {
  const { performance, buyAndHold, forecast } = report;
  const tiles = [
    ['Total return', percent(performance.totalReturn), `buy & hold ${percent(buyAndHold.totalReturn)}`],
    ['Sharpe ratio', ratio(performance.sharpe), `buy & hold ${ratio(buyAndHold.sharpe)}`],
    ['Max drawdown', percent(performance.maxDrawdown), `buy & hold ${percent(buyAndHold.maxDrawdown)}`],
    ['Round trips', count(performance.roundTrips), `win rate ${share(performance.winRate)}`],
    ...(forecast === null ? [] : [['Skill', percent(forecast.skillVsPersistence), 'against the last price']]),
  ].map(([name = '', figure = '', beside = '']) => `<div><span>${name}</span><b>${figure}</b><span>${escaped(beside)}</span></div>`);
  const { bars, periodsPerYear } = report.evaluation;
  const markets = report.data.map((data) => data.market).join(', ');
  return `<header><h1>${escaped(report.name)}</h1>
<p class="period">${escaped(`${markets}: ${period(report)}, ${counted(bars, 'bar')}, ${quantity(periodsPerYear)} a year`)}</p>
<div class="verdict">${report.verdict.split(SENTENCE_END).map(paragraph).join('')}</div>
<div class="key">${tiles.join('')}</div></header>`;
}

function equitySection(drawing: Drawing, backtest: Backtest): string {
  const { performance, buyAndHold } = backtest.report;
  return section(
    'Strategy and buy & hold',
    ...figures(drawing, 'equity', [equityFigure(backtest), drawdownFigure(backtest)]),
    performanceTable(performance, buyAndHold),
  );
}

function tradingSection(drawing: Drawing, backtest: Backtest): string {
  const { trades, guards } = backtest.report;
  const acts = guardWords(guards);
  const shown = backtest.columns.slice(0, DRAWN_MARKETS).map((columns) => priceFigure(columns, backtest));
  return section(
    'Trading',
    drawnMarketsNote(backtest),
    ...figures(drawing, 'price', shown),
    ...(trades.some(({ exitTime }) => exitTime !== null) ? ['<h3>How positions ended</h3>', exitTable(trades)] : []),
    '<h3>What stood behind each target</h3>',
    reasonTable(backtest),
    ...(acts ? [paragraph(`${acts}. The list stands at the end.`)] : []),
  );
}

function costSection(drawing: Drawing, report: RunResult): string {
  const { costs, trades } = report;
  if (trades.length === 0) return '';
  const even = breakEvenWords(comparableFees(report));
  return section(
    'Costs',
    ...figures(drawing, 'costs', [waterfallFigure(costs)]),
    waterfallTable(costs),
    ...(even
      ? [paragraph(`${even} Such a fee is one of every fill, whoever takes or makes; all else is as it was, and buy & hold keeps its own.`)]
      : []),
    ...(costs.shortfall > 0
      ? [paragraph('The shortfall is what was lost beyond the margin of a position; it was not charged to the account.')]
      : []),
  );
}

/** The long lists stand at the end, where they keep nobody from reading on. */
function listSection<Row>(heading: string, noun: string, rows: readonly Row[], print: (rows: readonly Row[]) => string): string {
  return section(heading, paragraph(`${counted(rows.length, noun)}.`), rows.length === 0 ? '' : print(rows));
}

function forecastSection(drawing: Drawing, backtest: Backtest): string {
  const { forecast } = backtest.report;
  if (forecast === null) return '';
  const shown = backtest.columns.slice(0, DRAWN_MARKETS).flatMap((columns) => [scatterFigure(columns), recentFigure(columns)]);
  const folds = forecast.folds.length === 0 ? [] : [foldFigure(forecast.folds)];
  return section(
    'Forecast',
    skillTables(forecast),
    ...skillNotes(forecast).map(paragraph),
    drawnMarketsNote(backtest),
    ...figures(drawing, 'forecast', [...shown, ...folds]),
    ...(folds.length === 0 ? [] : [`<h3>${counted(forecast.folds.length, 'fold')}</h3>`, foldTable(forecast.folds)]),
  );
}

function skillNotes(forecast: ForecastReport): string[] {
  const echo = forecast.baselines.find((baseline) => baseline.name === 'persistence')?.price.r2 ?? null;
  const known = echo === null ? '' : ` Here the last price itself, repeated as the forecast, gets ${coefficient(echo)}.`;
  return [
    `R2 of price looks splendid for anything that echoes the last price, so it tells nothing about a forecast.${known} What counts is the skill against the last price: 1 - MSE of returns / MSE of a forecast of no change.`,
    `Diebold-Mariano compares squared errors of the return over ${counted(forecast.horizon, 'bar')}: in the model's row against the last price, in a baseline's row the model against that baseline; above zero the model is better. Pesaran-Timmermann asks whether directions are right more often than by chance; the share right is to be read against the majority share, what naming the commoner direction always would have got.`,
  ];
}

function fitSection(drawing: Drawing, { fits }: RunResult): string {
  if (fits.length === 0) return '';
  const losses = lossFigure(fits);
  return section('Fits', ...figures(drawing, 'fits', losses === null ? [] : [losses]), fitTable(fits));
}

function assumptionSection({ assumptions, trials }: RunResult): string {
  const { taker, maker = taker, slippage } = assumptions.costs;
  const bounds = boundWords(assumptions);
  return section(
    'Assumptions',
    facts([
      ['Fill', assumptions.fill],
      ['Taker fee', `${share(taker)} of the notional`],
      ...(maker === taker ? [] : [['Maker fee', `${share(maker)} of the notional`] as const]),
      ['Slippage', slippage === null ? 'depends on the fill, as said below' : `${basisPoints(slippage)} of the price`],
      ['Ambiguous bars', count(assumptions.ambiguousBars)],
      ['Trials so far', `${count(trials)}, not corrected for`],
    ]),
    ...(bounds ? [paragraph(`In an ambiguous bar it cannot be known what came first. ${bounds}`)] : []),
    list(assumptions.notes),
  );
}

function runSection(report: RunResult): string {
  const { features, training, run } = report.timings;
  return section(
    'Run',
    facts([
      ['Run', report.runId],
      ['Digest', report.digest],
      ['Engine', report.engine ?? 'none: no model'],
      ['Time', `features ${seconds(features)}, training ${seconds(training)}, run ${seconds(run)}`],
    ]),
    configuration(report.config),
  );
}

function figures(drawing: Drawing, name: string, contents: readonly Figure[]): string[] {
  return contents.map((content, at) => figure(drawing, content, `${name}-${at}`));
}

function drawnMarketsNote({ columns }: Backtest): string {
  return columns.length > DRAWN_MARKETS ? paragraph(`Drawn are the first ${DRAWN_MARKETS} of ${columns.length} markets.`) : '';
}

function period(report: RunResult): string {
  return `${day(report.evaluation.from)} to ${day(report.evaluation.to)}`;
}
