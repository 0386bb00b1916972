import { backupSession } from '../live/backup.ts';
import { loadBotFile } from './bot-file.ts';
import { ExitCode } from './exit-code.ts';
import { type BotOptions, type Host, print } from './host.ts';
import { existingSession } from './session-file.ts';

/** Copies a bot's session to one file, also while it runs. */
export async function run([file = '', target = '']: readonly string[], options: BotOptions, host: Host): Promise<number> {
  const { bot } = await loadBotFile(file, options, host);
  backupSession(existingSession(options.workspace, bot.name), target);
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/backup@1', name: bot.name, file: target }));
  else if (!options.quiet)
    print(host.stdout, `${bot.name}: copied to ${target}; to restore it, put it in the workspace as sessions/${bot.name}.sqlite`);
  return ExitCode.done;
}
