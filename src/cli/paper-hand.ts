import { openLedger } from '../live/ledger.ts';
import type { HandAction } from '../live/observation.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { existingSession } from './session-file.ts';

const WORDS: Readonly<Record<HandAction, string>> = {
  pause: 'enters nothing from its next decision on; exits and guards go on',
  resume: 'trades as its bot says from its next decision on',
  flatten: 'gives up its positions at its next decision and enters nothing until it is resumed',
};

/** A person's hand on a session, whether it runs or not: kept in its ledger until the next tick takes it up. */
async function ask(action: HandAction, [file = '']: readonly string[], options: BotOptions, host: Host): Promise<number> {
  const { bot } = await loadBotFile(file, options, host);
  const ledger = openLedger(existingSession(options.workspace, bot.name), 'write');
  try {
    ledger.request(action, host.now());
  } finally {
    ledger.close();
  }
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/hand@1', name: bot.name, action }));
  else if (!options.quiet) print(host.stdout, `${bot.name} ${WORDS[action]}`);
  return ExitCode.done;
}

type Command = (args: readonly string[], options: BotOptions, host: Host) => Promise<number>;

export const pause: Command = (args, options, host) => ask('pause', args, options, host);
export const resume: Command = (args, options, host) => ask('resume', args, options, host);
export const flatten: Command = (args, options, host) => ask('flatten', args, options, host);
