import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isoInstant } from '../core/instant.ts';
import { connect, guarded } from './ledger/connection.ts';
import { makeWhole } from './ledger/durable-file.ts';
import { SessionError } from './session-error.ts';

export interface SessionLock {
  release(): void;
}

/** The process that holds a session. */
export interface Holder {
  readonly pid: number;
  /** ms UTC. */
  readonly since: number;
}

/** How long a refused process waits for the holder to say who it is, and how often it looks, ms. */
const HOLDER_WAIT_MS = 1000;
const HOLDER_LOOK_MS = 50;

/**
 * Holds the session of a file for this process: one process a session. The system itself lets go of the lock, on `<path>.lock`, when the process
 * ends in whatever way. Throws a SessionError that names the holder, as told by `<path>.holder`, within 2 s. The instant is in ms UTC.
 */
export function lockSession(path: string, since: number = Date.now()): SessionLock {
  mkdirSync(dirname(path), { recursive: true });
  const holderFile = `${path}.holder`;
  return guarded(path, () => {
    const database = connect(`${path}.lock`, 0);
    try {
      // Nothing is ever written to it; of an immediate transaction there can be one.
      database.exec('PRAGMA journal_mode = OFF; BEGIN IMMEDIATE');
    } catch (error) {
      database.close();
      if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') throw refusal(path, holderFile);
      throw error;
    }
    const release = () => {
      rmSync(holderFile, { force: true });
      database.close();
    };
    try {
      const holder: Holder = { pid: process.pid, since };
      makeWhole(holderFile, (temporary) => writeFileSync(temporary, JSON.stringify(holder)));
    } catch (error) {
      release();
      throw error;
    }
    return { release };
  });
}

/**
 * Who holds the session of a file, by what `<path>.holder` says, and lives; undefined where nobody does. It takes no lock, so it keeps nobody
 * from one; what a process that was killed has left is taken for its holder where another process has got its number since.
 */
export function holderOf(path: string): Holder | undefined {
  const holder = readHolder(`${path}.holder`);
  return holder && isAlive(holder.pid) ? holder : undefined;
}

function refusal(path: string, holderFile: string): SessionError {
  let holder = readHolder(holderFile);
  // One that has just got the lock has yet to write its name over that of a holder that died.
  for (let waited = 0; waited < HOLDER_WAIT_MS && !(holder && isAlive(holder.pid)); waited += HOLDER_LOOK_MS) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HOLDER_LOOK_MS);
    holder = readHolder(holderFile);
  }
  const name = holder ? `process ${holder.pid} since ${isoInstant(holder.since)}` : 'another process';
  return new SessionError(`${path}: Expected a session that no other process runs, received one held by ${name}; stop that one first`);
}

function readHolder(file: string): Holder | undefined {
  try {
    const { pid, since } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return Number.isInteger(pid) && Number.isFinite(since) ? { pid: Number(pid), since: Number(since) } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It lives, but belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
