import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Answer } from '../cli/recorded-host.ts';
import { NOW } from '../cli/recorded-host.ts';
import type { CommandAnswers, CommandLines } from './command-lines.ts';

export interface ProcessOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** The longest file that the process may write, KiB (`ulimit -f`). */
  readonly longestFile?: number;
}

/** Starts a TypeScript program as a process of its own, from the project's folder. */
export function start(program: string, args: readonly string[], { environment, longestFile }: ProcessOptions = {}): ChildProcess {
  const line = [process.execPath, '--import', 'tsx', program, ...args];
  const [file, ...rest] = longestFile === undefined ? line : ['bash', '-c', `ulimit -f ${longestFile}; exec "$@"`, 'bash', ...line];
  return spawn(file!, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
}

/** The real command, as a person runs it: its exit code, and all that it printed. */
export async function command(argv: readonly string[], options?: ProcessOptions): Promise<Answer> {
  return finished(start('src/cli/main.ts', argv, options));
}

/** Several commands in one process, at a fixed instant unless told otherwise. */
export async function commands(
  lines: CommandLines['lines'],
  environment: Readonly<Record<string, string>> = {},
  now = NOW,
): Promise<CommandAnswers> {
  const { code, stdout, stderr } = await finished(start('test/faults/command-lines.ts', [JSON.stringify({ lines, now })], { environment }));
  if (code !== 0) throw new Error(`Expected a process that ends well, received exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as CommandAnswers;
}

async function finished(child: ChildProcess): Promise<Answer> {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close')]);
  return { code: code as number, stdout, stderr };
}
