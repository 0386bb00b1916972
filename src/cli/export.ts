import { ConfigError } from '../config/config-error.ts';
import { intervalName } from '../core/interval.ts';
import { saveCsv } from '../data/csv.ts';
import { saveParquet } from '../data/parquet.ts';
import { resolveSource } from '../data/source.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { parseInstantOption, parseInterval } from './usage.ts';

export interface ExportOptions extends CommonOptions {
  readonly market: string;
  readonly interval: string;
  readonly asOf?: string;
}

/** Writes the bars of a market, stored or synthetic, to a CSV or Parquet file; a file of that name is replaced as a whole. */
export async function run([file = '']: readonly string[], options: ExportOptions, host: Host): Promise<number> {
  const save = /\.parquet$/i.test(file) ? saveParquet : /\.csv(\.gz)?$/i.test(file) ? saveCsv : undefined;
  if (!save) throw new ConfigError([`Expected the name of a file that ends in .csv, .csv.gz or .parquet, received ${file}`]);
  const intervalMs = parseInterval(options.interval);
  const asOf = parseInstantOption('--as-of', options.asOf);
  const { bars } = await resolveSource(options.market, {
    intervalMs,
    baseDirectory: '.',
    workspaceDirectory: options.workspace,
    ...(asOf !== undefined && { asOf }),
  });
  await save(file, bars);
  if (options.json) {
    const { market, interval } = { market: options.market, interval: intervalName(intervalMs) };
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/export@1', market, interval, bars: bars.length, file }));
  } else if (!options.quiet) print(host.stdout, `Wrote ${bars.length} bars of ${options.market} to ${file}.`);
  return ExitCode.done;
}
