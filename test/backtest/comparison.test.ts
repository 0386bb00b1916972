import { describe, expect, it } from 'vitest';
import { compareRuns, curvesOf } from '../../src/backtest/comparison.ts';
import type { Performance, RunResult } from '../../src/backtest/result.ts';
import { comparisonHtml } from '../../src/report/comparison-html.ts';
import { comparisonText } from '../../src/report/comparison-text.ts';

const HOUR = 3_600_000;

interface Given {
  readonly strategy: readonly number[];
  readonly holding?: readonly number[];
  /** Hours after the start of 2020. */
  readonly from?: number;
  readonly step?: number;
  readonly sharpe?: number;
  readonly config?: object;
  readonly fill?: string;
  readonly taker?: number;
  readonly sha256?: string;
  readonly digest?: string;
  readonly hash?: string;
}

function run(name: string, given: Given): RunResult {
  const {
    strategy,
    holding = strategy.map(() => 100),
    from = 0,
    step = 1,
    sharpe = 1,
    config = {},
    fill = 'next-open',
    taker = 0.001,
  } = given;
  const times = strategy.map((_, k) => new Date(Date.UTC(2020, 0, 1) + (from + k * step) * HOUR).toISOString());
  const figures = (curve: readonly number[]) =>
    ({
      startEquity: curve[0],
      totalReturn: curve.at(-1)! / curve[0]! - 1,
      cagr: null,
      sharpe,
      sortino: null,
      maxDrawdown: 0,
      exposure: 0.5,
      fees: 1,
      roundTrips: 3,
    }) as unknown as Performance;
  return {
    runId: `${name}-${given.hash ?? '0123456789ab'}`,
    name,
    digest: given.digest ?? `${name} ${strategy.join()}`,
    config: { name, capital: 100, ...config },
    data: [{ market: 'a:B', sha256: given.sha256 ?? '11111111' }],
    evaluation: { from: times[0], to: times.at(-1), bars: times.length },
    assumptions: { fill, costs: { taker, slippage: 0 } },
    performance: figures(strategy),
    buyAndHold: figures(holding),
    equity: { times, strategy, buyAndHold: holding },
  } as unknown as RunResult;
}

const A = run('a', { strategy: [100, 110, 120], holding: [100, 105, 130] });
const B = run('b', { strategy: [100, 90, 108], holding: [100, 105, 130] });

describe('a comparison', () => {
  it('sets runs beside each other and beside their own buy & hold', () => {
    const { runs, warnings, common, schema, differences } = compareRuns([A, B]);
    expect(schema).toBe('paperwalk/compare@1');
    expect(runs.map(({ label, difference, interval, capital }) => [label, Number(difference.toFixed(9)), interval, capital])).toEqual([
      ['a', -0.1, '1h', 100],
      ['b', -0.22, '1h', 100],
    ]);
    expect(common).toEqual({ from: '2020-01-01T00:00:00.000Z', to: '2020-01-01T02:00:00.000Z' });
    expect(warnings).toEqual([]);
    expect(differences).toEqual([{ path: 'name', values: ['a', 'b'] }]);
  });

  it('says which returned more, and claims no more than that', () => {
    expect(compareRuns([B, A]).verdict).toBe(
      'a (+20.0%) returned more than b (+8.00%). a returned less than its buy & hold (+30.0%); b returned less than its buy & hold (+30.0%). Each is one path of prices: no difference is tested here, and nothing is corrected for the choice among 2 runs.',
    );
    const steady = run('steady', { strategy: [100, 101, 102], sharpe: 3 });
    expect(compareRuns([A, steady]).verdict).toContain('By Sharpe ratio steady is first, 3.00 beside 1.00 of a.');
    const equal = run('equal', { strategy: [100, 90, 120], holding: [100, 100, 120], digest: 'another' });
    expect(compareRuns([A, equal, B]).verdict).toContain('a (+20.0%) and equal (+20.0%) returned the same, more than b (+8.00%).');
    expect(compareRuns([A, equal]).verdict).toContain('equal returned the same as its buy & hold (+20.0%)');
    const many = Array.from({ length: 9 }, (_, k) => run(`m${k}`, { strategy: [100, 100 + k] }));
    expect(compareRuns(many).verdict).toMatch(/^m8 \(\+8\.00%\) returned more than m7 .*, m3 \(\+3\.00%\) and 3 others\./);
  });

  it('goes by the period that all runs cover, from the first close they share', () => {
    const later = run('later', { strategy: [100, 200, 150, 300], holding: [50, 50, 100, 100], from: 1 });
    const { common, runs, warnings, verdict } = compareRuns([A, later]);
    expect(common).toEqual({ from: '2020-01-01T01:00:00.000Z', to: '2020-01-01T02:00:00.000Z' });
    expect(runs[0]!.common!.totalReturn).toBeCloseTo(120 / 110 - 1, 12);
    expect(runs[1]!.common).toEqual({ totalReturn: 1, buyAndHold: 0, difference: 1 });
    expect(Array.from(curvesOf(later, common).strategy)).toEqual([1, 2]);
    expect(warnings).toHaveLength(1);
    expect(verdict).toMatch(/^later \(\+100\.0%\) returned more than a \(\+9\.09%\) from 2020-01-01 to 2020-01-01, which all runs cover\./);
    expect(verdict).toContain('the warnings say in what');
  });

  it('ranks nothing where no period is shared', () => {
    const apart = run('apart', { strategy: [100, 300], from: 48 });
    const { common, runs, warnings, verdict } = compareRuns([A, apart]);
    expect(common).toBeNull();
    expect(runs.every((one) => one.common === null)).toBe(true);
    expect(warnings.join(' ')).toContain('No period is covered by all runs');
    expect(verdict).toMatch(/^The periods of the runs do not overlap, so their returns do not say which is better\./);
    expect(verdict).not.toContain('apart (+200');
  });

  it.each([
    ['interval', { strategy: [100, 110], step: 2 }, 'Different intervals: 1h (a); 2h (x).'],
    [
      'bars',
      { strategy: [100, 110, 120], sha256: '22222222' },
      'Different bars of the same markets: sha256 11111111 (a); sha256 22222222 (x).',
    ],
    ['capital', { strategy: [100, 110, 120], config: { capital: 50 } }, 'Different capital: 100.00 (a); 50.00 (x).'],
    [
      'costs',
      { strategy: [100, 110, 120], taker: 0.002 },
      'Different costs: taker 0.10%, slippage 0.00% (a); taker 0.20%, slippage 0.00% (x).',
    ],
    ['fill rule', { strategy: [100, 110, 120], fill: 'this-close' }, 'Different fill rules: next-open (a); this-close (x).'],
    ['digest', { strategy: [100, 110, 120], digest: A.digest }, 'a and x are the same trades, to the last digit.'],
  ] as const)('warns of the %s', (_, given, words) => {
    const other = run('x', { holding: [100, 105, 130].slice(0, given.strategy.length), ...given });
    expect(compareRuns([A, other]).warnings).toEqual([words]);
  });

  it('names runs of one bot by the beginning of their hashes, and by their ids where that does not tell', () => {
    const labels = (...hashes: string[]) =>
      compareRuns(hashes.map((hash) => run('bot', { strategy: [1, 2], hash, digest: hash }))).runs.map(({ label }) => label);
    expect(labels('aaaaaa111111', 'bbbbbb111111')).toEqual(['bot aaaaaa', 'bot bbbbbb']);
    expect(labels('aaaaaa111111', 'aaaaaa222222')).toEqual(['bot-aaaaaa111111', 'bot-aaaaaa222222']);
  });

  it.each([60, 100])('is no wider than a terminal of %i columns', (width) => {
    const long = run(`a-name-${'long-'.repeat(10)}`, { strategy: [100, 110, 120], taker: 0.01 });
    const lines = comparisonText(compareRuns([A, B, long]), { colour: false, width }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    for (const heading of [
      'Return',
      'Buy & hold',
      'Difference',
      'CAGR',
      'Sharpe',
      'Sortino',
      'Drawdown',
      'Exposure',
      'Fees',
      'Round trips',
    ]) {
      expect(lines.join('\n')).toContain(heading);
    }
    expect(lines.join('\n')).toContain('Warning: Different costs');
  });

  it('is a page that opens offline, with a curve for each run and a dashed one for its buy & hold', async () => {
    const names = run('<b>', { strategy: [100, 50, 70], holding: [100, 80, 60], config: { seed: 2 } });
    const results = [A, B, names];
    const html = await comparisonHtml(compareRuns(results), results);
    expect(html).toBe(await comparisonHtml(compareRuns(results), results));
    expect(html).not.toMatch(/<script|<b>,|https?:\/\/(?!www\.w3\.org)/);
    expect(html.match(/stroke-dasharray/g)).toHaveLength(3);
    expect(html).toContain('buy &amp; hold of the run in the same colour');
    expect(html).toContain('<h2>Where the configurations differ</h2>');
    const shared = await comparisonHtml(compareRuns([A, B]), [A, B]);
    // Once in the legend.
    expect(shared.match(/stroke-dasharray/g)).toHaveLength(2);
    expect(shared).not.toContain('Not comparable');
  });
});
