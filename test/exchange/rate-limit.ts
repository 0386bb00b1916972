/** So many requests in so many ms. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
}

/** Whether a request may pass; else how many seconds to stay away (`Retry-After`). */
export type Admission = { readonly kind: 'free' } | { readonly kind: 'limited' | 'banned'; readonly retryAfter: number };

// Requests that may still come during a `Retry-After`: they were under way when it was said.
const PATIENCE = 5;

/**
 * Counts requests in fixed windows as Binance does: what exceeds one is told to stay away until it ends; who keeps asking meanwhile is banned for
 * two more windows. The instants (ms of any clock that does not go back) are the argument.
 */
export function createRateLimit({ requests, perMs }: RateLimit, bans: boolean): (at: number) => Admission {
  let window = Number.NEGATIVE_INFINITY;
  let used = 0;
  let until = Number.NEGATIVE_INFINITY;
  let ignored = 0;
  let banned = Number.NEGATIVE_INFINITY;
  const seconds = (ms: number) => Math.ceil(ms / 1000);
  return (at) => {
    if (at < banned) return { kind: 'banned', retryAfter: seconds(banned - at) };
    if (at - window >= perMs) {
      window = at;
      used = 0;
    }
    used++;
    if (at < until) {
      ignored++;
      if (bans && ignored > PATIENCE) {
        banned = at + 2 * perMs;
        return { kind: 'banned', retryAfter: seconds(banned - at) };
      }
      return { kind: 'limited', retryAfter: seconds(until - at) };
    }
    ignored = 0;
    if (used <= requests) return { kind: 'free' };
    const retryAfter = seconds(window + perMs - at);
    until = at + retryAfter * 1000;
    return { kind: 'limited', retryAfter };
  };
}
