import { DateTime } from 'luxon';
import { validate } from 'node-cron';
import { describe, expect, it } from 'vitest';
import { intervalMs } from '../../src/core/interval.ts';
import { cronFor, nextTick } from '../../src/live/cron.ts';

const at = (text: string) => DateTime.fromISO(text, { setZone: true });
const next = (expression: string, now: string) => nextTick(expression, at(now)).toISO();

describe('the cron expression of an interval', () => {
  it.each([
    ['1m', '5 * * * * *'],
    ['15m', '5 */15 * * * *'],
    ['1h', '5 0 * * * *'],
    ['4h', '5 0 */4 * * *'],
    ['1d', '5 0 0 * * *'],
    ['1w', '5 0 0 * * 1'],
  ])('of %s is %s, which node-cron accepts', (interval, expected) => {
    const expression = cronFor(intervalMs(interval));
    expect(expression).toBe(expected);
    expect(validate(expression)).toBe(true);
  });

  it('ticks the given number of seconds after the close', () => {
    expect(cronFor(intervalMs('4h'), 20)).toBe('20 0 */4 * * *');
    expect(() => cronFor(intervalMs('4h'), 60)).toThrow('Expected a whole number of seconds from 0 to 59 after the close, received 60');
  });

  it.each(['7m', '5h', '2d', '90m'])('does not exist for %s', (interval) => {
    expect(() => cronFor(intervalMs(interval))).toThrow('Expected an interval that divides an hour, a day or a week evenly');
  });

  it('ticks once per bar: five days of 4 h bars have thirty', () => {
    const expression = cronFor(intervalMs('4h'));
    let now: DateTime = at('2024-02-27T00:00:00Z');
    for (let bar = 0; bar < 30; bar++) {
      now = nextTick(expression, now);
      expect(now.toMillis()).toBe(Date.UTC(2024, 1, 27, 4 * bar, 0, 5));
    }
  });
});

describe('the next tick', () => {
  it.each([
    ['5 0 */4 * * *', '2024-01-01T03:59:59Z', '2024-01-01T04:00:05.000Z'],
    ['5 0 */4 * * *', '2024-01-01T04:00:05Z', '2024-01-01T08:00:05.000Z'],
    ['5 0 */4 * * *', '2024-12-31T23:00:00Z', '2025-01-01T00:00:05.000Z'],
    ['5 0 0 * * 1', '2024-01-02T00:00:00Z', '2024-01-08T00:00:05.000Z'],
    ['30 9 * * *', '2024-01-02T00:00:00Z', '2024-01-02T09:30:00.000Z'],
    ['0 12 L * *', '2024-02-01T00:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['0 0 29 2 *', '2024-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('of %s after %s is %s', (expression, now, expected) => {
    expect(next(expression, now)).toBe(expected);
  });

  it('is counted in UTC, wherever now is told from: no slot is lost when New York changes its clocks', () => {
    expect(next('5 0 */4 * * *', '2024-03-10T02:30:00-05:00')).toBe('2024-03-10T08:00:05.000Z');
  });

  it('is refused for text that is no expression, and for a day that never comes', () => {
    expect(() => next('hourly', '2024-01-01T00:00:00Z')).toThrow(
      'Expected a cron expression that ticks, such as "5 0 */4 * * *", received "hourly"',
    );
    expect(() => next('0 0 30 2 *', '2024-01-01T00:00:00Z')).toThrow('received "0 0 30 2 *"');
  });
});
