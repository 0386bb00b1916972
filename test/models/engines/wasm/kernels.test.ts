import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileKernels } from '../../../../scripts/kernels.ts';
import { createRandom } from '../../../../src/core/random.ts';
import { KERNELS_SHA256 } from '../../../../src/models/engines/wasm/kernels.generated.ts';
import { Bench, BYTES, bits, expectClose, type Matrix, MODULE, normals, QUIET_NANS, ROWS, range, roundUp, STEPS, UNITS } from './bench.ts';

// The types that the project declares for WebAssembly leave these out.
const { imports, exports } = WebAssembly.Module as unknown as Record<
  'imports' | 'exports',
  (module: WebAssembly.Module) => { name: string; kind: string }[]
>;

describe('the compiled module', () => {
  it('is what the sources compile to', async () => {
    const compiled = await compileKernels();
    expect(createHash('sha256').update(compiled).digest('hex')).toBe(KERNELS_SHA256);
    expect(Buffer.compare(Buffer.from(compiled), BYTES)).toBe(0);
  });

  it('imports a shared memory and nothing else', () => {
    expect(imports(MODULE)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const unshared: WebAssembly.Memory = Reflect.construct(WebAssembly.Memory, [{ initial: 1, maximum: 65536 }]);
    expect(() => new WebAssembly.Instance(MODULE, { env: { memory: unshared } })).toThrow(/shared/);
  });

  it('keeps its constants below byte 4096, the same for every instance', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const bytes = new Uint8Array(memory.buffer).fill(0xaa);
    new WebAssembly.Instance(MODULE, { env: { memory } });
    expect(bytes.subarray(4096).every((byte) => byte === 0xaa)).toBe(true);
    const first = bytes.slice(0, 4096);
    expect(first.some((byte) => byte !== 0xaa)).toBe(true);
    new WebAssembly.Instance(MODULE, { env: { memory } });
    expect(bytes.slice(0, 4096)).toEqual(first);
  });

  it('exports the kernels', () => {
    const names = exports(MODULE).map(({ name, kind }) => `${kind} ${name}`);
    expect(names.sort()).toEqual(
      [
        ...['packColumns', 'packTransposed', 'product', 'transposedProduct', 'columnSums'],
        ...['sigmoidRows', 'tanhRows', 'reluRows', 'sigmoidBackward', 'tanhBackward', 'reluBackward'],
        ...['lstmForward', 'lstmBackward', 'gruForward', 'gruBackward', 'gruResetAfterForward', 'gruResetAfterBackward'],
        ...['simpleForward', 'simpleBackward', 'dropout', 'multiply', 'addNoise', 'gather'],
        ...['batchNormMoments', 'batchNormApply', 'batchNormSums', 'batchNormBackward'],
        ...['adam', 'rmsprop', 'sgd', 'addScaled', 'scale', 'sumOfSquares'],
      ]
        .map((name) => `function ${name}`)
        .sort(),
    );
  });
});

describe('packing', () => {
  /** Place of B[k][n] in the packed operand: panels [K][16], a rest of 1 to 8 columns as [K][8]. */
  const place = (K: number, N: number, k: number, n: number) => {
    const panel = Math.floor(n / 16);
    const width = N - panel * 16 > 8 ? 16 : 8;
    return panel * 16 * K + k * width + (n % 16);
  };

  it.each([...UNITS, 9, 17, 24, 25, 56])('lays %i columns into zero padded panels, from rows and from a transpose', (N) => {
    const random = createRandom(N);
    for (const K of [1, 3, 4, 5, 7, 13, 64]) {
      const bench = new Bench();
      const values = normals(random, K * N);
      const transposed = values.map((_, at) => values[(at % K) * N + Math.floor(at / K)]!);
      const expected = new Float32Array(K * roundUp(N, 8));
      for (let k = 0; k < K; k++) for (let n = 0; n < N; n++) expected[place(K, N, k, n)] = values[k * N + n]!;
      // What lies beside the columns is not part of B: NaN there must not get in.
      const rows = bench.matrix(K, N, { values, padding: Number.NaN });
      const columns = bench.matrix(N, K, { values: transposed, padding: Number.NaN });
      expect(bench.slice(bench.pack(K, N, rows), expected.length)).toEqual(expected);
      expect(bench.slice(bench.packTransposed(K, N, columns), expected.length)).toEqual(expected);
      bench.expectIntact();
    }
  });
});

describe('product', () => {
  /** init + A B in double precision. */
  const reference = (M: number, N: number, K: number, a: Float32Array, b: Float32Array, init: (m: number, n: number) => number) =>
    Float64Array.from({ length: M * N }, (_, at) => {
      const m = Math.floor(at / N);
      const n = at % N;
      return range(K).reduce((sum, k) => sum + a[m * K + k]! * b[k * N + n]!, init(m, n));
    });

  it.each(UNITS)('of %i columns from a bias row, from a matrix and on top of itself', (N) => {
    const random = createRandom(100 + N);
    for (const M of ROWS) {
      for (const K of [1, 3, 21, 64]) {
        const bench = new Bench();
        const [values, weights, bias, start] = [M * K, K * N, N, M * N].map((count) => normals(random, count)) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const a = bench.matrix(M, K, { values, padding: Number.NaN });
        const packed = bench.pack(K, N, bench.matrix(K, N, { values: weights }));
        const row = bench.matrix(1, N, { values: bias });
        const c = bench.matrix(M, N, { fill: 777, padding: 777 });
        bench.run.product!(M, N, K, a.address, a.ld, packed, row.address, 0, c.address, c.ld);
        expectClose(
          bench.read(c),
          reference(M, N, K, values, weights, (_, n) => bias[n]!),
          2e-6,
          1,
        );
        expect(bench.read({ ...c, columns: roundUp(N, 8) }, N).every((value) => value === 0)).toBe(true);
        const from = bench.matrix(M, N, { values: start });
        bench.run.product!(M, N, K, a.address, a.ld, packed, from.address, from.ld, c.address, c.ld);
        const expected = reference(M, N, K, values, weights, (m, n) => start[m * N + n]!);
        expectClose(bench.read(c), expected, 2e-6, 1);
        bench.run.product!(M, N, K, a.address, a.ld, packed, from.address, from.ld, from.address, from.ld);
        expect(bits(bench.read(from))).toEqual(bits(bench.read(c)));
        bench.expectIntact();
      }
    }
  });

  it('of depth 0 is its start', () => {
    const bench = new Bench();
    const row = bench.matrix(1, 13, { values: range(13) });
    const c = bench.matrix(3, 13, { fill: 777, padding: 777 });
    bench.run.product!(3, 13, 0, bench.zero, 0, bench.zero, row.address, 0, c.address, c.ld);
    expect([...bench.read(c)]).toEqual([...range(13), ...range(13), ...range(13)]);
    bench.expectIntact();
  });

  it.each([3, 13, 50, 64])('of %i columns gives a row the same bits alone and among any others', (N) => {
    const random = createRandom(200 + N);
    const K = 50;
    const bench = new Bench();
    const a = bench.matrix(70, K, { values: normals(random, 70 * K) });
    const packed = bench.pack(K, N, bench.matrix(K, N, { values: normals(random, K * N) }));
    const product = (first: number, rows: number) => {
      const c = bench.matrix(rows, N);
      bench.run.product!(rows, N, K, a.address + first * a.ld, a.ld, packed, bench.zero, 0, c.address, c.ld);
      return bits(bench.read(c));
    };
    const all = product(0, 70);
    for (let row = 0; row < 70; row++) expect(product(row, 1)).toEqual(all.slice(row * N, row * N + N));
    for (const rows of ROWS) expect(product(5, rows)).toEqual(all.slice(5 * N, (5 + rows) * N));
  });

  it('passes NaN into every column of its row and into no other row', () => {
    const random = createRandom(300);
    for (const pattern of QUIET_NANS) {
      const bench = new Bench();
      const a = bench.matrix(7, 5, { values: normals(random, 35) });
      bench.setBits(a, 4, 2, pattern);
      const c = bench.matrix(7, 27);
      const packed = bench.pack(5, 27, bench.matrix(5, 27, { values: normals(random, 135) }));
      bench.run.product!(7, 27, 5, a.address, a.ld, packed, bench.zero, 0, c.address, c.ld);
      expect([...bench.read(c)].map(Number.isNaN)).toEqual(range(7 * 27).map((at) => Math.floor(at / 27) === 4));
    }
  });
});

describe('transposed product', () => {
  it.each([1, 2, 3, 4, 5, 7, 13, 50])('of %i rows of the result, with column sums', (M) => {
    const random = createRandom(400 + M);
    for (const N of [8, 16, 24, 40, 56]) {
      for (const K of [0, 1, 2, 7, 33, 128, 129, 300]) {
        const bench = new Bench();
        const [left, right, start, bias] = [K * M, K * N, M * N, N].map((count) => normals(random, count)) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const a = bench.matrix(Math.max(K, 1), M, { values: left, padding: Number.NaN });
        const b = bench.matrix(Math.max(K, 1), N, { values: right });
        const init = bench.matrix(M, N, { values: start });
        const sums = bench.matrix(1, N, { values: bias });
        const c = bench.matrix(M, N, { fill: 777 });
        const expected = Float64Array.from({ length: M * N }, (_, at) =>
          range(K).reduce((sum, k) => sum + left[k * M + Math.floor(at / N)]! * right[k * N + (at % N)]!, start[at]!),
        );
        const call = (out: Matrix, sumsAddress: number) =>
          bench.run.transposedProduct!(M, N, K, a.address, a.ld, b.address, b.ld, init.address, init.ld, out.address, out.ld, sumsAddress);
        call(c, sums.address);
        expectClose(bench.read(c), expected, 5e-6);
        const columns = Array.from(bias, (value, n) => range(K).reduce((sum, k) => sum + right[k * N + n]!, value));
        expectClose(bench.read(sums), columns, 5e-6);
        const without = bench.matrix(M, N, { fill: 777 });
        call(without, 0);
        expect(bits(bench.read(without))).toEqual(bits(bench.read(c)));
        bench.expectIntact();
      }
    }
  });

  it('passes NaN of either operand into what depends on it', () => {
    const random = createRandom(450);
    const bench = new Bench();
    const a = bench.matrix(9, 5, { values: normals(random, 45) });
    const b = bench.matrix(9, 24, { values: normals(random, 216) });
    const c = bench.matrix(5, 24);
    const sums = bench.matrix(1, 24);
    bench.setBits(a, 8, 4, QUIET_NANS[2]!);
    bench.setBits(b, 3, 20, QUIET_NANS[3]!);
    bench.run.transposedProduct!(5, 24, 9, a.address, a.ld, b.address, b.ld, bench.zero, 0, c.address, c.ld, sums.address);
    expect([...bench.read(c)].map(Number.isNaN)).toEqual(range(120).map((at) => Math.floor(at / 24) === 4 || at % 24 === 20));
    expect([...bench.read(sums)].map(Number.isNaN)).toEqual(range(24).map((n) => n === 20));
  });
});

describe('column sums', () => {
  it.each(UNITS)('of %i columns overwrite the result', (N) => {
    const random = createRandom(500 + N);
    for (const M of ROWS) {
      const bench = new Bench();
      const values = normals(random, M * N);
      const source = bench.matrix(M, N, { values });
      const out = bench.matrix(1, N, { fill: 777, padding: 777 });
      bench.run.columnSums!(M, N, source.address, source.ld, out.address);
      const expected = range(N).map((n) => range(M).reduce((sum, m) => sum + values[m * N + n]!, 0));
      expectClose(bench.read(out), expected, 2e-6);
      bench.expectIntact();
    }
  });
});

describe('activations', () => {
  const formulas: Record<string, { value: (x: number) => number; slope: (y: number) => number; tolerance: number }> = {
    sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y), tolerance: 1.5e-7 },
    tanh: { value: Math.tanh, slope: (y) => 1 - y * y, tolerance: 2.5e-7 },
    relu: { value: (x) => Math.max(x, 0), slope: (y) => (y > 0 ? 1 : 0), tolerance: 1e-9 },
  };
  const extremes = [0, -0, 1e-30, -1e-30, 20, -20, 60, -60, 1e4, -1e4, 3e38, -3e38];

  it.each(Object.keys(formulas))('%s and its slope at any point, for rows of 1 to 9 vectors', (name) => {
    const { value, slope, tolerance } = formulas[name]!;
    const random = createRandom(600);
    for (const columns of range(9).map((k) => 4 * (k + 1))) {
      for (const rows of [1, 3, 64]) {
        const bench = new Bench();
        const values = normals(random, rows * columns, 4);
        extremes.forEach((x, k) => {
          if (k < values.length) values[k] = x;
        });
        const p = bench.matrix(rows, columns, { values, room: columns });
        bench.run[`${name}Rows`]!(rows, columns * 4, p.address, p.ld);
        const y = bench.read(p);
        expect(
          Math.max(...y.map((v, k) => Math.abs(v - (name === 'relu' ? Math.fround(value(values[k]!)) : value(values[k]!))))),
        ).toBeLessThan(tolerance);
        const upstream = normals(random, rows * columns);
        const dy = bench.matrix(rows, columns, { values: upstream, room: columns });
        bench.run[`${name}Backward`]!(rows, columns * 4, p.address, dy.address, p.ld);
        expectClose(
          bench.read(dy),
          Array.from(y, (v, k) => upstream[k]! * slope(v)),
          3e-7,
        );
        bench.expectIntact();
      }
    }
  });

  it.each(Object.keys(formulas))('%s of infinity is its limit', (name) => {
    const bench = new Bench();
    const p = bench.matrix(1, 12, { values: [Infinity, -Infinity, ...range(10)], room: 12 });
    bench.run[`${name}Rows`]!(1, 48, p.address, p.ld);
    const [up, down] = bench.read(p);
    if (name === 'relu') expect([up, down]).toEqual([Infinity, 0]);
    else {
      expect(up).toBeCloseTo(1, 6);
      expect(down).toBeCloseTo(name === 'tanh' ? -1 : 0, 6);
    }
  });

  it.each(Object.keys(formulas))('%s of NaN is NaN, whatever its bits, and touches no neighbour', (name) => {
    const clean = range(12).map((k) => k / 4 - 1);
    const run = (change?: { at: number; pattern: number }) => {
      const bench = new Bench();
      const p = bench.matrix(1, 12, { values: clean, room: 12 });
      if (change !== undefined) bench.setBits(p, 0, change.at, change.pattern);
      bench.run[`${name}Rows`]!(1, 48, p.address, p.ld);
      return [...bench.read(p)];
    };
    const expected = run();
    for (const pattern of QUIET_NANS) {
      for (let at = 0; at < 12; at++) expect(run({ at, pattern })).toEqual(expected.with(at, Number.NaN));
    }
  });
});

/** The hash of dropout and noise in plain integers. */
function scrambled(number: number, key: number): number {
  let value = Math.imul(number ^ (number >>> 16), 0x21f0aaad) ^ key;
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return (value ^ (value >>> 15)) >>> 0;
}

describe('dropout', () => {
  const draw = (bench: Bench, key: number, rate: number, steps: number, rows: number, first: number, batch: number, columns = 24) => {
    const count = steps * rows * columns;
    const [x, mask, y] = [1, 2, 3].map(() => bench.matrix(1, count, { fill: 3 })) as [Matrix, Matrix, Matrix];
    bench.run.dropout!(steps, rows, columns * 4, x.address, mask.address, y.address, key, rate, first, batch);
    bench.expectIntact();
    return { mask: bench.read(mask), y: bench.read(y) };
  };

  it.each([0, 0.2, 0.5, 0.9])('at rate %d keeps what its hash says, scaled', (rate) => {
    const { mask, y } = draw(new Bench(), 12345, rate, 7, 5, 3, 11);
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(rate)));
    const threshold = Math.trunc(Math.fround(Math.fround(rate) * 16777216));
    const expected = range(7 * 5 * 24).map((at) => {
      const row = Math.floor(at / 24);
      const number = (Math.floor(row / 5) * 11 + 3 + (row % 5)) * 24 + (at % 24);
      return scrambled(number, 12345) >>> 8 >= threshold ? scale : 0;
    });
    expect([...mask]).toEqual(expected);
    expect([...y]).toEqual(expected.map((value) => Math.fround(3 * value)));
  });

  it('keeps the wanted share, independently from key to key', () => {
    const bench = new Bench();
    const kept = (key: number) => Array.from(draw(bench, key, 0.25, 20, 32, 0, 32, 32).mask, (value): number => (value === 0 ? 0 : 1));
    const [one, other] = [kept(1), kept(0x5eed)];
    const count = one.length;
    const share = one.reduce((sum, value) => sum + value, 0) / count;
    const both = one.reduce((sum, value, k) => sum + value * other[k]!, 0) / count;
    const neighbours = one.slice(1).reduce((sum, value, k) => sum + value * one[k]!, 0) / (count - 1);
    // Four standard errors of a share of 20480 draws.
    expect(Math.abs(share - 0.75)).toBeLessThan(0.0122);
    expect(Math.abs(both - 0.5625)).toBeLessThan(0.0139);
    expect(Math.abs(neighbours - 0.5625)).toBeLessThan(0.0139);
  });

  it('has the same mask however the rows are split', () => {
    const bench = new Bench();
    const whole = draw(bench, 99, 0.3, 4, 33, 0, 33).mask;
    for (const [first, rows] of [
      [0, 16],
      [16, 17],
      [5, 1],
      [32, 1],
    ] as const) {
      const part = draw(bench, 99, 0.3, 4, rows, first, 33).mask;
      const expected = range(4).flatMap((t) => [...whole.subarray((t * 33 + first) * 24, (t * 33 + first + rows) * 24)]);
      expect([...part]).toEqual(expected);
    }
  });

  it('of NaN is NaN, kept or not', () => {
    const bench = new Bench();
    const [x, mask, y] = [1, 2, 3].map(() => bench.matrix(1, 64, { fill: Number.NaN })) as [Matrix, Matrix, Matrix];
    bench.run.dropout!(1, 1, 256, x.address, mask.address, y.address, 7, 0.5, 0, 1);
    expect(new Set(bench.read(mask))).toEqual(new Set([0, 2]));
    expect(bench.read(y).every(Number.isNaN)).toBe(true);
  });

  it('goes back through its mask', () => {
    const bench = new Bench();
    const random = createRandom(700);
    const [a, b] = [normals(random, 40), normals(random, 40)];
    const target = bench.matrix(1, 40, { values: a });
    bench.run.multiply!(40, target.address, bench.matrix(1, 40, { values: b }).address);
    expect([...bench.read(target)]).toEqual(Array.from(a, (value, k) => Math.fround(value * b[k]!)));
    bench.expectIntact();
  });
});

describe('noise', () => {
  const STREAM = 0x9e3779b9;
  const draw = (
    bench: Bench,
    table: ArrayLike<number>,
    key: number,
    steps: number,
    rows: number,
    first: number,
    batch: number,
    inputs: number,
  ) => {
    const x = bench.matrix(steps * rows, inputs, { fill: 2, padding: 5 });
    bench.run.addNoise!(steps, rows, inputs, x.ld, x.address, key, bench.array(table), 0.25, first, batch);
    bench.expectIntact();
    expect(bench.read({ ...x, columns: roundUp(inputs, 8) }, inputs).every((value) => value === 5)).toBe(true);
    return bench.read(x);
  };
  const table = normals(createRandom(800), 4096);

  it.each([1, 3, 8, 21])('adds what its hash picks from the table to %i real columns, and only there', (inputs) => {
    const received = draw(new Bench(), table, 4321, 7, 5, 3, 11, inputs);
    const expected = range(7 * 5 * inputs).map((at) => {
      const row = Math.floor(at / inputs);
      const number = (Math.floor(row / 5) * 11 + 3 + (row % 5)) * inputs + (at % inputs);
      return Math.fround(2 + Math.fround(0.25 * table[scrambled(number, 4321 ^ STREAM) >>> 20]!));
    });
    expect([...received]).toEqual(expected);
  });

  it('picks every part of the table equally often', () => {
    const counts = new Array<number>(16).fill(0);
    for (const value of draw(new Bench(), range(4096), 5, 20, 32, 0, 32, 16)) counts[Math.floor((value - 2) / 0.25 / 256)]!++;
    const expected = (20 * 32 * 16) / 16;
    // Pearson's statistic with 15 degrees of freedom: 37.7 is its 0.999 quantile.
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(37.7);
  });

  it('is the same however the rows are split', () => {
    const bench = new Bench();
    const whole = draw(bench, table, 6, 4, 33, 0, 33, 5);
    for (const [first, rows] of [
      [0, 16],
      [16, 17],
      [32, 1],
    ] as const) {
      const expected = range(4).flatMap((t) => [...whole.subarray((t * 33 + first) * 5, (t * 33 + first + rows) * 5)]);
      expect([...draw(bench, table, 6, 4, rows, first, 33, 5)]).toEqual(expected);
    }
  });

  it('leaves NaN what it is', () => {
    const bench = new Bench();
    const x = bench.matrix(2, 5, { fill: 1 });
    bench.setBits(x, 1, 3, QUIET_NANS[2]!);
    bench.run.addNoise!(1, 2, 5, x.ld, x.address, 1, bench.array(table), 1, 0, 2);
    expect([...bench.read(x)].map(Number.isNaN)).toEqual(range(10).map((at) => at === 8));
  });
});

describe('gather', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 21])('copies windows of rows of %i inputs, and nothing else', (inputs) => {
    for (const steps of STEPS) {
      const bench = new Bench();
      const random = createRandom(900 + inputs);
      const count = 20;
      const values = normals(random, count * inputs);
      values[(count - 1) * inputs] = Number.NaN;
      const data = bench.array(values);
      // The first and the last window there are, one of them twice.
      const ends = [steps - 1, count - 1, 11, count - 1];
      const out = bench.matrix(steps * ends.length, inputs, { fill: 777, padding: 6 });
      bench.run.gather!(data, bench.integers(ends), ends.length, steps, inputs, out.address, out.ld);
      const expected = range(steps).flatMap((t) =>
        ends.flatMap((end) => [...values.subarray((end - steps + 1 + t) * inputs, (end - steps + 2 + t) * inputs)]),
      );
      expect([...bench.read(out)]).toEqual(expected);
      expect(bench.read({ ...out, columns: roundUp(inputs, 8) }, inputs).every((value) => value === 6)).toBe(true);
      bench.expectIntact();
    }
  });
});

describe('batch normalisation', () => {
  const EPSILON = 1e-3;

  /** y in double precision, from the moments of x itself. */
  const normalise = (x: ArrayLike<number>, rows: number, N: number, gamma: ArrayLike<number>, beta: ArrayLike<number>) => {
    const y = new Float64Array(rows * N);
    for (let n = 0; n < N; n++) {
      const column = range(rows).map((m) => x[m * N + n]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / rows;
      const variance = column.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / rows;
      column.forEach((value, m) => {
        y[m * N + n] = (gamma[n]! * (value - mean)) / Math.sqrt(variance + EPSILON) + beta[n]!;
      });
    }
    return y;
  };

  const run = (rows: number, N: number, x: Float32Array, gamma: Float32Array, beta: Float32Array, dy: Float32Array) => {
    const bench = new Bench();
    const [input, upstream] = [x, dy].map((values) => bench.matrix(rows, N, { values })) as [Matrix, Matrix];
    const [normalised, y, again] = [1, 2, 3].map(() => bench.matrix(rows, N, { fill: 777 })) as [Matrix, Matrix, Matrix];
    const row = (values?: ArrayLike<number>) => bench.matrix(1, N, values === undefined ? { fill: 777 } : { values });
    const [mean, squares, dGamma, dBeta] = [row(), row(), row(), row()];
    const [g, b] = [row(gamma), row(beta)];
    bench.run.batchNormMoments!(rows, N, input.address, input.ld, mean.address, squares.address);
    const inverse = row(Array.from(bench.read(squares), (value) => 1 / Math.sqrt(value / rows + EPSILON)));
    const apply = (kept: number, out: Matrix) =>
      bench.run.batchNormApply!(rows, N, input.address, input.ld, mean.address, inverse.address, g.address, b.address, kept, out.address);
    apply(normalised.address, y);
    apply(0, again);
    expect(bits(bench.read(again))).toEqual(bits(bench.read(y)));
    bench.run.batchNormSums!(rows, N, normalised.address, upstream.address, input.ld, dGamma.address, dBeta.address);
    const means = [dGamma, dBeta].map((sums) => row(Array.from(bench.read(sums), (value) => value / rows)).address) as [number, number];
    bench.run.batchNormBackward!(rows, N, normalised.address, upstream.address, input.ld, g.address, inverse.address, ...means);
    apply(0, input);
    expect(bits(bench.read(input))).toEqual(bits(bench.read(y)));
    bench.expectIntact();
    const [moment, square, keptRows, output] = [mean, squares, normalised, y].map((matrix) => bench.read(matrix)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    return {
      mean: moment,
      squares: square,
      normalised: keptRows,
      y: output,
      dGamma: bench.read(dGamma),
      dBeta: bench.read(dBeta),
      dx: bench.read(upstream),
    };
  };

  it.each([2, 3, 16, 31, 33])('of %i rows has the moments, outputs and slopes of its formula', (rows) => {
    for (const N of [8, 16, 56]) {
      const random = createRandom(1100 + rows);
      // Far from 0 against its spread: sums of squares without a second pass would lose their digits.
      const x = normals(random, rows * N, 0.1).map((value) => value + 10);
      const [gamma, beta, dy] = [normals(random, N), normals(random, N), normals(random, rows * N)];
      const received = run(rows, N, x, gamma, beta, dy);
      const columns = range(N).map((n) => range(rows).map((m) => x[m * N + n]!));
      const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / rows);
      const squares = columns.map((column, n) => column.reduce((sum, value) => sum + (value - means[n]!) * (value - means[n]!), 0));
      expectClose(received.mean, means, 1e-6);
      expectClose(received.squares, squares, 2e-5);
      expectClose(received.y, normalise(x, rows, N, gamma, beta), 1e-4);
      const ones = new Float32Array(N).fill(1);
      expectClose(received.normalised, normalise(x, rows, N, ones, new Float32Array(N)), 1e-4);
      const loss = (values: ArrayLike<number>, scale: ArrayLike<number>, shift: ArrayLike<number>) =>
        normalise(values, rows, N, scale, shift).reduce((sum, value, k) => sum + value * dy[k]!, 0);
      const slopes = (values: Float32Array, step: number, at: (changed: Float64Array) => number) =>
        Array.from(values, (_, k) => {
          if (k >= 2 * N) return 0;
          const moved = (by: number) => {
            const copy = Float64Array.from(values);
            copy[k]! += by;
            return at(copy);
          };
          return (moved(step) - moved(-step)) / (2 * step);
        }).slice(0, 2 * N);
      expectClose(
        received.dGamma,
        slopes(gamma, 1e-4, (changed) => loss(x, changed, beta)),
        1e-4,
      );
      expectClose(
        received.dBeta,
        slopes(beta, 1e-4, (changed) => loss(x, gamma, changed)),
        2e-5,
      );
      expectClose(
        received.dx.subarray(0, 2 * N),
        slopes(x, 1e-5, (changed) => loss(changed, gamma, beta)),
        1e-4,
      );
    }
  });

  it('of NaN is NaN in that column and in no other', () => {
    const bench = new Bench();
    const x = bench.matrix(3, 16, { values: normals(createRandom(1200), 48) });
    bench.setBits(x, 1, 9, QUIET_NANS[2]!);
    const [mean, squares, one, y] = [0, 0, 1, 777].map((fill, k) => bench.matrix(k === 3 ? 3 : 1, 16, { fill })) as [
      Matrix,
      Matrix,
      Matrix,
      Matrix,
    ];
    bench.run.batchNormMoments!(3, 16, x.address, x.ld, mean.address, squares.address);
    const expected = range(16).map((n) => n === 9);
    expect([...bench.read(mean)].map(Number.isNaN)).toEqual(expected);
    expect([...bench.read(squares)].map(Number.isNaN)).toEqual(expected);
    bench.run.batchNormApply!(3, 16, x.address, x.ld, bench.zero, one.address, one.address, one.address, 0, y.address);
    expect([...bench.read(y)].map(Number.isNaN)).toEqual(range(48).map((at) => at === 25));
  });
});

describe('optimisers', () => {
  const count = 40;
  const draw = (seed: number) => {
    const random = createRandom(seed);
    const values = {
      w: normals(random, count),
      g: normals(random, count),
      m: normals(random, count),
      v: normals(random, count).map(Math.abs),
    };
    // The last eight are padding: zeros, which must stay zeros.
    for (const part of Object.values(values)) part.fill(0, 32);
    return values;
  };
  const place = (bench: Bench, values: Record<string, Float32Array>) =>
    Object.fromEntries(Object.entries(values).map(([name, part]) => [name, bench.matrix(1, count, { values: part })]));
  const expectStep = (bench: Bench, places: Record<string, Matrix>, expected: Record<string, readonly number[]>) => {
    for (const [name, values] of Object.entries(expected)) {
      expectClose(bench.read(places[name]!), values, 1e-6);
      expect(bench.read(places[name]!, 32, 8).every((value) => value === 0)).toBe(true);
    }
    bench.expectIntact();
  };
  const each = (formula: (k: number) => number) => range(count).map(formula);

  it('adam moves by its formula, with coupled decay and with shrinking weights', () => {
    for (const [decay, shrink] of [
      [0, 1],
      [0.01, 1],
      [0, 0.99],
    ] as const) {
      const bench = new Bench();
      const { w, g, m, v } = draw(1300);
      const places = place(bench, { w, g, m, v });
      bench.run.adam!(count, ...['w', 'g', 'm', 'v'].map((name) => places[name]!.address), 0.1, 0.001, 0.02, 1e-7, decay, shrink);
      const gradient = each((k) => g[k]! + decay * w[k]!);
      const newM = each((k) => m[k]! + (gradient[k]! - m[k]!) * 0.1);
      const newV = each((k) => v[k]! + (gradient[k]! * gradient[k]! - v[k]!) * 0.001);
      expectStep(bench, places, {
        m: newM,
        v: newV,
        g: [...g],
        w: each((k) => w[k]! * shrink - (0.02 * newM[k]!) / (Math.sqrt(newV[k]!) + 1e-7)),
      });
    }
  });

  it('rmsprop moves by its formula', () => {
    const bench = new Bench();
    const { w, g, v } = draw(1400);
    const places = place(bench, { w, g, v });
    bench.run.rmsprop!(count, ...['w', 'g', 'v'].map((name) => places[name]!.address), 0.9, 0.1, 0.02, 1e-7);
    const newV = each((k) => 0.9 * v[k]! + 0.1 * g[k]! * g[k]!);
    expectStep(bench, places, { v: newV, g: [...g], w: each((k) => w[k]! - (0.02 * g[k]!) / Math.sqrt(newV[k]! + 1e-7)) });
  });

  it('sgd moves by its formula', () => {
    const bench = new Bench();
    const { w, g, m } = draw(1500);
    const places = place(bench, { w, g, m });
    bench.run.sgd!(count, ...['w', 'g', 'm'].map((name) => places[name]!.address), 0.9, 0.02);
    const velocity = each((k) => 0.9 * m[k]! - 0.02 * g[k]!);
    expectStep(bench, places, { m: velocity, g: [...g], w: each((k) => w[k]! + velocity[k]!) });
  });
});

describe('vectors', () => {
  it.each([8, 16, 40, 1000])('of %i floats are added, scaled and measured', (n) => {
    const random = createRandom(1600 + n);
    const bench = new Bench();
    const [first, second] = [normals(random, n), normals(random, n)];
    const [x, y] = [first, second].map((values) => bench.matrix(1, n, { values })) as [Matrix, Matrix];
    bench.run.addScaled!(n, 0.5, x.address, y.address);
    expect([...bench.read(y)]).toEqual(Array.from(second, (value, k) => Math.fround(value + 0.5 * first[k]!)));
    expect(bench.read(x)).toEqual(first);
    bench.run.scale!(n, 0.25, x.address);
    expect([...bench.read(x)]).toEqual(Array.from(first, (value) => 0.25 * value));
    const squares = Array.from(first, (value) => value * value * 0.0625);
    const sums = range(8).map((lane) => squares.filter((_, k) => k % 8 === lane).reduce((sum, value) => sum + value, 0));
    const halves = [0, 1].map((lane) => sums[lane]! + sums[lane + 2]! + (sums[lane + 4]! + sums[lane + 6]!));
    expect(bench.run.sumOfSquares!(n, x.address)).toBe(halves[0]! + halves[1]!);
    bench.expectIntact();
  });

  it('are measured in double precision, and NaN shows', () => {
    const bench = new Bench();
    const values = new Float32Array(32).fill(1);
    values[0] = 1e5;
    const x = bench.matrix(1, 32, { values });
    expect(bench.run.sumOfSquares!(32, x.address)).toBe(1e10 + 31);
    bench.setBits(x, 0, 30, QUIET_NANS[2]!);
    expect(bench.run.sumOfSquares!(32, x.address)).toBeNaN();
  });
});
