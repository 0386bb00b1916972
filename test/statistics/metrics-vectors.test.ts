import { describe, expect, it } from 'vitest';
import { maxDrawdown } from '../../src/statistics/drawdown.ts';
import { cagr, calmar } from '../../src/statistics/growth.ts';
import { alpha, beta, informationRatio } from '../../src/statistics/relative.ts';
import { downsideDeviation, sharpe, sortino, volatility } from '../../src/statistics/sharpe.ts';
import { valueAtRisk } from '../../src/statistics/tail-risk.ts';
import { expectancy } from '../../src/statistics/trip-profits.ts';
import { curveOf, present, reference, titled } from './reference.ts';

interface Case {
  fn: string;
  series: string | number[] | null;
  params: Record<string, unknown>;
  expected: unknown;
  tol: number;
  source: string;
}

interface Vectors {
  series: Record<string, (number | null)[]>;
  cases: Case[];
}

const vectors = present ? reference<Vectors>('metrics-vectors.json') : { series: {}, cases: [] };

/** A series by its name there, such as `negative_returns[1:]` or `-mixed_returns`; its NaN bars stay in as null. */
function raw(name: unknown): (number | null)[] {
  if (Array.isArray(name)) return name as (number | null)[];
  const [, minus, key, tail] = /^(-?)(\w+)(\[1:\])?$/.exec(String(name)) ?? [];
  const values = vectors.series[key ?? ''] ?? [];
  return values.slice(tail ? 1 : 0).map((value) => (value === null ? null : minus ? -value : value));
}

function known(name: unknown): Float64Array {
  return Float64Array.from(raw(name).filter((value) => value !== null));
}

/** Two aligned series without the bars either does not know. */
function pair(first: unknown, second: unknown): [Float64Array, Float64Array] {
  const a = raw(first);
  const b = second === 0 ? a.map(() => 0) : raw(second);
  // A benchmark shorter by the unknown first bar is aligned at the end.
  const tail = a.slice(a.length - b.length);
  const both = tail.flatMap((value, i) => (value === null || b[i] === null || b[i] === undefined ? [] : [[value, b[i]] as const]));
  return [Float64Array.from(both, ([x]) => x), Float64Array.from(both, ([, y]) => y)];
}

/** Windows over all bars, each without those it does not know. */
function windows(series: unknown, width: number): Float64Array[] {
  const values = raw(series);
  const starts = Array.from({ length: values.length - width + 1 }, (_, start) => start);
  return starts.map((start) => known(values.slice(start, start + width)));
}

const depth = (returns: Float64Array) => (returns.length === 0 ? null : maxDrawdown(curveOf(returns))!.depth);

/** Growth by number of bars, as empyrical does; it counts an unknown first bar in the length. */
function growth({ series, params }: Case): number | null {
  const equity = curveOf(known(series));
  return cagr(1, equity[equity.length - 1]!, raw(series).length / Number(params.annualization));
}

const year = ({ params }: Case) => Number(params.annualization ?? 252);

const evaluators: Record<string, (test: Case) => unknown> = {
  max_drawdown: ({ series }) => depth(known(series)),
  'nautilus.max_drawdown': ({ series }) => depth(known(series)),
  roll_max_drawdown: ({ series, params }) => windows(series, Number(params.window)).map(depth),
  annual_return: growth,
  cagr: growth,
  'freqtrade.cagr': ({ params }) => cagr(Number(params.start), Number(params.end), Number(params.days) / Number(params.year)),
  annual_volatility: (test) => volatility(known(test.series), year(test)),
  calmar_ratio: (test) => calmar(growth(test), depth(known(test.series))),
  sharpe_ratio: (test) => sharpe(known(test.series), year(test)),
  'nautilus.sharpe_ratio': (test) => sharpe(known(test.series), year(test)),
  roll_sharpe_ratio: ({ series, params }) => windows(series, Number(params.window)).map((window) => sharpe(window, 252)),
  downside_risk: (test) => downsideDeviation(known(test.series), year(test)),
  sortino_ratio: (test) => sortino(known(test.series), year(test)),
  'nautilus.sortino_ratio': (test) => sortino(known(test.series), year(test)),
  excess_sharpe: ({ series, params }) => informationRatio(...pair(series, params.factor_returns), 1),
  alpha_beta: (test) => {
    const [strategy, holding] = pair(test.series, test.params.benchmark);
    const slope = beta(strategy, holding);
    return [alpha(strategy, holding, slope, year(test)), slope];
  },
  'nautilus.beta_ratio': ({ series, params }) => beta(...pair(series, params.benchmark)),
  'nautilus.alpha': ({ series, params }) => {
    const [strategy, holding] = pair(series, params.benchmark);
    return alpha(strategy, holding, beta(strategy, holding), Number(params.period));
  },
  'nautilus.information_ratio': (test) => informationRatio(...pair(test.series, test.params.benchmark), year(test)),
  'nautilus.tracking_error': (test) => {
    const [strategy, holding] = pair(test.series, test.params.benchmark);
    return volatility(
      strategy.map((value, i) => value - holding[i]!),
      year(test),
    );
  },
  value_at_risk: ({ series, params }) => valueAtRisk(known(series), Number(params.cutoff)),
  'freqtrade.expectancy': ({ series }) => expectancy(known(series)),
  'freqtrade.max_drawdown_abs': ({ series, params }) => {
    const equity = Float64Array.from([0, ...(series as number[])]);
    equity[0] = Number(params.starting_balance);
    for (let i = 1; i < equity.length; i++) equity[i]! += equity[i - 1]!;
    return -maxDrawdown(equity)!.depth;
  },
};

/** Why a case is not ours to meet; undefined where it is. */
function difference({ fn, expected, params }: Case): string | undefined {
  if (evaluators[fn] === undefined) return 'no such figure here';
  if (expected === 'Infinity') return 'an unbounded ratio is null here, not Infinity';
  if (fn === 'sharpe_ratio' && params.risk_free !== 0) return 'the risk-free rate is 0 here';
  if (fn === 'nautilus.alpha' && params.rf !== 0) return 'the risk-free rate is 0 here';
  if ((fn === 'downside_risk' || fn === 'sortino_ratio') && params.required_return !== 0) return 'the target return is 0 here';
  if (params.select === 'largest absolute') return 'drawdown is a fraction of the peak here, not an amount';
  return undefined;
}

/** What the case says of the one number compared. */
function target({ fn, expected }: Case): unknown {
  if (fn === 'freqtrade.expectancy') return (expected as { expectancy: number }).expectancy;
  if (fn === 'freqtrade.max_drawdown_abs') return (expected as { relative: number }).relative;
  return expected;
}

function agrees(received: unknown, expected: unknown, tolerance: number): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(received) && received.length).toBe(expected.length);
    for (const [i, value] of expected.entries()) agrees((received as unknown[])[i], value, tolerance);
  } else if (expected === null) {
    expect(received).toBeNull();
  } else {
    expect(typeof received).toBe('number');
    // Tolerances there are absolute; large values are printed with fewer decimals than that.
    expect(Math.abs(Number(received) - Number(expected))).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(Number(expected))));
  }
}

describe.skipIf(!present)(
  titled('Figures agree with the published tests of empyrical, NautilusTrader and freqtrade (metrics-vectors.json)'),
  () => {
    for (const [i, test] of vectors.cases.entries()) {
      const reason = difference(test);
      const title = `${i}: ${test.fn} of ${JSON.stringify(test.series)?.slice(0, 60)} ${JSON.stringify(test.params)}`;
      it.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (skipped: ${reason})`, () => {
        agrees(evaluators[test.fn]!(test), target(test), test.tol);
      });
    }

    it('most of the cases are defined alike', () => {
      const alike = vectors.cases.filter((test) => difference(test) === undefined);
      expect(alike.length).toBeGreaterThan(70);
    });
  },
);
