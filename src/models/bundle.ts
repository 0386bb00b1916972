import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Fit } from './fit.ts';
import { canonicalJson } from './key.ts';
import type { Weight } from './trainer.ts';

/** A stored fit that cannot be trusted: which file, what was expected and received, what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
}

/** Where fits are kept, by key. */
export interface FitStore {
  /** The fit stored under a key, or undefined. Throws a BundleError where the stored one is damaged. */
  get(key: string): Fit | undefined;
  put(fit: Fit): void;
}

/** Where forecasts are kept, by the hash of all that they depend on, of the fit and of what it was given. What is damaged there counts as not kept. */
export interface ForecastStore {
  get(key: string): Float64Array | undefined;
  put(key: string, forecasts: Float64Array): void;
}

/** Forecasts as files `<directory>/<key>.bin`: the sha256 of the numbers, then the numbers. */
export function directoryForecastStore(directory: string): ForecastStore {
  const path = (key: string) => join(directory, `${key}.bin`);
  return {
    get(key) {
      if (!existsSync(path(key))) return undefined;
      const bytes = readFileSync(path(key));
      const numbers = bytes.subarray(32);
      if (sha256(numbers) !== bytes.subarray(0, 32).toString('hex')) return undefined;
      return new Float64Array(Uint8Array.from(numbers).buffer);
    },
    put(key, forecasts) {
      const numbers = Buffer.from(forecasts.buffer, forecasts.byteOffset, forecasts.byteLength);
      mkdirSync(directory, { recursive: true });
      const temporary = join(directory, `.${key}.${randomUUID()}`);
      writeDurably(temporary, Buffer.concat([Buffer.from(sha256(numbers), 'hex'), numbers]));
      renameSync(temporary, path(key));
    },
  };
}

/** Fits kept while the process lives. */
export function memoryFitStore(): FitStore {
  const fits = new Map<string, Fit>();
  return { get: (key) => fits.get(key), put: (fit) => void fits.set(fit.key, fit) };
}

/** Fits as bundle folders `<directory>/<key>`: `fit.json` and `weights.bin`, each written whole or not at all. */
export function directoryFitStore(directory: string): FitStore {
  return {
    get: (key) => readBundle(join(directory, key)),
    // A damaged one that lies there makes way.
    put: (fit) => void addBundle(directory, fit),
  };
}

/** A folder of fits as found: what lies under each key, in order of the keys. */
export interface StoredBundle {
  readonly key: string;
  /** The fit, or why it cannot be trusted. */
  readonly content: { readonly kind: 'fit'; readonly fit: Fit } | { readonly kind: 'damaged'; readonly reason: string };
  /** Of both files. */
  readonly bytes: number;
  /** When it was stored, ms UTC. */
  readonly storedAt: number;
}

/** The keys of a directory of fits, ascending; none where there is no directory. What has another name than a key is no fit, nor is a file. */
export function bundleKeys(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => !entry.isFile() && /^[0-9a-f]{64}$/.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** What lies under a key that `bundleKeys` gave. Damage is part of the answer; throws only what the file system throws. */
export function inspectBundle(directory: string, key: string): StoredBundle {
  const folder = join(directory, key);
  const files = readdirSync(folder).map((name) => statSync(join(folder, name)));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const found = { key, bytes, storedAt: statSync(folder).mtimeMs };
  try {
    const fit = readBundle(folder);
    if (fit?.key === key) return { ...found, content: { kind: 'fit', fit } };
    return { ...found, content: { kind: 'damaged', reason: `Expected the fit ${key} in ${folder}, received ${fit?.key ?? 'none'}` } };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return { ...found, content: { kind: 'damaged', reason: error.message } };
  }
}

/**
 * Puts a fit from elsewhere among those of a directory: `added`, `known` where it lay there already, or `mended` where a damaged one lay under
 * its key. Throws a BundleError where a sound one lies there that forecasts otherwise.
 */
export function addBundle(directory: string, fit: Fit): 'added' | 'known' | 'mended' {
  const folder = join(directory, fit.key);
  if (!existsSync(folder)) {
    writeBundle(folder, directory, fit);
    return 'added';
  }
  const { content } = inspectBundle(directory, fit.key);
  if (content.kind === 'fit') {
    if (forecaster(content.fit) === forecaster(fit)) return 'known';
    throw new BundleError(
      `Expected the fit that lies in ${folder} already, received another under the same key; delete the folder to take it`,
    );
  }
  const former = join(directory, `.${fit.key}.${randomUUID()}.former`);
  renameSync(folder, former);
  try {
    writeBundle(folder, directory, fit);
  } catch (error) {
    renameSync(former, folder);
    throw error;
  }
  rmSync(former, { recursive: true, force: true });
  return 'mended';
}

/** sha256 of the bytes of all weights, one after another. */
export function weightsHash(weights: readonly Weight[]): string {
  return sha256(weightBytes(weights));
}

/** All that the forecasts of a fit depend on, as text: a key is what a fit says of itself, and a file may say what it likes. */
export function forecaster({ model, network, inputScaler, targetScaler, meanMove, pooled, weights }: Fit): string {
  return canonicalJson({ model, network, inputScaler, targetScaler, meanMove, pooled, weights: weightsHash(weights) });
}

interface Stored {
  readonly fit: Omit<Fit, 'weights'>;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly length: number }[];
  readonly sha256: { readonly weights: string; readonly fit: string };
}

function writeBundle(folder: string, parent: string, fit: Fit): void {
  if (existsSync(folder)) return;
  const { weights, ...rest } = fit;
  const bytes = weightBytes(weights);
  const said = { fit: rest, weights: weights.map(({ name, shape, values }) => ({ name, shape, length: values.length })) };
  const stored: Stored = { ...said, sha256: { weights: sha256(bytes), fit: textHash(said) } };
  mkdirSync(parent, { recursive: true });
  const temporary = join(parent, `.${fit.key}.${randomUUID()}`);
  mkdirSync(temporary);
  try {
    writeDurably(join(temporary, 'weights.bin'), bytes);
    writeDurably(join(temporary, 'fit.json'), Buffer.from(`${JSON.stringify(stored, null, 1)}\n`));
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process may have stored the same fit in the meantime; equal keys mean equal content.
    if (!existsSync(folder)) throw error;
  }
}

function readBundle(folder: string): Fit | undefined {
  if (!existsSync(folder)) return undefined;
  const mend = `delete the folder to have it trained again`;
  let stored: Stored;
  let bytes: Buffer;
  try {
    stored = JSON.parse(readFileSync(join(folder, 'fit.json'), 'utf8')) as Stored;
    bytes = readFileSync(join(folder, 'weights.bin'));
  } catch (error) {
    // It quotes what it found, which need not be fit for a terminal.
    const found = (error as Error).message.replace(/[\p{Cc}\s]+/gu, ' ');
    throw new BundleError(`Expected a readable fit in ${folder}, received: ${found}; ${mend}`);
  }
  if (sha256(bytes) !== stored?.sha256?.weights)
    throw new BundleError(`Expected the stored checksum of ${join(folder, 'weights.bin')}, the content differs; ${mend}`);
  if (textHash({ fit: stored.fit, weights: stored.weights }) !== stored.sha256.fit) {
    throw new BundleError(`Expected the stored checksum of ${join(folder, 'fit.json')}, the content differs; ${mend}`);
  }
  const lengths = stored.weights.reduce((sum, { length }) => sum + length, 0);
  if (lengths * 4 !== bytes.length)
    throw new BundleError(`Expected ${lengths} numbers in ${join(folder, 'weights.bin')}, received ${bytes.length / 4}; ${mend}`);
  let offset = 0;
  const weights = stored.weights.map(({ name, shape, length }): Weight => {
    const values = new Float32Array(length);
    new Uint8Array(values.buffer).set(bytes.subarray(offset, offset + length * 4));
    offset += length * 4;
    return { name, shape, values };
  });
  return { ...stored.fit, weights };
}

function weightBytes(weights: readonly Weight[]): Buffer {
  return Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)));
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Over everything `fit.json` says but its own checksums. */
function textHash(said: Pick<Stored, 'fit' | 'weights'>): string {
  return sha256(Buffer.from(JSON.stringify(said)));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
