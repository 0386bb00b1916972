import { createHash } from 'node:crypto';

/**
 * sha256 (hex) over parts: text and numbers by their canonical form, typed arrays by their bytes with every NaN written the
 * same way (a NaN's payload differs between machines). Lengths go in, so that neighbouring parts cannot run together.
 */
export function contentHash(parts: Iterable<string | Float64Array | Float32Array | Int32Array | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : bytesOf(part);
    hash.update(`${typeof part === 'string' ? 'text' : part.constructor.name}:${bytes.byteLength}:`);
    hash.update(bytes);
  }
  return hash.digest('hex');
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}

function bytesOf(array: Float64Array | Float32Array | Int32Array | Uint8Array): Uint8Array {
  const plain = array instanceof Float64Array || array instanceof Float32Array ? withCanonicalNaN(array) : array;
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}

function withCanonicalNaN<T extends Float64Array | Float32Array>(array: T): T {
  for (let i = 0; i < array.length; i++) {
    if (Number.isNaN(array[i])) return array.map((value) => (Number.isNaN(value) ? Number.NaN : value)) as T;
  }
  return array;
}
