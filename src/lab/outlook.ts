import { type Bars, firstRowAt } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { createPanel, type Panel } from '../core/panel.ts';
import { DataError } from '../data/data-error.ts';
import { learners } from '../models/baselines/learners.ts';
import { type Fit, fit as fitRequest, openFit, type Request } from '../models/fit.ts';
import { type BaselineKind, baselineFor, isBaseline, type Model } from '../models/model.ts';
import { presentLevels, type Target } from '../models/target.ts';
import type { Trainer } from '../models/trainer.ts';
import { type Bot, modelName } from '../walk/bot.ts';
import { concurrently } from '../walk/concurrently.ts';
import { storedFits } from '../walk/fit-source.ts';
import { asSampled } from '../walk/frozen.ts';
import { learnable, type MarketInputs, prepareInputs } from '../walk/inputs.ts';
import { onlyOnce } from '../walk/only-once.ts';
import { requestAt } from '../walk/plan.ts';
import type { Surroundings } from '../walk/predictions.ts';
import { type AheadStep, forecastTogether, type Member } from './ahead.ts';
import type { MarketBars } from './plan.ts';

/** A forecast beside what it must beat. Times are ISO 8601. */
export interface OutlookStep extends Omit<AheadStep, 'time'> {
  readonly time: string;
  /** What is there if nothing moves: the last close, or, of a volatility, the present one. */
  readonly persistence: number;
  /** The last close, moved on by the mean return of the rows that the fit learnt from; null where there is none, as of a volatility. */
  readonly drift: number | null;
}

/** Where a fit comes from. Instants are ISO 8601. */
export interface FitOutlook {
  readonly key: string;
  /** The kind of its model. */
  readonly model: string;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly samples: number;
  readonly validationSamples: number;
  readonly epochs: number;
  readonly engine: string;
}

/** What a bot's model says ahead of the last bar of one market, and which fit says so. */
export interface MarketOutlook {
  readonly market: string;
  readonly lastClose: number;
  /** When the last bar closed. */
  readonly lastTime: string;
  readonly model: string;
  readonly fit: FitOutlook;
  /** The further models of an ensemble. */
  readonly members?: readonly FitOutlook[];
  readonly target: Target;
  readonly horizon: number;
  readonly steps: readonly OutlookStep[];
  readonly warnings: readonly string[];
}

/** The markets that have a forecast, and why others have none. */
export interface Outlook {
  readonly markets: readonly MarketOutlook[];
  readonly failures: readonly { readonly market: string; readonly reason: string }[];
}

export interface OutlookSurroundings extends Omit<Surroundings, 'forecasts'> {
  /** Waited for before every step, so that an interrupt can come through. */
  readonly pause?: () => Promise<void>;
}

/** What must be said beside every forecast that rests on forecasts. */
export const RECURSIVE_NOTE =
  'Every step after the first rests on bars that are themselves forecast: errors add up, and a model that is fed its own forecasts drifts towards what it has learnt. Beyond step 1 these figures are no forecasts with known skill.';

const STACKING_NOTE =
  'The weights of a stacking are learnt from the forecasts of a walk, and here every model is fitted once: this is their plain mean.';

/**
 * What a bot's model says of the bars after the last one of each market, by the fit that a walk would ask for at the last close: it learns
 * from every sample whose label is known then. `steps` as in `forecastAhead`. A market without a forecast is a failure with its reason; a
 * DataError is thrown where no market has one, and the signal's reason when aborted.
 */
export async function lookAhead(
  bot: Bot & { readonly model: Model },
  markets: readonly MarketBars[],
  steps: number,
  around: OutlookSurroundings,
): Promise<Outlook> {
  const { learnerTrainer = (kind: BaselineKind) => learners[kind] } = around;
  const networkTrainer = onlyOnce(around.networkTrainer);
  const models = [bot.model, ...(bot.ensemble?.members ?? [])];
  const trainers = await Promise.all(models.map(({ kind, engine }) => (isBaseline(kind) ? learnerTrainer(kind) : networkTrainer(engine))));
  const sources = trainers.map((trainer) => storedFits(trainer, around.fits, around.clock, [], around.onProgress, around.signal));
  const anchored = withAnchor(bot, markets);
  const outlooks = await concurrently(markets, trainers[0]!.concurrency, async (market): Promise<MarketOutlook | string> => {
    if ('refused' in market) return market.refused;
    try {
      const fold = { fold: markets.indexOf(market) + 1, folds: markets.length };
      const members: Member[] = [];
      for (const [k, model] of models.entries()) {
        const place = openPlace({ ...anchored, model }, market.bars);
        const trainer = trainers[k]!;
        const source = sources[k]!;
        const fit = bot.frozen ? checkFrozen(bot.frozen, market.bars) : await trained(place, trainer, (request) => source(request, fold));
        members.push({ fit, trainer });
      }
      return await outlookOf(openPlace(anchored, market.bars), members, steps, around);
    } catch (error) {
      if (error instanceof DataError) return error.message;
      throw error;
    }
  });
  const found = outlooks.filter((outlook) => typeof outlook !== 'string');
  const failures = outlooks.flatMap((outlook, k) => (typeof outlook === 'string' ? [{ market: markets[k]!.market, reason: outlook }] : []));
  if (found.length === 0) throw new DataError(failures.map(({ reason }) => reason).join('\n'));
  return { markets: found, failures };
}

/** One market opened for its last row. */
interface Place {
  readonly bot: Bot;
  readonly model: Model;
  readonly bars: Bars;
  readonly panel: Panel;
  readonly inputs: MarketInputs;
  readonly last: number;
}

/** Slots count from the first bar of all markets, as in a walk over them together. */
function withAnchor<B extends Bot>(bot: B, markets: readonly MarketBars[]): B {
  const openings = markets.flatMap((market) => ('bars' in market ? [market.bars.openTime[0]!] : []));
  return openings.length === 0 ? bot : { ...bot, anchor: bot.anchor ?? bot.historyFrom ?? Math.min(...openings) };
}

function openPlace(bot: Bot & { readonly model: Model }, bars: Bars): Place {
  const panel = createPanel([bars]);
  return { bot, model: bot.model, bars, panel, inputs: prepareInputs(bot, panel)![0]!, last: bars.length - 1 };
}

function requestOf({ bot, panel, inputs, last }: Place, model: Model, trainerId: string, row = last): Request | undefined {
  return requestAt(bot, model, panel, inputs, { market: 0, slot: inputs.slot[row] ?? 0, row }, trainerId);
}

async function trained(place: Place, trainer: Trainer, source: (request: Request) => ReturnType<typeof fitRequest>): Promise<Fit> {
  const request = requestOf(place, place.model, trainer.id);
  if (!request) throw new DataError(tooFewWords(place));
  const outcome = await source(request);
  if (outcome.kind === 'fit') return outcome.fit;
  throw new DataError(
    `Expected a fit of ${place.model.kind} on ${place.bars.market} at its last bar, received none: ${outcome.reason}; use other data, features or training`,
  );
}

function tooFewWords({ model, bars, inputs, last }: Place): string {
  const { lookback, horizon, sampling } = model;
  const first = inputs.complete.indexOf(1);
  const needed = `Expected at least ${sampling.window} samples of ${bars.market} to learn from (model.train.window)`;
  if (first < 0) return `${needed}, received none: no ${lookback} bars in a row have all features; use a longer history, or other features`;
  const samples = learnable(model, inputs)
    .usable.subarray(0, Math.max(0, last - horizon + 1))
    .reduce((sum, flag) => sum + flag, 0);
  const warmUp = first - lookback + 1;
  const bare = sampling.window + lookback - 1 + horizon + warmUp;
  return `${needed}, received ${samples} from ${bars.length} bars; at least ${bare} bars are needed: ${sampling.window} samples, ${lookback - 1} more bars for the first window, ${horizon} for the label of the last one, and ${warmUp} before all features are known; use a longer history or a shorter model.train.window`;
}

/** A stored model may speak of what came after it was made only. */
function checkFrozen(frozen: Fit, { market, openTime, length, intervalMs }: Bars): Fit {
  const time = openTime[length - 1]! + intervalMs;
  if (time >= frozen.time) return frozen;
  throw new DataError(
    `Expected bars of ${market} up to ${isoInstant(frozen.time)}, when the frozen model ${frozen.key.slice(0, 8)} was made, received bars up to ${isoInstant(time)}: a forecast from there would be hindsight`,
  );
}

async function outlookOf(place: Place, members: readonly Member[], steps: number, around: OutlookSurroundings): Promise<MarketOutlook> {
  const { fit } = members[0]!;
  const { bot, model, bars, last } = place;
  const lastClose = bars.close[last]!;
  const volatile = model.target === 'volatility';
  const persistence = volatile ? presentLevels('volatility', bars, model.horizon)[last]! : lastClose;
  let drift = volatile ? null : lastClose;
  const move = volatile ? null : await meanReturn(place, fit);
  const said: OutlookStep[] = [];
  const stacked = bot.ensemble?.combine === 'stacking';
  const combine = stacked ? 'mean' : (bot.ensemble?.combine ?? 'mean');
  const ahead = forecastTogether(members, combine, bars, bot.calendar, steps);
  try {
    for (;;) {
      await around.pause?.();
      around.signal?.throwIfAborted();
      const next = ahead.next();
      if (next.done) break;
      drift = drift === null || move === null ? null : drift * (1 + move);
      said.push({ ...next.value, time: isoInstant(next.value.time), persistence, drift });
    }
  } finally {
    ahead.return();
  }
  return {
    market: bars.market,
    lastClose,
    lastTime: isoInstant(bars.openTime[last]! + bars.intervalMs),
    model: modelName(bot.ensemble ? { ...bot, ensemble: { ...bot.ensemble, combine } } : bot, model),
    fit: originOf(fit),
    ...(members.length > 1 && { members: members.slice(1).map((member) => originOf(member.fit)) }),
    target: model.target,
    horizon: model.horizon,
    steps: said,
    warnings: [...(stacked ? [STACKING_NOTE] : []), ...(said.some(({ recursive }) => recursive) ? [RECURSIVE_NOTE] : [])],
  };
}

function originOf({ key, model, trainedFrom, trainedTo, trainSamples, validationSamples, epochs, engine }: Fit): FitOutlook {
  const range = { trainedFrom: isoInstant(trainedFrom), trainedTo: isoInstant(trainedTo) };
  return { key, model: model.kind, ...range, samples: trainSamples, validationSamples, epochs, engine };
}

/** What the drift baseline says after learning from the fit's own rows; null where the bars do not reach back to them. */
async function meanReturn(place: Place, fit: Fit): Promise<number | null> {
  const { bars, inputs, last } = place;
  // A stored fit may have had other samples than its model asks for now, and was made at an earlier bar.
  const model = place.bot.frozen ? asSampled(fit) : fit.model;
  const row = Math.min(last, firstRowAt(bars, fit.time - bars.intervalMs));
  const request = requestOf(place, baselineFor(model, 'drift'), learners.drift.id, row);
  const outcome = request && (await fitRequest(request, learners.drift, {}));
  if (outcome?.kind !== 'fit') return null;
  const said = new Float64Array(bars.length).fill(Number.NaN);
  const open = openFit(outcome.fit, learners.drift);
  open.forecast(inputs.features.values, bars.close, Int32Array.of(last), said);
  open.close();
  // Where the last window is not whole the forecast itself says so.
  return Number.isFinite(said[last]!) ? said[last]! : null;
}
