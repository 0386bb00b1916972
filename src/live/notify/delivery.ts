import type { Message } from '../session.ts';
import type { Notifier } from './notifier.ts';
import { NotifierError } from './notifier-error.ts';
import type { Outbox } from './outbox.ts';

export interface DeliveryOptions {
  readonly outbox: Outbox;
  readonly notifiers: readonly Notifier[];
  /** The bot's name. */
  readonly bot: string;
  /** ms UTC. */
  readonly now: () => number;
  /** Told in one line, without secrets, when a channel has failed. */
  readonly onProblem: (channel: string, text: string) => void;
}

/** Carries messages from the outbox to the notifiers. */
export interface Delivery {
  /**
   * One round: every message that is due, in order on each channel, all channels at once. A failure ends a channel's part and makes it
   * wait, 1 s at first, twice as long each time, 10 min at most, or as long as the other side asked for. A message counts as told only
   * when it was taken, so after a crash it can be told twice, but never not at all. Never rejects; a call during a round joins it.
   * Without an abort it settles after the notifiers' deadlines.
   */
  run(signal: AbortSignal): Promise<void>;
  /** When the first channel that waits is due again, ms UTC; undefined where none waits. */
  dueAt(): number | undefined;
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 600_000;
/** Nobody is believed who asks for silence for longer. */
const LONGEST_ASKED = 3_600_000;

export function createDelivery({ outbox, notifiers, bot, now, onProblem }: DeliveryOptions): Delivery {
  const waits = new Map<string, { readonly pause: number; readonly until: number }>();
  let round: Promise<void> | undefined;

  const failed = (channel: string, error: unknown) => {
    const pause = Math.min((waits.get(channel)?.pause ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE);
    const asked = error instanceof NotifierError ? error.retryAfterMs : undefined;
    waits.set(channel, { pause, until: now() + (asked === undefined ? pause : Math.min(Math.max(asked, FIRST_PAUSE), LONGEST_ASKED)) });
    onProblem(channel, error instanceof Error ? error.message : String(error));
  };

  const serve = async (notifier: Notifier, messages: readonly Message[], signal: AbortSignal) => {
    const { channel } = notifier;
    try {
      for (const message of messages) {
        if (signal.aborted) return;
        // What a channel does not want is settled too: it would wait for ever.
        const wanted = notifier.kinds.has(message.kind);
        if (wanted) await notifier.send({ ...message, bot }, signal);
        outbox.tell(message.id, channel, now());
        if (wanted) waits.delete(channel);
      }
    } catch (error) {
      if (!signal.aborted) failed(channel, error);
    }
  };

  const begin = async (signal: AbortSignal) => {
    const due = notifiers.filter(({ channel }) => (waits.get(channel)?.until ?? 0) <= now());
    if (due.length === 0 || signal.aborted) return;
    let pending: ReturnType<Outbox['pending']>;
    try {
      pending = outbox.pending(due.map(({ channel }) => channel));
    } catch (error) {
      for (const { channel } of due) failed(channel, error);
      return;
    }
    await Promise.all(
      due.map((notifier) => {
        const own = pending.filter(({ channel }) => channel === notifier.channel);
        return serve(
          notifier,
          own.map(({ message }) => message),
          signal,
        );
      }),
    );
  };

  return {
    run: (signal) => {
      round ??= begin(signal).finally(() => {
        round = undefined;
      });
      return round;
    },
    dueAt: () => (waits.size === 0 ? undefined : Math.min(...[...waits.values()].map(({ until }) => until))),
  };
}
