import type { Bars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { createPanel } from '../core/panel.ts';
import type { Trace } from '../core/trace.ts';
import { weightsHash } from '../models/bundle.ts';
import { canonicalJson, contentHash } from '../models/key.ts';
import type { Bot } from '../walk/bot.ts';
import { digest } from '../walk/digest.ts';
import { holdAll, sumOf } from '../walk/holding.ts';
import type { Outcomes } from '../walk/plan.ts';
import { slotName } from '../walk/plan.ts';
import type { Surroundings } from '../walk/predictions.ts';
import { type Walked, walk } from '../walk/walked.ts';
import { createCircumstances } from './circumstances.ts';
import { differingKeys, type Item, itemsOf } from './differences.ts';
import type { Observation } from './observation.ts';
import type { Session } from './session.ts';

/** A bot as one of its files describes it, and what a session of it does with closes that were missed. */
export interface Replayable {
  readonly bot: Bot;
  readonly missed: 'skip' | 'replay';
  readonly funding?: (bars: Bars) => FundingRates | undefined;
}

export interface ReplayOptions {
  /** As the session recorded it. */
  readonly recorded: Replayable;
  /** As its file has it now, where that differs. */
  readonly present?: Replayable;
  /** What exchanges say of the same bars now; default: the bars that the session saw. */
  readonly today?: readonly Bars[];
  /** Whether what only happens live is left out. */
  readonly unobserved?: boolean;
}

export type Cause = 'ledger changed' | 'fit changed' | 'code changed' | 'config changed' | 'data revised' | 'observations left out';

export interface Difference {
  /** ms UTC. */
  readonly time: number;
  readonly what: string;
  readonly market: string | null;
  readonly session: Item['value'];
  readonly backtest: Item['value'];
  /** Several where several have changed it. */
  readonly causes: readonly Cause[];
}

export interface Replay {
  readonly identical: boolean;
  /** Decisions compared: slices times markets. */
  readonly decisions: number;
  readonly fits: number;
  readonly differences: readonly Difference[];
  readonly digests: { readonly session: string; readonly backtest: string };
  /** Quote, at the last close; null before the first decision. */
  readonly equity: { readonly session: number | null; readonly backtest: number | null };
}

/**
 * Runs the walk over what a session saw, reading none of its forecasts, decisions and fills, and compares all of them bit for bit. Where bars, bot or
 * observations are to be others than the recorded ones, they are exchanged one after the other, so that every difference has its cause.
 */
export async function replay(session: Session, around: Surroundings, options: ReplayOptions): Promise<Replay> {
  const { recorded, present = recorded, today, unobserved = false } = options;
  const { bars, observations } = session;
  const stages: { readonly cause: Cause | undefined; readonly walk: () => Promise<Walked> }[] = [
    { cause: undefined, walk: () => rewalk(session, recorded, bars, observations, around) },
    ...(options.present ? [{ cause: 'config changed' as const, walk: () => rewalk(session, present, bars, observations, around) }] : []),
    ...(today ? [{ cause: 'data revised' as const, walk: () => rewalk(session, present, today, observations, around) }] : []),
    ...(unobserved ? [{ cause: 'observations left out' as const, walk: () => rewalk(session, present, today ?? bars, [], around) }] : []),
  ];
  const sessionDigest = digest(session.trace);
  const differing = new Map<string, { cause: Cause[]; from: Item | undefined; to: Item | undefined }>();
  let before = { digest: sessionDigest, trace: session.trace, forecasts: session.forecasts };
  let fits: readonly FitDifference[] = [];
  let standing: readonly StandingDifference[] = [];
  let compared = 0;
  for (const { cause, walk: walkStage } of stages) {
    const walked = await walkStage();
    const trace = walked.run.trace;
    const after = { digest: digest(trace), trace, forecasts: onSlices(walked) };
    if (cause === undefined) {
      [fits, compared] = compareFits(session, walked);
      standing = compareStanding(session, recorded.bot, walked);
    }
    const signals = (of: Trace) => of.market.map(({ signal }) => signal);
    if (
      after.digest !== before.digest ||
      !sameColumns(before.forecasts, after.forecasts) ||
      !sameColumns(signals(before.trace), signals(after.trace))
    ) {
      const [a, b] = [itemsOf(before.trace, before.forecasts), itemsOf(after.trace, after.forecasts)];
      for (const key of differingKeys(a, b)) {
        const why = cause ?? firstCause(session, fits, (a.get(key) ?? b.get(key))!.time);
        const known = differing.get(key);
        if (known) {
          known.to = b.get(key);
          known.cause.push(why);
        } else differing.set(key, { cause: [why], from: a.get(key), to: b.get(key) });
      }
    }
    before = after;
  }
  const differences = [
    ...session.broken.map(
      (broken): Difference => ({
        time: broken.from ?? session.genesis.from,
        what: 'seal',
        market: null,
        session: `tick ${broken.tick}`,
        backtest: null,
        causes: ['ledger changed'],
      }),
    ),
    ...fits.map(
      ({ time, market, session: ours, backtest }): Difference => ({
        time,
        what: 'fit.weights',
        market,
        session: ours,
        backtest,
        causes: ['fit changed'],
      }),
    ),
    ...standing.map(
      ({ time, what, session: ours, backtest }): Difference => ({
        time,
        what,
        market: null,
        session: ours,
        backtest,
        causes: [firstCause(session, fits, time)],
      }),
    ),
    ...Array.from(differing.values()).flatMap(({ cause, from, to }): Difference[] => {
      const { time, what, market } = (from ?? to)!;
      // What one cause changed, another may have changed back.
      if (from && to && from.value === to.value) return [];
      return [{ time, what, market, session: from?.value ?? null, backtest: to?.value ?? null, causes: [...new Set(cause)] }];
    }),
  ].sort((a, b) => a.time - b.time);
  return {
    identical: differences.length === 0,
    decisions: session.trace.closeTime.length * session.genesis.markets.length,
    fits: compared,
    differences,
    digests: { session: sessionDigest, backtest: before.digest },
    equity: { session: session.trace.equity.at(-1) ?? null, backtest: before.trace.equity.at(-1) ?? null },
  };
}

/** The walk over what a session saw. */
export async function rewalk(
  { genesis }: Session,
  { bot, missed, funding }: Replayable,
  bars: readonly Bars[],
  observations: readonly Observation[],
  around: Surroundings,
): Promise<Walked> {
  const rates = new Map(
    bars.flatMap((one) => {
      const own = funding?.(one);
      return own ? [[one.market, own] as const] : [];
    }),
  );
  const panel = createPanel(bars, rates.size > 0 ? { funding: rates } : {});
  const circumstances = createCircumstances(missed);
  for (const observation of observations) circumstances.note(observation);
  const restraint = Uint8Array.from(panel.closeTime, (time) => circumstances.restraintAt(time));
  return walk(bot, panel, genesis.from, around, { restraint, available: circumstances.available });
}

/** Expected returns on the slices of a walk, [market][slice]; NaN where a market has no bar. */
function onSlices({ forecasts, setup: { panel, from, to } }: Walked): readonly Float64Array[] {
  return forecasts.map((column, m) => {
    const rows = panel.row[m]!.subarray(from, to);
    return Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : column[row]!));
  });
}

function sameColumns(a: readonly Float64Array[], b: readonly Float64Array[]): boolean {
  return (
    a.length === b.length &&
    a.every((column, m) => column.length === b[m]!.length && column.every((value, k) => Object.is(value + 0, b[m]![k]! + 0)))
  );
}

interface FitDifference {
  readonly time: number;
  readonly market: string;
  readonly session: string | null;
  readonly backtest: string | null;
}

/** The weights that a session took note of beside those that its walk has at the same places, and how many were compared. */
function compareFits({ observations }: Session, { predictions, setup }: Walked): [readonly FitDifference[], number] {
  const outcomes: readonly Outcomes[] =
    predictions?.members?.map((member) => member.predictions.outcomes) ?? (predictions ? [predictions.outcomes] : []);
  let count = 0;
  const found: FitDifference[] = [];
  for (const one of observations) {
    if (one.kind !== 'fit') continue;
    const outcome = outcomes[one.model]?.get(slotName(one.market, one.slot));
    // One that was made ahead of its time, and has served no decision yet, is not made again.
    if (!outcome) continue;
    count++;
    const weights = outcome.kind === 'fit' ? weightsHash(outcome.fit.weights) : null;
    if (weights === one.weights) continue;
    found.push({
      time: Math.max(one.slice, setup.panel.closeTime[setup.from] ?? one.slice),
      market: one.market,
      session: one.weights,
      backtest: weights,
    });
  }
  return [found, count];
}

interface StandingDifference {
  readonly time: number;
  readonly what: 'state' | 'holding';
  readonly session: string | number | null;
  readonly backtest: string | number | null;
}

/** Where a session goes on from, and buy & hold beside it: no part of a digest, but what comes next rests on it. */
function compareStanding({ trace, state, holding }: Session, bot: Bot, { run, setup }: Walked): readonly StandingDifference[] {
  const time = trace.closeTime.at(-1);
  if (time === undefined) return [];
  const [ours, theirs] = [state, run.state].map((one) => contentHash([canonicalJson(one ?? null)]));
  const held = sumOf(holdAll(bot, setup.panel, setup.from, setup.to).map((one) => one.trace));
  const first = trace.closeTime.findIndex((_, k) => holding[k] !== held[k]);
  return [
    ...(ours === theirs ? [] : [{ time, what: 'state' as const, session: ours!, backtest: theirs! }]),
    ...(first < 0
      ? []
      : [{ time: trace.closeTime[first]!, what: 'holding' as const, session: holding[first] ?? null, backtest: held[first] ?? null }]),
  ];
}

/** Why the walk over what was recorded differs from what was recorded. */
function firstCause({ broken, genesis }: Session, fits: readonly FitDifference[], time: number): Cause {
  // A fill has the time at which its bar opened.
  if (broken.some(({ from }) => (from ?? genesis.from) - genesis.intervalMs <= time)) return 'ledger changed';
  return fits.some((fit) => fit.time <= time) ? 'fit changed' : 'code changed';
}
