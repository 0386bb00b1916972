import { describe, expect, it } from 'vitest';
import { ACTIONS, type Action, actionOf } from '../../../src/data/exchange/actions.ts';
import { type CcxtClient, loadCcxtClient } from '../../../src/data/exchange/ccxt-client.ts';
import { createFeed } from '../../../src/data/exchange/client.ts';
import { ExchangeError } from '../../../src/data/exchange/exchange-error.ts';
import { LONGEST_WAIT, TRIES } from '../../../src/data/exchange/patience.ts';
import { fakeClock } from './test-feed.ts';

type Tree = { readonly [name: string]: Tree };
type ErrorClass = new (message: string) => Error;
const base = new URL('./src/base/', import.meta.resolve('ccxt'));
const { default: hierarchy } = (await import(new URL('errorHierarchy.js', base).href)) as { readonly default: Tree };
const classes = (await import(new URL('errors.js', base).href)) as Readonly<Record<string, ErrorClass>>;
const namesIn = (tree: Tree): readonly string[] => Object.entries(tree).flatMap(([name, below]) => [name, ...namesIn(below)]);
const names = namesIn(hierarchy);

const BARS = [[1_577_836_800_000, '1', '2', '0.5', '1.5', '10', 0, '0', 0, '0', '0', '0']];
const SYMBOL = { symbol: 'BTCUSDT', status: 'TRADING', baseAsset: 'BTC', quoteAsset: 'USDT', filters: [], permissions: ['SPOT'] };
/** What the exchange answers where nothing goes wrong, by the end of the path. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  time: { serverTime: 1_600_000_000_000 },
  exchangeInfo: { symbols: [SYMBOL] },
  klines: BARS,
  '24hr': { symbol: 'BTCUSDT', lastPrice: '1.5', bidPrice: '1.4', askPrice: '1.6', closeTime: 1_600_000_000_000 },
};
const QUESTIONS = { candles: 'klines', time: 'time', quote: '24hr', markets: 'exchangeInfo' } as const;

/** The table as it is meant: what happens to a question when the class comes once, three times and always. */
const EXPECTED: Readonly<Record<Action['kind'], readonly (readonly [tries: number, end: 'answer' | 'error'])[]>> = {
  retry: [
    [2, 'answer'],
    [4, 'answer'],
    [TRIES, 'error'],
  ],
  wait: [
    [2, 'answer'],
    [4, 'answer'],
    [TRIES, 'error'],
  ],
  refuse: [
    [1, 'error'],
    [1, 'error'],
    [1, 'error'],
  ],
};

async function outcome(client: CcxtClient, name: string, question: keyof typeof QUESTIONS, times: number) {
  let tries = 0;
  const clock = fakeClock();
  const feed = createFeed(client, {
    clock,
    fetch: async (input) => {
      const path = new URL(String(input)).pathname.split('/').at(-1)!;
      if (path === QUESTIONS[question] && ++tries <= times) throw new classes[name]!(`binance says ${name}`);
      return new Response(JSON.stringify(ANSWERS[path]));
    },
  });
  const ask = {
    candles: () => feed.candles('BTC/USDT', 60_000, BARS[0]![0] as number),
    time: () => feed.time(),
    quote: () => feed.quote('BTC/USDT'),
    markets: () => feed.market('BTC/USDT'),
  }[question];
  const error = await ask().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { tries, error, pauses: clock.pauses };
}

describe('the table of errors', () => {
  it('E1: has an entry for every class of the ccxt in use, and for no other', () => {
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !Object.hasOwn(ACTIONS, name))).toEqual([]);
    expect(Object.keys(ACTIONS).filter((name) => !names.includes(name))).toEqual(['PlaceError', 'MissingPageError', 'GarbageError']);
  });

  it('is read by the nearest class it knows', () => {
    class LaterOne extends (classes.RateLimitExceeded!) {}
    class EvenLater extends LaterOne {}
    expect(actionOf(new EvenLater('x'))).toBe(ACTIONS.RateLimitExceeded);
  });

  it('takes what a parser throws over another shape for a bad answer, and knows nothing of other errors', () => {
    expect(actionOf(new TypeError('x'))?.kind).toBe('retry');
    expect(actionOf(new Error('disk full'))).toBeUndefined();
    expect(actionOf('text')).toBeUndefined();
  });

  for (const question of Object.keys(QUESTIONS) as (keyof typeof QUESTIONS)[]) {
    it(`E1: holds for ${question}, whatever class comes, once, three times or always`, async () => {
      const client = await loadCcxtClient('binance');
      client.enableRateLimit = false;
      for (const name of names) {
        const action = ACTIONS[name]!;
        for (const [k, times] of [1, 3, Number.POSITIVE_INFINITY].entries()) {
          const { tries, error, pauses } = await outcome(client, name, question, times);
          const [expectedTries, end] = EXPECTED[action.kind][k]!;
          const cell = `${name}, ${times} times`;
          expect({ cell, tries }).toEqual({ cell, tries: expectedTries });
          // Pauses grow, and those over a rate limit are ten times as long.
          expect(pauses.length, cell).toBe(tries - 1);
          for (const [n, pause] of pauses.entries()) {
            const least = (action.kind === 'wait' ? 5000 : 500) * 2 ** n;
            expect(pause, cell).toBeGreaterThanOrEqual(least);
            expect(pause, cell).toBeLessThanOrEqual(Math.min(LONGEST_WAIT, least * 1.25 + 1));
          }
          if (end === 'answer') expect(error, cell).toBeUndefined();
          else {
            expect(error, cell).toBeInstanceOf(ExchangeError);
            expect((error as ExchangeError).exitCode, cell).toBe(action.kind === 'refuse' ? action.exitCode : 4);
            expect((error as ExchangeError).message, cell).toMatch(/^binance: Expected .+, received .+; .+$/);
          }
        }
      }
    });
  }
});
