import { isoInstant } from '../core/instant.ts';
import { reasonName } from '../core/policy.ts';
import type { Event, Trace } from '../core/trace.ts';

/** Everything that is compared of a session, or of a replay of it: values by what they are, in order. */
export type Items = ReadonlyMap<string, Item>;

export interface Item {
  /** ms UTC. */
  readonly time: number;
  /** Such as `decision.target` or `fill.price`. */
  readonly what: string;
  /** Null where the whole account is meant. */
  readonly market: string | null;
  readonly value: number | string | null;
}

/** All items of a trace and its forecasts ([market][slice]): decisions, events and equity. */
export function itemsOf(trace: Trace, forecasts: readonly Float64Array[]): Items {
  const items = new Map<string, Item>();
  const add = (key: string, time: number, what: string, market: string | null, value: Item['value']) => {
    items.set(`${key} ${what}`, { time, what, market, value: typeof value === 'number' ? plain(value) : value });
  };
  trace.closeTime.forEach((time, slice) => {
    add(`${time}`, time, 'equity', null, trace.equity[slice]!);
    trace.market.forEach(({ market, signal, target, exposure, reason }, m) => {
      const key = `${time} ${market}`;
      add(key, time, 'decision.forecast', market, forecasts[m]![slice]!);
      add(key, time, 'decision.signal', market, signal[slice]!);
      add(key, time, 'decision.target', market, target[slice]!);
      add(key, time, 'decision.exposure', market, exposure[slice]!);
      add(key, time, 'decision.reason', market, reasonName(reason[slice]!));
    });
  });
  const seen = new Map<string, number>();
  for (const event of trace.events) {
    const name = nameOf(event);
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    for (const [what, value] of fieldsOf(event)) add(`${name} ${count}`, event.time, what, marketOf(event), value);
  }
  return items;
}

/** What an event is about, whatever it says. */
function nameOf(event: Event): string {
  switch (event.kind) {
    case 'order':
      return `order ${event.order.id}`;
    case 'fill':
    case 'rejection':
      return `${event.kind} ${event.id}`;
    case 'guard':
      return `guard ${event.market ?? ''} ${event.guard} ${event.action} ${event.time}`;
    case 'ambiguity':
      return `ambiguity ${event.market} ${event.time}`;
  }
}

function marketOf(event: Event): string | null {
  return event.kind === 'order' ? event.order.market : event.market;
}

/** The fields of an event one by one, named as a person would look for them: `fill.price`. */
function fieldsOf(event: Event): readonly (readonly [string, Item['value']])[] {
  const { kind, time, ...rest } = event;
  const fields = event.kind === 'order' ? event.order : rest;
  return [
    [`${kind}.time`, isoInstant(time)] as const,
    ...Object.entries(fields).flatMap(([name, value]) =>
      name === 'market' || name === 'id' ? [] : [[`${kind}.${name}`, plainValue(value)] as const],
    ),
  ];
}

function plainValue(value: unknown): Item['value'] {
  if (typeof value === 'number' || typeof value === 'string' || value === null) return value;
  return JSON.stringify(value) ?? null;
}

/** NaN as null and -0 as 0, as they are stored. */
function plain(value: number): number | null {
  return Number.isNaN(value) ? null : value + 0;
}

/** The keys of items that differ between two, in order of time; an item that one of them lacks differs. */
export function differingKeys(a: Items, b: Items): readonly string[] {
  const keys = [...a.keys(), ...[...b.keys()].filter((key) => !a.has(key))];
  const timeOf = (key: string) => (a.get(key) ?? b.get(key))!.time;
  return keys.filter((key) => a.get(key)?.value !== b.get(key)?.value).sort((x, y) => timeOf(x) - timeOf(y));
}
