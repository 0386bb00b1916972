import type { Trace } from '../core/trace.ts';
import { contentHash } from '../models/key.ts';

/**
 * sha256 over decisions, orders, fills, fees and equity as 64-bit floats, with the texts that name them. It changes when any one
 * of them changes by one unit in the last place, and holds no wall-clock time.
 */
export function digest(trace: Trace): string {
  return contentHash(parts(trace));
}

function* parts(trace: Trace): Generator<string | Float64Array | Uint8Array> {
  yield 'paperwalk/digest@1';
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
        yield `order ${event.order.id} ${event.order.market} ${event.order.reason}`;
        yield Float64Array.of(event.time, event.order.decidedAt, event.order.exposure);
        break;
      case 'fill':
        yield `fill ${event.id} ${event.market} ${event.side} ${event.reason}`;
        yield Float64Array.of(event.time, event.quantity, event.price, event.fee, event.slippage, event.factor);
        break;
      case 'rejection':
        yield `rejection ${event.id} ${event.market} ${event.reason}`;
        yield Float64Array.of(event.time);
        break;
    }
  }
}
