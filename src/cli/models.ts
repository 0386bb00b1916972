import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import { writeAtomically } from '../data/atomic-file.ts';
import { DataError } from '../data/data-error.ts';
import { addBundle, BundleError, bundleKeys, inspectBundle, type StoredBundle } from '../models/bundle.ts';
import type { Fit } from '../models/fit.ts';
import { LARGEST_MODEL_FILE, portableText, readPortable } from '../models/portable.ts';
import { ExitCode } from './exit-code.ts';
import { type CommonOptions, type Host, print } from './host.ts';
import { appearanceLines, modelAppearances } from './model-scores.ts';
import { damagedRecord, modelDetails, modelRecord, modelsTable, summaryRecord } from './model-words.ts';

/** How many stored models an error names. */
const CANDIDATES = 5;

/** Lists the fits of a workspace by market and time; damaged ones are part of the list. */
export async function list(_: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const directory = fitsOf(options.workspace);
  const found: StoredBundle[] = [];
  for (const key of bundleKeys(directory)) {
    host.signal.throwIfAborted();
    found.push(inspectBundle(directory, key));
  }
  found.sort(byMarketAndTime);
  if (options.json) {
    const models = found.flatMap((bundle) => (bundle.content.kind === 'fit' ? [summaryRecord(bundle, bundle.content.fit)] : []));
    const damaged = found.flatMap((bundle) => (bundle.content.kind === 'damaged' ? [damagedRecord(bundle, bundle.content.reason)] : []));
    print(host.stdout, JSON.stringify({ schema: 'paperwalk/models@1', models, damaged }));
  } else if (found.length === 0) {
    print(host.stdout, `No models in ${options.workspace}; paperwalk backtest trains some, paperwalk models import takes one from a file.`);
  } else print(host.stdout, modelsTable(found, host.now()));
  return ExitCode.done;
}

/** Shows where one model comes from: data, network, training. */
export async function show([key = '']: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const { bundle, fit } = storedModel(key, options.workspace);
  const scores = await modelAppearances(options.workspace, fit.key);
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/model@1', ...modelRecord(bundle, fit), scores }));
  else print(host.stdout, modelDetails(bundle, fit, appearanceLines(scores)));
  return ExitCode.done;
}

/** Writes one model to a file that another workspace can import; a file of that name is replaced as a whole. */
export async function exportModel([key = '', file = '']: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const { fit } = storedModel(key, options.workspace);
  const text = portableText(fit);
  await writeAtomically(file, text);
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/models-export@1', key: fit.key, file, bytes: text.length }));
  else if (!options.quiet) print(host.stdout, `Wrote ${nameOf(fit)} to ${file}; paperwalk models import takes it up elsewhere.`);
  return ExitCode.done;
}

/** Checks a model file and stores its fit in the workspace under its key. */
export async function importModel([file = '']: readonly string[], options: CommonOptions, host: Host): Promise<number> {
  const fit = readPortable(await modelFileText(file), file);
  const change = addBundle(fitsOf(options.workspace), fit);
  if (options.json) print(host.stdout, JSON.stringify({ schema: 'paperwalk/models-import@1', key: fit.key, market: fit.market, change }));
  else if (!options.quiet) {
    const words = { added: 'Stored', known: 'Had already', mended: 'Stored, in place of a damaged copy,' }[change];
    print(host.stdout, `${words} ${nameOf(fit)}; paperwalk models show ${fit.key.slice(0, 8)} says more.`);
  }
  return ExitCode.done;
}

/** The text of a model file. Throws a DataError where there is none, a BundleError where it is too large for one. */
export async function modelFileText(file: string): Promise<string> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new DataError(`${file}: Expected a model file, received no file; paperwalk models export writes one`);
    throw error;
  });
  if (!found.isFile()) {
    const received = found.isDirectory() ? 'a folder' : 'something else';
    throw new DataError(`${file}: Expected a model file, received ${received}; paperwalk models export writes one`);
  }
  if (found.size > LARGEST_MODEL_FILE) {
    throw new BundleError(
      `${file}: Expected a model file of at most ${LARGEST_MODEL_FILE} bytes, received ${found.size}; it is no model file`,
    );
  }
  return readFile(file, 'utf8');
}

/** The fit whose key begins with `prefix`. Throws a ConfigError where it is not exactly one, a BundleError where that one is damaged. */
export function storedModel(prefix: string, workspace: string): { readonly bundle: StoredBundle; readonly fit: Fit } {
  const directory = fitsOf(workspace);
  const keys = bundleKeys(directory);
  const matches = keys.filter((key) => key.startsWith(prefix.toLowerCase()));
  const [match] = matches;
  if (match === undefined || matches.length > 1 || prefix === '') {
    const candidates = matches.length > 0 ? matches : keys;
    const received = `${JSON.stringify(prefix)}, with which ${matches.length > 0 ? `${matches.length} begin` : 'none begins'}`;
    const known = candidates.length > 0 ? `; there are ${named(directory, candidates)}` : `; there are none in ${workspace}`;
    throw new ConfigError([`Expected the key of one stored model, or how it begins, received ${received}${known}`]);
  }
  const bundle = inspectBundle(directory, match);
  if (bundle.content.kind === 'damaged') throw new BundleError(bundle.content.reason);
  return { bundle, fit: bundle.content.fit };
}

/** Some keys, as long as it takes to tell them apart, with their markets. */
function named(directory: string, keys: readonly string[]): string {
  const length = distinctLength(keys);
  const words = keys.slice(0, CANDIDATES).map((key) => {
    const { content } = inspectBundle(directory, key);
    return `${key.slice(0, length)} (${content.kind === 'fit' ? `${content.fit.model.kind}, ${content.fit.market}` : 'damaged'})`;
  });
  return [...words, ...(keys.length > CANDIDATES ? [`${keys.length - CANDIDATES} more`] : [])].join(', ');
}

/** Digits that tell ascending keys apart, at least 8. */
function distinctLength(keys: readonly string[]): number {
  let length = 8;
  keys.forEach((key, k) => {
    const next = keys[k + 1];
    while (next !== undefined && key.slice(0, length) === next.slice(0, length)) length++;
  });
  return length;
}

function byMarketAndTime(a: StoredBundle, b: StoredBundle): number {
  if (a.content.kind === 'damaged' || b.content.kind === 'damaged') {
    return Number(a.content.kind === 'damaged') - Number(b.content.kind === 'damaged');
  }
  const [one, other] = [a.content.fit, b.content.fit];
  return one.market < other.market ? -1 : one.market > other.market ? 1 : one.time - other.time;
}

function nameOf({ model, market, key }: Fit): string {
  return `the ${model.kind} ${key.slice(0, 8)} of ${market}`;
}

function fitsOf(workspace: string): string {
  return join(workspace, 'cache', 'fits');
}
