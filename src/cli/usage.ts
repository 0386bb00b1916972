import { ConfigError } from '../config/config-error.ts';
import { intervalMs } from '../core/interval.ts';
import type { Calendar } from '../data/quality.ts';

/** The value of --interval, ms. Throws a ConfigError that names the option. */
export function parseInterval(text: string): number {
  try {
    return intervalMs(text);
  } catch (error) {
    throw new ConfigError([`--interval: ${(error as Error).message}`]);
  }
}

/** The value of --calendar. Throws a ConfigError that names the option. */
export function parseCalendar(text = '24/7'): Calendar {
  if (text === '24/7' || text === 'nyse') return text;
  throw new ConfigError([`--calendar: Expected 24/7 or nyse, received ${JSON.stringify(text)}`]);
}
