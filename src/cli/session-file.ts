import { existsSync } from 'node:fs';
import { DataError } from '../data/data-error.ts';
import { openLedger, refuseBroken, sessionFile } from '../live/ledger.ts';
import type { Session } from '../live/session.ts';

/** The file of a bot's session. Throws a DataError where it has none. */
export function existingSession(workspace: string, name: string): string {
  const file = sessionFile(workspace, name);
  if (existsSync(file)) return file;
  throw new DataError(`Expected a session of ${name} in ${workspace}, received none; paperwalk paper begins one`);
}

/** A bot's session, read while it may be running. Throws a DataError where it has none, a SessionError where not all of it is as it was stored. */
export function soundSession(workspace: string, name: string): Session {
  const file = existingSession(workspace, name);
  const ledger = openLedger(file, 'read');
  try {
    const session = ledger.read();
    refuseBroken(file, session);
    return session;
  } finally {
    ledger.close();
  }
}
