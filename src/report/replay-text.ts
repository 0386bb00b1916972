import Table from 'cli-table3';
import { isoInstant } from '../core/instant.ts';
import type { Cause, Difference, Replay } from '../live/replay.ts';
import type { Session } from '../live/session.ts';
import { count, counted, moment, money } from './format.ts';

/** Differences that are shown. */
const SHOWN = 20;

/** What a replay came to: identical, or a table of the first differences with their causes. */
export function replayText(
  { genesis, observations, trace }: Session,
  { identical, decisions, fits, differences, digests, equity }: Replay,
  changed: readonly string[],
): string {
  const seen = new Map<string, number>();
  for (const { kind } of observations) seen.set(kind, (seen.get(kind) ?? 0) + 1);
  const events = [
    ['late', 'late decision'],
    ['fitMissing', 'late or failed fit'],
    ['absent', 'late bar'],
    ['revision', 'revised bar'],
    ['hand', 'wish'],
  ].flatMap(([kind, noun]) => (seen.has(kind!) ? [counted(seen.get(kind!)!, noun!)] : []));
  const what = `${genesis.name}: ${counted(decisions, 'decision')} in ${counted(trace.closeTime.length, 'bar')}, ${counted(trace.events.length, 'event')}, ${counted(fits, 'fit')}${events.length > 0 ? `; ${events.join(', ')}` : ''}`;
  if (identical) return `${what}\nidentical (digest ${digests.session.slice(0, 12)})`;
  const table = new Table({ head: ['close', 'market', 'what', 'session', 'replay', 'cause'], style: { head: [], border: [] } });
  for (const { time, market, what: item, session, backtest, causes } of differences.slice(0, SHOWN)) {
    table.push([moment(isoInstant(time)), market ?? '', item, shown(session), shown(backtest), causes.join(', ')]);
  }
  const rest = differences.length > SHOWN ? `\n... and ${count(differences.length - SHOWN)} more; --json lists them` : '';
  return [
    what,
    `NOT identical: ${counted(differences.length, 'difference')}; equity at the end ${money(equity.session)}, replayed ${money(equity.backtest)}`,
    ...causesOf(differences).map(
      ([cause, number]) => `  ${cause}: ${count(number)}${cause === 'config changed' ? ` (${changed.join('; ')})` : ''}`,
    ),
    table.toString() + rest,
  ].join('\n');
}

function causesOf(differences: readonly Difference[]): readonly (readonly [Cause, number])[] {
  const counts = new Map<Cause, number>();
  for (const { causes } of differences) for (const cause of causes) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts];
}

/** All digits of a number, since the last one may be what differs; the beginning of a hash. */
function shown(value: Difference['session']): string {
  if (value === null) return '-';
  const text = String(value);
  return text.length > 24 ? `${text.slice(0, 12)}...` : text;
}
