import { writeAtomically } from '../data/atomic-file.ts';
import { DataError } from '../data/data-error.ts';
import { measuredFills, slippageSample } from '../live/slippage.ts';
import { counted } from '../report/format.ts';
import { slippageText } from '../report/slippage-text.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { soundSession } from './session-file.ts';

/** Fills below which their slippages are no basis for anything. */
const FEW = 30;

/** Writes what fills of a session would have cost at the quotes of their moments; a file of that name is replaced as a whole. */
export async function run([file = '', target = '']: readonly string[], options: BotOptions, host: Host): Promise<number> {
  const { bot } = await loadBotFile(file, options, host);
  const { trace, observations } = soundSession(options.workspace, bot.name);
  const { sample, count, measured, simulated } = slippageSample(measuredFills(trace.events, observations));
  if (!measured || !simulated) {
    throw new DataError(
      `Expected a fill of ${bot.name} that can be held against a quote, received none; market orders that fill at the open after their decision are measured as they come`,
    );
  }
  if (count < FEW && !options.quiet)
    print(host.stderr, `${bot.name}: only ${counted(count, 'fill')} measured; a backtest that draws from so few says little`);
  await writeAtomically(target, `${JSON.stringify({ name: bot.name, count, measured, simulated, sample }, null, 1)}\n`);
  if (options.json) {
    print(
      host.stdout,
      JSON.stringify({ schema: 'paperwalk/slippage@1', name: bot.name, file: target, count, measured, simulated, sample }),
    );
  } else if (!options.quiet) print(host.stdout, slippageText({ name: bot.name, file: target, count, measured, simulated }));
  return ExitCode.done;
}
