import { CommanderError } from 'commander';

/** The exit codes scripts rely on. */
export const ExitCode = {
  done: 0,
  /** The answer is no. */
  no: 1,
  /** Usage or config error. */
  usage: 2,
  /** Data are missing or refused. */
  data: 3,
  /** The outside world failed: disk, network. */
  outside: 4,
  /** A session refuses: held by another process, damaged, newer, of another bot, or the clock is wrong. */
  session: 5,
  /** A bug (EX_SOFTWARE of sysexits.h). */
  bug: 70,
  interrupted: 130,
} as const;

// By name, so that the command line starts without loading the modules that throw them.
const CODES: Readonly<Record<string, number>> = {
  ConfigError: ExitCode.usage,
  DataError: ExitCode.data,
  BarError: ExitCode.data,
  BundleError: ExitCode.data,
  PolicyError: ExitCode.usage,
  SessionError: ExitCode.session,
};

/** The exit code that an error means. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  if (!(error instanceof Error)) return ExitCode.bug;
  if (isSystemError(error)) return ExitCode.outside;
  // Whether the question was wrong or the exchange failed, only the error knows.
  if (error.name === 'ExchangeError' && 'exitCode' in error) return error.exitCode === ExitCode.usage ? ExitCode.usage : ExitCode.outside;
  return CODES[error.name] ?? ExitCode.bug;
}

/** What an error says to a person; the words of the system need some advice. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isSystemError(error) ? `${error.message}; check the path, the rights and the space on disk` : error.message;
}

/** An error of the file system or the network, as Node reports it. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'code' in error;
}
