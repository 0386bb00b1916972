import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DateTime } from 'luxon';
import pc from 'picocolors';
import { cronOf, paperSettings } from '../config/paper.ts';
import type { LoadedBot } from '../config.ts';
import { intervalName } from '../core/interval.ts';
import { isStoredMarket } from '../data/market-text.ts';
import { openBarStore } from '../data/store.ts';
import { nextTick } from '../live/cron.ts';
import type { EngineKind } from '../models/engine.ts';
import { loadTrainer } from '../models/engines/load.ts';
import { loadBotFile } from './bot-file.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { ExitCode } from './exit-code.ts';
import { botWithModel } from './frozen.ts';
import { type BotOptions, colourful, type Host, print, revectorizerOf } from './host.ts';
import { loadMarkets } from './market-data.ts';

const OLDEST_NODE = 20;
const MEGABYTE = 1_000_000;
const SCARCE_DISK = 500 * MEGABYTE;
const FULL_DISK = 20 * MEGABYTE;

/** Looks at the machine, the workspace and, where one is named, a bot file. Exit code 1 where a check fails. */
export async function run([file]: readonly string[], options: BotOptions, host: Host): Promise<number> {
  const checks = [
    checkNode(),
    await checkEngine('engine', 'wasm', host),
    await checkEngine('tensorflow', 'tensorflow', host),
    ...(await checkWorkspace(options.workspace)),
    ...(file === undefined ? [] : await checkBot(file, options, host)),
  ];
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/doctor@1', healthy: !checks.some(failed), checks }));
  else for (const check of checks) print(host.stdout, line(check, colourful(host.stdout, host)));
  return checks.some(failed) ? ExitCode.no : ExitCode.done;
}

function checkNode(): Check {
  const { node } = process.versions;
  if (Number(node.split('.')[0]) >= OLDEST_NODE) return ok('node', node);
  return fail('node', `Expected Node ${OLDEST_NODE} or later, received ${node}`, 'install a later one, from nodejs.org or with nvm');
}

async function checkEngine(name: string, engine: EngineKind, host: Host): Promise<Check> {
  try {
    return ok(name, (await loadTrainer(engine, { revectorizer: revectorizerOf(host) })).description);
  } catch (error) {
    return fail(name, (error as Error).message, 'install the packages again with npm ci');
  }
}

async function checkWorkspace(workspace: string): Promise<Check[]> {
  const folder = existingFolder(workspace);
  const probe = join(folder, `.paperwalk-${randomUUID()}`);
  const checks: Check[] = [];
  try {
    await writeFile(probe, '');
    await rm(probe);
    checks.push(ok('workspace', `${workspace} can be written`));
  } catch (error) {
    checks.push(fail('workspace', (error as Error).message, 'name another folder with --workspace'));
  }
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const words = `${(free / MEGABYTE).toFixed(0)} MB free`;
  if (free < FULL_DISK) checks.push(fail('disk', words, 'free some space, or name a folder on another disk with --workspace'));
  else checks.push(free < SCARCE_DISK ? warn('disk', words, 'fits and reports add up; free some space soon') : ok('disk', words));
  try {
    const store = openBarStore(workspace);
    const damaged = await store.check();
    if (damaged.length === 0) checks.push(ok('store', `${(await store.list()).length} stored series, all intact`));
    for (const { message } of damaged) checks.push(fail('store', message, 'fetch or import the damaged series again'));
  } catch (error) {
    checks.push(fail('store', (error as Error).message, 'fetch or import the damaged series again'));
  }
  return checks;
}

/** The folder itself, or the nearest one above it that is there. */
function existingFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

async function checkBot(file: string, options: BotOptions, host: Host): Promise<Check[]> {
  let loaded: LoadedBot;
  try {
    loaded = await loadBotFile(file, options, host);
  } catch (error) {
    return [fail('bot', (error as Error).message, 'correct the bot file')];
  }
  return [
    ok('bot', `${loaded.bot.name}: ${loaded.bot.strategy.name}${loaded.bot.model ? ` on ${loaded.bot.model.kind}` : ''}`),
    ...(await checkFrozen(loaded, options)),
    await checkData(loaded, options),
    checkCron(loaded, host),
    ...checkPaper(loaded, host),
  ];
}

/** Whether the stored model of a bot that has one is there and whole. */
async function checkFrozen(loaded: LoadedBot, { workspace }: BotOptions): Promise<Check[]> {
  if (loaded.frozen === undefined) return [];
  try {
    const { frozen } = await botWithModel(loaded, workspace);
    return frozen ? [ok('model', `${frozen.model.kind} ${frozen.key.slice(0, 8)} of ${frozen.market}, frozen`)] : [];
  } catch (error) {
    return [fail('model', (error as Error).message, 'name another under schedule.frozen; paperwalk models list shows what there is')];
  }
}

async function checkData(loaded: LoadedBot, { workspace }: BotOptions): Promise<Check> {
  try {
    const markets = await loadMarkets(loaded, workspace);
    const words = markets.map(({ bars }) => `${bars.market}, ${bars.length} bars`).join('; ');
    const warnings = markets.flatMap(({ warnings = [] }) => warnings);
    return warnings.length === 0 ? ok('data', words) : warn('data', `${words}: ${warnings.join('; ')}`, 'look at them with paperwalk bars');
  } catch (error) {
    const [words, mend] = [(error as Error).message, 'get the bars, or name others under markets'];
    // A session fetches what it lacks.
    const fetched = loaded.paper !== undefined && loaded.markets.every(({ source }) => isStoredMarket(source));
    return fetched ? warn('data', words, `${mend}; paperwalk paper fetches them itself`) : fail('data', words, mend);
  }
}

/** When a paper session of the bot would tick. */
function checkCron(loaded: LoadedBot, host: Host): Check {
  try {
    const expression = cronOf(loaded);
    const next = nextTick(expression, DateTime.fromMillis(host.now())).toISO({ suppressMilliseconds: true });
    return ok('cron', `${expression} (UTC) for ${intervalName(loaded.intervalMs)} bars, next tick ${next}`);
  } catch (error) {
    return fail('cron', (error as Error).message, 'set paper.cron in the bot file');
  }
}

/** What a paper session of a bot with such a section needs beyond its cron expression. */
function checkPaper(loaded: LoadedBot, { environment }: Host): Check[] {
  if (!loaded.paper) return [];
  try {
    const { notify } = paperSettings(loaded, environment);
    const ended = loaded.markets.find(({ source }) => !isStoredMarket(source));
    if (ended) return [fail('paper', `${ended.source} is no market of an exchange, which goes on`, 'name one such as coinbase:BTC/USD')];
    return [ok('paper', notify.length === 0 ? 'tells nobody but the terminal' : `tells ${notify.map(({ kind }) => kind).join(', ')}`)];
  } catch (error) {
    return [fail('paper', (error as Error).message, 'set what is missing before a session begins')];
  }
}

function failed({ status }: Check): boolean {
  return status === 'fail';
}

function line({ name, status, message, mend }: Check, colour: boolean): string {
  const { green, yellow, red } = pc.createColors(colour);
  const sign = { ok: green, warn: yellow, fail: red }[status](status.padEnd(4));
  return `${sign}  ${name.padEnd(9)}  ${message}${mend ? `\n${' '.repeat(17)}-> ${mend}` : ''}`;
}
