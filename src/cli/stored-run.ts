import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../backtest/result.ts';
import { ConfigError } from '../config/config-error.ts';
import { runDocument } from '../config/documents.ts';
import { nearestName } from '../core/nearest.ts';
import { DataError } from '../data/data-error.ts';

/** How many stored runs an error names. */
const CANDIDATES = 5;
/** A run's id is the bot's name and twelve digits of a hash. */
const RUN_ID = /^(.+)-[0-9a-f]{12}$/;

/**
 * The run that a text means: an id, the beginning of one, a bot's name (its latest run), or the path of a run's folder or result.json. Throws a
 * ConfigError where it is not exactly one, a DataError where that one is damaged.
 */
export async function storedRun(text: string, workspace: string): Promise<RunResult> {
  const folder = join(workspace, 'runs');
  const ids = (await readdir(folder).catch(() => [])).filter((id) => RUN_ID.test(id)).sort();
  if (ids.includes(text)) return readRun(join(folder, text, 'result.json'));
  const ofBot = ids.filter((id) => RUN_ID.exec(id)?.[1] === text);
  if (ofBot.length > 0) return readRun(await latest(ofBot.map((id) => join(folder, id, 'result.json'))));
  const begun = text === '' ? [] : ids.filter((id) => id.startsWith(text));
  if (begun.length === 1) return readRun(join(folder, begun[0]!, 'result.json'));
  const file = begun.length === 0 ? await resultFile(text) : undefined;
  if (file !== undefined) return readRun(file);
  throw new ConfigError([unfound(text, begun, ids, workspace)]);
}

function unfound(text: string, begun: readonly string[], ids: readonly string[], workspace: string): string {
  const expected = "Expected a run: its id or how it begins, a bot's name, or the path of its folder";
  const some = (names: readonly string[]) =>
    [...names.slice(0, CANDIDATES), ...(names.length > CANDIDATES ? [`${names.length - CANDIDATES} more`] : [])].join(', ');
  if (begun.length > 1) return `${expected}, received ${JSON.stringify(text)}, with which ${begun.length} begin: ${some(begun)}`;
  const names = [...new Set(ids.map((id) => RUN_ID.exec(id)![1]!))];
  const nearest = nearestName(text, [...names, ...ids]);
  if (nearest) return `${expected}, received ${JSON.stringify(text)}; did you mean "${nearest}"?`;
  const known = ids.length > 0 ? `there are ${some(ids)}` : `there are none in ${workspace}, paperwalk backtest makes one`;
  return `${expected}, received ${JSON.stringify(text)}; ${known}`;
}

/** The run that was written last, by the time of its file. */
async function latest(files: readonly string[]): Promise<string> {
  const timed = await Promise.all(
    files.map(async (file) => ({
      file,
      time: await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    })),
  );
  return timed.reduce((last, one) => (one.time > last.time ? one : last)).file;
}

/** The result of a path, which may also be that of its folder; undefined where nothing is there. */
async function resultFile(path: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return join(path, 'result.json');
  return found?.isFile() ? path : undefined;
}

/** Throws a DataError where the file is none of a run, or damaged. */
async function readRun(file: string): Promise<RunResult> {
  const mend = 'run the backtest again';
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing && !(error instanceof SyntaxError)) throw error;
    throw new DataError(
      `${file}: Expected the result of a run, received ${missing ? 'no such file' : 'text that is no whole JSON'}; ${mend}`,
    );
  }
  const parsed = runDocument.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new DataError(
      `${file}: Expected the result of a run, received another document (${issue?.path.join('.') || 'all of it'}: ${issue?.message}); ${mend}`,
    );
  }
  const { times, strategy, buyAndHold } = parsed.data.equity;
  if (times.length === 0 || strategy.length !== times.length || buyAndHold.length !== times.length) {
    throw new DataError(
      `${file}: Expected curves with a value for each of ${times.length} closes, received ${strategy.length} and ${buyAndHold.length}; ${mend}`,
    );
  }
  return parsed.data as unknown as RunResult;
}
