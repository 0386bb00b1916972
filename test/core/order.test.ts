import { describe, expect, it } from 'vitest';
import { type Ticket, ticketProblem } from '../../src/core/order.ts';

const fine: readonly Ticket[] = [
  { quantity: 1 },
  { exposure: 0 },
  { exposure: -1 },
  { kind: 'limit', quantity: -1, limit: 5, postOnly: true, reduceOnly: true, timeInForce: 1, group: 'g' },
  { kind: 'stop', quantity: 1, trigger: 5 },
  { kind: 'stop-limit', quantity: 1, trigger: 5, limit: 6 },
  { kind: 'take-profit', quantity: 1, trigger: 5 },
  { kind: 'trailing-stop', quantity: 1, trail: { distance: 5 } },
  { kind: 'trailing-stop', quantity: 1, trail: { fraction: 0.5 } },
  { quantity: 1, protection: { stopLoss: 1, takeProfit: 2, trailingStop: { fraction: 0.1 } } },
];

const wrong: readonly (readonly [Ticket, string])[] = [
  [{}, 'expected either an exposure or a quantity, received both or neither'],
  [{ exposure: 1, quantity: 1 }, 'expected either an exposure or a quantity, received both or neither'],
  [{ quantity: 0 }, 'expected a finite quantity other than 0, received 0'],
  [{ quantity: Number.NaN }, 'expected a finite quantity other than 0, received NaN'],
  [{ exposure: Infinity }, 'expected a finite exposure, received Infinity'],
  [{ quantity: 1, limit: 5 }, 'expected no limit for a market order, received 5'],
  [{ kind: 'limit', quantity: 1 }, 'expected a limit for a limit order, received none'],
  [{ kind: 'stop', quantity: 1 }, 'expected a trigger for a stop order, received none'],
  [{ kind: 'stop-limit', quantity: 1, limit: 5 }, 'expected a trigger for a stop-limit order, received none'],
  [{ kind: 'limit', quantity: 1, limit: 5, trigger: 5 }, 'expected no trigger for a limit order, received 5'],
  [{ kind: 'limit', quantity: 1, limit: -5 }, 'expected a limit that is a finite price > 0, received -5'],
  [{ kind: 'stop', quantity: 1, trigger: Infinity }, 'expected a trigger that is a finite price > 0, received Infinity'],
  [{ kind: 'trailing-stop', quantity: 1 }, 'expected a trail for a trailing-stop order, received none'],
  [{ quantity: 1, trail: { fraction: 0.1 } }, 'expected no trail for a market order, received one'],
  [{ kind: 'trailing-stop', quantity: 1, trail: { fraction: 1 } }, 'expected a trailing fraction > 0 and < 1, received 1'],
  [{ kind: 'trailing-stop', quantity: 1, trail: { distance: 0 } }, 'expected a finite trailing distance > 0, received 0'],
  [{ quantity: 1, protection: { stopLoss: 0 } }, 'expected a stopLoss that is a finite price > 0, received 0'],
  [{ quantity: 1, protection: { takeProfit: Number.NaN } }, 'expected a takeProfit that is a finite price > 0, received NaN'],
  [{ quantity: 1, protection: { trailingStop: { fraction: 2 } } }, 'expected a trailing fraction > 0 and < 1, received 2'],
  [{ quantity: 1, timeInForce: 0 }, 'expected a time in force of whole bars >= 1, received 0'],
  [{ quantity: 1, timeInForce: 1.5 }, 'expected a time in force of whole bars >= 1, received 1.5'],
  [{ quantity: 1, postOnly: true }, 'expected post-only with a limit order, received it with a market order'],
];

describe('a ticket', () => {
  it.each(fine.map((ticket) => [JSON.stringify(ticket), ticket] as const))('%s has nothing wrong with it', (_, ticket) => {
    expect(ticketProblem(ticket)).toBeUndefined();
  });

  it.each(wrong.map(([ticket, problem]) => [JSON.stringify(ticket), ticket, problem] as const))('%s is refused', (_, ticket, problem) => {
    expect(ticketProblem(ticket)).toBe(problem);
  });
});
