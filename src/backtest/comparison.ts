import { firstAtOrAfter } from '../core/ascending.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import { comparisonVerdict } from '../report/comparison-verdict.ts';
import { day, money, share } from '../report/format.ts';
import type { Performance, RunResult } from './result.ts';

/** One run beside others. Fractions, not percents; times ISO 8601 UTC. */
export interface ComparedRun {
  /** What tables call it: the bot's name, and where several share one, the beginning of what tells their runs apart. */
  readonly label: string;
  readonly runId: string;
  readonly name: string;
  readonly digest: string;
  readonly from: string;
  readonly to: string;
  readonly bars: number;
  /** Null where a single bar does not tell. */
  readonly interval: string | null;
  /** Quote. */
  readonly capital: number;
  readonly fill: string;
  readonly costs: unknown;
  readonly data: readonly { readonly market: string; readonly sha256: string }[];
  readonly performance: Performance;
  readonly buyAndHold: Performance;
  /** Total return less that of its buy & hold, over the whole run and over the period that all runs share. */
  readonly difference: number;
  readonly common: { readonly totalReturn: number; readonly buyAndHold: number; readonly difference: number } | null;
}

/** What the configurations of runs do not have in common; null where a run does not have it. */
export interface ConfigDifference {
  readonly path: string;
  readonly values: readonly unknown[];
}

/** Finished runs side by side: `compare --json`. The schema name is a contract. */
export interface Comparison {
  readonly schema: 'paperwalk/compare@1';
  readonly comparisonId: string;
  readonly runs: readonly ComparedRun[];
  /** First and last close that all runs cover; null where there are no two. */
  readonly common: { readonly from: string; readonly to: string } | null;
  readonly differences: readonly ConfigDifference[];
  /** Why the runs cannot be compared as they stand, one sentence each. */
  readonly warnings: readonly string[];
  readonly verdict: string;
}

/** The curves of a run on the closes from `from` to `to`, each divided by its first value there. Times in ms UTC. */
export interface Curves {
  readonly times: Float64Array;
  readonly strategy: Float64Array;
  readonly buyAndHold: Float64Array;
}

/** Sets finished runs, in the order given, beside each other and each beside its own buy & hold. */
export function compareRuns(results: readonly RunResult[]): Comparison {
  const common = commonPeriod(results);
  const labels = labelsOf(results);
  const runs = results.map((result, k): ComparedRun => {
    const { runId, name, digest, evaluation, assumptions, performance, buyAndHold, data } = result;
    return {
      label: labels[k]!,
      runId,
      name,
      digest,
      from: evaluation.from,
      to: evaluation.to,
      bars: evaluation.bars,
      interval: intervalOf(result),
      capital: capitalOf(result),
      fill: assumptions.fill,
      costs: assumptions.costs,
      data: data.map(({ market, sha256 }) => ({ market, sha256 })),
      performance,
      buyAndHold,
      difference: performance.totalReturn - buyAndHold.totalReturn,
      common: common && onPeriod(curvesOf(result, common)),
    };
  });
  const rest = {
    schema: 'paperwalk/compare@1' as const,
    comparisonId: `compare-${contentHash(results.map(({ runId, digest }) => `${runId} ${digest}`)).slice(0, 12)}`,
    runs,
    common,
    differences: configDifferences(results),
    warnings: warningsOf(runs, common),
  };
  return { ...rest, verdict: comparisonVerdict(rest) };
}

/** The curves of a run from 1 on, on the period that all runs share or, where there is none, on its own. */
export function curvesOf({ equity }: Pick<RunResult, 'equity'>, period: Comparison['common']): Curves {
  const times = Float64Array.from(equity.times, Date.parse);
  const from = period ? firstAtOrAfter(times, Date.parse(period.from)) : 0;
  const to = period ? firstAtOrAfter(times, Date.parse(period.to) + 1) : times.length;
  const cut = (values: readonly number[]) => Float64Array.from(values.slice(from, to), (value) => value / values[from]!);
  return { times: times.subarray(from, to), strategy: cut(equity.strategy), buyAndHold: cut(equity.buyAndHold) };
}

function onPeriod({ strategy, buyAndHold }: Curves): NonNullable<ComparedRun['common']> {
  const totalReturn = strategy.at(-1)! - 1;
  const holding = buyAndHold.at(-1)! - 1;
  return { totalReturn, buyAndHold: holding, difference: totalReturn - holding };
}

function commonPeriod(results: readonly RunResult[]): Comparison['common'] {
  const from = Math.max(...results.map(({ equity }) => Date.parse(equity.times[0]!)));
  const to = Math.min(...results.map(({ equity }) => Date.parse(equity.times.at(-1)!)));
  const covered = results.every((result) => curvesOf(result, { from: isoInstant(from), to: isoInstant(to) }).times.length > 1);
  return covered ? { from: isoInstant(from), to: isoInstant(to) } : null;
}

function labelsOf(results: readonly RunResult[]): readonly string[] {
  const short = (runId: string, name: string) => `${name} ${runId.slice(runId.lastIndexOf('-') + 1).slice(0, 6)}`;
  return results.map(({ name, runId }) => {
    const others = results.filter((other) => other.runId !== runId && other.name === name);
    if (others.length === 0) return name;
    return others.some((other) => short(other.runId, name) === short(runId, name)) ? runId : short(runId, name);
  });
}

/** The shortest distance between two closes. */
function intervalOf({ equity: { times } }: RunResult): string | null {
  let shortest = Infinity;
  for (let i = 1; i < times.length; i++) shortest = Math.min(shortest, Date.parse(times[i]!) - Date.parse(times[i - 1]!));
  return Number.isFinite(shortest) && shortest > 0 && shortest % 60_000 === 0 ? intervalName(shortest) : null;
}

function capitalOf({ config, performance }: RunResult): number {
  const { capital } = config as { readonly capital?: unknown };
  return typeof capital === 'number' ? capital : performance.startEquity;
}

function warningsOf(runs: readonly ComparedRun[], common: Comparison['common']): readonly string[] {
  const markets = (run: ComparedRun) => run.data.map(({ market }) => market).join(', ');
  const sameMarkets = new Set(runs.map(markets)).size === 1;
  const alike = runs.flatMap((run, k) =>
    runs
      .slice(0, k)
      .flatMap((other) => (other.digest === run.digest ? [`${other.label} and ${run.label} are the same trades, to the last digit.`] : [])),
  );
  return [
    ...differing(runs, 'markets', markets),
    ...differing(runs, 'intervals', ({ interval }) => interval ?? 'unknown'),
    ...differing(
      runs,
      'periods',
      ({ from, to }) => `${day(from)} to ${day(to)}`,
      ({ from, to }) => `${from} ${to}`,
    ),
    ...(common ? [] : ['No period is covered by all runs: their returns belong to different times.']),
    ...(sameMarkets
      ? differing(
          runs,
          'bars of the same markets',
          ({ data }) => `sha256 ${data.map(({ sha256 }) => sha256.slice(0, 8)).join(', ')}`,
          ({ data }) => canonicalJson(data),
        )
      : []),
    ...differing(runs, 'capital', ({ capital }) => money(capital)),
    ...differing(
      runs,
      'costs',
      ({ costs }) => costWords(costs),
      ({ costs }) => canonicalJson(costs),
    ),
    ...differing(runs, 'fill rules', ({ fill }) => fill),
    ...alike,
  ];
}

/** `Different costs: taker 0.1% (a, b); taker 0.2% (c).` where the runs part in `key`, which `words` says for people. */
function differing(runs: readonly ComparedRun[], what: string, words: (run: ComparedRun) => string, key = words): readonly string[] {
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
  if (groups.size < 2) return [];
  const parts = Array.from(groups.values(), (group) => `${words(group[0]!)} (${group.map(({ label }) => label).join(', ')})`);
  return [`Different ${what}: ${parts.join('; ')}.`];
}

function costWords(costs: unknown): string {
  const entries = Object.entries(costs as Record<string, unknown>);
  return entries.map(([name, value]) => `${name} ${typeof value === 'number' ? share(value) : JSON.stringify(value)}`).join(', ');
}

/** Every place at which the configurations part, lists taken as a whole. */
function configDifferences(results: readonly RunResult[]): readonly ConfigDifference[] {
  const flat = results.map(({ config }) => new Map(leaves(config, '')));
  const paths = [...new Set(flat.flatMap((one) => [...one.keys()]))];
  return paths
    .map((path) => ({ path, values: flat.map((one) => one.get(path) ?? null) }))
    .filter(({ values }) => new Set(values.map(canonicalJson)).size > 1);
}

function leaves(value: unknown, path: string): (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
}
