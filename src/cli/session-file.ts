import { existsSync } from 'node:fs';
import { DataError } from '../data/data-error.ts';
import { sessionFile } from '../live/ledger.ts';

/** The file of a bot's session. Throws a DataError where it has none. */
export function existingSession(workspace: string, name: string): string {
  const file = sessionFile(workspace, name);
  if (existsSync(file)) return file;
  throw new DataError(`Expected a session of ${name} in ${workspace}, received none; paperwalk paper begins one`);
}
