import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { NotifierError } from './notifier-error.ts';

/** What came back to one POST. */
export interface Answer {
  readonly status: number;
  /** The first 64 KB of it where the status is no success, and as much as came in time; '' for a success, whose body says nothing more. */
  readonly body: string;
  /** The header Retry-After in ms; undefined without one in seconds. */
  readonly retryAfterMs: number | undefined;
}

export interface Post {
  /** Named in errors in place of the address. */
  readonly channel: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json: unknown;
  readonly deadlineMs: number;
}

const LONGEST = 64 * 1024;
const AGAIN = 'it is told again later';

/**
 * Sends JSON once and does not follow redirects: another host has no business with it. Rejects with a NotifierError where no status came
 * in time. A status counts as soon as it is there, whatever becomes of the body, so that a recipient that answers badly is not told the
 * same for ever.
 */
export async function post({ channel, url, headers, json, deadlineMs }: Post, signal: AbortSignal): Promise<Answer> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, deadlineMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const response = await sent(url, { 'content-type': 'application/json', ...headers }, JSON.stringify(json), controller.signal);
    const status = response.statusCode ?? 0;
    const retryAfterMs = secondsToMs(response.headers['retry-after']);
    return { status, retryAfterMs, body: isSuccess(status) ? '' : await beginning(response) };
  } catch (error) {
    const received = signal.aborted ? 'an interruption' : late ? `nothing within ${deadlineMs / 1000} s` : `a failure (${codeOf(error)})`;
    throw new NotifierError(channel, received, AGAIN);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    // Whatever was not read is not waited for: the connection ends here.
    stop();
  }
}

/** Why a message was not taken, by the status of the answer. Throws the NotifierError where it is no success. */
export function refuseFailure(channel: string, { status, retryAfterMs }: Answer, advice = AGAIN): void {
  if (isSuccess(status)) return;
  const redirect = status >= 300 && status < 400;
  throw new NotifierError(
    channel,
    redirect ? `a redirect (status ${status})` : `status ${status}`,
    redirect ? 'it is not followed, name the address that it leads to' : advice,
    retryAfterMs,
  );
}

/** ms of seconds as they are written; undefined for anything else. */
export function secondsToMs(seconds: unknown): number | undefined {
  const ms = seconds === null || seconds === '' ? Number.NaN : Number(seconds) * 1000;
  return ms >= 0 && ms < Infinity ? ms : undefined;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Not by fetch, which opens a connection anew where one was given up. */
function sent(url: string, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = open(url, { method: 'POST', headers: { ...headers }, agent: false, signal }, (response) => {
      // What breaks off later is heard by its reader, if there is one.
      response.on('error', () => {});
      resolve(response);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function beginning(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= LONGEST) break;
    }
  } catch {
    // It broke off: what came will do.
  }
  return Buffer.concat(parts).subarray(0, LONGEST).toString('utf8');
}

/** The code of an error of the network: its text would quote the address. */
function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : 'the request could not be sent';
}
