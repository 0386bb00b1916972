import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Jiti } from 'jiti';
import { nearestName } from '../core/nearest.ts';

/** A module of a person's own, loaded. */
export interface OwnModule {
  /** Its path from the current folder. */
  readonly file: string;
  /**
   * sha256 of its source; of a module that imports files of its own, over one line for each of them, `sha256  path` by path from its folder.
   * Packages that it imports are not in it.
   */
  readonly sha256: string;
  /** The default export; undefined where there is none, and then what is exported instead. */
  readonly exported: unknown;
  readonly names: readonly string[];
  /** An error that its code threw, in words, and where in the source that was: `file:line:column`. */
  describe(error: unknown): { readonly place: string; readonly words: string };
}

/** What the path of a module looks like, rather than a name. */
export const MODULE_PATH = /\/|\.[cm]?[jt]s$/;

/** A module that cannot be loaded; the message says what was expected and received. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
}

/** Loads the module of a path, at once. Throws a ModuleError. */
export type ModuleLoader = (path: string) => OwnModule;

const MODULE = /\.[cm]?[jt]s$/;
/** Local files that a source imports or requires. */
const LOCAL_IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;
const SOURCE_MAP = /\/\/# sourceMappingURL=data:application\/json;[^,]*base64,([\w+/=]+)\s*$/;
/** What the loader writes before the first character of a module, on its first line. */
const WRAPPER = '(function (exports, require, module, __filename, __dirname, jitiImport, jitiESMResolve) { ';

/**
 * A loader of TypeScript and JavaScript modules: no build step, no files left behind, every file read afresh. What such a module imports from
 * `paperwalk` is the package that runs.
 */
export async function createModuleLoader(): Promise<ModuleLoader> {
  const [{ createJiti }, paperwalk] = await Promise.all([import('jiti'), import('../index.ts')]);
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    sourceMaps: true,
    interopDefault: false,
    tryNative: false,
    virtualModules: { paperwalk },
  });
  const loaded = new Map<string, OwnModule>();
  return (path) => {
    const file = resolve(path);
    const found = loaded.get(file) ?? load(jiti, file);
    loaded.set(file, found);
    return found;
  };
}

function load(jiti: Jiti, file: string): OwnModule {
  const shown = shownPath(file);
  const sources = new Map<string, Buffer>();
  try {
    readSources(jiti, file, sources);
  } catch (error) {
    throw new ModuleError(`Expected a module at ${shown}, received ${missing(file, error)}`);
  }
  const describe = (error: unknown) => ({ place: placeIn(jiti, sources, error) ?? shown, words: wordsOf(error) });
  let exports: unknown;
  try {
    exports = jiti(file);
  } catch (error) {
    const { place, words } = syntaxError(error) ?? describe(error);
    throw new ModuleError(`Expected ${shown} to be a module that loads, received ${words} at ${place}; mend it there`);
  }
  // A CommonJS module is what it exports.
  const commonJs = typeof exports !== 'object' || exports === null || !('__esModule' in exports);
  return {
    file: shown,
    sha256: hashOf(file, sources),
    exported: commonJs ? exports : (exports as { default?: unknown }).default,
    names: commonJs ? [] : Object.keys(exports as object),
    describe,
  };
}

/** The source of a file and of all local files that it imports, directly or not. Throws where the file itself cannot be read. */
function readSources(jiti: Jiti, file: string, sources: Map<string, Buffer>): void {
  const source = readFileSync(file);
  sources.set(file, source);
  for (const [, specifier = ''] of source.toString('utf8').matchAll(LOCAL_IMPORT)) {
    const url = jiti.esmResolve(specifier, { parentURL: pathToFileURL(file), try: true });
    const imported = url?.startsWith('file:') ? fileURLToPath(url) : url;
    // One that is not there is reported by the import itself, or stands in a comment.
    if (imported && !sources.has(imported)) readSources(jiti, imported, sources);
  }
}

function hashOf(file: string, sources: ReadonlyMap<string, Buffer>): string {
  const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
  if (sources.size === 1) return sha256(sources.get(file)!);
  const path = (other: string) => relative(dirname(file), other).replaceAll('\\', '/');
  const lines = Array.from(sources, ([other, source]) => ({ path: path(other), line: `${sha256(source)}  ${path(other)}\n` }));
  return sha256(
    lines
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map(({ line }) => line)
      .join(''),
  );
}

function missing(file: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return 'a folder; name a file in it';
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return wordsOf(error);
  let names: readonly string[];
  try {
    names = readdirSync(dirname(file)).filter((name) => MODULE.test(name));
  } catch {
    return `no such folder as ${shownPath(dirname(file))}`;
  }
  const nearest = nearestName(basename(file), names);
  return `no such file${nearest ? `; did you mean "${nearest}"?` : names.length > 0 ? `; there are ${names.join(', ')}` : ''}`;
}

/** What the parser found: its message ends with file, line, and a column that counts from 0. */
function syntaxError(error: unknown): { readonly place: string; readonly words: string } | undefined {
  const match = error instanceof Error ? /^ParseError: (.*?)\s*\n\s*(.+):(\d+):(\d+)$/s.exec(error.message) : null;
  if (!match) return undefined;
  const [, words = '', file = '', line = '', column = ''] = match;
  return { place: `${shownPath(file)}:${line}:${Number(column) + 1}`, words: `a syntax error (${words})` };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : `${JSON.stringify(error) ?? String(error)} thrown`;
}

/** The innermost line of an error's stack that lies in one of the sources, in the coordinates of that source. */
function placeIn(jiti: Jiti, sources: ReadonlyMap<string, Buffer>, error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, path = '', line = '', column = ''] of stack.matchAll(/(?:\(|at )([^()\n]+):(\d+):(\d+)\)?$/gm)) {
    const file = path.startsWith('file:') ? fileURLToPath(path) : resolve(path);
    const source = sources.get(file);
    if (!source) continue;
    const ran = jiti.transform({ source: source.toString('utf8'), filename: file, ts: /\.[cm]?ts$/.test(file) });
    const map = SOURCE_MAP.exec(ran)?.[1];
    const at = [Number(line), Number(column) - (line === '1' ? WRAPPER.length : 0)] as const;
    const [row, place] = (map && originOf(map, ...at)) ?? at;
    return `${shownPath(file)}:${row}:${place}`;
  }
  return undefined;
}

/** Line and column of a source, from 1, by those of what ran and its source map (base64). */
function originOf(map: string, line: number, column: number): readonly [number, number] | undefined {
  const entry = new SourceMap(JSON.parse(Buffer.from(map, 'base64').toString('utf8'))).findEntry(line - 1, column - 1);
  return 'originalLine' in entry ? [entry.originalLine + 1, entry.originalColumn + 1] : undefined;
}

/** A path from the current folder, or the whole path of a file that does not lie within it. */
function shownPath(file: string): string {
  const path = relative('', file);
  return path.startsWith('..') ? file : path;
}
