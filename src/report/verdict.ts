import type { CostBreakdown, ForecastReport, Performance, RunResult, TestResult } from '../backtest/result.ts';
import { boundWords, neverBought, optimismClauses } from './cost-words.ts';
import { coefficient, counted, money, percent, ratio, share } from './format.ts';

/** What a verdict is made from; a RunResult is one. Without a forecast it says nothing of forecasts. */
export interface VerdictInput extends Pick<RunResult, 'performance' | 'buyAndHold' | 'forecast' | 'trials' | 'costs'> {
  readonly trades: readonly Pick<RunResult['trades'][number], 'exitReason'>[];
  readonly assumptions: Pick<RunResult['assumptions'], 'ambiguousBars' | 'bounds' | 'notes'>;
}

/** The level at which a forecast may be called better. */
const SIGNIFICANCE = 0.05;
/** Fewer round trips than this are named as too few. */
const FEW_ROUND_TRIPS = 30;
/** A price-level R2 from which a reader could take an echo of the last price for a forecast. */
const SPLENDID_R2 = 0.5;

/**
 * Three or four plain sentences: is the forecast better than the last price and than the linear baseline (Diebold-Mariano), is the
 * strategy better than holding, could it be luck, and what would break it; one more for each of liquidations and ambiguous bars where there were
 * any, and a first one where the account lost everything. It never calls good what the tests do not support.
 */
export function verdict(input: VerdictInput): string {
  const sentences = [
    ruinSentence(input.performance),
    input.forecast === null ? '' : forecastSentence(input.forecast),
    strategySentence(input.performance, input.buyAndHold),
    liquidationSentence(input),
    boundWords(input.assumptions),
  ].filter((sentence) => sentence !== '');
  const optimism = optimismClauses(input.assumptions.notes);
  const trials = counted(input.trials, 'trial');
  if (neverTraded(input.performance)) {
    sentences.push(`Without a trade there is nothing that costs or luck could have changed (${trials} so far, not corrected for).`);
    if (optimism.length > 0) sentences.push(`It is optimistic all the same: ${optimism.join('; ')}.`);
  } else {
    const them = input.trials === 1 ? 'it' : 'them';
    sentences.push(`Luck is not ruled out: ${trials} so far, and these figures are not corrected for ${them}.`);
    sentences.push(fragilitySentence(input.performance, input.costs, optimism));
  }
  return sentences.join(' ');
}

/** Whether a Diebold-Mariano test supports that the model is better: statistic > 0 and p at most 0.05. */
function isBetter(test: TestResult): boolean {
  return test.statistic !== null && test.pValue !== null && test.statistic > 0 && test.pValue <= SIGNIFICANCE;
}

/** Whether the forecast is better than the last price by the test and by its skill (averaging over markets can part the two). */
function hasSkill(forecast: ForecastReport): boolean {
  return isBetter(forecast.dieboldMariano) && (forecast.skillVsPersistence ?? 0) > 0;
}

function forecastSentence(forecast: ForecastReport): string {
  const clauses = [againstLastPrice(forecast)];
  const linear = forecast.baselines.find((baseline) => baseline.name === 'linear');
  if (linear === undefined) clauses.push('no linear baseline was scored');
  else if (linear.dieboldMariano.pValue === null) clauses.push('the comparison with the linear baseline is undefined');
  else
    clauses.push(
      `it is ${isBetter(linear.dieboldMariano) ? '' : 'not '}better than the linear baseline (${testWords(linear.dieboldMariano)})`,
    );
  const priceR2 = forecast.price.r2;
  if (!hasSkill(forecast) && priceR2 !== null && priceR2 >= SPLENDID_R2) {
    clauses.push(`its R2 of ${coefficient(priceR2)} on prices is no evidence, since any echo of the last price gets that`);
  }
  return `${clauses.join('; ')}.`;
}

function againstLastPrice(forecast: ForecastReport): string {
  const test = forecast.dieboldMariano;
  const skill = forecast.skillVsPersistence;
  if (test.statistic === null || test.pValue === null || skill === null) {
    return `The forecast shows no skill that could be tested: the comparison with the last price is undefined on ${counted(forecast.bars, 'scored bar')}`;
  }
  const error = `its squared error is ${share(Math.abs(skill))} ${skill >= 0 ? 'lower' : 'higher'} than that of the last price`;
  if (hasSkill(forecast)) return `The forecast is better than the last price: ${error} (${testWords(test)})`;
  const beyondChance = test.pValue <= SIGNIFICANCE;
  return `The forecast shows no skill: ${error}${beyondChance ? '' : ', a difference within chance'} (${testWords(test)})`;
}

function testWords(test: TestResult): string {
  const p = test.pValue ?? Number.NaN;
  return `Diebold-Mariano ${ratio(test.statistic)}, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`}`;
}

/** Of an account with nothing left, or less than that; empty for any other. */
function ruinSentence({ startEquity, endEquity }: Performance): string {
  if (endEquity > 0) return '';
  const owed = endEquity < 0 ? `, and it owes a further ${money(-endEquity)}` : '';
  return `The strategy lost everything: the account's ${money(startEquity)} are gone${owed}.`;
}

function strategySentence(strategy: Performance, holding: Performance): string {
  if (neverBought(holding)) {
    const what = neverTraded(strategy) ? 'never traded: it returned' : 'returned';
    return `The strategy ${what} ${curveWords(strategy)}; buy & hold could not buy (its orders were refused or never filled), so it says nothing.`;
  }
  const figures = `it returned ${curveWords(strategy)}, buy & hold ${curveWords(holding)}`;
  return neverTraded(strategy) ? `The strategy never traded: ${figures}.` : `The strategy ${comparison(strategy, holding)}: ${figures}.`;
}

function neverTraded(performance: Performance): boolean {
  return performance.roundTrips === 0 && performance.exposure === 0;
}

function curveWords(performance: Performance): string {
  const sharpe = performance.sharpe === null ? 'Sharpe ratio undefined' : `Sharpe ratio ${ratio(performance.sharpe)}`;
  return `${percent(performance.totalReturn)} (${sharpe}, worst drawdown ${percent(performance.maxDrawdown)})`;
}

function comparison(strategy: Performance, holding: Performance): string {
  const byReturn = Math.sign(strategy.totalReturn - holding.totalReturn);
  // Returns of an account that is in debt have no ratio worth a comparison.
  const comparable = strategy.sharpe !== null && holding.sharpe !== null && strategy.endEquity > 0;
  const bySharpe = comparable ? Math.sign((strategy.sharpe ?? 0) - (holding.sharpe ?? 0)) : byReturn;
  if (byReturn === 0 && bySharpe === 0) return 'did the same as holding';
  if (byReturn <= 0 && bySharpe <= 0) return 'did worse than holding';
  const untested = 'no test here says that this is more than chance';
  if (byReturn < 0 || bySharpe < 0) {
    const [more, less] = byReturn > 0 ? ['return', 'Sharpe ratio'] : ['Sharpe ratio', 'return'];
    return `had a higher ${more} but a lower ${less} than holding, and ${untested}`;
  }
  return `${strategy.totalReturn < 0 ? 'lost less than holding' : 'did better than holding'} on this period, and ${untested}`;
}

/** Positions that their margin no longer carried, and losses that nobody asked for; empty where there were none. */
function liquidationSentence({ trades, costs: { shortfall } }: VerdictInput): string {
  const liquidated = trades.filter(({ exitReason }) => exitReason?.startsWith('liquidation')).length;
  const beyond = `osses of ${money(shortfall)} beyond the margin were not charged to the account`;
  if (liquidated === 0) return shortfall > 0 ? `L${beyond}.` : '';
  return `It was liquidated ${liquidated === 1 ? 'once' : counted(liquidated, 'time')}${shortfall > 0 ? `, and l${beyond}` : ''}.`;
}

function fragilitySentence(performance: Performance, costs: CostBreakdown, optimism: readonly string[]): string {
  const clauses = [...optimism.map((clause) => `it is optimistic that ${clause}`), costClause(costs)];
  if (performance.maxDrawdown < 0)
    clauses.push(`the worst drawdown so far, ${percent(performance.maxDrawdown)}, is not the worst possible`);
  if (performance.roundTrips === 0) clauses.push('no round trip was completed, so nothing can be told from its trades');
  else if (performance.roundTrips < FEW_ROUND_TRIPS) {
    clauses.push(
      `${counted(performance.roundTrips, 'round trip')} ${performance.roundTrips === 1 ? 'is' : 'are'} too few to tell skill from chance`,
    );
  }
  return `What would break it: ${clauses.join('; ')}.`;
}

/** Costs as a share of the profit before them. Funding or interest that was received is part of that profit. */
function costClause({ gross, ...costs }: CostBreakdown): string {
  const charged = (['fees', 'slippage', 'funding', 'interest'] as const).filter((name) => costs[name] > 0);
  const received = -Math.min(costs.funding, 0) - Math.min(costs.interest, 0);
  const before = gross + received;
  if (charged.length === 0) return 'no costs were charged, and every real cost comes off the result';
  const total = charged.reduce((sum, name) => sum + costs[name], 0);
  const names = charged.length === 1 ? charged[0] : `${charged.slice(0, -1).join(', ')} and ${charged.at(-1)}`;
  const amount = `${names} of ${money(total)}`;
  const profit = `the profit before costs${received > 0 ? `, ${money(received)} of it funding received` : ''}`;
  if (before <= 0) return `it made no profit even before costs, and ${amount} came on top`;
  if (total >= before) return `${amount} were larger than ${profit}, ${money(before)}`;
  return `${amount} took ${share(total / before)} of ${profit}`;
}
