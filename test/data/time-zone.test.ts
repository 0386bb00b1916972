import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, test } from 'vitest';
import { parseCsv } from '../../src/data/csv.ts';
import { timeZone } from '../../src/data/time-zone.ts';
import { DAY, HOUR } from './market.ts';

const NEW_YORK = timeZone('America/New_York');
const MINUTE = 60_000;

describe('a time zone', () => {
  test('has the offsets that luxon gives, at any instant of some lively zones', () => {
    for (const name of [
      'America/New_York',
      'Europe/Warsaw',
      'Australia/Lord_Howe',
      'Asia/Kolkata',
      'Pacific/Apia',
      'America/Sao_Paulo',
      'UTC',
    ]) {
      const zone = timeZone(name);
      fc.assert(
        fc.property(fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2040, 0) }), (instant) => {
          expect(zone.offsetAt(instant)).toBe(DateTime.fromMillis(instant, { zone: name }).offset * MINUTE);
        }),
        { seed: 1, numRuns: 150 },
      );
    }
  });

  test('gives every instant back from its local time, and each of two where the clock is set back', () => {
    // Around the changes of 2024 in New York (10 March, 3 November) and in Lord Howe, whose clock moves by half an hour.
    for (const name of ['America/New_York', 'Australia/Lord_Howe']) {
      const zone = timeZone(name);
      for (const day of ['2024-03-10', '2024-04-06', '2024-10-05', '2024-11-03']) {
        for (let instant = Date.parse(day) - DAY; instant < Date.parse(day) + 2 * DAY; instant += 10 * MINUTE) {
          const local = instant + zone.offsetAt(instant);
          expect(zone.offsetsOf(local).map((offset) => local - offset)).toContain(instant);
        }
      }
    }
    const local = (text: string) => NEW_YORK.offsetsOf(Date.parse(`${text}Z`)).map((offset) => offset / HOUR);
    expect(local('2024-03-10T01:59:59.999')).toEqual([-5]);
    expect(local('2024-03-10T02:00')).toEqual([]);
    expect(local('2024-03-10T02:59:59.999')).toEqual([]);
    expect(local('2024-03-10T03:00')).toEqual([-4]);
    expect(local('2024-11-03T00:59:59.999')).toEqual([-4]);
    expect(local('2024-11-03T01:00')).toEqual([-4, -5]);
    expect(local('2024-11-03T01:59:59.999')).toEqual([-4, -5]);
    expect(local('2024-11-03T02:00')).toEqual([-5]);
  });

  test('of another name is refused', () => {
    expect(() => timeZone('New York')).toThrow('Expected a time zone such as America/New_York, Europe/Warsaw or UTC, received "New York"');
  });
});

describe('local times of a file', () => {
  const HEADER = 'timestamp,open,high,low,close,volume\n';
  const fileOf = (times: readonly string[]) => `${HEADER}${times.map((time) => `${time},1,1,1,1,1`).join('\n')}\n`;
  const instants = (times: readonly string[], intervalMs = HOUR, zone = NEW_YORK) =>
    [...parseCsv(fileOf(times), 'prices.csv', { market: 'TEST', intervalMs, zone }).bars.openTime].map((time) =>
      new Date(time).toISOString().slice(5, 16),
    );

  test('are those of the zone, on both sides of the change to summer time', () => {
    expect(instants(['2024-03-10 01:00', '2024-03-10 03:00', '2024-03-11 09:30:00'])).toEqual([
      '03-10T06:00',
      '03-10T07:00',
      '03-11T13:30',
    ]);
  });

  test('that do not exist are refused with their line', () => {
    expect(() => instants(['2024-03-10 01:00', '2024-03-10 02:30'])).toThrow(
      /^prices\.csv:3: Expected a local time that exists in America\/New_York \(the clock is set forward over it\), received "2024-03-10 02:30"/,
    );
  });

  test.each([
    ['hours', HOUR, ['00:00', '01:00', '01:00', '02:00'], ['04:00', '05:00', '06:00', '07:00']],
    [
      'half hours',
      HOUR / 2,
      ['00:30', '01:00', '01:30', '01:00', '01:30', '02:00'],
      ['04:30', '05:00', '05:30', '06:00', '06:30', '07:00'],
    ],
    ['half hours with a gap', HOUR / 2, ['00:30', '01:30', '01:00', '02:00'], ['04:30', '05:30', '06:00', '07:00']],
    ['half hours up to the end of the file', HOUR / 2, ['00:30', '01:00', '01:00'], ['04:30', '05:00', '06:00']],
  ])('that exist twice are taken in the order of the file: %s', (_, intervalMs, clocks, expected) => {
    const times = clocks.map((clock) => `2024-11-03 ${clock}`);
    expect(instants(times, intervalMs)).toEqual(expected.map((clock) => `11-03T${clock}`));
    // The same rows newest first; a file that begins with such a time cannot be told to be.
    if (clocks.at(-1) === '02:00') expect(instants([...times].reverse(), intervalMs)).toEqual(expected.map((clock) => `11-03T${clock}`));
  });

  test.each([
    ['stand once', ['00:00', '01:00', '02:00'], 3],
    ['stand once at the end of the file', ['00:00', '01:00'], 3],
    ['stand first in the file', ['01:00', '02:00'], 2],
  ])('that exist twice and %s are refused with their line', (_, clocks, line) => {
    expect(() => instants(clocks.map((clock) => `2024-11-03 ${clock}`))).toThrow(
      new RegExp(`^prices\\.csv:${line}: Expected a local time that exists once in America/New_York.*received "2024-11-03T01:00:00"`),
    );
  });

  test('may have an offset that agrees with the zone, and no other', () => {
    expect(instants(['2024-01-02T09:00-05:00', '2024-07-02T09:00-04:00'])).toEqual(['01-02T14:00', '07-02T13:00']);
    expect(() => instants(['2024-01-02T09:00-05:00', '2024-07-02T09:00-05:00'])).toThrow(
      /^prices\.csv:3: Expected times with the offset of America\/New_York \(--timezone\), there -04:00, or no --timezone, received "2024-07-02T09:00-05:00"/,
    );
    expect(() => instants(['2024-01-02T14:00Z'])).toThrow(/there -05:00/);
  });

  test('leave dates at midnight UTC, and are not mixed with them', () => {
    expect(instants(['2024-03-09', '2024-03-10', '2024-03-11'], DAY)).toEqual(['03-09T00:00', '03-10T00:00', '03-11T00:00']);
    expect(instants(['2024-03-09 00:00', '2024-03-10 00:00', '2024-03-11 00:00'], DAY)).toEqual([
      '03-09T00:00',
      '03-10T00:00',
      '03-11T00:00',
    ]);
    expect(() => instants(['2024-03-09', '2024-03-09 01:00'])).toThrow(
      /^prices\.csv:3: Expected a time without a time of day as in the rows before/,
    );
  });

  test('of a whole year are those that luxon gives', () => {
    const start = Date.UTC(2024, 0, 1, 5);
    const times = Array.from({ length: 366 * 24 }, (_, i) => start + i * HOUR);
    const written = times.map((time) => DateTime.fromMillis(time, { zone: 'America/New_York' }).toFormat('yyyy-MM-dd HH:mm'));
    const { bars, quality } = parseCsv(fileOf(written), 'prices.csv', { market: 'TEST', intervalMs: HOUR, zone: NEW_YORK });
    expect([...bars.openTime]).toEqual(times);
    expect(quality.counts).toMatchObject({ gap: 0, misaligned: 0 });
  });
});
