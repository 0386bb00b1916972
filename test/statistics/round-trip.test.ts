import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fill, roundTrips } from '../../src/statistics/round-trip.ts';
import {
  averageLoss,
  averageWin,
  closedProfits,
  expectancy,
  longestLosingRun,
  profitFactor,
  winRate,
} from '../../src/statistics/trip-profits.ts';

function fill(time: number, side: 'buy' | 'sell', quantity: number, price: number, fee = 0, market = 'A', reason = 'signal'): Fill {
  return { market, time, side, quantity, price, fee, reason };
}

/** Up to 40 fills in two markets with prices and quantities of few digits, fees of a tenth of a percent. */
const fillSequences = fc.array(
  fc
    .record({
      market: fc.constantFrom('A', 'B'),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      quantity: fc.integer({ min: 1, max: 20 }),
      price: fc.integer({ min: 50, max: 150 }),
    })
    .map((values) => ({ ...values, fee: (values.quantity * values.price) / 1000 })),
  { maxLength: 40 },
);

const timed = (fills: readonly Omit<Fill, 'time'>[]): Fill[] => fills.map((values, time) => ({ ...values, time }));

describe('A round trip', () => {
  it('goes from flat to flat, net of both fees', () => {
    expect(roundTrips([fill(1, 'buy', 2, 100, 0.2), fill(5, 'sell', 2, 110, 0.22, 'A', 'take-profit')])).toEqual([
      {
        market: 'A',
        side: 'long',
        entryTime: 1,
        exitTime: 5,
        quantity: 2,
        entryPrice: 100,
        exitPrice: 110,
        fees: 0.42000000000000004,
        profit: 20 - 0.42000000000000004,
        profitFraction: (20 - 0.42000000000000004) / 200,
        exitReason: 'take-profit',
        open: false,
      },
    ]);
  });

  it('takes all scaling in and out into one trip, at average prices', () => {
    const [trip, ...others] = roundTrips([
      fill(1, 'buy', 1, 100),
      fill(2, 'buy', 3, 120),
      fill(3, 'sell', 2, 130),
      fill(4, 'buy', 1, 110),
      fill(5, 'sell', 3, 140),
    ]);
    expect(others).toEqual([]);
    expect(trip).toMatchObject({ quantity: 5, entryPrice: 114, exitPrice: 136, profit: 5 * 22, exitTime: 5, open: false });
  });

  it('of a short earns what the price falls', () => {
    expect(roundTrips([fill(1, 'sell', 2, 100, 1), fill(2, 'buy', 2, 90, 1)])[0]).toMatchObject({
      side: 'short',
      profit: 18,
      profitFraction: 0.09,
    });
  });

  it('is closed and the next one opened by a fill that goes through zero, which shares its fee by quantity', () => {
    const trips = roundTrips([fill(1, 'buy', 1, 100), fill(2, 'sell', 4, 110, 8), fill(3, 'buy', 3, 100, 3, 'A', 'stop')]);
    expect(trips).toHaveLength(2);
    expect(trips[0]).toMatchObject({ side: 'long', quantity: 1, exitPrice: 110, fees: 2, profit: 8, exitReason: 'signal' });
    expect(trips[1]).toMatchObject({ side: 'short', entryTime: 2, quantity: 3, entryPrice: 110, fees: 9, profit: 21, exitReason: 'stop' });
  });

  it('that is open at the end is listed last, marked where a mark is given, and neither won nor lost', () => {
    const fills = [fill(1, 'buy', 2, 100, 1), fill(2, 'buy', 1, 50, 0, 'B'), fill(3, 'sell', 1, 60, 0, 'B')];
    const unmarked = roundTrips(fills);
    expect(unmarked.map(({ market, open }) => [market, open])).toEqual([
      ['B', false],
      ['A', true],
    ]);
    expect(unmarked[1]).toMatchObject({ exitTime: null, exitPrice: null, profit: null, profitFraction: null, exitReason: null });
    expect(roundTrips(fills, new Map([['A', 95]]))[1]).toMatchObject({ profit: -11, profitFraction: -0.055 });
    expect([...closedProfits(unmarked)]).toEqual([10]);
  });

  it('is flat where only rounding is left of it', () => {
    const trips = roundTrips([fill(1, 'buy', 0.1, 100), fill(2, 'buy', 0.2, 100), fill(3, 'sell', 0.3, 110)]);
    expect(trips.map(({ open }) => open)).toEqual([false]);
  });

  it('needs quantities above zero', () => {
    expect(() => roundTrips([fill(1, 'buy', 0, 100)])).toThrow("Expected a fill's quantity > 0, received 0 in A at 1");
  });

  it('accounts for every fill: with all trips marked, profits are the cash flow plus what is held', () => {
    const marks = new Map([
      ['A', 101],
      ['B', 77],
    ]);
    fc.assert(
      fc.property(fillSequences, (sequence) => {
        const fills = timed(sequence);
        const trips = roundTrips(fills, marks);
        const expected = fills.reduce((sum, { market, side, quantity, price, fee }) => {
          return sum + (side === 'buy' ? 1 : -1) * quantity * (marks.get(market)! - price) - fee;
        }, 0);
        expect(Math.abs(trips.reduce((sum, trip) => sum + trip.profit!, 0) - expected)).toBeLessThan(1e-8);
        const fees = trips.reduce((sum, trip) => sum + trip.fees, 0);
        expect(Math.abs(fees - fills.reduce((sum, { fee }) => sum + fee, 0))).toBeLessThan(1e-9);
        for (const market of ['A', 'B']) expect(trips.filter((trip) => trip.open && trip.market === market).length).toBeLessThanOrEqual(1);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('does not depend on how one fill is cut in two', () => {
    fc.assert(
      fc.property(fillSequences, (sequence) => {
        const halves = (values: Fill): Fill => ({ ...values, quantity: values.quantity / 2, fee: values.fee / 2 });
        const fills = timed(sequence);
        const whole = roundTrips(fills);
        const cut = roundTrips(fills.flatMap((values) => [halves(values), halves(values)]));
        expect(cut.map(({ market, side, exitTime }) => [market, side, exitTime])).toEqual(
          whole.map(({ market, side, exitTime }) => [market, side, exitTime]),
        );
        for (const [i, trip] of whole.entries()) expect(Math.abs((trip.profit ?? 0) - (cut[i]?.profit ?? 0))).toBeLessThan(1e-8);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('of one market does not depend on fills of another', () => {
    fc.assert(
      fc.property(fillSequences, (sequence) => {
        const fills = timed(sequence);
        const alone = roundTrips(fills.filter(({ market }) => market === 'A'));
        expect(roundTrips(fills).filter(({ market }) => market === 'A')).toEqual(alone);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('Figures of round trips', () => {
  it('are those of the hand calculation', () => {
    const profits = Float64Array.of(10, -4, -6, 0, -2, 20);
    expect(winRate(profits)).toBe(2 / 6);
    expect(profitFactor(profits)).toBe(30 / 12);
    expect(expectancy(profits)).toBe(18 / 6);
    expect(averageWin(profits)).toBe(15);
    expect(averageLoss(profits)).toBe(-4);
    expect(longestLosingRun(profits)).toBe(2);
  });

  it('are null where there was nothing to win or lose', () => {
    const none = new Float64Array(0);
    expect([winRate(none), profitFactor(none), expectancy(none), averageWin(none), averageLoss(none), longestLosingRun(none)]).toEqual([
      null,
      null,
      null,
      null,
      null,
      0,
    ]);
    expect(profitFactor(Float64Array.of(1, 2))).toBeNull();
    expect(profitFactor(Float64Array.of(-1))).toBe(0);
    expect(averageLoss(Float64Array.of(1, 2))).toBeNull();
  });

  it('counts a purchase by the units received where its fee was taken from them', () => {
    // 10 units at 100 for 1,000, of which the fee takes 0.1; 9.9 sold at 110 for 1,089 less 1.089.
    const [trip] = roundTrips([
      { market: 'm', time: 1, side: 'buy', quantity: 10, price: 100, fee: 10, inBase: true },
      { market: 'm', time: 2, side: 'sell', quantity: 10 - 10 / 100, price: 110, fee: 1.089 },
    ]);
    expect(trip).toMatchObject({ open: false, quantity: 9.9, entryPrice: 100, exitPrice: 110 });
    expect(trip!.fees).toBeCloseTo(11.089, 12);
    expect(trip!.profit).toBeCloseTo(1089 - 1.089 - 1000, 9);
  });
});
