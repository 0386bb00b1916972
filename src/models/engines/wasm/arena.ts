/** Bytes of a cache line: everything in memory starts at a multiple of it, so that threads never share one. */
const LINE = 64;

/** Hands out places in a stretch of memory that is yet to be made, one after the other. Offsets are bytes from its start. */
export interface Arena {
  /** Room for so many bytes. */
  take(bytes: number): number;
  /** Bytes taken so far, a multiple of 64. */
  readonly size: number;
}

export function createArena(): Arena {
  let size = 0;
  return {
    take(bytes) {
      const offset = size;
      size += roundUp(bytes, LINE);
      return offset;
    },
    get size() {
      return size;
    },
  };
}

/** The least multiple of `unit` that is not below `value`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/**
 * Bytes from one row of `width` floats to the next: a multiple of 32, and no power of two, since rows a power of two apart would
 * fall into the same few sets of the cache.
 */
export function strideOf(width: number): number {
  const floats = roundUp(width, 8);
  return (floats % 32 === 0 ? floats + 8 : floats) * 4;
}

/** Floats of a [rows x columns] operand packed for the kernels' products: panels of 16 columns, the last of 8 where that is enough. */
export function packedFloats(rows: number, columns: number): number {
  return rows * roundUp(columns, 8);
}
