import { readFile } from 'node:fs/promises';
import { DataError } from './data-error.ts';

/** The slippages that were measured, fractions of the price: `{ "sample": [0.0002, ...] }`. Throws a DataError that names the file. */
export async function readSlippage(path: string): Promise<readonly number[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DataError(`${path}: Expected a file of measured slippages, received no such file; check costs.slippage.measured`);
  }
  let sample: unknown;
  try {
    sample = (JSON.parse(text) as { readonly sample?: unknown } | null)?.sample;
  } catch {
    sample = undefined;
  }
  const valid = Array.isArray(sample) && sample.length > 0 && sample.every((value) => Number.isFinite(value) && Math.abs(value) < 1);
  if (!valid)
    throw new DataError(`${path}: Expected { "sample": [...] } with slippages as fractions such as 0.0002, received something else`);
  return sample as number[];
}
