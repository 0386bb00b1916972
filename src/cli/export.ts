import { ConfigError } from '../config/config-error.ts';
import type { Bars } from '../core/bars.ts';
import { isoInstant } from '../core/instant.ts';
import { intervalName } from '../core/interval.ts';
import { saveCsv } from '../data/csv.ts';
import { DataError } from '../data/data-error.ts';
import { saveParquet } from '../data/parquet.ts';
import { resolveSource } from '../data/source.ts';
import type { Session } from '../live/session.ts';
import { counted } from '../report/format.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { soundSession } from './session-file.ts';
import { parseInstantOption, parseInterval } from './usage.ts';

export interface ExportOptions extends CommonOptions {
  readonly market: string;
  readonly interval: string;
  readonly asOf?: string;
  /** The name of a session, whose bars are written as it saw them. */
  readonly session?: string;
}

/** Writes the bars of a market, stored, synthetic or of a session, to a CSV or Parquet file; a file of that name is replaced as a whole. */
export async function run([file = '']: readonly string[], options: ExportOptions, host: Host): Promise<number> {
  const { market, session: name } = options;
  const save = /\.parquet$/i.test(file) ? saveParquet : /\.csv(\.gz)?$/i.test(file) ? saveCsv : undefined;
  if (!save) throw new ConfigError([`Expected the name of a file that ends in .csv, .csv.gz or .parquet, received ${file}`]);
  const intervalMs = parseInterval(options.interval);
  const asOf = parseInstantOption('--as-of', options.asOf);
  if (name !== undefined && asOf !== undefined)
    throw new ConfigError(['--as-of: Expected it without --session, whose bars stand as they were seen, received both']);
  const session = name === undefined ? undefined : soundSession(options.workspace, name);
  const bars = session
    ? sessionBars(session, market, intervalMs)
    : (
        await resolveSource(market, {
          intervalMs,
          baseDirectory: '.',
          workspaceDirectory: options.workspace,
          ...(asOf !== undefined && { asOf }),
        })
      ).bars;
  await save(file, bars);
  const interval = intervalName(intervalMs);
  const repeat = session && repetition(session);
  if (options.json) {
    const document = { schema: 'paperwalk/export@1', market, interval, bars: bars.length, file, ...(repeat && { repeat }) };
    print(host.stdout, JSON.stringify(document));
  } else if (!options.quiet) {
    print(host.stdout, `Wrote ${bars.length} bars of ${market} to ${file}.`);
    if (session && repeat) print(host.stdout, hint(session, file, market, interval, repeat));
  }
  return ExitCode.done;
}

/** History and what was delivered: bars that came late, or were revised afterwards, are not among them. */
function sessionBars({ genesis, bars }: Session, market: string, intervalMs: number): Bars {
  const found = bars.find((one) => one.market === market);
  if (!found)
    throw new DataError(`Expected a market of the session ${genesis.name}, which has ${genesis.markets.join(', ')}, received ${market}`);
  if (intervalMs === genesis.intervalMs) return found;
  throw new DataError(
    `Expected the interval of the session ${genesis.name}, ${intervalName(genesis.intervalMs)}, received ${intervalName(intervalMs)}`,
  );
}

/** What a backtest over the bars of a session is to be told, so that it decides what the session did. */
function repetition({ genesis, bars, trace }: Session): readonly string[] {
  const begun = Math.min(...bars.map(({ openTime }) => openTime[0] ?? Number.POSITIVE_INFINITY));
  // A session always does something about a model that has expired; a backtest only where its bot says so.
  const expired = trace.events.some((event) => event.kind === 'guard' && event.guard === 'expiredModel');
  return [
    `history.from=${isoInstant(begun)}`,
    `period.from=${isoInstant(genesis.from)}`,
    'evaluate=all',
    ...(expired ? ['guards.expiredModel=flat'] : []),
  ];
}

function hint({ genesis, observations }: Session, file: string, market: string, interval: string, repeat: readonly string[]): string {
  const others = genesis.markets.length > 1 ? ', and its other markets likewise' : '';
  const live = observations.filter(({ kind }) => kind === 'late' || kind === 'fitMissing' || kind === 'hand').length;
  return [
    `To repeat the session in another workspace${others}:`,
    `  paperwalk import ${file} --market ${market} --interval ${interval} --workspace OTHER`,
    `  paperwalk backtest BOT ${repeat.map((value) => `--set ${value}`).join(' ')} --workspace OTHER`,
    ...(live > 0
      ? [
          `It leaves out what only happened live, ${counted(live, 'time')}: late decisions and fits, a person's hand; paperwalk replay has them.`,
        ]
      : []),
  ].join('\n');
}
