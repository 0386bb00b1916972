// Gated recurrent unit with the reset gate applied after the product (the form of cuDNN, and of Keras' reset_after), over whole sequences.
//   z, r = sigmoid(x W + h' U + b);  s = h' U + b_s;  g = a(x W + b_g + r s);  h = z h' + (1 - z) g
// A row of z holds g | z | r | s, each `paddedUnits` wide (units rounded up to 8): the kernel covers the first three blocks, the recurrent
// kernel the last three, and the sums of z and r gather in place. Rows are time-major, t * rows + b.
// Padded columns: weights and biases 0, so g = s = h = 0 there, and all gradients.
import { sigmoidRows } from './activation';
import {
  coefficient1, coefficient2, coefficient3, coefficient4, coefficient5, highestPower, lowestPower, multiplyAdd, ones, rectified, rounding,
  sigmoidSlope, tanh, tanhFactor, timesSlope, twos, zeros,
} from './exponential';
import { columnSums, copyRows, product, transposedProduct } from './product';

// g = a(g + r s), in place, and h = g + z (h' - g).
// @ts-ignore: decorator
@inline
function states(relu: bool, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, ldh: usize): void {
  const factor = tanhFactor(), low = lowestPower(), high = highestPower(), round = rounding(), one = ones(), two = twos(), zero = zeros();
  const p5 = coefficient5(), p4 = coefficient4(), p3 = coefficient3(), p2 = coefficient2(), p1 = coefficient1();
  for (; rows > 0; rows--) {
    let gates = z;
    for (let at: usize = 0; at < width; at += 32) {
      const sum0 = multiplyAdd(v128.load(gates + 2 * width), v128.load(gates + 3 * width), v128.load(gates));
      const sum1 = multiplyAdd(v128.load(gates + 2 * width, 16), v128.load(gates + 3 * width, 16), v128.load(gates, 16));
      const g0 = relu ? rectified(sum0, zero) : tanh(sum0, factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const g1 = relu ? rectified(sum1, zero) : tanh(sum1, factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const h0 = multiplyAdd(v128.load(gates + width), f32x4.sub(v128.load(before + at), g0), g0);
      const h1 = multiplyAdd(v128.load(gates + width, 16), f32x4.sub(v128.load(before + at, 16), g1), g1);
      v128.store(gates, g0);
      v128.store(gates, g1, 16);
      v128.store(h + at, h0);
      v128.store(h + at, h1, 16);
      gates += 32;
    }
    z += ldz;
    before += ldBefore;
    h += ldh;
  }
}

function tanhStates(rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, ldh: usize): void {
  states(false, rows, width, z, ldz, before, ldBefore, h, ldh);
}

function reluStates(rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, ldh: usize): void {
  states(true, rows, width, z, ldz, before, ldBefore, h, ldh);
}

// One step of all rows from the sums in z; a function for each activation, as in lstm.ts.
// @ts-ignore: decorator
@inline
function stepForward(
  relu: i32, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, ldh: usize,
): void {
  sigmoidRows(rows, 2 * width, z + width, ldz);
  if (relu) reluStates(rows, width, z, ldz, before, ldBefore, h, ldh);
  else tanhStates(rows, width, z, ldz, before, ldBefore, h, ldh);
}

/**
 * The whole layer forward, from the state 0. x[steps*rows x inputs]; kernel packed with N = 3 paddedUnits (g z r), recurrent with
 * N = 3 paddedUnits (z r s, K = units); bias the row b_g | b_z | b_r, both biases of z and r already added; recurrentBias the block b_s.
 * Fills z (the gates and s) and h, steps*rows rows each, kept for `gruResetAfterBackward`.
 */
export function gruResetAfterForward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernel: usize, recurrent: usize,
  bias: usize, recurrentBias: usize, z: usize, ldz: usize, h: usize, ldh: usize, zero: usize,
): void {
  const width = <usize>paddedUnits << 2, stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh;
  // The block s begins with a panel: 2 paddedUnits is a multiple of 16. So it can start from its bias row instead of from the values there.
  const recurrentS = recurrent + <usize>units * 2 * width;
  product(steps * rows, 3 * paddedUnits, inputs, x, ldx, kernel, bias, 0, z, ldz);
  copyRows(rows, paddedUnits, recurrentBias, 0, z + 3 * width, ldz);
  stepForward(relu, rows, width, z, ldz, zero, 0, h, ldh);
  for (let t = 1; t < steps; t++) {
    z += stepZ;
    product(rows, 2 * paddedUnits, units, h, ldh, recurrent, z + width, ldz, z + width, ldz);
    product(rows, paddedUnits, units, h, ldh, recurrentS, recurrentBias, 0, z + 3 * width, ldz);
    stepForward(relu, rows, width, z, ldz, h, ldh, h + stepH, ldh);
    h += stepH;
  }
}

// Gradients of the sums of g, z, r and of s, written over them, and what reaches h' directly: dBefore = dy' + d z, d all that reaches h,
// dy' the outer gradient of the step before. dBefore may be d.
// @ts-ignore: decorator
@inline
function gradients(
  relu: bool, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, dh: usize, lddh: usize, dy: usize, ldy: usize,
  dBefore: usize, ldh: usize,
): void {
  const one = ones(), zero = zeros();
  for (; rows > 0; rows--) {
    let gates = z;
    for (let at: usize = 0; at < width; at += 32) {
      const g0 = v128.load(gates), g1 = v128.load(gates, 16), z0 = v128.load(gates + width), z1 = v128.load(gates + width, 16);
      const r0 = v128.load(gates + 2 * width), r1 = v128.load(gates + 2 * width, 16);
      const d0 = v128.load(dh + at), d1 = v128.load(dh + at, 16);
      const dz0 = f32x4.mul(f32x4.mul(d0, f32x4.sub(v128.load(before + at), g0)), sigmoidSlope(z0, one));
      const dz1 = f32x4.mul(f32x4.mul(d1, f32x4.sub(v128.load(before + at, 16), g1)), sigmoidSlope(z1, one));
      const dg0 = timesSlope(relu, f32x4.mul(d0, f32x4.sub(one, z0)), g0, one, zero);
      const dg1 = timesSlope(relu, f32x4.mul(d1, f32x4.sub(one, z1)), g1, one, zero);
      const dr0 = f32x4.mul(f32x4.mul(dg0, v128.load(gates + 3 * width)), sigmoidSlope(r0, one));
      const dr1 = f32x4.mul(f32x4.mul(dg1, v128.load(gates + 3 * width, 16)), sigmoidSlope(r1, one));
      const ds0 = f32x4.mul(dg0, r0), ds1 = f32x4.mul(dg1, r1);
      const db0 = multiplyAdd(d0, z0, v128.load(dy + at)), db1 = multiplyAdd(d1, z1, v128.load(dy + at, 16));
      v128.store(gates, dg0);
      v128.store(gates, dg1, 16);
      v128.store(gates + width, dz0);
      v128.store(gates + width, dz1, 16);
      v128.store(gates + 2 * width, dr0);
      v128.store(gates + 2 * width, dr1, 16);
      v128.store(gates + 3 * width, ds0);
      v128.store(gates + 3 * width, ds1, 16);
      v128.store(dBefore + at, db0);
      v128.store(dBefore + at, db1, 16);
      gates += 32;
    }
    z += ldz;
    before += ldBefore;
    dh += lddh;
    dy += ldy;
    dBefore += ldh;
  }
}

function tanhGradients(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, dh: usize, lddh: usize, dy: usize, ldy: usize,
  dBefore: usize, ldh: usize,
): void {
  gradients(false, rows, width, z, ldz, before, ldBefore, dh, lddh, dy, ldy, dBefore, ldh);
}

function reluGradients(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, dh: usize, lddh: usize, dy: usize, ldy: usize,
  dBefore: usize, ldh: usize,
): void {
  gradients(true, rows, width, z, ldz, before, ldBefore, dh, lddh, dy, ldy, dBefore, ldh);
}

// A function for each activation, as in lstm.ts.
// @ts-ignore: decorator
@inline
function stepBackward(
  relu: i32, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, dh: usize, lddh: usize, dy: usize, ldy: usize,
  dBefore: usize, ldh: usize,
): void {
  if (relu) reluGradients(rows, width, z, ldz, before, ldBefore, dh, lddh, dy, ldy, dBefore, ldh);
  else tanhGradients(rows, width, z, ldz, before, ldBefore, dh, lddh, dy, ldy, dBefore, ldh);
}

/**
 * The whole layer backward, after `gruResetAfterForward` with the same x, z, h. kernelT packed transposed with K = 3 paddedUnits (g z r),
 * N = inputs; recurrentT with K = 3 paddedUnits (z r s), N = units. dy: a gradient for every step (`sequences` 1) or for the last one
 * (0, then `rows` rows). Overwrites dKernel[inputs x 3 paddedUnits] and dBias (g z r), dRecurrent[units x 3 paddedUnits] and
 * dRecurrentBias (z r s; z and r equal dBias's), and dx[steps*rows x inputs] unless its address is 0. dh is room for `rows` rows.
 */
export function gruResetAfterBackward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernelT: usize, recurrentT: usize,
  z: usize, ldz: usize, h: usize, ldh: usize, dy: usize, ldy: usize, sequences: i32, dh: usize, dKernel: usize, dRecurrent: usize,
  dBias: usize, dRecurrentBias: usize, ldw: usize, dx: usize, lddx: usize, zero: usize,
): void {
  const N = 3 * paddedUnits, width = <usize>paddedUnits << 2;
  const stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh, stepY = <usize>rows * ldy;
  let upstream = sequences ? dy + <usize>(steps - 1) * stepY : dy, ldUpstream = ldy;
  for (let t = steps - 1; t > 0; t--) {
    const gates = z + <usize>t * stepZ, before = h + <usize>(t - 1) * stepH;
    const outer = sequences ? dy + <usize>(t - 1) * stepY : zero;
    stepBackward(relu, rows, width, gates, ldz, before, ldh, upstream, ldUpstream, outer, sequences ? ldy : 0, dh, ldh);
    product(rows, units, N, gates + width, ldz, recurrentT, dh, ldh, dh, ldh);
    upstream = dh;
    ldUpstream = ldh;
  }
  stepBackward(relu, rows, width, z, ldz, zero, 0, upstream, ldUpstream, zero, 0, dh, ldh);
  memory.fill(dBias, 0, <usize>N << 2);
  transposedProduct(inputs, N, steps * rows, x, ldx, z, ldz, zero, 0, dKernel, ldw, dBias);
  transposedProduct(units, N, (steps - 1) * rows, h, ldh, z + stepZ + width, ldz, zero, 0, dRecurrent, ldw, 0);
  memory.copy(dRecurrentBias, dBias + width, 2 * width);
  columnSums(steps * rows, paddedUnits, z + 3 * width, ldz, dRecurrentBias + 2 * width);
  if (dx) product(steps * rows, inputs, N, z, ldz, kernelT, zero, 0, dx, lddx);
}
