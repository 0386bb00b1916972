import { Command, CommanderError } from 'commander';
import { ExitCode, exitCodeOf, messageOf } from './exit-code.ts';
import { type Host, print } from './host.ts';
import { version } from './version.ts';

/** What a command does: from its arguments and options to an exit code. The module is loaded when the command runs. */
type Action = (args: readonly string[], options: never, host: Host) => Promise<number>;

interface Definition {
  /** The command that it is a part of. */
  readonly group?: 'models' | 'bars' | 'paper';
  readonly usage: string;
  readonly description: string;
  readonly example: string;
  /** Whether it reads a bot file, whose values the command line can override. */
  readonly bot?: true;
  readonly options?: readonly (readonly [flags: string, description: string, kind?: 'required' | 'repeatable'])[];
  readonly load: () => Promise<{ run: Action }>;
}

/** Commands that do nothing themselves, and what those under them are about. */
const GROUPS: Readonly<Record<string, string>> = { models: 'the models of a workspace, and files to carry them elsewhere' };

const MARKET = ['--market <name>', 'name of the market, such as coinbase:BTC/USD', 'required'] as const;
const INTERVAL = ['--interval <interval>', 'length of a bar, such as 4h or 1d'] as const;
const AS_OF = ['--as-of <instant>', 'as the stored bars stood at that time'] as const;
const CALENDAR = ['--calendar <calendar>', 'which missing bars are gaps: 24/7 or nyse; by default what the bars look like'] as const;

const COMMANDS: readonly Definition[] = [
  {
    usage: 'init [dir]',
    description: 'write a commented bot file that runs at once',
    example: 'paperwalk init my-bot',
    load: () => import('./init.ts'),
  },
  {
    usage: 'fetch <exchange> <symbols-and-interval...>',
    description: 'download the closed bars of markets, and what the exchange says of them',
    example: 'paperwalk fetch binance BTC/USDT ETH/USDT 4h --from 2020-01-01',
    options: [
      ['--from <date>', 'first opening time: a date or an instant, UTC', 'required'],
      ['--to <date>', 'end of the opening times; by default now'],
    ],
    load: () => import('./fetch.ts'),
  },
  {
    usage: 'import <file>',
    description: 'store the bars of a file: CSV or JSON (plain or gzip), or Parquet',
    example: 'paperwalk import AAPL-1d.csv --market nyse:AAPL --interval 1d --calendar nyse --splits splits.csv',
    options: [
      MARKET,
      ['--interval <interval>', 'length of a bar, such as 4h or 1d; by default the most common distance of rows'],
      CALENDAR,
      ['--timezone <zone>', 'where times without an offset are from, such as America/New_York; by default UTC'],
      ['--splits <file>', 'CSV with the columns date and ratio (4:1), and dividend if wanted, that the prices do not take into account'],
      ['--adjusted', 'scale prices by the column Adj Close'],
      ['--replace', 'let differing bars take the place of stored ones'],
      ['--drop <kind>', 'leave rows out that have a kind of problem, such as duplicate or impossible; repeatable', 'repeatable'],
    ],
    load: () => import('./import.ts'),
  },
  {
    usage: 'export <file>',
    description: 'write the bars of a market to a file: .csv, .csv.gz or .parquet',
    example: 'paperwalk export BTC-4h.csv --market coinbase:BTC/USD --interval 4h',
    options: [
      MARKET,
      [...INTERVAL, 'required'],
      AS_OF,
      ['--session <name>', 'as the session of that name saw them, and how a backtest repeats it'],
    ],
    load: () => import('./export.ts'),
  },
  {
    usage: 'bars [market]',
    description: 'list stored bars, their ranges, gaps and anomalies; a market may also be csv:FILE',
    example: 'paperwalk bars csv:BTC-4h.csv --interval 4h --strict',
    options: [INTERVAL, CALENDAR, AS_OF, ['--strict', 'exit with 1 where bars have errors']],
    load: () => import('./bars.ts'),
  },
  {
    group: 'bars',
    usage: 'repair <market>',
    description: 'take faulty bars out of a stored series; they stay in its history, and the repair in its log',
    example: 'paperwalk bars repair coinbase:BTC/USD --interval 4h --drop spike --drop 2019-01-31T08:00Z',
    options: [
      INTERVAL,
      CALENDAR,
      ['--drop <what>', 'the time of a bar, or a kind of problem such as spike or zero-volume; repeatable', 'repeatable'],
    ],
    load: () => import('./bars-repair.ts'),
  },
  {
    usage: 'train <bot>',
    description: 'fit models on one chronological split, and say what they know beyond the last price',
    example: 'paperwalk train bot.yaml --set experiment.seeds=5',
    bot: true,
    options: [['--figures <which>', 'which markets get figures: some (the first four), all or none']],
    load: () => import('./train.ts'),
  },
  {
    usage: 'backtest <bot>',
    description: 'walk forward through the past: retrain, trade, report',
    example: 'paperwalk backtest bot.yaml --set costs.taker=0.2% --seed 3',
    bot: true,
    options: [['--sweep <what>', 'costs: a table of fees by thresholds on the forecasts of one walk, in place of a backtest']],
    load: () => import('./backtest.ts'),
  },
  {
    usage: 'paper <bots...>',
    description: 'run bots forward on paper: each on its schedule, with the decisions that a backtest makes',
    example: 'paperwalk paper bot.yaml',
    bot: true,
    options: [['--once', 'run one tick of each bot and exit']],
    load: () => import('./paper.ts'),
  },
  {
    group: 'paper',
    usage: 'pause <bot>',
    description: 'have a session enter nothing from its next decision on; exits and guards go on',
    example: 'paperwalk paper pause bot.yaml',
    bot: true,
    load: async () => ({ run: (await import('./paper-hand.ts')).pause }),
  },
  {
    group: 'paper',
    usage: 'resume <bot>',
    description: 'have a session that was paused or flattened trade again',
    example: 'paperwalk paper resume bot.yaml',
    bot: true,
    load: async () => ({ run: (await import('./paper-hand.ts')).resume }),
  },
  {
    group: 'paper',
    usage: 'flatten <bot>',
    description: 'have a session give up its positions at its next decision, and pause it',
    example: 'paperwalk paper flatten bot.yaml',
    bot: true,
    load: async () => ({ run: (await import('./paper-hand.ts')).flatten }),
  },
  {
    group: 'paper',
    usage: 'slippage <bot> <file>',
    description: 'write the slippages that a session has measured, for costs: { slippage: { measured: FILE } }',
    example: 'paperwalk paper slippage bot.yaml slippage.json',
    bot: true,
    load: () => import('./paper-slippage.ts'),
  },
  {
    usage: 'status [bots...]',
    description: 'show where sessions stand: positions, equity, last decision, model, next tick; of all bots by default',
    example: 'paperwalk status bot.yaml --quotes',
    bot: true,
    options: [['--quotes', 'ask the exchange where the bar opened in which an order that waits will fill']],
    load: () => import('./status.ts'),
  },
  {
    usage: 'replay <bot>',
    description: "run a session's bars through the backtester and compare every decision, fill and fee",
    example: 'paperwalk replay bot.yaml --refit',
    bot: true,
    options: [
      ['--refit', 'train every fit again and compare its weights; nothing stored is read'],
      ['--bars <which>', 'recorded (default), or today: the bars as the store has them now, so that revisions show'],
      ['--no-observations', 'leave out lateness, failed trainings and what a person asked for, to see what they cost'],
    ],
    load: () => import('./replay.ts'),
  },
  {
    usage: 'explain <bot> <time>',
    description: 'explain one decision from bar to fill: inputs, fit, forecast, signal, guards, order, fill',
    example: 'paperwalk explain bot.yaml 2024-03-01T04:00Z',
    bot: true,
    options: [['--backtest', "of the bot's backtest, where it also has a session"]],
    load: () => import('./explain.ts'),
  },
  {
    usage: 'backup <bot> <file>',
    description: 'copy the session of a bot to one file, also while it runs',
    example: 'paperwalk backup bot.yaml bot-session.sqlite',
    bot: true,
    load: () => import('./backup.ts'),
  },
  {
    usage: 'compare <runs...>',
    description: "set finished runs beside each other: ids, a bot's name for its latest run, or paths",
    example: 'paperwalk compare btc-gru sma-cross',
    load: () => import('./compare.ts'),
  },
  {
    usage: 'search <bot>',
    description: 'try a grid of strategies, costs or guards on the forecasts of one walk; every cell is a trial',
    example: 'paperwalk search bot.yaml --grid strategy.fast=5..50:5 --grid strategy.slow=20..200:20',
    bot: true,
    options: [
      ['--grid <path=values>', 'values of the bot file between commas, or whole numbers from..to:step; repeatable', 'repeatable'],
      ['--top <n>', 'how many cells to print, the highest Sharpe ratio first (default 20)'],
    ],
    load: () => import('./search.ts'),
  },
  {
    usage: 'predict <bot>',
    description: 'forecast ahead of the last bar, beside the last price and drift',
    example: 'paperwalk predict bot.yaml --steps 5',
    bot: true,
    options: [['--steps <n>', "how many bars ahead; by default the model's horizon"]],
    load: () => import('./predict.ts'),
  },
  {
    group: 'models',
    usage: 'list',
    description: 'list the models of the workspace by market and time',
    example: 'paperwalk models list',
    load: async () => ({ run: (await import('./models.ts')).list }),
  },
  {
    group: 'models',
    usage: 'show <key>',
    description: 'show where a model comes from; a key may be cut short',
    example: 'paperwalk models show 3f9a',
    load: async () => ({ run: (await import('./models.ts')).show }),
  },
  {
    group: 'models',
    usage: 'export <key> <file>',
    description: 'write a model to one file, checksums included',
    example: 'paperwalk models export 3f9a btc-gru.paperwalk-model.json',
    load: async () => ({ run: (await import('./models.ts')).exportModel }),
  },
  {
    group: 'models',
    usage: 'import <file>',
    description: 'check the file of a model and store it; the checksum proves that it is whole, not who made it',
    example: 'paperwalk models import btc-gru.paperwalk-model.json',
    load: async () => ({ run: (await import('./models.ts')).importModel }),
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
    // A command may have commands of its own; options after their name are theirs.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => host.stdout.write(text), writeErr: (text) => host.stderr.write(text) });
  const groups = new Map<string, Command>();
  for (const { group, usage, description, example, bot, options = [], load } of COMMANDS) {
    if (group && !groups.has(group))
      groups.set(
        group,
        program
          .command(group)
          .description(GROUPS[group] ?? '')
          .helpCommand(false)
          .copyInheritedSettings(program),
      );
    const parent = (group && groups.get(group)) ?? program;
    const command = parent.command(usage).description(description).helpCommand(false).copyInheritedSettings(program);
    if (!group) groups.set(command.name(), command);
    for (const [flags, words, kind] of options) {
      if (kind === 'required') command.requiredOption(flags, words);
      else if (kind === 'repeatable') command.option(flags, words, together);
      else command.option(flags, words);
    }
    if (bot) {
      command.option('--set <path=value>', 'override a value of the bot file; repeatable', together);
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

/** The values of an option that is given several times. */
function together(value: string, all: readonly string[] = []): readonly string[] {
  return [...all, value];
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
  const message = messageOf(error);
  print(host.stderr, code === ExitCode.bug ? `Unexpected error: ${message}\nThis is a fault of paperwalk; --debug shows where.` : message);
  // Where a cause is known, it is the code of a person's own that threw.
  const origin = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (debug && origin instanceof Error) print(host.stderr, origin.stack ?? '');
  return code;
}
