import type { HandAction } from '../observation.ts';
import type { HandRequest } from '../session.ts';
import { type Connection, damaged, numberOf, numbers, type Row, row, rows, run, textOf, texts, transaction } from './connection.ts';
import { rowSeal } from './seal.ts';

/** Of request, for `requestOf`. */
export const REQUEST_COLUMNS = `${numbers('number')}, ${texts('action')}, ${numbers('asked_at')}`;
const REQUESTS = `SELECT ${REQUEST_COLUMNS}, ${texts('seal')} FROM request`;

export function requestOf([number, action, askedAt]: Row): HandRequest {
  return { number: numberOf(number), action: textOf(action) as HandAction, askedAt: numberOf(askedAt) };
}

export function readRequest(database: Connection, number: number): HandRequest {
  return requestOf(row(database, `${REQUESTS} WHERE number = ?`, [number]) ?? []);
}

export function addRequest(database: Connection, action: HandAction, askedAt: number): void {
  transaction(database, 'IMMEDIATE', () => {
    const number = numberOf(row(database, `SELECT ${numbers('COALESCE(MAX(number), 0) + 1')} FROM request`)?.[0]);
    run(database, 'INSERT INTO request VALUES (?, ?, ?, ?, NULL)', [number, action, askedAt, seal({ number, action, askedAt })]);
  });
}

/** Those without an answer, oldest first. Throws a SessionError where one is not what was asked for. */
export function openRequests(database: Connection, path: string): readonly HandRequest[] {
  return [...rows(database, `${REQUESTS} WHERE answered IS NULL ORDER BY number`)].map((found) => {
    const request = requestOf(found);
    if (textOf(found[3]) !== seal(request)) throw damaged(path, `another request ${request.number}`);
    return request;
  });
}

function seal({ number, action, askedAt }: HandRequest): string {
  return rowSeal('request', number, action, askedAt);
}
