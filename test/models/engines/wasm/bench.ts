// A place to run the kernels at: one instance, one memory, and guards around everything that is laid into it.
import { expect } from 'vitest';
import type { Random } from '../../../../src/core/random.ts';
import { KERNELS_BASE64 } from '../../../../src/models/engines/wasm/kernels.generated.ts';

export const BYTES = Buffer.from(KERNELS_BASE64, 'base64');
export const MODULE = new WebAssembly.Module(BYTES);
// The sizes that the kernels are tried with: around the widths of vectors, tiles and blocks.
export const UNITS = [1, 3, 4, 5, 7, 8, 13, 50, 64];
export const ROWS = [1, 2, 3, 16, 31, 33];
export const STEPS = [1, 2, 7];

// A signalling NaN: it shows a write where none belongs, since arithmetic gives quiet ones only, and is NaN to whoever reads it.
const GUARD = 0x7f954321;
export const QUIET_NANS = [0x7fc00000, 0xffc00000, 0x7fd12345, 0xffffffff];

export const roundUp = (n: number, multiple: number) => Math.ceil(n / multiple) * multiple;
export const range = (n: number) => Array.from({ length: n }, (_, k) => k);

/** Rows of `room` floats, `ld` bytes apart, at a byte address; the room after `columns` is padding. */
export interface Matrix {
  readonly address: number;
  readonly ld: number;
  readonly rows: number;
  readonly columns: number;
}

interface Layout {
  /** Floats of a row that belong to it: columns rounded up to 8 unless said. */
  readonly room?: number;
  readonly values?: ArrayLike<number>;
  /** What the padding holds at first, and the columns where no values are given. */
  readonly fill?: number;
  /** Fill the columns only, and leave zeros in the padding. */
  readonly padding?: number;
}

/** One instance and one memory; every matrix lies between guards, and so does every row. */
export class Bench {
  readonly memory = new WebAssembly.Memory({ initial: 128, maximum: 65536, shared: true });
  readonly run = new WebAssembly.Instance(MODULE, { env: { memory: this.memory } }).exports as Record<
    string,
    (...values: number[]) => number
  >;
  readonly floats = new Float32Array(this.memory.buffer);
  readonly words = new Uint32Array(this.memory.buffer);
  readonly zero: number;
  #top = 4096;
  readonly #guards: number[] = [];

  constructor() {
    // What lies before the module's constants is nobody's: address 0, above all, means that something is not wanted.
    this.#top = 0;
    this.#guard(256);
    this.#top = 4096;
    this.zero = this.matrix(1, 1024).address;
  }

  #guard(count: number) {
    for (let k = 0; k < count; k++, this.#top += 4) {
      this.words[this.#top / 4] = GUARD;
      this.#guards.push(this.#top / 4);
    }
  }

  matrix(rows: number, columns: number, { room = roundUp(columns, 8), values, fill = 0, padding = 0 }: Layout = {}): Matrix {
    this.#guard(8);
    const address = this.#top;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < room; column++, this.#top += 4) {
        this.floats[this.#top / 4] = column >= columns ? padding : (values?.[row * columns + column] ?? fill);
      }
      // At least 8 floats, so that a row stride is never what the columns need and always a multiple of 32 bytes.
      this.#guard(roundUp(room + 8, 8) - room);
    }
    return { address, ld: roundUp(room + 8, 8) * 4, rows, columns };
  }

  /** Floats without padding between the rows. */
  array(values: ArrayLike<number>): number {
    return this.matrix(1, values.length, { values, room: values.length }).address;
  }

  integers(values: ArrayLike<number>): number {
    const address = this.array(values);
    new Int32Array(this.memory.buffer).set(Array.from(values), address / 4);
    return address;
  }

  read({ address, ld, rows, columns }: Matrix, first = 0, count = columns - first): Float32Array {
    return Float32Array.from(range(rows).flatMap((row) => [...this.slice(address + row * ld + first * 4, count)]));
  }

  slice(address: number, count: number): Float32Array {
    return this.floats.slice(address / 4, address / 4 + count);
  }

  setBits(matrix: Matrix, row: number, column: number, bits: number) {
    this.words[(matrix.address + row * matrix.ld) / 4 + column] = bits;
  }

  pack(K: number, N: number, source: Matrix, column = 0): number {
    const out = this.matrix(1, K * roundUp(N, 8), { fill: 777 });
    this.run.packColumns!(K, N, source.address + column * 4, source.ld, out.address);
    return out.address;
  }

  packTransposed(K: number, N: number, source: Matrix, column = 0): number {
    const out = this.matrix(1, K * roundUp(N, 8), { fill: 777 });
    this.run.packTransposed!(K, N, source.address + column * 4, source.ld, out.address);
    return out.address;
  }

  /** No guard was written to. */
  expectIntact() {
    expect(this.#guards.filter((at) => this.words[at] !== GUARD)).toEqual([]);
    expect(this.slice(this.zero, 1024).every((value) => value === 0)).toBe(true);
  }
}

export const normals = (random: Random, count: number, scale = 1) => Float32Array.from({ length: count }, () => scale * random.normal());

/** Every value within `tolerance` of the expected one, relative to the largest expected value (at least `least`). */
export function expectClose(received: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, least = 1e-3) {
  expect(received.length).toBe(expected.length);
  const scale = Math.max(...Array.from(expected, Math.abs), least);
  const worst = Math.max(
    0,
    ...Array.from(expected, (value, k) => Math.abs(received[k]! - value)).map((d) => (Number.isNaN(d) ? Infinity : d)),
  );
  expect(worst / scale).toBeLessThan(tolerance);
}

export const bits = (values: Float32Array) => [...new Uint32Array(values.slice().buffer)];
