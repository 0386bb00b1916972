import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

const kinds = (instants: readonly number[], bans = true) => {
  const admit = createRateLimit({ requests: 2, perMs: 1000 }, bans);
  return instants.map((at) => admit(at).kind);
};

it('lets so many requests pass in a window, and as many in the next', () => {
  expect(kinds([0, 999, 1000, 1999])).toEqual(['free', 'free', 'free', 'free']);
});

it('says how many seconds to stay away, and lets pass who does', () => {
  const admit = createRateLimit({ requests: 1, perMs: 10_000 }, true);
  expect([0, 3500, 10_500].map((at) => admit(at))).toEqual([{ kind: 'free' }, { kind: 'limited', retryAfter: 7 }, { kind: 'free' }]);
});

it('bans who asks on for two more windows, and forgives afterwards', () => {
  const instants = [0, 1, 2, 3, 4, 5, 6, 7, 8, 2007, 2008, 3100];
  expect(kinds(instants)).toEqual([...['free', 'free'], ...Array<string>(6).fill('limited'), ...['banned', 'banned', 'free', 'free']]);
});

it('bans nobody on an exchange that does not', () => {
  expect(
    kinds(
      Array.from({ length: 20 }, (_, k) => k),
      false,
    ).slice(2),
  ).toEqual(Array(18).fill('limited'));
});
