// The plain recurrent layer (Elman 1990) over whole sequences: h = a(x W + h' U + b).
// Rows are `paddedUnits` wide (units rounded up to 8), time-major, t * rows + b. Padded columns: weights and bias 0, so h = 0 there.
import { activateRows, activationBackward } from './activation';
import { product, transposedProduct } from './product';

/**
 * The whole layer forward, from the state 0. x[steps*rows x inputs]; kernel and recurrent packed with N = paddedUnits (K = inputs,
 * units); bias one row of paddedUnits. Fills h, steps*rows rows: the sums gather there and are activated in place.
 */
export function simpleForward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernel: usize, recurrent: usize,
  bias: usize, h: usize, ldh: usize, zero: usize,
): void {
  const width = <usize>paddedUnits << 2, stepH = <usize>rows * ldh;
  product(steps * rows, paddedUnits, inputs, x, ldx, kernel, bias, 0, h, ldh);
  activateRows(relu, rows, width, h, ldh);
  for (let t = 1; t < steps; t++) {
    product(rows, paddedUnits, units, h, ldh, recurrent, h + stepH, ldh, h + stepH, ldh);
    h += stepH;
    activateRows(relu, rows, width, h, ldh);
  }
}

/**
 * The whole layer backward, after `simpleForward` with the same x and h. kernelT and recurrentT packed transposed (K = paddedUnits,
 * N = inputs, units). dy: a gradient for every step (`sequences` 1) or for the last one (0, then `rows` rows). Overwrites dz, the
 * gradient of the sums (steps*rows rows of ldh), dKernel[inputs x paddedUnits], dRecurrent[units x ...], dBias, and
 * dx[steps*rows x inputs] unless its address is 0. dh is room for `rows` rows.
 */
export function simpleBackward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernelT: usize, recurrentT: usize,
  h: usize, ldh: usize, dy: usize, ldy: usize, sequences: i32, dz: usize, dh: usize, dKernel: usize, dRecurrent: usize, dBias: usize,
  ldw: usize, dx: usize, lddx: usize, zero: usize,
): void {
  const width = <usize>paddedUnits << 2, stepH = <usize>rows * ldh, stepY = <usize>rows * ldy;
  let upstream = sequences ? dy + <usize>(steps - 1) * stepY : dy, ldUpstream = ldy;
  for (let t = steps - 1; t > 0; t--) {
    const state = <usize>t * stepH;
    activationBackward(relu, rows, width, h + state, ldh, upstream, ldUpstream, dz + state, ldh);
    product(
      rows, units, paddedUnits, dz + state, ldh, recurrentT, sequences ? dy + <usize>(t - 1) * stepY : zero, sequences ? ldy : 0, dh, ldh,
    );
    upstream = dh;
    ldUpstream = ldh;
  }
  activationBackward(relu, rows, width, h, ldh, upstream, ldUpstream, dz, ldh);
  memory.fill(dBias, 0, width);
  transposedProduct(inputs, paddedUnits, steps * rows, x, ldx, dz, ldh, zero, 0, dKernel, ldw, dBias);
  transposedProduct(units, paddedUnits, (steps - 1) * rows, h, ldh, dz + stepH, ldh, zero, 0, dRecurrent, ldw, 0);
  if (dx) product(steps * rows, inputs, paddedUnits, dz, ldh, kernelT, zero, 0, dx, lddx);
}
