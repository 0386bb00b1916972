import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Bars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { createCommit, lastSeal } from './ledger/commit.ts';
import {
  type Connection,
  connect,
  damaged,
  guarded,
  integrityProblem,
  type Mode,
  makeDurable,
  run,
  transaction,
} from './ledger/connection.ts';
import { makeWhole } from './ledger/durable-file.ts';
import { checkOutbox, type Delivery, pendingDeliveries, tellDelivery } from './ledger/outbox.ts';
import { type Recent, readRecent } from './ledger/recent.ts';
import { addRequest, openRequests } from './ledger/requests.ts';
import { createSchema, MIGRATIONS, type Migration, migrate, migrationsBehind } from './ledger/schema.ts';
import { beginningSeal, bytesSeal } from './ledger/seal.ts';
import { readSession } from './ledger/stored-session.ts';
import { readGenesis, readSummary, type Summary } from './ledger/summary.ts';
import type { HandAction } from './observation.ts';
import type { Genesis, HandRequest, Session, TickRecord } from './session.ts';
import { SessionError } from './session-error.ts';

/**
 * One session in one SQLite file. Every method is synchronous and throws a SessionError that names the file where it is damaged or locked, and
 * an error as of the file system (`code`, `syscall`) where the disk fails; nothing is half written then, and the ledger can go on.
 */
export interface Ledger {
  /**
   * All of it, with every seal computed again. What is not as sealed is refused where the ledger is open for writing, and reported as `broken`
   * where it is open for reading.
   */
  read(): Session;
  /** Stores a tick as a whole or not at all, on disk when it returns. */
  commit(tick: TickRecord): void;
  /** What a person wants, asked for at an instant in ms UTC; any process may ask while the session runs. */
  request(action: HandAction, askedAt: number): void;
  /** Those without an answer, oldest first. */
  requests(): readonly HandRequest[];
  /** What is still to be told on each of these channels, oldest first. */
  pending(channels: readonly string[]): readonly Delivery[];
  /** A message was told on a channel, at an instant in ms UTC. */
  tell(id: string, channel: string, at: number): void;
  /** Where the session stands, in a few cheap reads. */
  summary(): Summary;
  /** So many of the latest slices, and what outlasts them, in a few cheap reads. */
  recent(slices: number): Recent;
  /** Of the last tick, 64 hex digits. */
  lastSeal(): string;
  close(): void;
}

/** The file of a session. Throws a SessionError for a name that is no plain file name. */
export function sessionFile(workspace: string, name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new SessionError(
      `Expected a session's name of up to 64 letters, digits, dots, dashes and underscores that begins with a letter or digit, received ${JSON.stringify(name)}; rename the bot`,
    );
  }
  return join(workspace, 'sessions', `${name}.sqlite`);
}

/** Begins a session: the file is there as a whole, or not at all. History as [market]. Throws a SessionError where one exists. */
export function createLedger(path: string, genesis: Genesis, history: readonly Bars[]): Ledger {
  if (existsSync(path)) throw new SessionError(`Expected no session at ${path}, received one; go on with it, or move the file away`);
  const names = history.map(({ market }) => market);
  if (names.join() !== genesis.markets.join()) {
    throw new TypeError(`Expected the history of ${genesis.markets.join(', ')}, received that of ${names.join(', ') || 'none'}`);
  }
  mkdirSync(dirname(path), { recursive: true });
  guarded(path, () =>
    makeWhole(path, (temporary) => {
      // Left by a file that is gone, these would be taken for part of the new one.
      for (const rest of ['-wal', '-shm']) rmSync(path + rest, { force: true });
      const database = connect(temporary);
      transaction(database, 'IMMEDIATE', () => writeBeginning(database, genesis, history));
      database.close();
    }),
  );
  return openLedger(path, 'write');
}

function writeBeginning(database: Connection, genesis: Genesis, history: readonly Bars[]): void {
  createSchema(database);
  const sealed = history.map(({ market, openTime, open, high, low, close, volume }, m) => {
    const columns = Buffer.concat([openTime, open, high, low, close, volume].map((c) => Buffer.from(c.buffer, c.byteOffset, c.byteLength)));
    const sha256 = bytesSeal(columns);
    run(database, 'INSERT INTO history VALUES (?, ?, ?, ?)', [m, market, columns, sha256]);
    return { name: market, sha256 };
  });
  // Not canonical: the order of a config's entries is part of it.
  const json = JSON.stringify(genesis);
  run(database, 'INSERT INTO genesis VALUES (1, ?, ?)', [json, beginningSeal(json, sealed)]);
}

/**
 * Opens a session. An older schema is brought up to date where it is opened for writing, with a copy beside it; a newer one is refused as it is.
 * Throws a SessionError where there is none.
 */
export function openLedger(path: string, mode: Mode, migrations: readonly Migration[] = MIGRATIONS): Ledger {
  if (!existsSync(path)) throw new SessionError(`Expected a session at ${path}, found none; \`paperwalk paper\` begins one`);
  return guarded(path, () => {
    const database = connect(path);
    try {
      return open(database, path, mode, migrations);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function open(database: Connection, path: string, mode: Mode, migrations: readonly Migration[]): Ledger {
  const behind = migrationsBehind(database, path, migrations);
  if (mode === 'write') {
    makeDurable(database);
    migrate(database, path, migrations);
  } else {
    if (behind > 0)
      throw new SessionError(`${path}: Expected a ledger of the newest schema, received an older one; \`paperwalk paper\` renews it`);
    database.exec('PRAGMA query_only = ON');
  }
  const commit = createCommit(database, readGenesis(database).markets.length);
  const snapshot = <T>(work: () => T): T => guarded(path, () => transaction(database, 'DEFERRED', work));
  return {
    read: () =>
      snapshot(() => {
        const problem = mode === 'write' ? integrityProblem(database) : undefined;
        if (problem !== undefined) throw damaged(path, `a damaged file (${problem})`);
        const session = readSession(database);
        if (mode === 'read') return session;
        refuseBroken(path, session);
        openRequests(database, path);
        checkOutbox(database, path);
        return session;
      }),
    commit: (tick) => guarded(path, () => commit(tick)),
    request: (action, askedAt) => guarded(path, () => addRequest(database, action, askedAt)),
    requests: () => snapshot(() => openRequests(database, path)),
    pending: (channels) => guarded(path, () => pendingDeliveries(database, mode, channels)),
    tell: (id, channel, at) => guarded(path, () => tellDelivery(database, id, channel, at)),
    summary: () => snapshot(() => readSummary(database, path)),
    recent: (slices) => snapshot(() => readRecent(database, slices)),
    lastSeal: () => guarded(path, () => lastSeal(database)),
    close() {
      if (mode === 'write') tidy(database);
      database.close();
    },
  };
}

/** Throws a SessionError that names the file and the first tick of a session that is not as it was sealed. */
export function refuseBroken(path: string, { broken: [first] }: Session): void {
  if (first) throw damaged(path, `another tick ${first.tick}${spanOf(first)} (paperwalk replay says what differs)`);
}

function spanOf({ tick, from, to }: Session['broken'][number]): string {
  if (tick === 0) return ', the beginning';
  return from === null || to === null ? '' : `, of the slices from ${isoInstant(from)} to ${isoInstant(to)}`;
}

/** Leaves all in one file, so that it can be moved; where that fails or others still read, what was committed lies safe in its -wal. */
function tidy(database: Connection): void {
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {}
}
