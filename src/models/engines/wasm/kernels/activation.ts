// Activations of whole rows, in place: `rows` rows of `bytes` bytes (a multiple of 16), `ld` bytes apart.
// Two vectors a turn, all loads before the stores, the stores side by side: so two become one where the processor has 256 bits.
import {
  coefficient1, coefficient2, coefficient3, coefficient4, coefficient5, highestPower, lowestPower, ones, rectified, rounding, sigmoid,
  sigmoidFactor, sigmoidSlope, tanh, tanhFactor, timesSlope, twos, zeros,
} from './exponential';

/** p <- sigmoid(p). */
export function sigmoidRows(rows: i32, bytes: usize, p: usize, ld: usize): void {
  const factor = sigmoidFactor(), low = lowestPower(), high = highestPower(), round = rounding(), one = ones();
  const p5 = coefficient5(), p4 = coefficient4(), p3 = coefficient3(), p2 = coefficient2(), p1 = coefficient1();
  for (; rows > 0; rows--) {
    let at = p;
    const end = p + (bytes & ~31);
    for (; at < end; at += 32) {
      const y0 = sigmoid(v128.load(at), factor, low, high, round, p5, p4, p3, p2, p1, one);
      const y1 = sigmoid(v128.load(at, 16), factor, low, high, round, p5, p4, p3, p2, p1, one);
      v128.store(at, y0);
      v128.store(at, y1, 16);
    }
    if (bytes & 16) v128.store(at, sigmoid(v128.load(at), factor, low, high, round, p5, p4, p3, p2, p1, one));
    p += ld;
  }
}

/** p <- tanh(p). */
export function tanhRows(rows: i32, bytes: usize, p: usize, ld: usize): void {
  const factor = tanhFactor(), low = lowestPower(), high = highestPower(), round = rounding(), one = ones(), two = twos();
  const p5 = coefficient5(), p4 = coefficient4(), p3 = coefficient3(), p2 = coefficient2(), p1 = coefficient1();
  for (; rows > 0; rows--) {
    let at = p;
    const end = p + (bytes & ~31);
    for (; at < end; at += 32) {
      const y0 = tanh(v128.load(at), factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      const y1 = tanh(v128.load(at, 16), factor, low, high, round, p5, p4, p3, p2, p1, one, two);
      v128.store(at, y0);
      v128.store(at, y1, 16);
    }
    if (bytes & 16) v128.store(at, tanh(v128.load(at), factor, low, high, round, p5, p4, p3, p2, p1, one, two));
    p += ld;
  }
}

/** p <- max(p, 0); NaN stays NaN. */
export function reluRows(rows: i32, bytes: usize, p: usize, ld: usize): void {
  const zero = zeros();
  for (; rows > 0; rows--) {
    let at = p;
    const end = p + (bytes & ~31);
    for (; at < end; at += 32) {
      const y0 = rectified(v128.load(at), zero), y1 = rectified(v128.load(at, 16), zero);
      v128.store(at, y0);
      v128.store(at, y1, 16);
    }
    if (bytes & 16) v128.store(at, rectified(v128.load(at), zero));
    p += ld;
  }
}

/** The candidate's and the output's activation in a recurrent cell: relu, or tanh. */
// @ts-ignore: decorator
@inline
export function activateRows(relu: i32, rows: i32, bytes: usize, p: usize, ld: usize): void {
  if (relu) reluRows(rows, bytes, p, ld);
  else tanhRows(rows, bytes, p, ld);
}

/** dy <- dy * y (1 - y), y the sigmoid's output. */
export function sigmoidBackward(rows: i32, bytes: usize, y: usize, dy: usize, ld: usize): void {
  const one = ones();
  for (; rows > 0; rows--) {
    let at: usize = 0;
    const end = bytes & ~31;
    for (; at < end; at += 32) {
      const d0 = f32x4.mul(v128.load(dy + at), sigmoidSlope(v128.load(y + at), one));
      const d1 = f32x4.mul(v128.load(dy + at, 16), sigmoidSlope(v128.load(y + at, 16), one));
      v128.store(dy + at, d0);
      v128.store(dy + at, d1, 16);
    }
    if (bytes & 16) v128.store(dy + at, f32x4.mul(v128.load(dy + at), sigmoidSlope(v128.load(y + at), one)));
    y += ld;
    dy += ld;
  }
}

// `out` may be `dy` itself.
// @ts-ignore: decorator
@inline
function slopeRows(relu: bool, rows: i32, bytes: usize, y: usize, ld: usize, dy: usize, lddy: usize, out: usize, ldOut: usize): void {
  const one = ones(), zero = zeros();
  for (; rows > 0; rows--) {
    let at: usize = 0;
    const end = bytes & ~31;
    for (; at < end; at += 32) {
      const d0 = timesSlope(relu, v128.load(dy + at), v128.load(y + at), one, zero);
      const d1 = timesSlope(relu, v128.load(dy + at, 16), v128.load(y + at, 16), one, zero);
      v128.store(out + at, d0);
      v128.store(out + at, d1, 16);
    }
    if (bytes & 16) v128.store(out + at, timesSlope(relu, v128.load(dy + at), v128.load(y + at), one, zero));
    y += ld;
    dy += lddy;
    out += ldOut;
  }
}

function tanhSlopeRows(rows: i32, bytes: usize, y: usize, ld: usize, dy: usize, lddy: usize, out: usize, ldOut: usize): void {
  slopeRows(false, rows, bytes, y, ld, dy, lddy, out, ldOut);
}

function reluSlopeRows(rows: i32, bytes: usize, y: usize, ld: usize, dy: usize, lddy: usize, out: usize, ldOut: usize): void {
  slopeRows(true, rows, bytes, y, ld, dy, lddy, out, ldOut);
}

/** dy <- dy * (1 - y^2), y the output of tanh. */
export function tanhBackward(rows: i32, bytes: usize, y: usize, dy: usize, ld: usize): void {
  tanhSlopeRows(rows, bytes, y, ld, dy, ld, dy, ld);
}

/** dy <- dy where y > 0, else 0, y the output of relu. */
export function reluBackward(rows: i32, bytes: usize, y: usize, dy: usize, ld: usize): void {
  reluSlopeRows(rows, bytes, y, ld, dy, ld, dy, ld);
}

/** out = dy times the slope of the cell's activation at output y: the two above with a place and a stride for each operand. */
// @ts-ignore: decorator
@inline
export function activationBackward(
  relu: i32, rows: i32, bytes: usize, y: usize, ld: usize, dy: usize, lddy: usize, out: usize, ldOut: usize,
): void {
  if (relu) reluSlopeRows(rows, bytes, y, ld, dy, lddy, out, ldOut);
  else tanhSlopeRows(rows, bytes, y, ld, dy, lddy, out, ldOut);
}
