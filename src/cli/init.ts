import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';

const OWN = '# Or a strategy of your own, in TypeScript: strategy: ./my-strategy.ts\n';

/** Writes DIR/bot.yaml, a copy of the demonstration under a name of its own, and beside it a first strategy in code. */
export async function run([folder = '.']: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const demo = await shipped('demo.yaml');
  const file = join(folder, 'bot.yaml');
  const strategy = join(folder, 'my-strategy.ts');
  const written = [file, strategy].find(existsSync);
  if (written !== undefined) {
    throw new ConfigError([`${written}: Expected no such file, received one; it is not overwritten, name another folder`]);
  }
  await mkdir(folder, { recursive: true });
  await writeFile(file, demo.replace('name: demo', 'name: my-bot').replace(/^strategy:/m, `${OWN}strategy:`), { flag: 'wx' });
  await writeFile(strategy, await shipped('my-strategy.ts'), { flag: 'wx' });
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/init@1', file, strategy }));
  else if (!options.quiet) print(host.stdout, `Wrote ${file} and ${strategy}. Next: paperwalk backtest ${file}`);
  return ExitCode.done;
}

function shipped(name: string): Promise<string> {
  return readFile(new URL(`../../config/${name}`, import.meta.url), 'utf8');
}
