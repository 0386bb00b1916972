import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Fit } from './fit.ts';
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

/** Where forecasts are kept, by the hash of the fit and of all it was given. What is damaged there counts as not kept. */
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
    put: (fit) => writeBundle(join(directory, fit.key), directory, fit),
  };
}

interface Stored {
  readonly fit: Omit<Fit, 'weights'>;
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly length: number }[];
  readonly sha256: { readonly weights: string; readonly fit: string };
}

function writeBundle(folder: string, parent: string, fit: Fit): void {
  if (existsSync(folder)) return;
  const { weights, ...rest } = fit;
  const bytes = Buffer.concat(weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)));
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
    throw new BundleError(`Expected a readable fit in ${folder}, received: ${(error as Error).message}; ${mend}`);
  }
  if (sha256(bytes) !== stored.sha256?.weights)
    throw new BundleError(`Expected the stored checksum of ${join(folder, 'weights.bin')}, the content differs; ${mend}`);
  if (textHash({ fit: stored.fit, weights: stored.weights }) !== stored.sha256.fit) {
    throw new BundleError(`Expected the stored checksum of ${join(folder, 'fit.json')}, the content differs; ${mend}`);
  }
  let offset = 0;
  const weights = stored.weights.map(({ name, shape, length }): Weight => {
    const values = new Float32Array(length);
    new Uint8Array(values.buffer).set(bytes.subarray(offset, offset + length * 4));
    offset += length * 4;
    return { name, shape, values };
  });
  return { ...stored.fit, weights };
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    writeSync(file, bytes);
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
