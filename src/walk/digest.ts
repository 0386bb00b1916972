import type { Trace } from '../core/trace.ts';
import { canonicalJson, contentHash } from '../models/key.ts';

/**
 * sha256 over decisions, orders, fills, fees and equity as 64-bit floats, with the texts that name them. It changes when any one
 * of them changes by one unit in the last place, and holds no wall-clock time.
 */
export function digest(trace: Trace): string {
  return contentHash(parts(trace));
}

function* parts(trace: Trace): Generator<string | Float64Array | Uint8Array> {
  yield 'paperwalk/digest@2';
  yield trace.closeTime;
  yield trace.equity;
  for (const { market, target, exposure, reason } of trace.market) {
    yield market;
    yield target;
    yield exposure;
    yield reason;
  }
  for (const event of trace.events) {
    switch (event.kind) {
      case 'order':
        // Absent fields are absent in the text too; numbers print with all their digits.
        yield `order ${event.time} ${canonicalJson(event.order)}`;
        break;
      case 'fill':
        yield `fill ${event.id} ${event.market} ${event.side} ${event.maker}${event.inBase ? ' base' : ''} ${event.reason}`;
        yield Float64Array.of(event.time, event.quantity, event.price, event.fee, event.slippage, event.factor);
        break;
      case 'rejection':
        yield `rejection ${event.id} ${event.market} ${event.reason}`;
        yield Float64Array.of(event.time);
        break;
      case 'guard':
        yield `guard ${event.market ?? ''} ${event.guard} ${event.action} ${event.reason}`;
        yield Float64Array.of(event.time);
        break;
      case 'ambiguity':
        yield `ambiguity ${event.market} ${event.reason}`;
        yield Float64Array.of(event.time);
        break;
    }
  }
}
