import type { Backtest, FitSummary, FoldSkill, ForecastReport, Performance, RunResult, Skill, TradeRow } from '../backtest/result.ts';
import { reasonName } from '../core/policy.ts';
import {
  coefficient,
  count,
  day,
  guardReason,
  loss,
  moment,
  money,
  NONE,
  percent,
  price,
  pValue,
  quantity,
  ratio,
  seconds,
  share,
} from './format.ts';
import { type TableColumn, table } from './markup.ts';
import { reasonWords } from './reason-words.ts';
import { type ExitGroup, exitsByReason } from './reasons.ts';

type PerformanceRow = readonly [name: string, print: (performance: Performance) => string];

/** Every figure of an equity curve: its name and how it is printed. */
const PERFORMANCE_ROWS: readonly PerformanceRow[] = [
  ['Start equity', (of) => money(of.startEquity)],
  ['End equity', (of) => money(of.endEquity)],
  ['Total return', (of) => percent(of.totalReturn)],
  ['CAGR', (of) => percent(of.cagr)],
  ['Sharpe ratio', (of) => ratio(of.sharpe)],
  ['Sortino ratio', (of) => ratio(of.sortino)],
  ['Calmar ratio', (of) => ratio(of.calmar)],
  ['Volatility a year', (of) => share(of.volatility)],
  ['Max drawdown', (of) => percent(of.maxDrawdown)],
  ['Max drawdown, bars', (of) => count(of.maxDrawdownBars)],
  ['Exposure', (of) => share(of.exposure)],
  ['Turnover a year', (of) => ratio(of.turnover)],
  ['Fees', (of) => money(of.fees)],
  ['Slippage', (of) => money(of.slippage)],
  ['Funding and interest', (of) => money(of.funding)],
  ['Round trips', (of) => count(of.roundTrips)],
  ['Win rate', (of) => share(of.winRate)],
  ['Profit factor', (of) => ratio(of.profitFactor)],
];

export function performanceTable(strategy: Performance, holding: Performance): string {
  return table<PerformanceRow>(
    [
      { heading: 'Figure', text: ([name]) => name },
      { heading: 'Strategy', text: ([, print]) => print(strategy) },
      { heading: 'Buy & hold', text: ([, print]) => print(holding) },
    ],
    PERFORMANCE_ROWS,
  );
}

const SKILL_COLUMNS: readonly TableColumn<Skill>[] = [
  { heading: 'RMSE of return', text: (row) => share(row.return.rmse) },
  { heading: 'R2 of return', text: (row) => coefficient(row.return.r2) },
  { heading: 'Direction right', text: (row) => share(row.directionAccuracy) },
  { heading: 'Majority share', text: (row) => share(row.majorityShare) },
  { heading: 'Skill against last price', text: (row) => percent(row.skillVsPersistence) },
];

const PRICE_R2: TableColumn<Skill> = { heading: 'R2 of price', text: (row) => coefficient(row.price.r2) };

const TEST_COLUMNS: readonly TableColumn<Skill>[] = [
  { heading: 'Diebold-Mariano', text: (row) => ratio(row.dieboldMariano.statistic) },
  { heading: 'its p', text: (row) => pValue(row.dieboldMariano.pValue) },
  { heading: 'Pesaran-Timmermann p', text: (row) => pValue(row.pesaranTimmermann.pValue) },
];

const ERROR_COLUMNS: readonly TableColumn<Skill>[] = [
  { heading: 'Bars', text: (row) => count(row.bars) },
  { heading: 'Unscored', text: (row) => count(row.unscored) },
  { heading: 'MAE of return', text: (row) => share(row.return.mae) },
  { heading: 'Bias of return', text: (row) => percent(row.return.bias) },
  { heading: 'RMSE of price', text: (row) => price(row.price.rmse) },
  { heading: 'MAE of price', text: (row) => price(row.price.mae) },
  { heading: 'MAPE', text: (row) => share(row.price.mape) },
  { heading: 'Bias of price', text: (row) => price(row.price.bias) },
  { heading: 'Negative prices', text: (row) => share(row.price.negativeShare) },
];

type NamedSkill = Skill & { readonly name: string };

/** The model and its baselines, one row each: first what counts, then every error. */
export function skillTables(forecast: ForecastReport): string {
  const rows: readonly NamedSkill[] = [{ ...forecast, name: `${forecast.model} (model)` }, ...forecast.baselines];
  const name: TableColumn<NamedSkill> = { heading: 'Forecast', text: (row) => row.name };
  return table([name, ...SKILL_COLUMNS, PRICE_R2, ...TEST_COLUMNS], rows) + table([name, ...ERROR_COLUMNS], rows);
}

export function foldTable(folds: readonly FoldSkill[]): string {
  const columns: readonly TableColumn<FoldSkill>[] = [
    ...marketColumn(folds),
    { heading: 'From', text: (row) => day(row.from) },
    { heading: 'To', text: (row) => day(row.to) },
    { heading: 'Fit', text: (row) => row.fit.slice(0, 8), words: true },
    { heading: 'Bars', text: (row) => count(row.bars) },
    ...SKILL_COLUMNS,
    { heading: 'Diebold-Mariano p', text: (row) => pValue(row.dieboldMariano.pValue) },
  ];
  return table(columns, folds);
}

export function fitTable(fits: readonly FitSummary[]): string {
  const columns: TableColumn<FitSummary>[] = [
    ...marketColumn(fits),
    { heading: 'Fit', text: (row) => row.key.slice(0, 8), words: true },
    { heading: 'Model', text: (row) => row.model, words: true },
    { heading: 'Requested', text: (row) => moment(row.requestedAt) },
    { heading: 'Trained from', text: (row) => day(row.trainedFrom) },
    { heading: 'to', text: (row) => day(row.trainedTo) },
    { heading: 'Samples + validation', text: (row) => `${count(row.samples)} + ${count(row.validationSamples)}` },
    { heading: 'Epochs (best)', text: (row) => `${count(row.epochs)} (${count(row.bestEpoch)})` },
    { heading: 'Loss at best', text: (row) => loss(row.losses[row.bestEpoch - 1]) },
    { heading: 'Validation at best', text: (row) => loss(row.validationLosses[row.bestEpoch - 1]) },
    { heading: 'Time', text: (row) => (row.cached ? 'cached' : seconds(row.seconds)) },
  ];
  if (fits.some((fit) => fit.refused !== undefined)) columns.push({ heading: 'Refused', text: (row) => row.refused ?? NONE, words: true });
  return table(columns, fits);
}

export function tradeTable(trades: readonly TradeRow[]): string {
  const columns: readonly TableColumn<TradeRow>[] = [
    ...marketColumn(trades),
    { heading: 'Side', text: (row) => row.side, words: true },
    { heading: 'Entry', text: (row) => moment(row.entryTime) },
    { heading: 'Exit', text: (row) => (row.exitTime === null ? 'open' : moment(row.exitTime)) },
    { heading: 'Quantity', text: (row) => quantity(row.quantity) },
    { heading: 'Entry price', text: (row) => price(row.entryPrice) },
    { heading: 'Exit price', text: (row) => price(row.exitPrice) },
    { heading: 'Fees', text: (row) => money(row.fees) },
    { heading: 'Profit', text: (row) => money(row.profit) },
    { heading: 'Profit %', text: (row) => percent(row.profitFraction) },
    { heading: 'Exit reason', text: (row) => (row.exitReason === null ? NONE : reasonWords(row.exitReason)), words: true },
  ];
  return table(columns, trades);
}

/** How often each reason stood behind a market's target. */
export function reasonTable({ trace }: Backtest): string {
  const rows = trace.market.flatMap(({ market, reason }) => {
    const tally = new Map<number, number>();
    for (const code of reason) tally.set(code, (tally.get(code) ?? 0) + 1);
    return Array.from(tally, ([code, bars]) => ({ market, reason: reasonWords(reasonName(code)), bars, of: reason.length })).sort(
      (a, b) => b.bars - a.bars,
    );
  });
  return table(
    [
      ...marketColumn(rows),
      { heading: 'Reason', text: (row) => row.reason, words: true },
      { heading: 'Bars', text: (row) => count(row.bars) },
      { heading: 'Share', text: (row) => share(row.bars / row.of) },
    ],
    rows,
  );
}

/** Closed trades by what made them end. */
export function exitTable(trades: readonly TradeRow[]): string {
  return table<ExitGroup>(
    [
      { heading: 'Exit', text: (row) => row.words },
      { heading: 'Round trips', text: (row) => count(row.count) },
      { heading: 'Average profit', text: (row) => money(row.averageProfit) },
      { heading: 'Average profit %', text: (row) => percent(row.averageFraction) },
      { heading: 'Profit together', text: (row) => money(row.profit) },
    ],
    exitsByReason(trades),
  );
}

export function guardTable(guards: RunResult['guards']): string {
  const several = new Set(guards.flatMap(({ market }) => market ?? [])).size > 1;
  return table<RunResult['guards'][number]>(
    [
      { heading: 'Time', text: (row) => moment(row.time) },
      { heading: 'Of', text: ({ market }) => (market === null ? 'the account' : several ? market : 'the market'), words: true },
      { heading: 'Guard', text: (row) => `${reasonWords(row.guard)}: ${row.action}`, words: true },
      { heading: 'Because', text: (row) => guardReason(row.reason), words: true },
    ],
    guards,
  );
}

export function rejectionTable(rejections: RunResult['rejections']): string {
  return table<RunResult['rejections'][number]>(
    [
      ...marketColumn(rejections),
      { heading: 'Time', text: (row) => moment(row.time), words: true },
      { heading: 'Reason', text: (row) => row.reason, words: true },
    ],
    rejections,
  );
}

/** A column of names where there are several markets; none where it would say the same in each row. */
function marketColumn<Row extends { readonly market: string }>(rows: readonly Row[]): TableColumn<Row>[] {
  return new Set(rows.map((row) => row.market)).size > 1 ? [{ heading: 'Market', text: (row) => row.market }] : [];
}
