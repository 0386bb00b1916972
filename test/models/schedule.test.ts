import { describe, expect, it } from 'vitest';
import { createSchedule, latestRequest, serves } from '../../src/models/schedule.ts';

describe('a schedule', () => {
  const schedule = createSchedule({ retrain: 10, delay: 2, maxAge: 15 });

  it('requests a fit at every multiple of retrain', () => {
    expect(latestRequest(schedule, 29)).toBe(20);
    expect(latestRequest(schedule, 30)).toBe(30);
    expect(latestRequest(schedule, -1)).toBe(-10);
  });

  it('serves from the delay to the maximum age, both included', () => {
    expect([21, 22, 35, 36].map((slot) => serves(schedule, 20, slot))).toEqual([false, true, true, false]);
  });

  it('defaults to a delay of one bar and an age of two periods', () => {
    expect(createSchedule({ retrain: 180 })).toEqual({ retrain: 180, delay: 1, maxAge: 361 });
  });

  it.each([
    [{ retrain: 0 }, 'schedule.retrain to be a whole number of bars >= 1, received 0'],
    [{ retrain: 5, delay: -1 }, 'schedule.delay to be a whole number of bars >= 0, received -1'],
    [{ retrain: 5, delay: 3, maxAge: 2 }, 'schedule.maxAge to be a whole number of bars >= delay (3), received 2'],
  ])('refuses %o', (options, message) => {
    expect(() => createSchedule(options)).toThrow(message);
  });
});
