import { SessionError } from '../session-error.ts';
import { type Connection, connect, damaged, integrityProblem, pragma, run, transaction } from './connection.ts';
import { makeWhole } from './durable-file.ts';

/** Marks a file as a ledger: "papw". */
const APPLICATION_ID = 0x70617077;

/** Times are ms UTC, markets numbers of `history`, ticks count from 1; what is NULL is unknown or absent. */
const SCHEMA = `
CREATE TABLE genesis (number INTEGER PRIMARY KEY CHECK (number = 1), json TEXT NOT NULL, seal TEXT NOT NULL) STRICT;
CREATE TABLE history (market INTEGER PRIMARY KEY, name TEXT NOT NULL, columns BLOB NOT NULL, sha256 TEXT NOT NULL) STRICT;
CREATE TABLE tick (number INTEGER PRIMARY KEY, at REAL NOT NULL, state TEXT, holdings TEXT, seal TEXT NOT NULL) STRICT;
CREATE TABLE slice (close_time INTEGER PRIMARY KEY, tick INTEGER NOT NULL, equity REAL NOT NULL, holding REAL NOT NULL) STRICT;
CREATE TABLE bar (
  close_time INTEGER, market INTEGER, open_time REAL NOT NULL,
  open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL,
  PRIMARY KEY (close_time, market)
) STRICT, WITHOUT ROWID;
CREATE TABLE decision (
  close_time INTEGER, market INTEGER, forecast REAL, signal REAL, target REAL, exposure REAL, reason INTEGER NOT NULL,
  PRIMARY KEY (close_time, market)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (number INTEGER PRIMARY KEY, tick INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE observation (number INTEGER PRIMARY KEY, tick INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
CREATE TABLE state (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE message (
  number INTEGER PRIMARY KEY, tick INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, time REAL NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE channel (name TEXT PRIMARY KEY, since INTEGER NOT NULL, seal TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE told (
  channel TEXT, id TEXT REFERENCES message (id), at REAL NOT NULL, seal TEXT NOT NULL,
  PRIMARY KEY (channel, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE request (number INTEGER PRIMARY KEY, action TEXT NOT NULL, asked_at REAL NOT NULL, seal TEXT NOT NULL, answered INTEGER) STRICT;
`;

/** Brings a ledger from one version of the schema to the next. What was sealed must read as before. */
export type Migration = (database: Connection) => void;

/** The first one leads from version 1 to 2. */
export const MIGRATIONS: readonly Migration[] = [];

export function createSchema(database: Connection): void {
  database.exec(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${1 + MIGRATIONS.length}`);
}

/** How many migrations a ledger lacks. Throws a SessionError for a newer one, and for a file that is none; it is not changed. */
export function migrationsBehind(database: Connection, path: string, migrations: readonly Migration[]): number {
  if (pragma(database, 'application_id') !== APPLICATION_ID) throw damaged(path, 'a file of another kind');
  const newest = 1 + migrations.length;
  const version = pragma(database, 'user_version');
  if (typeof version !== 'number' || version < 1) throw damaged(path, `a ledger of schema ${version}`);
  if (version > newest)
    throw new SessionError(`${path}: Expected a ledger of schema ${newest} or older, received ${version}; update paperwalk`);
  return newest - version;
}

/** Brings an older ledger up to date, as a whole or not at all, once a copy of it lies beside it as `<file>.v<version>.backup`. */
export function migrate(database: Connection, path: string, migrations: readonly Migration[]): void {
  const behind = migrationsBehind(database, path, migrations);
  if (behind === 0) return;
  copyDatabase(database, `${path}.v${1 + migrations.length - behind}.backup`);
  transaction(database, 'IMMEDIATE', () => {
    // Another process may have been faster.
    const left = migrationsBehind(database, path, migrations);
    for (const step of migrations.slice(migrations.length - left)) step(database);
    database.exec(`PRAGMA user_version = ${1 + migrations.length}`);
  });
}

/** A consistent copy of an open database, also while others write to it; a file at `target` is replaced. */
export function copyDatabase(database: Connection, target: string, check: (copy: string) => void = checkIntegrity): void {
  makeWhole(target, (temporary) => {
    run(database, 'VACUUM INTO ?', [temporary]);
    check(temporary);
  });
}

function checkIntegrity(path: string): void {
  const database = connect(path);
  const problem = integrityProblem(database);
  database.close();
  if (problem !== undefined) throw damaged(path, `a damaged file (${problem})`);
}
