import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/core/random.ts';
import { Bench, bits, expectClose, type Matrix, normals, QUIET_NANS, ROWS, range, roundUp, STEPS, UNITS } from './bench.ts';
import { createTape, type Tape, type Tensor } from './tape.ts';

type Cell = 'lstm' | 'gru' | 'gruResetAfter' | 'simple';
const CELLS: Readonly<Record<Cell, { readonly kernel: string[]; readonly recurrent: string[]; readonly multiple: number }>> = {
  lstm: { kernel: ['i', 'f', 'o', 'g'], recurrent: ['i', 'f', 'o', 'g'], multiple: 4 },
  gru: { kernel: ['z', 'r', 'g'], recurrent: ['z', 'r', 'g'], multiple: 8 },
  gruResetAfter: { kernel: ['g', 'z', 'r'], recurrent: ['z', 'r', 's'], multiple: 8 },
  simple: { kernel: ['h'], recurrent: ['h'], multiple: 8 },
};
const cellNames = Object.keys(CELLS) as Cell[];
const cellsAndActivations = cellNames.flatMap((cell) =>
  [false, true].map((relu) => ({ cell, relu, title: `${cell}, ${relu ? 'relu' : 'tanh'}` })),
);

interface Shape {
  readonly cell: Cell;
  readonly relu: boolean;
  readonly steps: number;
  readonly rows: number;
  readonly inputs: number;
  readonly units: number;
  readonly sequences: boolean;
}

/** Values by name: x, dy, W.gate, U.gate, b.gate; b.s is the recurrent bias of the candidate when the reset comes after. */
type Values = Readonly<Record<string, Float32Array>>;

function drawValues({ cell, steps, rows, inputs, units, sequences }: Shape, seed: number): Values {
  const random = createRandom(seed);
  const values: Record<string, Float32Array> = {
    x: normals(random, steps * rows * inputs),
    dy: normals(random, (sequences ? steps : 1) * rows * units),
  };
  const { kernel, recurrent } = CELLS[cell];
  for (const gate of kernel) values[`W.${gate}`] = normals(random, inputs * units, 1 / Math.sqrt(inputs));
  for (const gate of recurrent) values[`U.${gate}`] = normals(random, units * units, 0.7 / Math.sqrt(units));
  for (const gate of new Set([...kernel, ...recurrent])) values[`b.${gate}`] = normals(random, units, 0.3);
  return values;
}

/** The values of the rows from `first` on, as a batch of their own. */
function rowsOf(shape: Shape, values: Values, first: number, rows: number): Values {
  const pick = (all: Float32Array, width: number) => {
    const steps = all.length / (shape.rows * width);
    return Float32Array.from(
      range(steps).flatMap((t) => [...all.subarray((t * shape.rows + first) * width, (t * shape.rows + first + rows) * width)]),
    );
  };
  return { ...values, x: pick(values.x!, shape.inputs), dy: pick(values.dy!, shape.units) };
}

interface Variation {
  readonly poison?: { readonly row: number; readonly column: number; readonly pattern: number };
  readonly wantInputs?: boolean;
}

/** The kernels' results by the names of the values they are gradients of; y is the output of every step. */
function runKernels(shape: Shape, values: Values, { poison, wantInputs = true }: Variation = {}): Record<string, Float32Array> {
  const { cell, relu, steps, rows, inputs, units, sequences } = shape;
  const { kernel, recurrent, multiple } = CELLS[cell];
  const bench = new Bench();
  const padded = roundUp(units, multiple);
  const all = steps * rows;
  const blocks = (count: number, gates: readonly string[], prefix: string) => {
    const matrix = bench.matrix(count, gates.length * padded);
    gates.forEach((gate, g) => {
      for (let row = 0; row < count; row++) {
        bench.floats.set(
          values[`${prefix}.${gate}`]!.subarray(row * units, row * units + units),
          (matrix.address + row * matrix.ld) / 4 + g * padded,
        );
      }
    });
    return matrix;
  };
  const W = blocks(inputs, kernel, 'W');
  const U = blocks(units, recurrent, 'U');
  const b = blocks(1, kernel, 'b').address;
  const x = bench.matrix(all, inputs, { values: values.x!, padding: Number.NaN });
  if (poison !== undefined) bench.setBits(x, poison.row, poison.column, poison.pattern);
  const dy = bench.matrix(sequences ? all : rows, units, { values: values.dy! });
  // Everything that the kernels are to overwrite holds 777 before.
  const stale = (count: number, columns: number) => bench.matrix(count, columns, { fill: 777, padding: 777 });
  // A state is as wide as the padded units, and not touched beyond.
  const states = () => bench.matrix(all, padded, { fill: 777, room: padded });
  const [h, dh] = [states(), stale(rows, padded)];
  const z = bench.matrix(all, (cell === 'gruResetAfter' ? 4 : kernel.length) * padded, { fill: 777 });
  const dW = stale(inputs, kernel.length * padded);
  const dU = bench.matrix(units, recurrent.length * padded, { fill: 777 });
  // Both gradients have the same stride in the contract.
  expect(dU.ld).toBe(dW.ld);
  const db = stale(1, kernel.length * padded);
  const dx = stale(all, inputs);
  const start = [steps, rows, inputs, units, padded, relu ? 1 : 0, x.address, x.ld];
  const upstream = [dy.address, dy.ld, sequences ? 1 : 0];
  const packedW = bench.pack(inputs, kernel.length * padded, W);
  // Without a wanted gradient of the inputs the transposed kernel is not read: a whole run must not need it.
  const packedWT = wantInputs ? bench.packTransposed(kernel.length * padded, inputs, W) : 0;
  const out = [dW.address, dU.address, db.address, dW.ld, wantInputs ? dx.address : 0, dx.ld];
  const constants = bench.words.slice(0, 1024);
  let dRecurrentBias: Matrix | null = null;

  switch (cell) {
    case 'lstm': {
      const [c, activeC, dc] = [states(), states(), stale(rows, padded)];
      const packedU = bench.pack(units, 4 * padded, U);
      const packedUT = bench.packTransposed(4 * padded, units, U);
      const kept = [h.address, c.address, activeC.address, h.ld];
      bench.run.lstmForward!(...start, packedW, packedU, b, z.address, z.ld, ...kept, bench.zero);
      bench.run.lstmBackward!(
        ...[...start, packedWT, packedUT, z.address, z.ld, ...kept, ...upstream, dh.address, dc.address, ...out, bench.zero],
      );
      break;
    }
    case 'gru': {
      const [resetH, dResetH] = [states(), stale(rows, padded)];
      const gates = bench.pack(units, 2 * padded, U);
      const candidate = bench.pack(units, padded, U, 2 * padded);
      const gatesT = bench.packTransposed(2 * padded, units, U);
      const candidateT = bench.packTransposed(padded, units, U, 2 * padded);
      const kept = [h.address, resetH.address, h.ld];
      bench.run.gruForward!(...start, packedW, gates, candidate, b, z.address, z.ld, ...kept, bench.zero);
      bench.run.gruBackward!(
        ...[...start, packedWT, gatesT, candidateT, z.address, z.ld, ...kept, ...upstream, dh.address, dResetH.address, ...out, bench.zero],
      );
      break;
    }
    case 'gruResetAfter': {
      const bs = blocks(1, ['s'], 'b').address;
      const packedU = bench.pack(units, 3 * padded, U);
      const packedUT = bench.packTransposed(3 * padded, units, U);
      dRecurrentBias = stale(1, 3 * padded);
      const biases = [...out.slice(0, 3), dRecurrentBias.address, ...out.slice(3)];
      bench.run.gruResetAfterForward!(...start, packedW, packedU, b, bs, z.address, z.ld, h.address, h.ld, bench.zero);
      bench.run.gruResetAfterBackward!(
        ...[...start, packedWT, packedUT, z.address, z.ld, h.address, h.ld, ...upstream, dh.address, ...biases, bench.zero],
      );
      break;
    }
    case 'simple': {
      const dz = states();
      const packedU = bench.pack(units, padded, U);
      const packedUT = bench.packTransposed(padded, units, U);
      bench.run.simpleForward!(...start, packedW, packedU, b, h.address, h.ld, bench.zero);
      bench.run.simpleBackward!(
        ...[...start, packedWT, packedUT, h.address, h.ld, ...upstream, dz.address, dh.address, ...out, bench.zero],
      );
      break;
    }
  }
  bench.expectIntact();
  expect(bench.words.slice(0, 1024)).toEqual(constants);

  const results: Record<string, Float32Array> = { y: bench.read(h, 0, units), x: bench.read(dx) };
  const unblock = (matrix: Matrix, gates: readonly string[], prefix: string) => {
    gates.forEach((gate, g) => {
      results[`${prefix}.${gate}`] = bench.read(matrix, g * padded, units);
      const padding = bench.read(matrix, g * padded + units, padded - units);
      if (poison === undefined) expect(padding.every((value) => value === 0)).toBe(true);
    });
  };
  unblock(dW, kernel, 'W');
  unblock(dU, recurrent, 'U');
  unblock(db, kernel, 'b');
  if (poison === undefined) expect(bench.read(h, units, padded - units).every((value) => value === 0)).toBe(true);
  if (dRecurrentBias !== null) {
    expect(bits(bench.read(dRecurrentBias, 0, 2 * padded))).toEqual(bits(bench.read(db, padded, 2 * padded)));
    unblock(dRecurrentBias, ['z', 'r', 's'], 'b');
  }
  return results;
}

/** The outputs of every step by the cell's formulas, on a tape; `leaves` collects the tensors by name. */
function formulas(tape: Tape, shape: Shape, values: Values, leaves: Record<string, Tensor>): Tensor[] {
  const { cell, relu, steps, rows, inputs, units } = shape;
  const { kernel, recurrent } = CELLS[cell];
  for (const gate of kernel) leaves[`W.${gate}`] = tape.tensor(inputs, units, values[`W.${gate}`]!);
  for (const gate of recurrent) leaves[`U.${gate}`] = tape.tensor(units, units, values[`U.${gate}`]!);
  for (const gate of new Set([...kernel, ...recurrent])) leaves[`b.${gate}`] = tape.tensor(1, units, values[`b.${gate}`]!);
  const activation = relu ? tape.relu : tape.tanh;
  let h = tape.tensor(rows, units);
  let c = tape.tensor(rows, units);
  return range(steps).map((t) => {
    const x = tape.tensor(rows, inputs, values.x!.subarray(t * rows * inputs, (t + 1) * rows * inputs));
    leaves[`x.${t}`] = x;
    const fromX = (gate: string) => tape.add(tape.product(x, leaves[`W.${gate}`]!), leaves[`b.${gate}`]!);
    const fromH = (gate: string, state = h) => tape.product(state, leaves[`U.${gate}`]!);
    const sum = (gate: string, state = h) => tape.add(fromX(gate), fromH(gate, state));
    if (cell === 'simple') h = activation(sum('h'));
    else if (cell === 'lstm') {
      const [i, f, o] = [tape.sigmoid(sum('i')), tape.sigmoid(sum('f')), tape.sigmoid(sum('o'))];
      c = tape.add(tape.times(f, c), tape.times(i, activation(sum('g'))));
      h = tape.times(o, activation(c));
    } else {
      const [z, r] = [tape.sigmoid(sum('z')), tape.sigmoid(sum('r'))];
      const candidate =
        cell === 'gru'
          ? activation(sum('g', tape.times(r, h)))
          : activation(tape.add(fromX('g'), tape.times(r, tape.add(fromH('s'), leaves['b.s']!))));
      h = tape.add(tape.times(z, h), tape.times(tape.oneMinus(z), candidate));
    }
    return h;
  });
}

/** The same results as `runKernels`, in double precision. */
function runFormulas(shape: Shape, values: Values): Record<string, Float64Array> {
  const tape = createTape();
  const leaves: Record<string, Tensor> = {};
  const outputs = formulas(tape, shape, values, leaves);
  const size = shape.rows * shape.units;
  if (shape.sequences) for (const [t, h] of outputs.entries()) h.gradient.set(values.dy!.subarray(t * size, (t + 1) * size));
  else outputs.at(-1)!.gradient.set(values.dy!);
  tape.backward();
  const join = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]));
  const results: Record<string, Float64Array> = {
    y: join(outputs.map(({ values: y }) => y)),
    x: join(outputs.map((_, t) => leaves[`x.${t}`]!.gradient)),
  };
  for (const [name, leaf] of Object.entries(leaves)) if (!name.startsWith('x.')) results[name] = leaf.gradient;
  return results;
}

describe('the tape that the recurrent layers are compared with', () => {
  it.each(cellsAndActivations)('agrees with finite differences: $title', ({ cell, relu }) => {
    const shape: Shape = { cell, relu, steps: 3, rows: 2, inputs: 2, units: 3, sequences: true };
    const values = drawValues(shape, 31);
    const loss = (changed: Readonly<Record<string, ArrayLike<number>>>) => {
      const outputs = formulas(createTape(), shape, changed as Values, {});
      return outputs.flatMap((h) => [...h.values]).reduce((sum, y, k) => sum + y * values.dy![k]!, 0);
    };
    const gradients = runFormulas(shape, values);
    for (const name of Object.keys(gradients).filter((key) => key !== 'y')) {
      const slopes = Array.from(values[name]!, (_, k) => {
        const moved = (by: number) => {
          const copy = Float64Array.from(values[name]!);
          copy[k]! += by;
          return loss({ ...values, [name]: copy });
        };
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      });
      expectClose(gradients[name]!, slopes, 1e-7);
    }
  });
});

describe('recurrent layers', () => {
  const shapes = cellsAndActivations.flatMap(({ cell, relu, title }) =>
    UNITS.map((units, k) => ({ cell, relu, units, order: k, title: `${title}, ${units} units` })),
  );

  it.each(shapes)('give the outputs and all gradients of their formulas: $title', ({ cell, relu, units, order }) => {
    // Every number of units meets every number of rows or of steps; the large ones fewer, for the time it takes.
    const cases = range(units > 8 ? 3 : 6).map((k) => ({ rows: ROWS[(order + k) % 6]!, steps: STEPS[(order + k) % 3]! }));
    for (const [k, { rows, steps }] of cases.entries()) {
      for (const sequences of [true, false]) {
        const shape: Shape = { cell, relu, steps, rows, inputs: [21, 1, 4][k % 3]!, units, sequences };
        const values = drawValues(shape, 1000 + 10 * units + k);
        const received = runKernels(shape, values);
        const expected = runFormulas(shape, values);
        expect(Object.keys(received).sort()).toEqual(Object.keys(expected).sort());
        expectClose(received.y!, expected.y!, 1e-6);
        // Sums that cancel are as inexact as their largest parts: all gradients are measured by the largest of them.
        const gradients = Object.keys(expected).filter((name) => name !== 'y');
        const largest = Math.max(1e-3, ...gradients.flatMap((name) => Array.from(expected[name]!, Math.abs)));
        for (const name of gradients) expectClose(received[name]!, expected[name]!, 3e-6, largest);
      }
    }
  });

  it.each(cellsAndActivations)('give a row the same bits alone and in any batch, forward and backward: $title', ({ cell, relu }) => {
    for (const units of [5, 50]) {
      const shape: Shape = { cell, relu, steps: 7, rows: 33, inputs: 3, units, sequences: true };
      const values = drawValues(shape, 41);
      const whole = runKernels(shape, values);
      const part = (all: Float32Array, width: number, first: number, rows: number) =>
        bits(Float32Array.from(range(7).flatMap((t) => [...all.subarray((t * 33 + first) * width, (t * 33 + first + rows) * width)])));
      for (const [first, rows] of [
        [0, 1],
        [17, 1],
        [32, 1],
        [0, 16],
        [1, 31],
        [30, 3],
        [5, 2],
      ] as const) {
        const alone = runKernels({ ...shape, rows }, rowsOf(shape, values, first, rows));
        expect(bits(alone.y!)).toEqual(part(whole.y!, units, first, rows));
        expect(bits(alone.x!)).toEqual(part(whole.x!, 3, first, rows));
      }
    }
  });

  it.each(cellsAndActivations)('pass NaN to all later outputs of the row and to no other row: $title', ({ cell, relu }) => {
    for (const [units, pattern] of [
      [3, QUIET_NANS[0]!],
      [8, QUIET_NANS[1]!],
      [13, QUIET_NANS[2]!],
      [64, QUIET_NANS[3]!],
    ] as const) {
      const shape: Shape = { cell, relu, steps: 5, rows: 4, inputs: 3, units, sequences: false };
      const values = drawValues(shape, 51);
      const clean = runKernels(shape, values).y!;
      const { y } = runKernels(shape, values, { poison: { row: 2 * 4 + 1, column: 1, pattern } });
      const expected = clean.map((value, at) => {
        const row = Math.floor(at / units);
        return row % 4 === 1 && row >= 8 ? Number.NaN : value;
      });
      expect([...y!]).toEqual([...expected]);
    }
  });

  it.each(cellNames)('give the same without the gradient of the inputs, where it is not wanted: %s', (cell) => {
    const shape: Shape = { cell, relu: false, steps: 3, rows: 2, inputs: 4, units: 5, sequences: true };
    const values = drawValues(shape, 61);
    const [whole, part] = [true, false].map((wantInputs) => runKernels(shape, values, { wantInputs })) as [Values, Values];
    expect(part.x!.every((value) => value === 777)).toBe(true);
    for (const name of Object.keys(whole).filter((key) => key !== 'x')) expect(part[name]).toEqual(whole[name]);
  });
});
