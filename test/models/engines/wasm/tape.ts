// Reverse differentiation of matrix formulas in double precision: what the kernels' forward and backward passes are compared with.
// A formula is written once, forward; nothing of the kernels' own algebra is repeated here.

export interface Tensor {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
  readonly gradient: Float64Array;
}

/** Formulas written on a tape are differentiated by `backward`, after the gradients of its results were set. */
export interface Tape {
  tensor(rows: number, columns: number, values?: ArrayLike<number>): Tensor;
  product(a: Tensor, b: Tensor): Tensor;
  /** a + b; one row is added to every row. */
  add(a: Tensor, b: Tensor): Tensor;
  times(a: Tensor, b: Tensor): Tensor;
  oneMinus(a: Tensor): Tensor;
  sigmoid(a: Tensor): Tensor;
  tanh(a: Tensor): Tensor;
  relu(a: Tensor): Tensor;
  backward(): void;
}

export function createTape(): Tape {
  const steps: (() => void)[] = [];
  const tensor = (rows: number, columns: number, values?: ArrayLike<number>): Tensor => ({
    rows,
    columns,
    values: values === undefined ? new Float64Array(rows * columns) : Float64Array.from(values),
    gradient: new Float64Array(rows * columns),
  });
  /** Element by element, `slope` from input and output. */
  const map = (a: Tensor, value: (x: number) => number, slope: (x: number, y: number) => number): Tensor => {
    const y = tensor(a.rows, a.columns, a.values.map(value));
    steps.push(() => {
      for (let k = 0; k < y.values.length; k++) a.gradient[k]! += y.gradient[k]! * slope(a.values[k]!, y.values[k]!);
    });
    return y;
  };
  return {
    tensor,
    product: (a, b) => {
      const y = tensor(a.rows, b.columns);
      for (let m = 0; m < a.rows; m++) {
        for (let k = 0; k < a.columns; k++) {
          const value = a.values[m * a.columns + k]!;
          for (let n = 0; n < b.columns; n++) y.values[m * b.columns + n]! += value * b.values[k * b.columns + n]!;
        }
      }
      steps.push(() => {
        for (let m = 0; m < a.rows; m++) {
          for (let k = 0; k < a.columns; k++) {
            let sum = 0;
            const value = a.values[m * a.columns + k]!;
            for (let n = 0; n < b.columns; n++) {
              const d = y.gradient[m * b.columns + n]!;
              sum += d * b.values[k * b.columns + n]!;
              b.gradient[k * b.columns + n]! += value * d;
            }
            a.gradient[m * a.columns + k]! += sum;
          }
        }
      });
      return y;
    },
    add: (a, b) => {
      const y = tensor(
        a.rows,
        a.columns,
        a.values.map((x, k) => x + b.values[k % b.values.length]!),
      );
      steps.push(() => {
        for (let k = 0; k < y.values.length; k++) {
          a.gradient[k]! += y.gradient[k]!;
          b.gradient[k % b.values.length]! += y.gradient[k]!;
        }
      });
      return y;
    },
    times: (a, b) => {
      const y = tensor(
        a.rows,
        a.columns,
        a.values.map((x, k) => x * b.values[k]!),
      );
      steps.push(() => {
        for (let k = 0; k < y.values.length; k++) {
          a.gradient[k]! += y.gradient[k]! * b.values[k]!;
          b.gradient[k]! += y.gradient[k]! * a.values[k]!;
        }
      });
      return y;
    },
    oneMinus: (a) =>
      map(
        a,
        (x) => 1 - x,
        () => -1,
      ),
    sigmoid: (a) =>
      map(
        a,
        (x) => 1 / (1 + Math.exp(-x)),
        (_, y) => y * (1 - y),
      ),
    tanh: (a) => map(a, Math.tanh, (_, y) => 1 - y * y),
    relu: (a) =>
      map(
        a,
        (x) => Math.max(x, 0),
        (x) => (x > 0 ? 1 : 0),
      ),
    backward: () => {
      for (const step of steps.reverse()) step();
    },
  };
}
