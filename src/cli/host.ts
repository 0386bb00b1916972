import type { CrashPoint } from '../live/live-session.ts';
import type { Schedule } from '../live/schedule.ts';

/** A stream that text goes to; a terminal knows its width. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** All that a command knows of the process it runs in: an argument, so that commands run anywhere. */
export interface Host {
  /** Results; with --json exactly one document. */
  readonly stdout: Output;
  /** Progress, warnings and errors. */
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when a person or the system asks to stop. */
  readonly signal: AbortSignal;
  /** The present instant, ms UTC. */
  readonly now: () => number;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** What calls the ticks of paper sessions. */
  readonly schedule: Schedule;
  /** Called at named places between two writes of a session. */
  readonly crashPoint?: (name: CrashPoint) => void;
}

/** What every command accepts. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly workspace: string;
  readonly debug?: boolean;
}

/** What every command that reads a bot file accepts. */
export interface BotOptions extends CommonOptions {
  readonly set?: readonly string[];
  readonly seed?: string;
}

export function print(output: Output, text: string): void {
  output.write(`${text}\n`);
}

/** Whether text on a stream may be coloured: on a terminal, unless NO_COLOR is set (no-color.org). */
export function colourful(output: Output, host: Host): boolean {
  return output.isTTY === true && !host.environment.NO_COLOR;
}

/** `PAPERWALK_REVECTORIZER=off` forbids V8's experimental 256-bit mode for training. */
export function revectorizerOf({ environment }: Host): 'auto' | 'off' {
  return environment.PAPERWALK_REVECTORIZER === 'off' ? 'off' : 'auto';
}
