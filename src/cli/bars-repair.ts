import { ConfigError } from '../config/config-error.ts';
import { intervalName } from '../core/interval.ts';
import { DataError } from '../data/data-error.ts';
import { likelyCalendar } from '../data/gaps.ts';
import { formatInstant, instantOf } from '../data/instant.ts';
import { problemRows, WARNINGS, type WarningKind } from '../data/quality.ts';
import { openBarStore } from '../data/store.ts';
import { type BarsOptions, storedSeries } from './bars.ts';
import { ExitCode } from './exit-code.ts';
import { type Host, print } from './host.ts';
import { parseCalendar, parseProblem } from './usage.ts';

export interface RepairOptions extends BarsOptions {
  readonly drop?: readonly string[];
}

/** Times that are printed. */
const SHOWN = 20;
/** Problems of single bars, which are gone once these are. */
const DROPPABLE = WARNINGS.filter((kind) => kind !== 'gap');

/** Takes bars out of stored series: those of a kind of problem, or of a time. They stay in the history, and the repair is logged. */
export async function run([market]: readonly string[], options: RepairOptions, host: Host): Promise<number> {
  const choices = (options.drop ?? []).map(parseChoice);
  if (choices.length === 0) {
    throw new ConfigError([
      `--drop: Expected what to drop, received nothing; name a time such as 2024-01-31T08:00Z, or one of ${DROPPABLE.join(', ')}`,
    ]);
  }
  const kinds = choices.flatMap((choice) => ('kind' in choice ? [choice.kind] : []));
  const times = new Set(choices.flatMap((choice) => ('time' in choice ? [choice.time] : [])));
  const given = parseCalendar(options.calendar);
  const store = openBarStore(options.workspace);
  const repairs: { readonly market: string; readonly interval: string; readonly dropped: readonly string[] }[] = [];
  for (const { market: name, intervalMs } of await storedSeries(market, options)) {
    const dropped = await store.drop(
      name,
      intervalMs,
      (bars) => {
        const faulty = problemRows(bars, intervalMs, kinds, given ?? likelyCalendar(bars.openTime, intervalMs));
        return (row) => faulty.has(row) || times.has(bars.openTime[row]!);
      },
      { at: host.now(), kind: (options.drop ?? []).join(', ') },
    );
    repairs.push({ market: name, interval: intervalName(intervalMs), dropped: dropped.map(formatInstant) });
  }
  if (times.size > 0 && kinds.length === 0 && repairs.every(({ dropped }) => dropped.length === 0)) {
    throw new DataError(
      `Expected stored bars of ${market} that open at ${(options.drop ?? []).join(', ')}, received none; paperwalk bars says which there are`,
    );
  }
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/repair@1', repairs }));
  else if (!options.quiet) for (const repair of repairs) print(host.stdout, words(repair));
  return ExitCode.done;
}

function words({
  market,
  interval,
  dropped,
}: {
  readonly market: string;
  readonly interval: string;
  readonly dropped: readonly string[];
}): string {
  if (dropped.length === 0) return `${market} ${interval}: nothing to drop.`;
  const times = [...dropped.slice(0, SHOWN), ...(dropped.length > SHOWN ? [`${dropped.length - SHOWN} more`] : [])];
  return `${market} ${interval}: dropped ${dropped.length}, which stay in its history: ${times.join(', ')}`;
}

function parseChoice(text: string): { readonly kind: WarningKind } | { readonly time: number } {
  const time = instantOf(text);
  return Number.isNaN(time) ? { kind: parseProblem(text, DROPPABLE, 'a time such as 2024-01-31T08:00Z, or ') } : { time };
}
