import Database from 'libsql';
import { SessionError } from '../session-error.ts';

export type Connection = Database.Database;
/** `read` sees what others commit and changes nothing. */
export type Mode = 'write' | 'read';

/** How long a writer waits for another one, such as a person's pause, ms. */
const BUSY_MS = 5000;

/** A connection to a file, which it makes where there is none. It waits so long for another one's lock. */
export function connect(path: string, busyMs = BUSY_MS): Connection {
  return new Database(path, { timeout: busyMs });
}

/** Makes every commit survive a loss of power. What is set is read back: a write-ahead log that is opened again may sync less. */
export function makeDurable(database: Connection): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON');
  const level = pragma(database, 'synchronous');
  if (level !== 2) throw new Error(`Expected PRAGMA synchronous to be 2 once it was set, received ${level}`);
}

export function pragma(database: Connection, name: string): unknown {
  return row(database, `PRAGMA ${name}`)?.[0];
}

/** All that `work` writes, or nothing of it. */
export function transaction<T>(database: Connection, kind: 'IMMEDIATE' | 'DEFERRED', work: () => T): T {
  database.exec(`BEGIN ${kind}`);
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk has ended the transaction already.
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

export type Row = readonly unknown[];

/** The first row of a query. Parameters go as a list: the library takes a single object for names. */
export function row(database: Connection, sql: string, parameters: readonly unknown[] = []): Row | undefined {
  return database.prepare<[readonly unknown[]]>(sql).raw().get(parameters) as Row | undefined;
}

export function rows(database: Connection, sql: string, parameters: readonly unknown[] = []): IterableIterator<Row> {
  return database.prepare<[readonly unknown[]]>(sql).raw().iterate(parameters) as IterableIterator<Row>;
}

export function run(database: Connection, sql: string, parameters: readonly unknown[]): number {
  return database.prepare<[readonly unknown[]]>(sql).run(parameters).changes;
}

// In a damaged file any column may hold anything, and the library ends the process over text that is no UTF-8. So each is asked for as what it
// should be, and text as its bytes.

/** Columns of a query as 64-bit floats. */
export function numbers(...columns: readonly string[]): string {
  return columns.map((column) => `CAST(${column} AS REAL)`).join(', ');
}

/** Columns of a query as bytes, for `textOf`. */
export function texts(...columns: readonly string[]): string {
  return columns.map((column) => `CAST(${column} AS BLOB)`).join(', ');
}

export function textOf(value: unknown): string {
  return Buffer.from(bytesOf(value)).toString('utf8');
}

/** None where the value is absent. */
export function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array();
}

/** NaN where the value is absent. */
export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN;
}

/** What is wrong with the file as a database; undefined where nothing is. */
export function integrityProblem(database: Connection): string | undefined {
  const answer = textOf(row(database, `SELECT ${texts('integrity_check')} FROM pragma_integrity_check(1)`)?.[0]);
  return answer === 'ok' ? undefined : answer;
}

/** Text as the database gives it back: without the two things that it cannot hold, a NUL and half of a surrogate pair. */
export function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd');
}

/**
 * Runs work on a ledger. What the database reports becomes a SessionError that names the file, or, where disk or rights failed, an error as
 * the file system reports it; what only a bug can cause stays as it is.
 */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translated(path, error);
  }
}

export function damaged(path: string, what: string): SessionError {
  return new SessionError(
    `${path}: Expected the session as it was stored, received ${what}; put a backup in its place (and remove its -wal and -shm files)`,
  );
}

function translated(path: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return damaged(path, `text that is no JSON (${error.message})`);
  if (!(error instanceof Error) || error instanceof SessionError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE')
    return systemError('ENOSPC', `no space left on device, write '${path}': nothing of it was stored, free some and go on`);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code))
    return new SessionError(`${path}: Expected to write within ${BUSY_MS / 1000} s, received a lock of another process; try again`, {
      passing: true,
    });
  if (/^SQLITE_(IOERR|READONLY|CANTOPEN)/.test(code) || error.message.includes('ConnectionFailed'))
    return systemError('EIO', `${error.message}, write '${path}'`);
  if (/^SQLITE_(CORRUPT|NOTADB|FORMAT|ERROR|NOMEM|TOOBIG|SCHEMA)/.test(code)) return damaged(path, `a damaged file (${error.message})`);
  return error;
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code, syscall: 'write' });
}
