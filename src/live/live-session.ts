import type { Bars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import type { Clock } from '../data/exchange/patience.ts';
import type { FitStore } from '../models/bundle.ts';
import type { Bot } from '../walk/bot.ts';
import { type Circumstances, createCircumstances } from './circumstances.ts';
import { type Course, createCourse } from './course.ts';
import { createSorting, type Slice, type Sorting } from './deliveries.ts';
import { createDriftWatch, type DriftWatch } from './drift-watch.ts';
import { createFitDesk } from './fit-desk.ts';
import type { Ledger } from './ledger.ts';
import { driftWords, duration, messagesOf } from './messages.ts';
import type { TrainedModel } from './models.ts';
import { afterWish, type Observation } from './observation.ts';
import type { Message, Session, SliceRecord, TickRecord } from './session.ts';
import { SessionError } from './session-error.ts';
import { soundFits } from './sound-fits.ts';
import { ASKED_AGAIN, type BarSource } from './source.ts';
import { createTraining, type Training } from './training.ts';

/** How a session treats time. */
export interface SessionSettings {
  readonly graceMs: number;
  /** Closes decided later than this are missed. */
  readonly maxLatenessMs: number;
  readonly missed: 'skip' | 'replay';
}

export interface LiveOptions {
  readonly bot: Bot;
  readonly settings: SessionSettings;
  readonly ledger: Ledger;
  readonly source: BarSource;
  readonly models: readonly TrainedModel[];
  readonly fits: FitStore;
  /** The local clock, and what waits by it. */
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly version: string;
  readonly funding?: (bars: Bars) => FundingRates | undefined;
  /** Something that is no part of the session but should be read, in words. */
  readonly onProblem: (words: string) => void;
  /** A named place at which a test may end the process. */
  readonly crashPoint?: (name: CrashPoint) => void;
}

/** Places between two writes, in the order in which a tick passes them. */
export const crashPoints = ['collected', 'decided', 'committing', 'committed', 'told'] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** What a tick came to. */
export interface TickReport {
  readonly slices: readonly SliceRecord[];
  readonly messages: readonly Message[];
  /** The exchange's time, ms UTC, and how far the local clock is ahead of it. */
  readonly now: number;
  readonly driftMs: number;
  /** Slots since the fits that serve were asked for, [market]; undefined where none does. */
  readonly modelAge: readonly (number | undefined)[];
}

/** A session in a process: its ledger, its course and its exchanges. */
export interface LiveSession {
  /** Reads or makes again what the session stands on; `session` is what the ledger has, where it was read already. Throws a SessionError where it cannot go on. */
  open(session?: Session): Promise<void>;
  /** Everything that has closed since the last tick. What it throws leaves the ledger as it was: the next tick does it again. */
  tick(): Promise<TickReport>;
  /** Takes note of a scheduled tick that did not run, and why. */
  skipped(reason: string): void;
  /** Takes note, between two ticks, of what a person is to be told at once. */
  alert(reason: string): void;
  /** Until nothing trains any more. */
  idle(): Promise<void>;
  readonly course: Course;
  close(): void;
}

/** Drift of the local clock that is told, ms; beyond half an interval a session refuses. */
const DRIFT_TOLD = 2000;
/** First and longest pause between two questions for a bar that is awaited, ms. */
const PAUSES = [1000, 5000] as const;
/** Questions that take longer than this leave the time that was asked for first behind, ms. */
const SLOW = 10_000;
/** Nothing is waited for longer than this, or than a bar lasts, ms. */
const LONGEST_WAIT = 600_000;
/** A wait after which the time is asked for again, ms. */
const WORTH_ASKING = 1000;
/** Scored bars at most that drift is measured on; a fold of thousands is not waited for. */
const DRIFT_BARS = 500;
/** Slices that are committed together where many have closed. */
const TOGETHER = 250;

export function createLiveSession(options: LiveOptions): LiveSession {
  const { bot, settings, ledger, source, models, clock, signal, onProblem, crashPoint = () => undefined } = options;
  const fits = soundFits(options.fits, onProblem);
  const desk = createFitDesk();
  let course: Course;
  let circumstances: Circumstances;
  let sorting: Sorting;
  let training: Training;
  let watch: DriftWatch | undefined;
  let intervalMs: number;
  /** Whether what is in memory is what the ledger has. */
  let sound = false;
  let driftNoted = 0;
  let modelAge: readonly (number | undefined)[] = [];
  const waitingNotes: Observation[] = [];

  async function restore(session: Session = ledger.read()): Promise<void> {
    intervalMs = session.genesis.intervalMs;
    circumstances = createCircumstances(settings.missed);
    for (const observation of session.observations) circumstances.note(observation);
    course?.close();
    course = createCourse({
      bot,
      models,
      bars: session.bars,
      from: session.genesis.from,
      circumstances,
      state: session.state,
      holdings: session.holdings,
      ...(options.funding && { funding: options.funding }),
    });
    sorting = createSorting({
      markets: session.genesis.markets,
      intervalMs,
      calendar: bot.calendar,
      graceMs: settings.graceMs,
      known: () => course.panel.markets,
      last: lastClose,
    });
    for (const observation of session.observations) sorting.recall(observation);
    const { retrain, maxAge, delay } = bot.schedule;
    training = createTraining({
      models,
      fits,
      desk,
      circumstances,
      signal,
      timeoutMs: Math.max(retrain, maxAge - delay) * intervalMs,
      patienceMs: Math.min(intervalMs, LONGEST_WAIT),
    });
    await training.restore(course, arrivals(session));
    watch = driftWatch(session, bot);
    sound = true;
  }

  const lastClose = () => course.panel.closeTime[course.panel.closeTime.length - 1] ?? 0;

  return {
    get course() {
      return course;
    },
    async open(session) {
      await restore(session);
      // Nothing is decided before the first fit is there; later ones are made beside the ticks.
      const first = course.decided === 0;
      waitingNotes.push(...(await training.advance(course, lastClose(), first ? 'all' : 'nothing')));
      waitingNotes.push({ kind: 'opened', slice: null, at: clock.now(), version: options.version, node: process.version });
    },
    async tick() {
      if (!sound) await restore();
      const reported: { slices: SliceRecord[]; messages: Message[] } = { slices: [], messages: [] };
      let now = 0;
      let driftMs = 0;
      for (let pause: number = PAUSES[0]; ; pause = Math.min(2 * pause, PAUSES[1])) {
        signal.throwIfAborted();
        const asked = clock.now();
        now = await source.time();
        driftMs = driftOf(asked - now, clock.now() - now);
        guardClock(driftMs, now);
        const deliveries = await source.since(lastClose() - ASKED_AGAIN * intervalMs, now);
        signal.throwIfAborted();
        crashPoint('collected');
        const sorted = sorting.sort(deliveries, now);
        waitingNotes.push(...sorted.observations);
        // A machine may have slept since.
        await decideAll(sorted.slices, clock.now() - asked > SLOW ? await source.time() : now, reported);
        // Where the local clock runs ahead, the close that this tick was called for is still to come.
        const early = clock.now() >= sorted.next ? sorted.next - now : 0;
        const isEarly = early > 0 && early <= intervalMs / 2;
        if (sorted.waiting.length === 0 && !isEarly) break;
        await clock.sleep(isEarly ? Math.max(pause, early) : pause, signal);
      }
      return { ...reported, now, driftMs, modelAge };
    },
    skipped: (reason) => void waitingNotes.push({ kind: 'skipped', slice: null, at: clock.now(), reason }),
    alert(reason) {
      const observations: Observation[] = [{ kind: 'skipped', slice: null, at: clock.now(), reason }];
      commit({ ...emptyRecord(), observations }, clock.now(), { slices: [], messages: [] });
    },
    idle: () => desk.settled(),
    close: () => course?.close(),
  };

  function guardClock(driftMs: number, now: number): void {
    const size = Math.abs(driftMs);
    refuseClock(driftMs, intervalMs);
    if (size <= DRIFT_TOLD || Math.abs(driftMs - driftNoted) <= DRIFT_TOLD) return;
    driftNoted = driftMs;
    waitingNotes.push({ kind: 'clock', slice: null, at: now, driftMs });
    onProblem(driftWords(driftMs));
  }

  async function decideAll(
    slices: readonly Slice[],
    time: number,
    reported: { slices: SliceRecord[]; messages: Message[] },
  ): Promise<void> {
    const taken = [...waitingNotes];
    try {
      await decideEach(slices, time, reported);
    } catch (error) {
      // What was seen and not stored is seen again; what a process says of itself is not.
      waitingNotes.splice(0, waitingNotes.length, ...taken.filter(isOwn));
      throw error;
    }
  }

  async function decideEach(
    slices: readonly Slice[],
    time: number,
    reported: { slices: SliceRecord[]; messages: Message[] },
  ): Promise<void> {
    let now = time;
    let record = emptyRecord();
    sound = false;
    for (const [k, slice] of slices.entries()) {
      signal.throwIfAborted();
      const { closeTime } = slice;
      course.append(closeTime, slice.bars);
      const isLate = () => now - closeTime > settings.maxLatenessMs;
      // A close that is missed anyway has the time to wait for the fit that it would have had.
      const wait = isLate() || bot.schedule.delay === 0;
      const before = clock.now();
      const arrived = await training.advance(course, closeTime, wait ? 'needed' : 'nothing');
      if (wait && clock.now() - before > WORTH_ASKING) now = await source.time();
      const late = isLate();
      const observed: Observation[] = [...waitingNotes.splice(0), ...arrived, ...training.missing(course, closeTime)];
      if (late) observed.push({ kind: 'late', slice: closeTime, byMs: now - closeTime });
      const requests = k + 1 === slices.length ? ledger.requests() : [];
      // Of several wishes only what they come to acts, and is told.
      const wish = requests.reduce((hand, { action }) => afterWish(hand, action), circumstances.hand());
      const { askedAt } = requests.at(-1) ?? {};
      if (askedAt !== undefined) observed.push({ kind: 'hand', slice: closeTime, action: wish, askedAt });
      for (const one of observed) if (one.kind === 'late' || one.kind === 'hand') circumstances.note(one);
      const decided = course.decide();
      modelAge = decided.modelAge;
      crashPoint('decided');
      const { trace, forecasts } = decided;
      record.slices.push({
        closeTime,
        equity: trace.equity[0]!,
        holding: decided.holding,
        bars: slice.bars,
        decisions: trace.market.map(({ signal: column, target, exposure, reason }, m) => ({
          forecast: forecasts[m]!,
          signal: column[0]!,
          target: target[0]!,
          exposure: exposure[0]!,
          reason: reason[0]!,
        })),
      });
      record.events.push(...trace.events);
      const closes = slice.bars.map((bar) => bar?.close ?? Number.NaN);
      record.drift.push(...(watch?.see({ closeTime, forecasts, closes }) ?? []));
      record.state = decided.state;
      record.holdings = decided.holdings;
      record.answered.push(...requests.map(({ number }) => number));
      if (!late && k + 1 === slices.length) observed.push(...(await quotes(closeTime, trace.events)));
      record.observations.push(...observed);
      if (record.slices.length === TOGETHER || k + 1 === slices.length) {
        commit(record, now, reported);
        record = emptyRecord();
      }
    }
    if (slices.length === 0 && waitingNotes.length > 0) {
      record.observations.push(...waitingNotes.splice(0));
      commit(record, now, reported);
    }
    sound = true;
  }

  /** What markets with new orders offer; a quote that cannot be had is none. */
  async function quotes(slice: number, events: TickRecord['events']): Promise<Observation[]> {
    const names = course.panel.markets.map(({ market }) => market);
    const ordered = new Set(events.flatMap((event) => (event.kind === 'order' ? [event.order.market] : [])));
    const asked = names.flatMap((market, m) => (ordered.has(market) ? [{ market, quote: source.quote(m) }] : []));
    const answers = await Promise.allSettled(asked.map(({ quote }) => quote));
    return answers.flatMap((answer, k) =>
      answer.status === 'fulfilled' ? [{ kind: 'quote' as const, slice, market: asked[k]!.market, ...answer.value }] : [],
    );
  }

  function commit(
    { state, holdings, drift, ...rest }: DraftRecord,
    at: number,
    reported: { slices: SliceRecord[]; messages: Message[] },
  ): void {
    const messages = [...messagesOf(rest.observations, rest.events), ...drift];
    crashPoint('committing');
    ledger.commit({ ...rest, at, messages, ...(state && { state }), ...(holdings && { holdings }) });
    crashPoint('committed');
    reported.slices.push(...rest.slices);
    reported.messages.push(...messages);
  }
}

/** How far a local clock is ahead, as far as is certain: the answer was given somewhere between the question and its arrival. */
function driftOf(least: number, most: number): number {
  return least > 0 ? least : most < 0 ? most : 0;
}

/** Throws a SessionError where a local clock is off (ms, positive: ahead) by more than half an interval. */
export function refuseClock(driftMs: number, intervalMs: number): void {
  const size = Math.abs(driftMs);
  if (size <= intervalMs / 2) return;
  throw new SessionError(
    `Expected the local clock within half an interval (${duration(intervalMs / 2)}) of the exchange's, received ${duration(size)} ${driftMs > 0 ? 'ahead' : 'behind'}; set the clock of this machine`,
    { passing: true },
  );
}

type DraftRecord = { -readonly [Field in 'slices' | 'events' | 'observations' | 'answered']: TickRecord[Field][number][] } & {
  state?: TickRecord['state'];
  holdings?: TickRecord['holdings'];
  /** Alarms about the forecasts. */
  readonly drift: Message[];
};

function emptyRecord(): DraftRecord {
  return { slices: [], events: [], observations: [], answered: [], drift: [] };
}

/** What no later look brings back. */
function isOwn({ kind }: Observation): boolean {
  return kind === 'opened' || kind === 'clock' || kind === 'skipped';
}

function arrivals({ observations }: Session) {
  return observations.filter((observation) => observation.kind === 'fit');
}

/** What looks after the forecasts of a session that has a backtest to be held against. */
function driftWatch({ genesis, trace, forecasts, bars }: Session, { model, frozen, schedule }: Bot): DriftWatch | undefined {
  const { horizon } = frozen?.model ?? model ?? {};
  const { markets, band, intervalMs } = genesis;
  if (horizon === undefined || band === null) return undefined;
  const closesOf = bars.map((one) => new Map(Array.from(one.openTime, (time, row) => [time + intervalMs, one.close[row]!])));
  const window = Math.min(schedule.retrain, DRIFT_BARS);
  const from = Math.max(0, trace.closeTime.length - 4 * (window + horizon));
  const past = Array.from(trace.closeTime.subarray(from), (closeTime, k) => ({
    closeTime,
    forecasts: forecasts.map((column) => column[from + k]!),
    closes: closesOf.map((closes) => closes.get(closeTime) ?? Number.NaN),
  }));
  return createDriftWatch({ markets, horizon, band, window, past });
}
