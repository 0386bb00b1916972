import { DateTime } from 'luxon';
import { createTask, parse, validate } from 'node-cron';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** The rarest days that cron can name, 29 February on a given weekday, come back within 40 years. */
const LONGEST_WAIT_DAYS = 40 * 366;

/**
 * The cron expression (with seconds) that ticks `secondsAfter` each close of the interval, in UTC. Bars open at multiples of their
 * interval within the hour, the day, or the week that begins on Monday. Throws a TypeError for an interval that divides none of
 * them, which cron cannot express.
 */
export function cronFor(intervalMs: number, secondsAfter = 5): string {
  if (!Number.isInteger(secondsAfter) || secondsAfter < 0 || secondsAfter > 59) {
    throw new TypeError(`Expected a whole number of seconds from 0 to 59 after the close, received ${secondsAfter}`);
  }
  const fields = fieldsFor(intervalMs);
  if (!fields) {
    throw new TypeError(`Expected an interval that divides an hour, a day or a week evenly, received ${intervalMs} ms; set paper.cron`);
  }
  return `${secondsAfter} ${fields}`;
}

function fieldsFor(intervalMs: number): string | undefined {
  if (intervalMs === WEEK) return '0 0 * * 1';
  if (intervalMs === DAY) return '0 0 * * *';
  if (intervalMs % HOUR === 0 && DAY % intervalMs === 0) return `0 ${every(intervalMs / HOUR)} * * *`;
  if (intervalMs % MINUTE === 0 && HOUR % intervalMs === 0) return `${every(intervalMs / MINUTE)} * * * *`;
  return undefined;
}

function every(step: number): string {
  return step === 1 ? '*' : `*/${step}`;
}

/**
 * The first instant after `now`, in UTC, at which a cron expression (five fields, or six with seconds) ticks. Throws a TypeError
 * for text that is no such expression, or names a day that never comes.
 */
export function nextTick(expression: string, now: DateTime): DateTime {
  if (!validate(expression)) throw refusal(expression);
  const { second, minute, hour } = parse(expression);
  // Whether a day is meant is for the library to say: it knows the last day, the nearest weekday and such.
  const task = createTask(expression, () => undefined, { timezone: 'UTC' });
  try {
    const today = now.toUTC().startOf('day');
    const first = { hour: hour[0] ?? 0, minute: minute[0] ?? 0, second: second[0] ?? 0 };
    for (let days = 0; days <= LONGEST_WAIT_DAYS; days++) {
      const day = today.plus({ days });
      if (!task.match(day.set(first).toJSDate())) continue;
      for (const h of hour) {
        for (const m of minute) {
          for (const s of second) {
            const tick = day.set({ hour: h, minute: m, second: s });
            if (tick > now) return tick;
          }
        }
      }
    }
  } finally {
    void task.destroy();
  }
  throw refusal(expression);
}

/** Whether a text is a cron expression that ticks at all. */
export function ticks(expression: string): boolean {
  try {
    nextTick(expression, DateTime.fromMillis(0));
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

function refusal(expression: string): TypeError {
  return new TypeError(`Expected a cron expression that ticks, such as "5 0 */4 * * *", received ${JSON.stringify(expression)}`);
}
