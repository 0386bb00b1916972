// Long short-term memory over whole sequences (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
//   i, f, o = sigmoid(x W + h' U + b);  g = a(x W + h' U + b);  c = f c' + i g;  h = o a(c)
// A row of z holds i | f | o | g, each `paddedUnits` wide (units rounded up to 4): one sigmoid pass over three blocks, one over the last.
// Rows are time-major, t * rows + b. Padded columns: weights and bias 0, so g = c = h = 0 there, and all gradients.
import { activateRows, sigmoidRows } from './activation';
import {
  coefficient1, coefficient2, coefficient3, coefficient4, coefficient5, highestPower, lowestPower, multiplyAdd, ones, rectified, rounding,
  sigmoidSlope, tanh, tanhFactor, timesSlope, twos, zeros,
} from './exponential';
import { copyRows, product, transposedProduct } from './product';

// c = f c' + i g, activeC = a(c), h = o activeC, from activated gates; c' has a stride of its own, 0 at the first step.
// @ts-ignore: decorator
@inline
function states(
  relu: bool, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, c: usize, activeC: usize, ldh: usize,
): void {
  const factor = tanhFactor(), low = lowestPower(), high = highestPower(), round = rounding(), one = ones(), two = twos(), zero = zeros();
  const p5 = coefficient5(), p4 = coefficient4(), p3 = coefficient3(), p2 = coefficient2(), p1 = coefficient1();
  for (; rows > 0; rows--) {
    let gates = z, at: usize = 0;
    const end = width & ~31;
    for (; at < end; at += 32) {
      const c0 = multiplyAdd(
        v128.load(gates + width), v128.load(before + at), f32x4.mul(v128.load(gates), v128.load(gates + 3 * width)),
      );
      const c1 = multiplyAdd(
        v128.load(gates + width, 16), v128.load(before + at, 16), f32x4.mul(v128.load(gates, 16), v128.load(gates + 3 * width, 16)),
      );
      const active0 = relu ? rectified(c0, zero) : tanh(c0, factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const active1 = relu ? rectified(c1, zero) : tanh(c1, factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const h0 = f32x4.mul(v128.load(gates + 2 * width), active0), h1 = f32x4.mul(v128.load(gates + 2 * width, 16), active1);
      v128.store(c + at, c0);
      v128.store(c + at, c1, 16);
      v128.store(activeC + at, active0);
      v128.store(activeC + at, active1, 16);
      v128.store(h + at, h0);
      v128.store(h + at, h1, 16);
      gates += 32;
    }
    if (width & 16) {
      const c0 = multiplyAdd(
        v128.load(gates + width), v128.load(before + at), f32x4.mul(v128.load(gates), v128.load(gates + 3 * width)),
      );
      const active0 = relu ? rectified(c0, zero) : tanh(c0, factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const h0 = f32x4.mul(v128.load(gates + 2 * width), active0);
      v128.store(c + at, c0);
      v128.store(activeC + at, active0);
      v128.store(h + at, h0);
    }
    z += ldz;
    before += ldBefore;
    c += ldh;
    h += ldh;
    activeC += ldh;
  }
}

function tanhStates(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, c: usize, activeC: usize, ldh: usize,
): void {
  states(false, rows, width, z, ldz, before, ldBefore, h, c, activeC, ldh);
}

function reluStates(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, c: usize, activeC: usize, ldh: usize,
): void {
  states(true, rows, width, z, ldz, before, ldBefore, h, c, activeC, ldh);
}

// One step of all rows from the sums in z: gates activated in place, then the states. Inlined into its two callers, so that the loop of
// each activation stays a function of its own: with both in one function the forward pass was 5 % slower in 256 bits.
// @ts-ignore: decorator
@inline
function stepForward(
  relu: i32, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, h: usize, c: usize, activeC: usize, ldh: usize,
): void {
  sigmoidRows(rows, 3 * width, z, ldz);
  activateRows(relu, rows, width, z + 3 * width, ldz);
  if (relu) reluStates(rows, width, z, ldz, before, ldBefore, h, c, activeC, ldh);
  else tanhStates(rows, width, z, ldz, before, ldBefore, h, c, activeC, ldh);
}

/**
 * The whole layer forward, from the state 0. x[steps*rows x inputs]; kernel and recurrent packed with N = 4 paddedUnits (K = inputs,
 * units); bias one row of 4 paddedUnits. Fills z (the gates), h, c and activeC = a(c), steps*rows rows each, kept for `lstmBackward`.
 */
export function lstmForward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernel: usize, recurrent: usize,
  bias: usize, z: usize, ldz: usize, h: usize, c: usize, activeC: usize, ldh: usize, zero: usize,
): void {
  const N = paddedUnits << 2, width = <usize>paddedUnits << 2, stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh;
  product(steps * rows, N, inputs, x, ldx, kernel, bias, 0, z, ldz);
  stepForward(relu, rows, width, z, ldz, zero, 0, h, c, activeC, ldh);
  for (let t = 1; t < steps; t++) {
    z += stepZ;
    product(rows, N, units, h, ldh, recurrent, z, ldz, z, ldz);
    h += stepH;
    activeC += stepH;
    stepForward(relu, rows, width, z, ldz, c, ldh, h, c + stepH, activeC, ldh);
    c += stepH;
  }
}

// Gradients of the gates' sums, written over the gates, and of the state c' before, written over dc; dh is all that reaches h, dc what
// reaches c from the step after.
// @ts-ignore: decorator
@inline
function gradients(
  relu: bool, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, activeC: usize, dh: usize, lddh: usize,
  dc: usize, ldh: usize,
): void {
  const one = ones(), zero = zeros();
  for (; rows > 0; rows--) {
    let gates = z, at: usize = 0;
    const end = width & ~31;
    for (; at < end; at += 32) {
      const i0 = v128.load(gates), i1 = v128.load(gates, 16), f0 = v128.load(gates + width), f1 = v128.load(gates + width, 16);
      const o0 = v128.load(gates + 2 * width), o1 = v128.load(gates + 2 * width, 16);
      const g0 = v128.load(gates + 3 * width), g1 = v128.load(gates + 3 * width, 16);
      const a0 = v128.load(activeC + at), a1 = v128.load(activeC + at, 16), d0 = v128.load(dh + at), d1 = v128.load(dh + at, 16);
      const s0 = f32x4.add(timesSlope(relu, f32x4.mul(d0, o0), a0, one, zero), v128.load(dc + at));
      const s1 = f32x4.add(timesSlope(relu, f32x4.mul(d1, o1), a1, one, zero), v128.load(dc + at, 16));
      const do0 = f32x4.mul(f32x4.mul(d0, a0), sigmoidSlope(o0, one)), do1 = f32x4.mul(f32x4.mul(d1, a1), sigmoidSlope(o1, one));
      const di0 = f32x4.mul(f32x4.mul(s0, g0), sigmoidSlope(i0, one)), di1 = f32x4.mul(f32x4.mul(s1, g1), sigmoidSlope(i1, one));
      const df0 = f32x4.mul(f32x4.mul(s0, v128.load(before + at)), sigmoidSlope(f0, one));
      const df1 = f32x4.mul(f32x4.mul(s1, v128.load(before + at, 16)), sigmoidSlope(f1, one));
      const dg0 = timesSlope(relu, f32x4.mul(s0, i0), g0, one, zero), dg1 = timesSlope(relu, f32x4.mul(s1, i1), g1, one, zero);
      const dc0 = f32x4.mul(s0, f0), dc1 = f32x4.mul(s1, f1);
      v128.store(gates, di0);
      v128.store(gates, di1, 16);
      v128.store(gates + width, df0);
      v128.store(gates + width, df1, 16);
      v128.store(gates + 2 * width, do0);
      v128.store(gates + 2 * width, do1, 16);
      v128.store(gates + 3 * width, dg0);
      v128.store(gates + 3 * width, dg1, 16);
      v128.store(dc + at, dc0);
      v128.store(dc + at, dc1, 16);
      gates += 32;
    }
    if (width & 16) {
      const i = v128.load(gates), f = v128.load(gates + width), o = v128.load(gates + 2 * width), g = v128.load(gates + 3 * width);
      const a = v128.load(activeC + at), d = v128.load(dh + at);
      const s = f32x4.add(timesSlope(relu, f32x4.mul(d, o), a, one, zero), v128.load(dc + at));
      v128.store(gates, f32x4.mul(f32x4.mul(s, g), sigmoidSlope(i, one)));
      v128.store(gates + width, f32x4.mul(f32x4.mul(s, v128.load(before + at)), sigmoidSlope(f, one)));
      v128.store(gates + 2 * width, f32x4.mul(f32x4.mul(d, a), sigmoidSlope(o, one)));
      v128.store(gates + 3 * width, timesSlope(relu, f32x4.mul(s, i), g, one, zero));
      v128.store(dc + at, f32x4.mul(s, f));
    }
    z += ldz;
    before += ldBefore;
    activeC += ldh;
    dh += lddh;
    dc += ldh;
  }
}

function tanhGradients(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, activeC: usize, dh: usize, lddh: usize, dc: usize,
  ldh: usize,
): void {
  gradients(false, rows, width, z, ldz, before, ldBefore, activeC, dh, lddh, dc, ldh);
}

function reluGradients(
  rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, activeC: usize, dh: usize, lddh: usize, dc: usize,
  ldh: usize,
): void {
  gradients(true, rows, width, z, ldz, before, ldBefore, activeC, dh, lddh, dc, ldh);
}

// @ts-ignore: decorator
@inline
function stepBackward(
  relu: i32, rows: i32, width: usize, z: usize, ldz: usize, before: usize, ldBefore: usize, activeC: usize, dh: usize, lddh: usize,
  dc: usize, ldh: usize,
): void {
  if (relu) reluGradients(rows, width, z, ldz, before, ldBefore, activeC, dh, lddh, dc, ldh);
  else tanhGradients(rows, width, z, ldz, before, ldBefore, activeC, dh, lddh, dc, ldh);
}

/**
 * The whole layer backward, after `lstmForward` with the same x, z, h, c, activeC. kernelT and recurrentT packed transposed (K =
 * 4 paddedUnits, N = inputs, units). dy: a gradient for every step (`sequences` 1) or for the last one (0, then `rows` rows).
 * Overwrites dKernel[inputs x 4 paddedUnits], dRecurrent[units x ...], dBias, and dx[steps*rows x inputs] unless its address is 0.
 * z ends as the gradient of the gates' sums; dh and dc are room for `rows` rows.
 */
export function lstmBackward(
  steps: i32, rows: i32, inputs: i32, units: i32, paddedUnits: i32, relu: i32, x: usize, ldx: usize, kernelT: usize, recurrentT: usize,
  z: usize, ldz: usize, h: usize, c: usize, activeC: usize, ldh: usize, dy: usize, ldy: usize, sequences: i32, dh: usize, dc: usize,
  dKernel: usize, dRecurrent: usize, dBias: usize, ldw: usize, dx: usize, lddx: usize, zero: usize,
): void {
  const N = paddedUnits << 2, width = <usize>paddedUnits << 2;
  const stepZ = <usize>rows * ldz, stepH = <usize>rows * ldh, stepY = <usize>rows * ldy;
  copyRows(rows, (paddedUnits + 7) & ~7, zero, 0, dc, ldh);
  let upstream = sequences ? dy + <usize>(steps - 1) * stepY : dy, ldUpstream = ldy;
  for (let t = steps - 1; t > 0; t--) {
    const gates = z + <usize>t * stepZ, state = <usize>t * stepH;
    stepBackward(relu, rows, width, gates, ldz, c + state - stepH, ldh, activeC + state, upstream, ldUpstream, dc, ldh);
    // What reaches the step before: its own dy, and through the gates; dy is the start of the sum, so nothing is cleared or added apart.
    product(
      rows, units, N, gates, ldz, recurrentT, sequences ? dy + <usize>(t - 1) * stepY : zero, sequences ? ldy : 0, dh, ldh,
    );
    upstream = dh;
    ldUpstream = ldh;
  }
  stepBackward(relu, rows, width, z, ldz, zero, 0, activeC, upstream, ldUpstream, dc, ldh);
  memory.fill(dBias, 0, <usize>N << 2);
  transposedProduct(inputs, N, steps * rows, x, ldx, z, ldz, zero, 0, dKernel, ldw, dBias);
  transposedProduct(units, N, (steps - 1) * rows, h, ldh, z + stepZ, ldz, zero, 0, dRecurrent, ldw, 0);
  if (dx) product(steps * rows, inputs, N, z, ldz, kernelT, zero, 0, dx, lddx);
}
