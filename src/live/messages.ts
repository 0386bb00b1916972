import { isoInstant } from '../core/instant.ts';
import type { Event } from '../core/trace.ts';
import { guardReason, money, price as priceOf, share, quantity as units } from '../report/format.ts';
import { reasonWords } from '../report/reason-words.ts';
import type { LateDecision, Observation } from './observation.ts';
import type { Message } from './session.ts';

/** What a person is told of a tick. Many closes that were missed are one piece of news. */
export function messagesOf(observations: readonly Observation[], events: readonly Event[]): readonly Message[] {
  const late = observations.filter((observation) => observation.kind === 'late');
  return [
    ...observations.filter(({ kind }) => kind !== 'late').map(messageAbout),
    ...(late.length > 0 ? [lateness(late)] : []),
    ...events.flatMap(messagesAbout),
  ].filter((message) => message !== undefined);
}

function lateness(late: readonly LateDecision[]): Message {
  const [first, last] = [late[0]!, late.at(-1)!];
  const text =
    late.length === 1
      ? `the close of ${isoInstant(first.slice)} was decided ${duration(first.byMs)} late`
      : `${late.length} closes from ${isoInstant(first.slice)} to ${isoInstant(last.slice)} were decided ${[...new Set([duration(last.byMs), duration(first.byMs)])].join(' to ')} late`;
  return { id: `late:${first.slice}`, time: last.slice, kind: 'alert', text };
}

/** Reasons of fills by which a level, or the exchange, gives a position up. */
const LEVEL = /^(stopLoss|takeProfit|trailingStop|liquidation)(Gap)?$/;

/** What a person is told of an event; of a level that was reached also where only guards are listened to. */
function messagesAbout(event: Event): readonly (Message | undefined)[] {
  const message = messageOf(event);
  if (event.kind !== 'fill' || !LEVEL.test(event.reason)) return [message];
  const { id, market, time, reason, price } = event;
  const text = `${market}: ${reasonWords(reason)}, the position is given up at ${priceOf(price)}`;
  return [message, { id: `level:${id}:${time}`, time, kind: 'guard', text }];
}

/** What a person is told of an event; undefined where nothing is: an order that is filled at once is told by its fill. */
function messageOf(event: Event): Message | undefined {
  switch (event.kind) {
    case 'order': {
      const { id, side, market, exposure, quantity, kind, reason } = event.order;
      const size = quantity === undefined ? `to ${share(exposure ?? 0)} of equity` : units(Math.abs(quantity));
      return {
        id: `order:${id}`,
        time: event.time,
        kind: 'order',
        text: `${market}: ${kind} order to ${side} ${size} (${reasonWords(reason)})`,
      };
    }
    case 'fill': {
      const { id, time, market, side, quantity, price, fee, reason } = event;
      const text = `${market}: ${side === 'buy' ? 'bought' : 'sold'} ${units(quantity)} at ${priceOf(price)}, fee ${money(fee)} (${reasonWords(reason)})`;
      return { id: `fill:${id}:${time}`, time, kind: 'fill', text };
    }
    case 'rejection':
      return { id: `rejection:${event.id}`, time: event.time, kind: 'rejection', text: `${event.market}: no fill, ${event.reason}` };
    case 'guard': {
      const { market, guard, action, reason, time } = event;
      return {
        id: `guard:${market ?? ''}:${guard}:${action}:${time}`,
        time,
        kind: 'guard',
        text: `${market ?? 'account'}: ${guard} ${action}, ${guardReason(reason)}`,
      };
    }
    case 'ambiguity':
      return undefined;
  }
}

/** What a person is told of an observation. */
function messageAbout(observation: Observation): Message | undefined {
  const { kind, slice } = observation;
  const at = { time: slice ?? 0 };
  switch (kind) {
    case 'fit':
      return observation.refused === null
        ? { ...at, id: `fit:${observation.key}`, kind: 'fit', text: `${observation.market}: a new fit, ${observation.key.slice(0, 12)}` }
        : { ...at, id: `refused:${observation.key}`, kind: 'alert', text: `${observation.market}: no new fit, ${observation.refused}` };
    case 'fitMissing': {
      const { model, market, slot, reason } = observation;
      return {
        ...at,
        id: `fitMissing:${model}:${market}@${slot}`,
        kind: 'alert',
        text: `${market}: the fit due now is not there, ${reason}; the last one serves until its age limit`,
      };
    }
    case 'hand': {
      const done = { pause: 'paused', resume: 'resumed', flatten: 'flattened and paused' }[observation.action];
      return {
        ...at,
        id: `hand:${observation.askedAt}:${observation.action}`,
        kind: 'hand',
        text: `${done} from the close of ${isoInstant(observation.slice)} on`,
      };
    }
    case 'absent': {
      const opened = isoInstant(observation.bar.openTime);
      return {
        ...at,
        id: `absent:${observation.market}:${opened}`,
        kind: 'alert',
        text: `${observation.market}: the bar of ${opened} came too late and is left out`,
      };
    }
    case 'revision': {
      const { market, before, now } = observation;
      return {
        ...at,
        id: `revision:${market}:${now.openTime}:${Object.values(now).join(',')}`,
        kind: 'alert',
        text: `${market}: the bar of ${isoInstant(now.openTime)} was revised (close ${before.close} to ${now.close}); what was decided stays`,
      };
    }
    case 'refusedBar': {
      const { market, openTime, reason } = observation;
      const opened = openTime === null ? 'without a time' : `of ${isoInstant(openTime)}`;
      return {
        ...at,
        id: `refusedBar:${market}:${openTime}:${reason}`,
        kind: 'alert',
        text: `${market}: the bar ${opened} is refused, ${reason}`,
      };
    }
    case 'stale': {
      const { market, openTime } = observation;
      const opened = isoInstant(openTime);
      return { ...at, id: `stale:${market}:${opened}`, kind: 'alert', text: `${market}: no bar has come since the one of ${opened}` };
    }
    case 'clock': {
      const { at: time, driftMs } = observation;
      return { id: `clock:${time}`, time, kind: 'alert', text: driftWords(driftMs) };
    }
    case 'skipped':
      return { id: `skipped:${observation.at}`, time: observation.at, kind: 'alert', text: observation.reason };
    case 'late':
    case 'quote':
    case 'opened':
      return undefined;
  }
}

/** What there is to say of a local clock that is off, ms, positive where it is ahead. */
export function driftWords(driftMs: number): string {
  return `the local clock is ${duration(Math.abs(driftMs))} ${driftMs > 0 ? 'ahead of' : 'behind'} the exchange's; bars are closed by the exchange's time`;
}

/** In the largest unit that fits. */
export function duration(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const;
  const [length, name] = units.find(([size]) => ms >= size) ?? [1, 'ms'];
  return `${Number((ms / length).toPrecision(3))} ${name}`;
}
