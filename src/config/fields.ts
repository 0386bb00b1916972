import { z } from 'zod';
import { intervalMs } from '../core/interval.ts';
import { instantOf } from '../data/instant.ts';
import { parseRate, RATE_PATTERN, RATE_WORDS } from './rate.ts';

/*
 * What the sections of a bot file are made of. The error of a value says what it is expected to be, so that messages read
 * "Expected costs.taker to be <error>, received ...". Rates stay text: the resolved config shows them as they were written.
 */

export const text = (expected: string) => z.string({ error: expected });

export function whole(least: number) {
  const error = `a whole number >= ${least}`;
  return z.int({ error }).min(least, { error });
}

export function number(expected: string, valid: (value: number) => boolean) {
  return z.number({ error: expected }).refine(valid, { error: expected });
}

export function rate(range: string, valid: (fraction: number) => boolean) {
  const error = `${RATE_WORDS} such as 0.1% or 5bp${range}`;
  return z
    .string({ error })
    .regex(new RegExp(RATE_PATTERN), { error, abort: true })
    .refine((value) => valid(parseRate(value) ?? Number.NaN), { error });
}

export function choice<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}

export const section = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape, { error: sectionWords });

/** Only a wrong type is worded here; unknown keys are worded where the nearest name is looked up. */
export function sectionWords(issue: { readonly code?: string | undefined }): string | undefined {
  return issue.code === 'invalid_type' ? 'a section of keys and values' : undefined;
}

export const cost = rate(', >= 0% and < 100%', (fraction) => fraction >= 0 && fraction < 1);
export const anyRate = rate('', Number.isFinite);
export const positiveRate = rate(', > 0%', (fraction) => fraction > 0 && fraction < Infinity);
export const shareRate = rate(', > 0% and <= 100%', (fraction) => fraction > 0 && fraction <= 1);

const instantWords = 'a date or time in ISO 8601 such as 2018-01-01 or 2018-01-01T04:00Z';
export const instant = text(instantWords).refine((value) => !Number.isNaN(instantOf(value)), { error: instantWords });

const intervalWords = 'an interval such as 1m, 15m, 1h, 4h, 1d or 1w';
export const interval = text(intervalWords).refine(isInterval, { error: intervalWords });

function isInterval(value: string): boolean {
  try {
    return intervalMs(value) > 0;
  } catch {
    return false;
  }
}

const durationWords = 'a duration such as 500ms, 30s, 5m or 2h';
export const duration = text(durationWords).regex(/^\d{1,9}(ms|s|m|h)$/, { error: durationWords });

export const positive = (name: string) => number(`${name} > 0`, (value) => value > 0 && value < Infinity);
export const notNegative = number('a finite number >= 0', (value) => value >= 0 && value < Infinity);
export const flag = z.boolean({ error: 'true or false' });
