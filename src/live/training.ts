import { type FitStore, weightsHash } from '../models/bundle.ts';
import { fit as makeFit, type Outcome, type Request } from '../models/fit.ts';
import type { Circumstances } from './circumstances.ts';
import type { Course, DueFit } from './course.ts';
import type { FitDesk } from './fit-desk.ts';
import type { TrainedModel } from './models.ts';
import type { FitArrived, FitMissing, FitPlace } from './observation.ts';
import { SessionError } from './session-error.ts';

export interface TrainingOptions {
  readonly models: readonly TrainedModel[];
  readonly fits: FitStore;
  readonly desk: FitDesk;
  readonly circumstances: Circumstances;
  /** Ends what trains. */
  readonly signal: AbortSignal;
  /** How long a training may take at most, ms: what is not done by then would have expired. */
  readonly timeoutMs: number;
  /** How long a tick waits for a fit at most, real ms. */
  readonly patienceMs: number;
}

/** The fits of a session: made beside its ticks, taken note of when they are there, and missed where they are not. */
export interface Training {
  /** Begins what is due, and takes over what is done; `slice` is the close that it is for. */
  advance(course: Course, slice: number, wait: Waiting): Promise<readonly FitArrived[]>;
  /** What the slice needs and does not have, each told once. */
  missing(course: Course, slice: number): readonly FitMissing[];
  /** Fits that an earlier process took note of: read, or made again and compared. Throws a SessionError where one comes out otherwise. */
  restore(course: Course, arrived: readonly FitArrived[]): Promise<void>;
}

/** What a tick waits for: nothing; what its slice needs, as long as a bar lasts; or, before the first decision, all that is due. */
export type Waiting = 'nothing' | 'needed' | 'all';

/** What a timer of Node takes at most, ms: 24 days. */
const LONGEST_TIMER = 2 ** 31 - 1;

export function createTraining({ models, fits, desk, circumstances, signal, timeoutMs, patienceMs }: TrainingOptions): Training {
  async function make(request: Request, model: number): Promise<Outcome> {
    const stored = fits.get(request.key);
    if (stored) return { kind: 'fit', fit: stored };
    return train(request, model, AbortSignal.any([signal, AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMER))]));
  }

  async function train(request: Request, model: number, limit: AbortSignal): Promise<Outcome> {
    const outcome = await makeFit(request, models[model]!.trainer, { signal: limit });
    if (outcome.kind === 'fit') fits.put(outcome.fit);
    return outcome;
  }

  /** Whether one was refused without being asked for: there are too few samples. */
  const begin = (course: Course, due: readonly DueFit[]): boolean => {
    let refused = false;
    for (const { place, request } of due) {
      const asked = request();
      if (asked) desk.ask(place, () => make(asked, place.model));
      else course.settle(place, { kind: 'refused', key: '', reason: `fewer than ${models[place.model]!.model.sampling.window} samples` });
      refused ||= !asked;
    }
    return refused;
  };

  /** What is done of what is due, made known. */
  const take = (course: Course, due: readonly DueFit[], slice: number): readonly FitArrived[] =>
    due.flatMap(({ place }) => {
      const answer = desk.answer(place);
      if (answer?.kind !== 'outcome') return [];
      const { outcome } = answer;
      course.settle(place, outcome);
      const refused = outcome.kind === 'refused' ? outcome.reason : null;
      return [{ kind: 'fit', ...place, slice, key: keyOf(outcome), weights: refused === null ? hashOf(outcome) : null, refused }];
    });

  /** Real time: a training goes on whatever the clock of the session does. */
  const awaited = async (due: readonly DueFit[], wait: Waiting) => {
    const awaitedFits = due.filter(({ needed }) => wait === 'all' || (wait === 'needed' && needed));
    if (awaitedFits.length === 0) return;
    const settled = Promise.all(awaitedFits.map(({ place }) => desk.settled(place)));
    if (wait === 'all') await settled;
    else {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        settled,
        new Promise((resolve) => {
          timer = setTimeout(resolve, patienceMs);
        }),
      ]).finally(() => clearTimeout(timer));
    }
  };

  return {
    async advance(course, slice, wait) {
      const arrived: FitArrived[] = [];
      // Where a fit is refused, the one before it becomes due.
      for (;;) {
        const due = course.due();
        if (due.length === 0) return arrived;
        const refused = begin(course, due);
        await awaited(due, wait);
        signal.throwIfAborted();
        const taken = take(course, due, slice);
        for (const one of taken) circumstances.note(one);
        arrived.push(...taken);
        if (taken.length === 0 && !refused) return arrived;
      }
    },
    missing(course, slice) {
      const missing = course.due().flatMap(({ place, needed }): FitMissing[] => {
        if (!needed || circumstances.isMissing(place)) return [];
        const answer = desk.answer(place);
        return [{ kind: 'fitMissing', ...place, slice, reason: answer?.kind === 'failed' ? answer.reason : 'it is still being trained' }];
      });
      for (const one of missing) circumstances.note(one);
      return missing;
    },
    async restore(course, arrived) {
      for (const { model, market, slot, key, weights, refused } of arrived) {
        const place: FitPlace = { model, market, slot };
        if (refused !== null) {
          course.settle(place, { kind: 'refused', key, reason: refused });
          continue;
        }
        const stored = fits.get(key);
        const outcome: Outcome =
          stored && weightsHash(stored.weights) === weights ? { kind: 'fit', fit: stored } : await again(course, place);
        if (keyOf(outcome) !== key || hashOf(outcome) !== weights) {
          throw new SessionError(
            `Expected the fit ${key.slice(0, 12)} of ${market} that the session has traded on, received another (${keyOf(outcome).slice(0, 12)}); bot, code or engine have changed: paperwalk replay says where it matters, another name begins a new session`,
          );
        }
        course.settle(place, outcome);
      }
    },
  };

  async function again(course: Course, place: FitPlace): Promise<Outcome> {
    const request = course.request(place);
    if (!request) return { kind: 'refused', key: '', reason: 'too few samples' };
    return train(request, place.model, signal);
  }
}

function keyOf(outcome: Outcome): string {
  return outcome.kind === 'fit' ? outcome.fit.key : outcome.key;
}

function hashOf(outcome: Outcome): string | null {
  return outcome.kind === 'fit' ? weightsHash(outcome.fit.weights) : null;
}
