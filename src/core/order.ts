/** How an order meets a price; each kind is told in `matching.ts`. */
export type OrderKind = 'market' | 'limit' | 'stop' | 'stop-limit' | 'trailing-stop' | 'take-profit';

/** How far a trailing stop keeps from the best price so far: a fraction of it, or an amount of quote. */
export type Trail = { readonly fraction: number } | { readonly distance: number };

/** Levels that a position is given up at, live from the fill that opens it; quote. Whichever is reached first cancels the others. */
export interface Protection {
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  /** Live from the bar after the fill. */
  readonly trailingStop?: Trail;
}

/** What a policy asks for. Exactly one of `exposure` and `quantity` is given; every other field only where its kind has it. */
export interface Ticket {
  /** Default: market. */
  readonly kind?: OrderKind;
  /** Fraction of the account's equity to reach, negative for short; resolved to a quantity where it first meets a price. */
  readonly exposure?: number;
  /** Base units to trade, negative for a sale. */
  readonly quantity?: number;
  /** Of limit and stop-limit, quote. */
  readonly limit?: number;
  /** Of stop, stop-limit and take-profit: the price that sets it off, quote. */
  readonly trigger?: number;
  /** Of trailing-stop. */
  readonly trail?: Trail;
  /** Bars of its market it may meet, the first one included; default: until it is filled or cancelled. */
  readonly timeInForce?: number;
  /** Of limit: refused where it would fill at once. */
  readonly postOnly?: boolean;
  /** Only ever makes a position smaller. */
  readonly reduceOnly?: boolean;
  /** Orders of one group in one market cancel each other as soon as one of them fills. */
  readonly group?: string;
  /** Bracket of the position that its fill opens. */
  readonly protection?: Protection;
  readonly reason?: string;
}

/** A ticket that was accepted. Its id is a function of bot, market, close time and number. */
export interface Order extends Omit<Ticket, 'kind' | 'reason'> {
  readonly id: string;
  readonly market: string;
  readonly kind: OrderKind;
  readonly side: 'buy' | 'sell';
  /** Close at which it was decided, ms UTC. */
  readonly decidedAt: number;
  readonly reason: string;
  /** The order by which a policy's target is reached: there is one in a market, and a later target takes its place. */
  readonly target: boolean;
  /** What is left of a position that one of its levels gives up, where there was too little volume for all of it. */
  readonly protective?: boolean;
  /** Bars of its market it has met. */
  readonly bars: number;
  /** Base units still to trade, > 0, once that is fixed. */
  readonly remaining?: number;
  /** It was set off: a stop-limit is a limit order now, anything else a market order that is due at every opening. */
  readonly triggered?: boolean;
  /** Of trailing-stop: the best close since it was placed, quote. */
  readonly peak?: number;
  /** Some of it was filled. */
  readonly partly?: boolean;
}

/** What is wrong with a ticket whatever the price, in words; undefined where nothing is. */
export function ticketProblem(ticket: Ticket): string | undefined {
  const { kind = 'market', exposure, quantity, limit, trigger, trail, timeInForce, protection } = ticket;
  if ((exposure === undefined) === (quantity === undefined)) return 'expected either an exposure or a quantity, received both or neither';
  if (exposure !== undefined && !Number.isFinite(exposure)) return `expected a finite exposure, received ${exposure}`;
  if (quantity !== undefined && !(Number.isFinite(quantity) && quantity !== 0))
    return `expected a finite quantity other than 0, received ${quantity}`;
  const limited = kind === 'limit' || kind === 'stop-limit';
  const triggered = kind === 'stop' || kind === 'stop-limit' || kind === 'take-profit';
  if (limited !== (limit !== undefined))
    return limited ? `expected a limit for a ${kind} order, received none` : `expected no limit for a ${kind} order, received ${limit}`;
  if (triggered !== (trigger !== undefined))
    return triggered
      ? `expected a trigger for a ${kind} order, received none`
      : `expected no trigger for a ${kind} order, received ${trigger}`;
  if ((kind === 'trailing-stop') !== (trail !== undefined))
    return kind === 'trailing-stop'
      ? 'expected a trail for a trailing-stop order, received none'
      : `expected no trail for a ${kind} order, received one`;
  for (const [name, price] of [
    ['limit', limit],
    ['trigger', trigger],
    ['stopLoss', protection?.stopLoss],
    ['takeProfit', protection?.takeProfit],
  ] as const) {
    if (price !== undefined && !(price > 0 && price < Infinity)) return `expected a ${name} that is a finite price > 0, received ${price}`;
  }
  for (const distance of [trail, protection?.trailingStop]) {
    const problem = distance && trailProblem(distance);
    if (problem) return problem;
  }
  if (timeInForce !== undefined && !(Number.isInteger(timeInForce) && timeInForce >= 1))
    return `expected a time in force of whole bars >= 1, received ${timeInForce}`;
  if (ticket.postOnly && kind !== 'limit') return `expected post-only with a limit order, received it with a ${kind} order`;
  return undefined;
}

function trailProblem(trail: Trail): string | undefined {
  if ('fraction' in trail)
    return trail.fraction > 0 && trail.fraction < 1 ? undefined : `expected a trailing fraction > 0 and < 1, received ${trail.fraction}`;
  return trail.distance > 0 && trail.distance < Infinity
    ? undefined
    : `expected a finite trailing distance > 0, received ${trail.distance}`;
}
