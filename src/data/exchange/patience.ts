import { createRandom, deriveSeed } from '../../core/random.ts';
import { formatInstant } from '../instant.ts';
import { actionOf } from './actions.ts';
import { ExchangeError } from './exchange-error.ts';

export interface Clock {
  /** ms UTC. */
  now(): number;
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface PatienceOptions {
  readonly exchange: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Until when the exchange has asked not to be asked (ms UTC); -Infinity where it has not. */
  readonly blockedUntil: () => number;
}

/**
 * Runs a call until it succeeds or there is no point in going on; `asked` are the words for it, such as `the time`. Where `wanted` is aborted,
 * nobody waits for it any longer, and it is not tried again.
 */
export type Patience = <T>(asked: string, call: () => Promise<T>, wanted?: AbortSignal) => Promise<T>;

/** Calls under way at once; those that are when a rate limit is met break it too, and exchanges ban who breaks it often. */
const SIDE_BY_SIDE = 4;
export const TRIES = 5;
/** Nobody waits longer than this in one call, ms. */
export const LONGEST_WAIT = 600_000;
/** First pauses, ms; each later one is twice as long, up to the longest. */
const PAUSES = { retry: { first: 500, longest: 30_000 }, wait: { first: 5_000, longest: 60_000 } } as const;

/**
 * Four calls at once at most. Tries again after pauses that double, with a share of chance so that calls side by side do not come back as one; where the exchange limits its
 * rate, no call of the feed goes out before the pause is over, nor before the instant that it has asked for itself. Throws an ExchangeError after
 * five tries, at once where another try is of no use or would have to wait more than ten minutes; the reason of the signal where that is aborted.
 */
export function createPatience({ exchange, clock, signal, blockedUntil }: PatienceOptions): Patience {
  const random = createRandom(deriveSeed(0, exchange));
  let resumeAt = Number.NEGATIVE_INFINITY;

  const turn = async (asked: string) => {
    for (;;) {
      signal.throwIfAborted();
      const until = Math.max(resumeAt, blockedUntil());
      const left = until - clock.now();
      if (!(left > 0)) return;
      if (left > LONGEST_WAIT) {
        const when = Number.isFinite(until) ? formatInstant(Math.ceil(until)) : 'further notice';
        throw new ExchangeError(`${exchange}: Expected ${asked}, received the wish to be left alone until ${when}; start again then`, 4);
      }
      await clock.sleep(left, signal);
    }
  };

  let free = SIDE_BY_SIDE;
  const waiting: (() => void)[] = [];
  const inTurn = async <T>(asked: string, call: () => Promise<T>, wanted: AbortSignal | undefined): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      wanted?.throwIfAborted();
      await turn(asked);
      return await call();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };

  return async (asked, call, wanted) => {
    for (let tries = 1; ; tries++) {
      try {
        return await inTurn(asked, call, wanted);
      } catch (error) {
        signal.throwIfAborted();
        wanted?.throwIfAborted();
        // An ExchangeError of the house is the last word.
        const action = error instanceof ExchangeError ? undefined : actionOf(error);
        if (!action) throw error;
        const received = `${exchange}: Expected ${asked}, received ${plain(error, exchange)}`;
        if (action.kind === 'refuse') throw new ExchangeError(`${received}; ${action.advice}`, action.exitCode);
        if (tries === TRIES) throw new ExchangeError(`${received} (${TRIES} tries); ${action.advice}`, 4);
        const { first, longest } = PAUSES[action.kind];
        const pause = Math.min(longest, first * 2 ** (tries - 1)) * (1 + random.uniform() / 4);
        if (action.kind === 'retry') await clock.sleep(pause, signal);
        else if (blockedUntil() <= clock.now()) resumeAt = Math.max(resumeAt, clock.now() + pause);
      }
    }
  };
}

/** What an error says, in one short line: without the address, which says nothing to a person, and without markup. */
function plain(error: unknown, exchange: string): string {
  const text = (error as Error).message
    .replace(new RegExp(`^${exchange}\\s+`), '')
    .replace(/\b(?:GET )?https?:\/\/\S+\s*/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const words = text.length > 120 ? `${text.slice(0, 117)}...` : text;
  return error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError
    ? 'an answer of another shape'
    : words || (error as Error).name;
}
