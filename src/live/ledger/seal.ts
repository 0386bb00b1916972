import { contentHash } from '../../models/key.ts';
import type { HandRequest, Message } from '../session.ts';

// A chain: every tick is sealed over all that it wrote and over the seal before. What is sealed at a commit and what is read back later must give
// the same seal, so numbers go in as the database gives them back (an unknown one as NaN, -0 as 0), and JSON as the text that is stored.

/** All that a tick wrote. */
export interface SealedTick {
  readonly at: number;
  readonly slices: number;
  /** Of its slices, see `sliceNumbers`. */
  readonly numbers: Float64Array;
  /** JSON. */
  readonly events: readonly string[];
  readonly observations: readonly string[];
  readonly messages: readonly Message[];
  readonly answered: readonly HandRequest[];
  /** `textSeal` of the engine's state and of the holdings' after it; null where it left them alone. */
  readonly state: string | null;
  readonly holdings: string | null;
}

export function tickSeal(before: string, tick: SealedTick): string {
  const { at, slices, numbers, events, observations, messages, answered, state, holdings } = tick;
  const lists = [
    events,
    observations,
    messages.map(({ id, time, kind, text }) => JSON.stringify([id, time + 0, kind, text])),
    answered.map(({ number, action, askedAt }) => JSON.stringify([number, action, askedAt + 0])),
  ];
  const head = JSON.stringify([at + 0, slices, ...lists.map(({ length }) => length), state, holdings]);
  return contentHash(['paperwalk/tick@1', before, head, numbers, ...lists.flat()]);
}

/** The first seal, over what the session began with. */
export function beginningSeal(genesis: string, history: readonly { readonly name: string; readonly sha256: string }[]): string {
  return contentHash(['paperwalk/ledger@1', genesis, ...history.flatMap(({ name, sha256 }) => [name, sha256])]);
}

export function textSeal(text: string): string {
  return contentHash([text]);
}

export function bytesSeal(bytes: Uint8Array): string {
  // A Buffer would go in under another name.
  return contentHash([new Uint8Array(bytes)]);
}

/** Of a row that belongs to no tick. */
export function rowSeal(...values: readonly (string | number)[]): string {
  return contentHash([JSON.stringify(values.map((value) => (typeof value === 'number' ? value + 0 : value)))]);
}

/** Close time, equity and holding of a slice. */
const PER_SLICE = 3;
/** Opening time, open, high, low, close and volume of a bar; then forecast, signal, target, exposure and reason. */
export const BAR_VALUES = 6;
const PER_MARKET = BAR_VALUES + 5;

/** Room for the numbers of so many slices, all unknown. */
export function sliceNumbers(slices: number, markets: number): Float64Array {
  return new Float64Array(slices * (PER_SLICE + PER_MARKET * markets)).fill(Number.NaN);
}

/** Where the numbers of a slice begin, or those of a market in it. */
export function placeOf(slice: number, markets: number, market?: number): number {
  return slice * (PER_SLICE + PER_MARKET * markets) + (market === undefined ? 0 : PER_SLICE + PER_MARKET * market);
}

/** Puts numbers, from one of them on, in their place; what is null is unknown. */
export function put(into: Float64Array, place: number, values: readonly unknown[], from = 0): void {
  for (let i = from; i < values.length; i++) {
    const value = values[i];
    into[place + i - from] = typeof value === 'number' ? value + 0 : Number.NaN;
  }
}
