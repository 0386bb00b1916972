import { createRandom } from '../../src/core/random.ts';
import type { Candle } from '../../src/data/exchange/feed.ts';
import type { EndpointKind, RawCandle } from './dialect.ts';

/** What goes wrong with one answer. Times are real ms. */
export type Failure =
  /** An HTTP status with a body (default: an HTML page); `retryAfter` in seconds. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: string; readonly retryAfter?: number }
  /** An error in the exchange's own JSON, such as Binance's -1003; default status 400. */
  | { readonly kind: 'error'; readonly code: number | string; readonly message: string; readonly status?: number }
  /** The connection is cut: before a byte is sent, or after half of the body. */
  | { readonly kind: 'reset'; readonly where: 'before headers' | 'in body' }
  /** Nothing more is sent, and the connection stays open: not a byte, or half of the body. */
  | { readonly kind: 'hang'; readonly where: 'before headers' | 'in body' }
  /** One more header every so many ms, for ever. */
  | { readonly kind: 'endless headers'; readonly everyMs: number }
  /** The proper body, so many bytes at a time. */
  | { readonly kind: 'slow'; readonly bytes: number; readonly everyMs: number }
  /** The proper answer, late. It says what was true when the request came. */
  | { readonly kind: 'late'; readonly ms: number }
  /** Half of the body as if it were whole. */
  | { readonly kind: 'truncated' }
  /** Anything with status 200. */
  | { readonly kind: 'body'; readonly body: string }
  /** The rows of another market (its unified symbol). */
  | { readonly kind: 'other market'; readonly symbol: string }
  | { readonly kind: 'rows'; readonly change: RowChange };

/** What happens to an answer's candles, oldest first. */
export type RowChange =
  | { readonly kind: 'duplicated'; readonly last: number }
  | { readonly kind: 'missing'; readonly last: number }
  | { readonly kind: 'shuffled'; readonly seed: number }
  /** `row` counts from 0, or from the end where negative. Numbers are sent as decimal text, NaN and Infinity by name; strings and null as they are. */
  | { readonly kind: 'mutated'; readonly row: number; readonly field: keyof Candle; readonly value: number | string | null };

/** Which calls fail, and how. */
export interface Fault {
  /** Default: every kind but private calls. */
  readonly on?: EndpointKind;
  /** The first call it takes, counted from 1 among the calls of its kind since the script was set; default 1. */
  readonly from?: number;
  /** How many calls it takes; default: all from then on. */
  readonly times?: number;
  /** Takes only a seeded share (0 to 1) of them. */
  readonly share?: { readonly of: number; readonly seed: number };
  readonly failure: Failure;
}

/** A script's memory: the failure of each further call, or undefined. The first fault that takes a call decides. */
export function createScript(faults: readonly Fault[]): (kind: EndpointKind) => Failure | undefined {
  const running = faults.map((fault) => ({ fault, seen: 0, random: createRandom(fault.share?.seed ?? 0) }));
  return (kind) => {
    let failure: Failure | undefined;
    for (const entry of running) {
      const { on, from = 1, times = Number.POSITIVE_INFINITY, share } = entry.fault;
      if (kind === 'private' || (on !== undefined && on !== kind)) continue;
      entry.seen++;
      const drawn = share === undefined || entry.random.uniform() < share.of;
      if (drawn && entry.seen >= from && entry.seen < from + times) failure ??= entry.fault.failure;
    }
    return failure;
  };
}

/** Candles as a change leaves them. */
export function changed(rows: readonly RawCandle[], change: RowChange): readonly RawCandle[] {
  const cut = Math.max(0, rows.length - ('last' in change ? change.last : 0));
  switch (change.kind) {
    case 'duplicated':
      return [...rows, ...rows.slice(cut)];
    case 'missing':
      return rows.slice(0, cut);
    case 'shuffled':
      return [...createRandom(change.seed).permutation(rows.length)].map((row) => rows[row]!);
    case 'mutated': {
      const place = change.row < 0 ? rows.length + change.row : change.row;
      return rows.map((row, k) => (k === place ? { ...row, [change.field]: change.value } : row));
    }
  }
}
