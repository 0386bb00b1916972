import type { Message } from '../session.ts';
import { type Connection, damaged, type Mode, numberOf, numbers, row, rows, run, storable, textOf, texts } from './connection.ts';
import { rowSeal } from './seal.ts';
import { MESSAGE_COLUMNS, messageOf } from './stored-ticks.ts';

/** A message that is still to be told on a channel. */
export interface Delivery {
  readonly message: Message;
  readonly channel: string;
}

/**
 * What is not told yet on each of the channels, oldest first. A channel begins when it is first asked about, with the tick in which the session
 * was last opened: whoever adds one is told what happens from this start on, not the whole past.
 */
export function pendingDeliveries(database: Connection, mode: Mode, channels: readonly string[]): readonly Delivery[] {
  const pending = channels.flatMap((channel) => {
    const since = beginningOf(database, mode, channel);
    const untold = `SELECT ${MESSAGE_COLUMNS}, ${numbers('number')} FROM message
      WHERE tick >= ? AND NOT EXISTS (SELECT 1 FROM told WHERE told.channel = ? AND told.id = message.id) ORDER BY number`;
    return [...rows(database, untold, [since, channel])].map((found) => ({ channel, found }));
  });
  return pending
    .sort((a, b) => numberOf(a.found[4]) - numberOf(b.found[4]))
    .map(({ channel, found }) => ({ message: messageOf(found), channel }));
}

/** The tick with which a channel begins. */
function beginningOf(database: Connection, mode: Mode, channel: string): number {
  const known = row(database, `SELECT ${numbers('since')} FROM channel WHERE name = ?`, [channel]);
  if (known) return numberOf(known[0]);
  const opening = `SELECT ${numbers('COALESCE(MAX(tick), 0)')} FROM observation WHERE json ->> '$.kind' = 'opened'`;
  const since = numberOf(row(database, opening)?.[0]);
  if (mode === 'write') run(database, 'INSERT INTO channel VALUES (?, ?, ?)', [channel, since, rowSeal('channel', channel, since)]);
  return since;
}

/** Stores that a message was told on a channel, at an instant in ms UTC. */
export function tellDelivery(database: Connection, id: string, channel: string, at: number): void {
  const stored = storable(id);
  run(database, 'INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)', [channel, stored, at, rowSeal('told', channel, stored, at)]);
}

/** Throws a SessionError where it is not known what was told. */
export function checkOutbox(database: Connection, path: string): void {
  for (const [name, since, seal] of rows(database, `SELECT ${texts('name')}, ${numbers('since')}, ${texts('seal')} FROM channel`)) {
    if (textOf(seal) !== rowSeal('channel', textOf(name), numberOf(since))) throw damaged(path, `another channel ${textOf(name)}`);
  }
  for (const [channel, id, at, seal] of rows(database, `SELECT ${texts('channel', 'id')}, ${numbers('at')}, ${texts('seal')} FROM told`)) {
    if (textOf(seal) !== rowSeal('told', textOf(channel), textOf(id), numberOf(at)))
      throw damaged(path, `another delivery of ${textOf(id)}`);
  }
}
