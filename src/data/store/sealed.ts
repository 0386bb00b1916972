import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DataError } from '../data-error.ts';
import { changedContent } from './columns-file.ts';

/** A value as text with its own checksum: one line of JSON, one line with the SHA-256 of the first. */
export function seal(value: unknown): string {
  const text = JSON.stringify(value);
  return `${text}\n${sha256(text)}\n`;
}

/** The value of a sealed file. Throws a DataError where its bytes have changed or its schema is another, ENOENT where there is none. */
export async function readSealed(file: string, schema: string): Promise<unknown> {
  const content = await readFile(file, 'utf8');
  const [text = '', checksum] = content.split('\n');
  if (checksum !== sha256(text) || content !== `${text}\n${checksum}\n`) throw changedContent(file);
  const value = JSON.parse(text) as { readonly schema?: unknown };
  if (value.schema === schema) return value;
  const message = `${file}: Expected the schema ${schema}, received ${String(value.schema)}; use the version of paperwalk that wrote it`;
  throw new DataError(message, { file });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
