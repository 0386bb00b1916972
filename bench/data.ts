import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A whole command as a process of its own. */
export interface CommandFigures {
  readonly fileMB: number;
  /** From the start of Node to its end. */
  readonly seconds: number;
  readonly peakMemoryMB: number;
}

export interface DataFigures {
  readonly bars: number;
  /** `paperwalk import` of a CSV file with prices of four decimals, and with all 17 digits; of a Parquet file. */
  readonly imports: Readonly<Record<'csv, 4 decimals' | 'csv, 17 digits' | 'parquet', CommandFigures>>;
  /** `paperwalk export` to a CSV and a Parquet file. */
  readonly exports: Readonly<Record<'csv' | 'parquet', CommandFigures>>;
  /** The store's read, in milliseconds; memory is that of a process that reads once. */
  readonly read: { readonly fastest: number; readonly median: number; readonly peakMemoryMB: number };
}

const RUNS = 3;
const STEP = fileURLToPath(new URL('./processes/data.mjs', import.meta.url));
const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
/** Has a process say at its end how much memory it needed at most. */
const TOLD = "data:text/javascript,process.on('exit',()=>process._rawDebug('peak:'+process.resourceUsage().maxRSS))";

/** Import, export and reading of 1,000,000 one-minute bars; the median of three runs. */
export function measureData(): DataFigures {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-bench-'));
  const file = (name: string) => join(folder, name);
  const market = ['--market', 'bench:A/B', '--interval', '1m', '--quiet'];
  const imported = (source: string, workspace: string) =>
    command(['import', file(source), ...market, '--replace'], file(workspace), file(source));
  const exported = (target: string) => command(['export', file(target), ...market], file('17'), file(target));
  try {
    node(STEP, 'csv', file('4.csv'), '4');
    node(STEP, 'csv', file('17.csv'), '17');
    const four = imported('4.csv', '4');
    const seventeen = imported('17.csv', '17');
    const exports = { csv: exported('out.csv'), parquet: exported('out.parquet') };
    const parquet = imported('out.parquet', 'parquet');
    const many = JSON.parse(node('--expose-gc', STEP, 'read', file('4'), '15').stdout) as DataFigures['read'] & { readonly bars: number };
    const once = JSON.parse(node('--expose-gc', STEP, 'read', file('4'), '1').stdout) as DataFigures['read'];
    const { fastest, median, bars } = many;
    return {
      bars,
      imports: { 'csv, 4 decimals': four, 'csv, 17 digits': seventeen, parquet },
      exports,
      read: { fastest, median, peakMemoryMB: once.peakMemoryMB },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A command of the command line, each run in a workspace of its own but for the last one's, which stays. */
function command(argv: readonly string[], workspace: string, file: string): CommandFigures {
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    if (argv[0] === 'import') rmSync(workspace, { recursive: true, force: true });
    const { stderr } = node('--import', TOLD, COMMAND, ...argv, '--workspace', workspace);
    return { seconds: (performance.now() - start) / 1000, peakMemoryMB: Number(/peak:(\d+)/.exec(stderr)?.[1]) / 1024 };
  });
  const median = (pick: (run: (typeof runs)[number]) => number) => runs.map(pick).sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
  return { fileMB: statSync(file).size / 1e6, seconds: median((run) => run.seconds), peakMemoryMB: median((run) => run.peakMemoryMB) };
}

function node(...argv: readonly string[]): { readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The benchmark's process ended with ${status}: ${stderr}`);
  return { stdout, stderr };
}

export function dataLines({ bars, imports, exports, read }: DataFigures): string[] {
  const line = (what: string, { fileMB, seconds, peakMemoryMB }: CommandFigures) =>
    `${what} (${fileMB.toFixed(0)} MB): ${seconds.toFixed(2)} s, peak memory ${peakMemoryMB.toFixed(0)} MB`;
  return [
    `${bars.toLocaleString('en')} bars`,
    ...Object.entries(imports).map(([name, figures]) => line(`import, ${name}`, figures)),
    ...Object.entries(exports).map(([name, figures]) => line(`export, ${name}`, figures)),
    `read from the store: ${read.fastest.toFixed(0)} ms at best, ${read.median.toFixed(0)} ms in the median, peak memory ${read.peakMemoryMB.toFixed(0)} MB`,
  ];
}
