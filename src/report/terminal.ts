import { createColors } from 'picocolors';
import type { Backtest, ForecastReport, Performance, RunResult, Skill } from '../backtest/result.ts';
import { breakEvenBrief, comparableFees, optimismClauses } from './cost-words.ts';
import { basisPoints, count, counted, day, money, percent, pValue, ratio, share } from './format.ts';
import { exitsByReason, guardWords } from './reasons.ts';
import { sparklines } from './sparkline.ts';
import { type Colours, clip, grid, plain, wrap } from './text.ts';

export interface TerminalOptions {
  readonly colour: boolean;
  /** Columns of the terminal; nothing is wider, down to 60. */
  readonly width: number;
  readonly htmlPath?: string;
}

const NARROWEST = 60;
const WIDEST = 100;
/** From here on figures stand two on a line, and the skill table has all its columns. */
const ROOMY = 92;
/** Warnings printed at most; the rest is counted. */
const WARNINGS = 2;
/** Orders that ended as orders may, or found the account where they were to bring it: no reason to warn. */
const ENDED = /^(expired|replaced|withdrawn|held back|cancelled|still open|nothing to trade)/;
/** Baselines printed at most; all of them are in the HTML report. */
const BASELINES = 4;

const METRICS: readonly (readonly [string, (performance: Performance) => string])[] = [
  ['Total return', (of) => percent(of.totalReturn)],
  ['CAGR', (of) => percent(of.cagr)],
  ['Sharpe', (of) => ratio(of.sharpe)],
  ['Sortino', (of) => ratio(of.sortino)],
  ['Max drawdown', (of) => percent(of.maxDrawdown)],
  ['Exposure', (of) => share(of.exposure)],
  ['Turnover/year', (of) => ratio(of.turnover)],
  ['Fees', (of) => money(of.fees)],
  ['Round trips', (of) => count(of.roundTrips)],
  ['Win rate', (of) => share(of.winRate)],
];

/** A backtest on one screen, at most 100 columns: verdict, strategy beside buy & hold, skill beside the baselines, data, report's path. */
export function terminalSummary(backtest: Backtest, options: TerminalOptions): string {
  const { report } = backtest;
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(options.width)));
  const colours = createColors(options.colour);
  const { evaluation } = report;
  const heading = `${plain(report.name)}  ${day(evaluation.from)} to ${day(evaluation.to)}, ${counted(evaluation.bars, 'bar')}`;
  const lines = [
    colours.bold(clip(heading, width)),
    ...wrap(plain(report.verdict), width),
    '',
    ...performanceLines(report, width, colours),
    ...tradingLines(report).flatMap((line) => wrap(plain(line), width)),
    '',
    ...sparklines(
      [
        { name: 'strategy', values: backtest.trace.equity },
        { name: 'buy & hold', values: backtest.buyAndHold },
      ],
      width,
    ),
    '',
    ...(report.forecast === null ? [] : [...skillLines(report.forecast, width, colours), '']),
    ...provenance(report).map((line) => colours.dim(clip(line, width))),
    ...optimismLines(report, width).map(colours.yellow),
    ...warningLines(report).map((line) => colours.yellow(clip(line, width))),
  ];
  // The path is wrapped by the terminal, never cut: it is there to be copied.
  if (options.htmlPath !== undefined) lines.push(`Report: ${plain(options.htmlPath)}`);
  return lines.join('\n');
}

/** Two figures a line where the width allows it. */
function performanceLines({ performance, buyAndHold }: RunResult, width: number, colours: Colours): string[] {
  const cells = METRICS.map(([name, print]) => [name, print(performance), print(buyAndHold)]);
  const header = ['', 'strategy', 'buy & hold'];
  if (width < ROOMY) return grid(header, cells, colours);
  const half = Math.ceil(cells.length / 2);
  return grid(
    [...header, ...header],
    cells.slice(0, half).map((row, at) => [...row, ...(cells[half + at] ?? ['', '', ''])]),
    colours,
  );
}

/** What trading cost, how it ended, and what held it back. */
function tradingLines(report: RunResult): string[] {
  const { costs, trades, guards } = report;
  const open = trades.filter(({ exitTime }) => exitTime === null).length;
  const exits = exitsByReason(trades, false).map(({ words, count: times }) => `${words} ${count(times)}`);
  const acts = guardWords(guards);
  return [
    ...(trades.length > 0 ? [`Gross ${money(costs.gross)} -> net ${money(costs.net)}${breakEvenBrief(comparableFees(report))}`] : []),
    ...(exits.length > 0 ? [`Exits: ${[...exits, ...(open > 0 ? [`still open ${open}`] : [])].join(', ')}`] : []),
    ...(acts ? [acts] : []),
  ];
}

function skillLines(forecast: ForecastReport, width: number, colours: Colours): string[] {
  const narrow = width < ROOMY;
  const row = (name: string, skill: Skill) => {
    const cells = [
      clip(plain(name), narrow ? 12 : 22),
      share(skill.return.rmse),
      `${share(skill.directionAccuracy)} / ${share(skill.majorityShare)}`,
      percent(skill.skillVsPersistence),
      pValue(skill.dieboldMariano.pValue),
    ];
    return narrow ? cells : [...cells, pValue(skill.pesaranTimmermann.pValue)];
  };
  const header = [
    'forecast',
    'RMSE',
    'direction / majority',
    narrow ? 'skill' : 'skill vs last price',
    'DM p',
    ...(narrow ? [] : ['PT p']),
  ];
  const rows = [row(forecast.model, forecast), ...forecast.baselines.slice(0, BASELINES).map((one) => row(one.name, one))];
  const folds = forecast.folds.length === 0 ? '' : `${counted(forecast.folds.length, 'fold')}; `;
  const note = `${folds}DM p: the model against the last price, in a baseline's row against that baseline`;
  return [...grid(header, rows, colours), ...wrap(note, width).map(colours.dim)];
}

function provenance(report: RunResult): string[] {
  const [first, ...others] = report.data;
  const data =
    first === undefined ? 'no data' : `${plain(first.market)}, ${counted(first.bars, 'bar')}, sha256 ${first.sha256.slice(0, 12)}`;
  const more = others.length === 0 ? '' : ` and ${counted(others.length, 'further market')}`;
  const { fill, costs, notes } = report.assumptions;
  const optimistic = optimismClauses(notes).length > 0 ? ' (OPTIMISTIC, see below)' : '';
  return [
    `Data ${data}${more}`,
    `Fill ${fill}${optimistic}; taker ${share(costs.taker)}, slippage ${costs.slippage === null ? 'by the fill' : basisPoints(costs.slippage)}; digest ${report.digest.slice(0, 12)}`,
    `Engine ${plain(report.engine ?? 'none')}`,
  ];
}

/** What no account could have had; wrapped, not cut. */
function optimismLines({ assumptions }: RunResult, width: number): string[] {
  const clauses = optimismClauses(assumptions.notes);
  return clauses.length === 0 ? [] : wrap(plain(`OPTIMISTIC: ${clauses.join('; ')}`), width);
}

function warningLines(report: RunResult): string[] {
  const warnings = report.data.flatMap((data) => data.warnings.map((warning) => `${data.market}: ${warning}`));
  const refused = report.fits.filter((fit) => fit.refused !== undefined).length;
  if (refused > 0) warnings.push(`${counted(refused, 'fit')} of ${count(report.fits.length)} refused`);
  const refusals = report.rejections.filter(({ reason }) => !ENDED.test(reason)).length;
  if (refusals > 0) warnings.push(counted(refusals, 'refused order'));
  const shown = warnings.slice(0, WARNINGS).map((warning) => `Warning: ${plain(warning)}`);
  return warnings.length > WARNINGS ? [...shown, `and ${counted(warnings.length - WARNINGS, 'further warning')} in the report`] : shown;
}
