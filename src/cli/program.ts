import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { type Host, print } from './host.ts';

/** What a command does: from its arguments and options to an exit code. The module is loaded when the command runs. */
type Action = (args: readonly string[], options: never, host: Host) => Promise<number>;

interface Definition {
  readonly usage: string;
  readonly description: string;
  readonly example: string;
  /** Whether it reads a bot file, whose values the command line can override. */
  readonly bot?: true;
  readonly options?: readonly (readonly [flags: string, description: string, kind?: 'required'])[];
  readonly load: () => Promise<{ run: Action }>;
}

const MARKET = ['--market <name>', 'name of the market, such as coinbase:BTC/USD', 'required'] as const;
const INTERVAL = ['--interval <interval>', 'length of a bar, such as 4h or 1d'] as const;
const CALENDAR = ['--calendar <calendar>', 'which missing bars are gaps: 24/7 (default) or nyse'] as const;

const COMMANDS: readonly Definition[] = [
  {
    usage: 'init [dir]',
    description: 'write a commented bot file that runs at once',
    example: 'paperwalk init my-bot',
    load: () => import('./init.ts'),
  },
  {
    usage: 'import <file>',
    description: 'store the bars of a CSV file (plain or gzip)',
    example: 'paperwalk import BTC-4h.csv --market coinbase:BTC/USD --interval 4h',
    options: [
      MARKET,
      [...INTERVAL, 'required'],
      CALENDAR,
      ['--adjusted', 'scale prices by the column Adj Close'],
      ['--replace', 'let differing bars take the place of stored ones'],
    ],
    load: () => import('./import.ts'),
  },
  {
    usage: 'export <file>',
    description: 'write the bars of a market to a CSV file',
    example: 'paperwalk export BTC-4h.csv --market coinbase:BTC/USD --interval 4h',
    options: [MARKET, [...INTERVAL, 'required']],
    load: () => import('./export.ts'),
  },
  {
    usage: 'bars [market]',
    description: 'list stored bars, their ranges, gaps and anomalies; a market may also be csv:FILE',
    example: 'paperwalk bars csv:BTC-4h.csv --interval 4h --strict',
    options: [INTERVAL, CALENDAR, ['--strict', 'exit with 1 where bars have errors']],
    load: () => import('./bars.ts'),
  },
  {
    usage: 'backtest <bot>',
    description: 'walk forward through the past: retrain, trade, report',
    example: 'paperwalk backtest bot.yaml --set costs.taker=0.2% --seed 3',
    bot: true,
    load: () => import('./backtest.ts'),
  },
  {
    usage: 'doctor [bot]',
    description: 'check the machine, the workspace and a bot file, and say how to mend what fails',
    example: 'paperwalk doctor bot.yaml',
    bot: true,
    load: () => import('./doctor.ts'),
  },
];

/**
 * Runs a command line (without the node binary and the script) and answers its exit code. Nothing is thrown: an error becomes one or two
 * lines on stderr, with its stack under --debug.
 */
export async function main(argv: readonly string[], host: Host): Promise<number> {
  let code: number = ExitCode.done;
  try {
    await createProgram(host, (result) => {
      code = result;
    }).parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, argv.includes('--debug'), host);
  }
}

function createProgram(host: Host, done: (code: number) => void): Command {
  const program = new Command('paperwalk')
    .description('Walk-forward backtests of strategies that trade on GRU and LSTM forecasts')
    .version(version())
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) });
  for (const { usage, description, example, bot, options = [], load } of COMMANDS) {
    const command = program.command(usage).description(description).copyInheritedSettings(program);
    for (const [flags, words, kind] of options) {
      if (kind === 'required') command.requiredOption(flags, words);
      else command.option(flags, words);
    }
    if (bot) {
      command.option('--set <path=value>', 'override a value of the bot file; repeatable', (value, all: string[] = []) => [...all, value]);
      command.option('--seed <n>', 'override the seed of the bot file');
    }
    command
      .option('--workspace <dir>', 'folder of bars, fits and runs', '.paperwalk')
      .option('--json', 'print exactly one JSON document on stdout')
      .option('--quiet', 'print no progress and no warnings')
      .option('--debug', 'show the stack of an error')
      .addHelpText('after', `\nExample:\n  ${example}`)
      .action(async () => {
        const { run } = await load();
        done(await run(command.args, command.opts() as never, host));
      });
  }
  return program;
}

function explain(error: unknown, debug: boolean, host: Host): number {
  // The reason of an abort is whatever was at work when it came.
  if (host.signal.aborted) {
    print(host.stderr, 'Interrupted; nothing half-written is left.');
    return ExitCode.interrupted;
  }
  const code = exitCodeOf(error);
  // Commander has already said what it has to say.
  if (error instanceof CommanderError) return code;
  const message = error instanceof Error ? error.message : String(error);
  const mend = code === ExitCode.outside ? '; check the path, the rights and the space on disk' : '';
  print(
    host.stderr,
    code === ExitCode.bug ? `Unexpected error: ${message}\nThis is a fault of paperwalk; --debug shows where.` : message + mend,
  );
  if (debug && error instanceof Error) print(host.stderr, error.stack ?? '');
  return code;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
