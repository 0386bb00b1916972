import { GarbageError } from './exchange-error.ts';
import type { Clock } from './patience.ts';

/** What ccxt hands to the function that sends its requests. */
export interface OutgoingRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Aborted when the deadline of the try is over. */
  readonly signal: AbortSignal;
}

/** As much of a response as ccxt reads. */
export interface Received {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
}

export interface TransportOptions {
  readonly clock: Clock;
  /** Sends one request; Node's own where absent. */
  readonly fetch?: typeof fetch;
  /** Scheme, host and first part of the path that requests go to in place of the exchange's own: a mirror. */
  readonly redirect?: string;
}

export interface Transport {
  /** Goes into the ccxt client as its `fetchImplementation`. */
  readonly send: (url: string, request: OutgoingRequest) => Promise<Received>;
  /** Requests sent so far. */
  requests(): number;
  /** Until when an answer asked not to be asked again, ms UTC. */
  blockedUntil(): number;
  /** The instant in the header `Date` of the last answer (ms UTC, whole seconds), NaN before the first and without one. */
  lastDate(): number;
  /** Lets answers be as long as a list of all markets while `work` is under way. */
  listing<T>(work: () => Promise<T>): Promise<T>;
  /** Ends what is under way; nothing is sent afterwards. */
  abort(): void;
}

/** Longest answer, bytes; a list of all markets is far longer than a page of anything. */
const PAGE_BYTES = 5_000_000;
const LISTING_BYTES = 100_000_000;

/**
 * Sends what a ccxt client wants to know, and nothing that would need an account: the last line of defence, since the client has no keys. The body
 * is read before the answer is handed on, so that the client's deadline, which ends with the headers, holds for all of it.
 */
export function createTransport({ clock, fetch = globalThis.fetch, redirect }: TransportOptions): Transport {
  const mirror = redirect === undefined ? undefined : new URL(redirect);
  const underWay = new Set<AbortController>();
  let requests = 0;
  let blockedUntil = Number.NEGATIVE_INFINITY;
  let lastDate = Number.NaN;
  let listings = 0;
  let ended = false;

  const send = async (url: string, request: OutgoingRequest): Promise<Received> => {
    const { method, headers, body: question, signal } = request;
    if (ended) throw new DOMException('The feed is closed', 'AbortError');
    refuseAccounts(url, request);
    requests++;
    const controller = new AbortController();
    const stop = () => controller.abort();
    signal.addEventListener('abort', stop, { once: true });
    underWay.add(controller);
    try {
      const response = await fetch(mirror ? mirrored(url, mirror) : url, {
        method,
        headers: { ...headers },
        ...(method === 'POST' && { body: question as string }),
        redirect: 'error',
        signal: controller.signal,
      });
      lastDate = Date.parse(response.headers.get('date') ?? '');
      const pause = retryAfter(response.headers.get('retry-after'), clock.now());
      if (response.status >= 400 && pause > 0) blockedUntil = Math.max(blockedUntil, clock.now() + pause);
      const body = await readBody(response, listings > 0 ? LISTING_BYTES : PAGE_BYTES, controller.signal);
      const { status, statusText } = response;
      return { status, statusText, headers: response.headers, text: async () => body };
    } catch (error) {
      stop();
      throw named(error);
    } finally {
      signal.removeEventListener('abort', stop);
      underWay.delete(controller);
    }
  };

  return {
    send,
    requests: () => requests,
    blockedUntil: () => blockedUntil,
    lastDate: () => lastDate,
    listing: async (work) => {
      listings++;
      try {
        return await work();
      } finally {
        listings--;
      }
    },
    abort: () => {
      ended = true;
      for (const controller of underWay) controller.abort();
    },
  };
}

/** Names of what only an account has; whatever acts for one carries some of it. */
const SECRET = /api-?key|sign(ature)?$|authorization|passphrase|secret|access-key|cookie|nonce/i;

/** Throws where a request could act for an account: by what it carries, or as a method other than GET. A few exchanges take public questions by POST. */
function refuseAccounts(url: string, { method, headers, body }: OutgoingRequest): void {
  const names = [...Object.keys(headers), ...new URL(url).searchParams.keys(), ...(typeof body === 'string' ? namesIn(body) : [])];
  const secret = names.find((name) => SECRET.test(name));
  if (secret === undefined && (method === 'GET' || (method === 'POST' && typeof body === 'string'))) return;
  throw new Refusal(`a call that sends ${secret ?? `by ${method}`}, and only what is public is read here`);
}

/** All names of a JSON text at any depth, or of a form. */
function namesIn(body: string): readonly string[] {
  return [...body.matchAll(/"((?:[^"\\]|\\.)*)"\s*:|(?:^|&)([^=&]*)=/g)].map(([, name, field]) => name ?? field ?? '');
}

/** Known to the table of actions by its ancestor's name in ccxt. */
class NotSupported extends Error {}
class Refusal extends NotSupported {}

function mirrored(url: string, mirror: URL): string {
  const target = new URL(url);
  target.protocol = mirror.protocol;
  target.host = mirror.host;
  target.port = mirror.port;
  target.pathname = mirror.pathname.replace(/\/$/, '') + target.pathname;
  return target.href;
}

/** ms to wait for a header in seconds or as a date; 0 without one. */
function retryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const pause = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return pause > 0 ? pause : 0;
}

async function readBody(response: Response, most: number, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  if (!response.body) return '';
  const reader = response.body.getReader();
  // Node loses an abort on its way to the body once the garbage collector has taken the request.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', cancel, { once: true });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    bytes += read.value.length;
    if (bytes > most) throw new GarbageError(`an answer of more than ${most / 1_000_000} MB`);
    parts.push(read.value);
  }
  signal.throwIfAborted();
  return Buffer.concat(parts).toString('utf8');
}

/** An error of the network with its code where it has no words of its own, as for an address whose every port refuses. */
function named(error: unknown): unknown {
  const cause = error instanceof TypeError ? (error.cause as { message?: string; code?: string } | undefined) : undefined;
  return cause?.code && !cause.message ? new TypeError('fetch failed', { cause: new Error(cause.code) }) : error;
}
