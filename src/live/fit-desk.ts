import type { Outcome } from '../models/fit.ts';
import type { FitPlace } from './observation.ts';

/** How the making of a fit ended: with an outcome, or not at all (a thread that died, a disk that is full), which may be tried again. */
export type Answer = { readonly kind: 'outcome'; readonly outcome: Outcome } | { readonly kind: 'failed'; readonly reason: string };

/** Has fits made while ticks go on. */
export interface FitDesk {
  /** Has a fit made unless it is under way or known already; one that failed is tried again. */
  ask(place: FitPlace, make: () => Promise<Outcome>): void;
  /** What has become of it so far: the failure of the last try while another is under way; undefined where nothing has. */
  answer(place: FitPlace): Answer | undefined;
  /** Until this one, or all that is under way, has ended, however it did. */
  settled(place?: FitPlace): Promise<void>;
}

function fitName({ model, market, slot }: FitPlace): string {
  return `${model}:${market}@${slot}`;
}

export function createFitDesk(): FitDesk {
  const answers = new Map<string, Answer>();
  const running = new Map<string, Promise<void>>();
  return {
    ask(place, make) {
      const name = fitName(place);
      if (running.has(name) || answers.get(name)?.kind === 'outcome') return;
      const work = make().then(
        (outcome): Answer => ({ kind: 'outcome', outcome }),
        (error: unknown): Answer => ({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
      );
      running.set(
        name,
        work.then((answer) => {
          answers.set(name, answer);
          running.delete(name);
        }),
      );
    },
    answer: (place) => answers.get(fitName(place)),
    async settled(place) {
      if (place) await running.get(fitName(place));
      else while (running.size > 0) await Promise.all(running.values());
    },
  };
}
