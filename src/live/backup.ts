import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { connect, guarded } from './ledger/connection.ts';
import { copyDatabase } from './ledger/schema.ts';
import { openLedger, refuseBroken } from './ledger.ts';
import { SessionError } from './session-error.ts';

/**
 * Copies a session to `target`, also while it runs: as it stood at one instant, in one file that is there as a whole or not at all, and read
 * back with all its seals first. The copy is a session: to restore it, put it in the place of the file. Fits are not part of it; a session
 * names them, and they are trained again where they are missing. Throws a SessionError where `target` exists or the session is damaged.
 */
export function backupSession(path: string, target: string): void {
  if (existsSync(target)) throw new SessionError(`Expected no file at ${target}, received one; name another`);
  // Refuses what is no session, or one of a newer program.
  openLedger(path, 'read').close();
  mkdirSync(dirname(target), { recursive: true });
  guarded(path, () => {
    const database = connect(path);
    try {
      copyDatabase(database, target, (copy) => {
        const ledger = openLedger(copy, 'read');
        const session = ledger.read();
        ledger.close();
        refuseBroken(path, session);
      });
    } finally {
      database.close();
    }
  });
}
