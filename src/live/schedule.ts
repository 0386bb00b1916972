import { DateTime } from 'luxon';
import { createTask } from 'node-cron';
import { nextTick } from './cron.ts';

/** Why a scheduled tick did not run: the one before was still at work, or the process slept. */
export type Skip = 'overlap' | 'missed';

/** What calls ticks at the instants of a cron expression, in UTC, never two at once. */
export interface Schedule {
  /** `onTick` is given the scheduled instant, ms UTC, not the one at which it woke up. Throws a TypeError for an expression that never ticks. */
  start(
    expression: string,
    onTick: (scheduled: number) => Promise<void>,
    onSkip: (skip: Skip, scheduled: number) => void,
  ): Promise<ScheduledTicks>;
}

export interface ScheduledTicks {
  /** The next instant, ms UTC. */
  next(): number;
  /** Until the tick that is under way has ended; none begins any more. */
  stop(): Promise<void>;
}

/** What is skipped is told by the session, in its own words; an error that reaches the library is a bug. */
const logger = { info: () => {}, warn: () => {}, debug: () => {}, error: console.error };

/** The schedule of a process that lives by the clock of its machine. */
export function cronSchedule(now: () => number): Schedule {
  return {
    async start(expression, onTick, onSkip) {
      const next = () => nextTick(expression, DateTime.fromMillis(now(), { zone: 'utc' })).toMillis();
      next();
      let running: Promise<void> = Promise.resolve();
      const task = createTask(
        expression,
        ({ date }) => {
          running = onTick(date.getTime());
          return running;
        },
        { timezone: 'UTC', noOverlap: true, logger },
      );
      task.on('execution:overlap', ({ date }) => onSkip('overlap', date.getTime()));
      task.on('execution:missed', ({ date }) => onSkip('missed', date.getTime()));
      await task.start();
      return {
        next,
        async stop() {
          await task.destroy();
          await running;
        },
      };
    },
  };
}
