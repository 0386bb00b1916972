import { DateTime } from 'luxon';
import { nextTick } from '../../src/live/cron.ts';
import type { Schedule } from '../../src/live/schedule.ts';

/** Time that passes only where somebody sleeps, or a schedule waits for its next tick. */
export interface VirtualTime {
  now(): number;
  /** Moves the clock on at once. Rejects when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Never back. */
  moveTo(time: number): void;
  /** Ticks one after the other, each as soon as the one before has ended and `between` has settled, until `end` (ms UTC); then `onEnd`. */
  schedule(end: number, onEnd: () => void, between?: (next: number) => Promise<void>): Schedule;
}

export function virtualTime(start: number): VirtualTime {
  let now = start;
  const moveTo = (time: number) => {
    now = Math.max(now, time);
  };
  return {
    now: () => now,
    moveTo,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      // Several that sleep side by side wake up at their own times.
      moveTo(now + ms);
    },
    schedule(end, onEnd, between = async () => undefined) {
      const waiting: { next(): number; tick(at: number): Promise<void> }[] = [];
      let running: Promise<void> | undefined;
      let stopped = false;
      const run = async () => {
        while (!stopped) {
          const [first] = [...waiting].sort((a, b) => a.next() - b.next());
          if (!first) return;
          const at = first.next();
          if (at > end) {
            onEnd();
            return;
          }
          await between(at);
          moveTo(at);
          await first.tick(at);
        }
      };
      return {
        async start(expression, onTick) {
          const next = () => nextTick(expression, DateTime.fromMillis(now, { zone: 'utc' })).toMillis();
          let last = Number.NEGATIVE_INFINITY;
          waiting.push({
            next,
            tick: async (at) => {
              if (at === last) return;
              last = at;
              await onTick(at);
            },
          });
          // Begun in a turn of its own, so that several sessions are all there.
          running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(run);
          return {
            next,
            async stop() {
              stopped = true;
              await running;
            },
          };
        },
      };
    },
  };
}
