// Gated recurrent unit (Cho et al. 2014), the reset gate applied to the state before its product, over whole sequences.
//   z, r = sigmoid(x W + h' U + b);  g = a(x W + (r h') U + b);  h = z h' + (1 - z) g
// A row of z holds z | r | g, each `paddedUnits` wide (units rounded up to 8). Rows are time-major, t * rows + b.
// Padded columns: weights and bias 0, so g = h = 0 there, and all gradients.
import { activateRows, sigmoidRows } from './activation';
import { multiplyAdd, ones, sigmoidSlope, timesSlope, zeros } from './exponential';
import { product, transposedProduct } from './product';

// out = gate * state.
function resetState(rows: i32, width: usize, gate: usize, ldz: usize, before: usize, ldBefore: usize, out: usize, ldh: usize): void {
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < width; at += 32) {
      const v0 = f32x4.mul(v128.load(gate + at), v128.load(before + at));
      const v1 = f32x4.mul(v128.load(gate + at, 16), v128.load(before + at, 16));
      v128.store(out + at, v0);
      v128.store(out + at, v1, 16);
    }
    gate += ldz;
    before += ldBefore;
    out += ldh;
  }
}

// h = g + z (h' - g): the same as z h' + (1 - z) g with a multiplication less.
function nextState(
  rows: i32, width: usize, gate: usize, candidate: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, ldh: usize,
): void {
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < width; at += 32) {
      const g0 = v128.load(candidate + at), g1 = v128.load(candidate + at, 16);
      const h0 = multiplyAdd(v128.load(gate + at), f32x4.sub(v128.load(before + at), g0), g0);
      const h1 = multiplyAdd(v128.load(gate + at, 16), f32x4.sub(v128.load(before + at, 16), g1), g1);
      v128.store(h + at, h0);
      v128.store(h + at, h1, 16);
    }
    gate += ldz;
    candidate += ldz;
    before += ldBefore;
    h += ldh;
  }
}

/**
 * The whole layer forward, from the state 0. x[steps*rows x inputs]; kernel packed with N = 3 paddedUnits, recurrentGates with
 * N = 2 paddedUnits, recurrentCandidate with N = paddedUnits (K = units both); bias one row of 3 paddedUnits.
 * Fills z (the gates), h and resetH = r h', steps*rows rows each, kept for `gruBackward`.
 */
export function gruForward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernel: usize, recurrentGates: usize,
  recurrentCandidate: usize, bias: usize, z: usize, ldz: usize, h: usize, resetH: usize, ldh: usize, zero: usize,
): void {
  const width = <usize>paddedUnits << 2, stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh;
  let before = zero, ldBefore: usize = 0;
  product(steps * rows, 3 * paddedUnits, inputs, x, ldx, kernel, bias, 0, z, ldz);
  for (let t = 0; t < steps; t++) {
    const candidate = z + 2 * width;
    if (t) product(rows, 2 * paddedUnits, units, before, ldBefore, recurrentGates, z, ldz, z, ldz);
    sigmoidRows(rows, 2 * width, z, ldz);
    resetState(rows, width, z + width, ldz, before, ldBefore, resetH, ldh);
    if (t) product(rows, paddedUnits, units, resetH, ldh, recurrentCandidate, candidate, ldz, candidate, ldz);
    activateRows(relu, rows, width, candidate, ldz);
    nextState(rows, width, z, candidate, ldz, before, ldBefore, h, ldh);
    before = h;
    ldBefore = ldh;
    z += stepZ;
    h += stepH;
    resetH += stepH;
  }
}

// Gradients of the sums of z and g, written over the gates, and what reaches h' directly: dBefore = dy' + d z, d all that reaches h,
// dy' the outer gradient of the step before. dBefore may be d.
// @ts-ignore: decorator
@inline
function gradients(
  relu: bool, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, dh: usize, lddh: usize, dy: usize, ldy: usize,
  dBefore: usize, ldh: usize,
): void {
  const one = ones(), zero = zeros();
  for (; rows > 0; rows--) {
    const candidate = z + 2 * width;
    for (let at: usize = 0; at < width; at += 32) {
      const z0 = v128.load(z + at), z1 = v128.load(z + at, 16), g0 = v128.load(candidate + at), g1 = v128.load(candidate + at, 16);
      const d0 = v128.load(dh + at), d1 = v128.load(dh + at, 16);
      const dz0 = f32x4.mul(f32x4.mul(d0, f32x4.sub(v128.load(before + at), g0)), sigmoidSlope(z0, one));
      const dz1 = f32x4.mul(f32x4.mul(d1, f32x4.sub(v128.load(before + at, 16), g1)), sigmoidSlope(z1, one));
      const dg0 = timesSlope(relu, f32x4.mul(d0, f32x4.sub(one, z0)), g0, one, zero);
      const dg1 = timesSlope(relu, f32x4.mul(d1, f32x4.sub(one, z1)), g1, one, zero);
      const db0 = multiplyAdd(d0, z0, v128.load(dy + at)), db1 = multiplyAdd(d1, z1, v128.load(dy + at, 16));
      v128.store(z + at, dz0);
      v128.store(z + at, dz1, 16);
      v128.store(candidate + at, dg0);
      v128.store(candidate + at, dg1, 16);
      v128.store(dBefore + at, db0);
      v128.store(dBefore + at, db1, 16);
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

// Through r h': the gradient of r's sum, written over the gate, and dBefore += dResetH r.
function resetBackward(
  rows: i32, width: usize, gate: usize, ldz: usize, before: usize, dResetH: usize, dBefore: usize, ldh: usize,
): void {
  const one = ones();
  for (; rows > 0; rows--) {
    for (let at: usize = 0; at < width; at += 32) {
      const r0 = v128.load(gate + at), r1 = v128.load(gate + at, 16), d0 = v128.load(dResetH + at), d1 = v128.load(dResetH + at, 16);
      const dr0 = f32x4.mul(f32x4.mul(d0, v128.load(before + at)), sigmoidSlope(r0, one));
      const dr1 = f32x4.mul(f32x4.mul(d1, v128.load(before + at, 16)), sigmoidSlope(r1, one));
      const db0 = multiplyAdd(d0, r0, v128.load(dBefore + at)), db1 = multiplyAdd(d1, r1, v128.load(dBefore + at, 16));
      v128.store(gate + at, dr0);
      v128.store(gate + at, dr1, 16);
      v128.store(dBefore + at, db0);
      v128.store(dBefore + at, db1, 16);
    }
    gate += ldz;
    before += ldh;
    dResetH += ldh;
    dBefore += ldh;
  }
}

/**
 * The whole layer backward, after `gruForward` with the same x, z, h, resetH. kernelT packed transposed with K = 3 paddedUnits,
 * N = inputs; recurrentGatesT with K = 2 paddedUnits, recurrentCandidateT with K = paddedUnits, N = units both. dy: a gradient for
 * every step (`sequences` 1) or for the last one (0, then `rows` rows). Overwrites dKernel[inputs x 3 paddedUnits],
 * dRecurrent[units x ...], dBias, and dx[steps*rows x inputs] unless its address is 0. z ends as the gradient of the gates' sums;
 * dh and dResetH are room for `rows` rows.
 */
export function gruBackward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernelT: usize,
  recurrentGatesT: usize, recurrentCandidateT: usize, z: usize, ldz: usize, h: usize, resetH: usize, ldh: usize, dy: usize, ldy: usize,
  sequences: i32, dh: usize, dResetH: usize, dKernel: usize, dRecurrent: usize, dBias: usize, ldw: usize, dx: usize, lddx: usize,
  zero: usize,
): void {
  const N = 3 * paddedUnits, width = <usize>paddedUnits << 2;
  const stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh, stepY = <usize>rows * ldy;
  let upstream = sequences ? dy + <usize>(steps - 1) * stepY : dy, ldUpstream = ldy;
  for (let t = steps - 1; t > 0; t--) {
    const gates = z + <usize>t * stepZ, before = h + <usize>(t - 1) * stepH;
    const outer = sequences ? dy + <usize>(t - 1) * stepY : zero;
    stepBackward(relu, rows, width, gates, ldz, before, ldh, upstream, ldUpstream, outer, sequences ? ldy : 0, dh, ldh);
    product(rows, units, paddedUnits, gates + 2 * width, ldz, recurrentCandidateT, zero, 0, dResetH, ldh);
    resetBackward(rows, width, gates + width, ldz, before, dResetH, dh, ldh);
    product(rows, units, 2 * paddedUnits, gates, ldz, recurrentGatesT, dh, ldh, dh, ldh);
    upstream = dh;
    ldUpstream = ldh;
  }
  stepBackward(relu, rows, width, z, ldz, zero, 0, upstream, ldUpstream, zero, 0, dh, ldh);
  // The first step's state before is 0, and so is all that passes through r.
  for (let b = 0; b < rows; b++) memory.fill(z + <usize>b * ldz + width, 0, width);
  memory.fill(dBias, 0, <usize>N << 2);
  transposedProduct(inputs, N, steps * rows, x, ldx, z, ldz, zero, 0, dKernel, ldw, dBias);
  transposedProduct(units, 2 * paddedUnits, (steps - 1) * rows, h, ldh, z + stepZ, ldz, zero, 0, dRecurrent, ldw, 0);
  transposedProduct(
    units, paddedUnits, (steps - 1) * rows, resetH + stepH, ldh, z + stepZ + 2 * width, ldz, zero, 0, dRecurrent + 2 * width, ldw, 0,
  );
  if (dx) product(steps * rows, inputs, N, z, ldz, kernelT, zero, 0, dx, lddx);
}
