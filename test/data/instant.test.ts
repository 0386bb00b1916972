import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatInstant, parseClock, parseDate, parseInstant } from '../../src/data/instant.ts';

const parse = (text: string) => parseInstant(Buffer.from(text), 0, Buffer.byteLength(text));
const anyInstant = fc
  .integer({ min: Date.UTC(-1, 12), max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) })
  .filter((time) => time >= -62167219200000);

describe('an instant', () => {
  test('is read as Date reads it, on any day of the years 0 to 9999', () => {
    fc.assert(
      fc.property(anyInstant, (time) => {
        expect(parse(new Date(time).toISOString())).toBe(time);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(anyInstant, (time) => {
        expect(parse(formatInstant(time))).toBe(time);
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test.each([
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['2024-03-01 04:05', '2024-03-01T04:05:00Z'],
    ['2024-03-01T04:05:06', '2024-03-01T04:05:06Z'],
    ['2024-03-01 04:05:06 UTC', '2024-03-01T04:05:06Z'],
    ['2024-03-01t04:05:06.7z', '2024-03-01T04:05:06.700Z'],
    ['2024-03-01 04:05:06.123456', '2024-03-01T04:05:06.123Z'],
    ['2024-03-01T04:05:06+02:00', '2024-03-01T02:05:06Z'],
    ['2024-03-01T04:05:06-0530', '2024-03-01T09:35:06Z'],
    ['2024-03-01T04:05+02', '2024-03-01T02:05:00Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59Z'],
    ['2024.03.01', '2024-03-01T00:00:00Z'],
    ['2024.03.01 04:05', '2024-03-01T04:05:00Z'],
  ])('written %s is %s', (text, expected) => {
    expect(parse(text)).toBe(Date.parse(expected));
  });

  test.each([
    '2023-02-29',
    '1900-02-29',
    '2024-13-01',
    '2024-00-10',
    '2024-04-31',
    '2024-1-1',
    '20240101',
    '01/02/2024',
    '2024-03.01',
    '2024/03/01',
    '2024-01-01T24:00',
    '2024-01-01T00:60',
  ])('is not %s', (text) => expect(parse(text)).toBeNaN());

  test.each([
    '2024-01-01T',
    '2024-01-01T00',
    '2024-01-01T00:00:00.',
    '2024-01-01T00:00Zulu',
    '2024-01-01T00:00+2',
    '2024-01-01x00:00',
    '',
    'yesterday',
  ])('is not %j either', (text) => expect(parse(text)).toBeNaN());

  test('is not written where four digits cannot hold the year, or between two milliseconds', () => {
    expect(() => formatInstant(Date.UTC(10000, 0))).toThrow(RangeError);
    expect(() => formatInstant(0.5)).toThrow(RangeError);
  });
});

describe('a date', () => {
  const date = (text: string) => parseDate(Buffer.from(text), 0, text.length);

  test.each(['2024-02-29', '2024.02.29', '20240229'])('may be written %s', (text) => expect(date(text)).toBe(Date.UTC(2024, 1, 29)));

  test.each(['20230229', '2024-0229', '240229', '2024-02-29T', ''])('is not %j', (text) => expect(date(text)).toBeNaN());
});

describe('a time of day', () => {
  const clock = (text: string) => parseClock(Buffer.from(text), 0, text.length);

  test.each([
    ['15:30', 55_800_000],
    ['15:30:07', 55_807_000],
    ['1530', 55_800_000],
    ['153007', 55_807_000],
    ['000000', 0],
  ])('written %s is counted from midnight', (text, ms) => expect(clock(text)).toBe(ms));

  test.each(['', '15', '15:3', '24:00', '15:60', '153060', '15:30:7', '15:3007', '1530:07', '93000', '3pm'])('is not %j', (text) =>
    expect(clock(text)).toBeNaN(),
  );
});
