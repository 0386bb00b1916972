import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';

/** Writes DIR/bot.yaml, a copy of the demonstration under a name of its own. */
export async function run([folder = '.']: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const demo = await readFile(new URL('../../config/demo.yaml', import.meta.url), 'utf8');
  const file = join(folder, 'bot.yaml');
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(file, demo.replace('name: demo', 'name: my-bot'), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new ConfigError([`${file}: Expected no such file, received one; it is not overwritten, name another folder`]);
  }
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/init@1', file }));
  else if (!options.quiet) print(host.stdout, `Wrote ${file}. Next: paperwalk backtest ${file}`);
  return ExitCode.done;
}
