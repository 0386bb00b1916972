import { ConfigError } from '../config/config-error.ts';
import { intervalMs } from '../core/interval.ts';
import { nearestName } from '../core/nearest.ts';
import { instantOf } from '../data/instant.ts';
import type { Calendar, ProblemKind } from '../data/quality.ts';

/** The value of --interval, ms. Throws a ConfigError that names the option. */
export function parseInterval(text: string): number {
  try {
    return intervalMs(text);
  } catch (error) {
    throw new ConfigError([`--interval: ${(error as Error).message}`]);
  }
}

/** The value of --calendar, undefined without it. Throws a ConfigError that names the option. */
export function parseCalendar(text: string | undefined): Calendar | undefined {
  if (text === undefined || text === '24/7' || text === 'nyse') return text;
  throw new ConfigError([`--calendar: Expected 24/7 or nyse, received ${JSON.stringify(text)}`]);
}

/** The value of an option that is an instant, ms UTC, undefined without it. Throws a ConfigError that names the option. */
export function parseInstantOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = instantOf(text);
  if (!Number.isNaN(time)) return time;
  throw new ConfigError([
    `${option}: Expected a date or instant such as 2024-01-31 or 2024-01-31T08:00Z, received ${JSON.stringify(text)}`,
  ]);
}

/** A value of --drop that is a kind of problem. Throws a ConfigError that names the option and the nearest kind; `others` are values beside the kinds. */
export function parseProblem<K extends ProblemKind>(text: string, kinds: readonly K[], others = ''): K {
  const kind = kinds.find((name) => name === text);
  if (kind) return kind;
  const near = nearestName(text, kinds);
  throw new ConfigError([
    `--drop: Expected ${others}one of ${kinds.join(', ')}, received ${JSON.stringify(text)}${near ? `; did you mean ${near}?` : ''}`,
  ]);
}
