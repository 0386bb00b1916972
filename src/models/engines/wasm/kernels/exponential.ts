// The exponential function behind sigmoid and tanh, four values at a time, and the table of its constants.
//
// Constants are loaded from memory before a loop (`v128.load_splat`), never written as literals in it: the compiler rebuilds a
// literal vector in every turn, and does not join two vectors to one of 256 bits where it meets one.

/** The constants below, one float each. Read only, so that any number of instances may lay them into one memory again. */
export const CONSTANTS: usize = memory.data<f32>([
  -1.4426950408889634, // 0: -log2 e, for sigmoid
  -2.8853900817779268, // 4: -2 log2 e, for tanh
  -60, // 8: lowest exponent of 2
  60, // 12: highest; the product of two such powers is still a normal number
  12583039, // 16: 1.5 * 2^23 + 127: a number n added to it is rounded to an integer, and the lowest bits are those of the exponent of 2^n
  0.001326472731307149, // 20: coefficients of 2^f, f in [-1/2, 1/2], minimax of degree 5 with value 1 at 0; relative error 9e-8
  0.009671512991189957, // 24
  0.05550733581185341, // 28
  0.24022242426872253, // 32
  0.6931470036506653, // 36
  1, // 40
  2, // 44
  0, // 48
]);

// @ts-ignore: decorator
@inline
export function sigmoidFactor(): v128 {
  return v128.load_splat<f32>(CONSTANTS);
}

// @ts-ignore: decorator
@inline
export function tanhFactor(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 4);
}

// @ts-ignore: decorator
@inline
export function lowestPower(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 8);
}

// @ts-ignore: decorator
@inline
export function highestPower(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 12);
}

// @ts-ignore: decorator
@inline
export function rounding(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 16);
}

// @ts-ignore: decorator
@inline
export function coefficient5(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 20);
}

// @ts-ignore: decorator
@inline
export function coefficient4(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 24);
}

// @ts-ignore: decorator
@inline
export function coefficient3(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 28);
}

// @ts-ignore: decorator
@inline
export function coefficient2(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 32);
}

// @ts-ignore: decorator
@inline
export function coefficient1(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 36);
}

// @ts-ignore: decorator
@inline
export function ones(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 40);
}

// @ts-ignore: decorator
@inline
export function twos(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 44);
}

// @ts-ignore: decorator
@inline
export function zeros(): v128 {
  return v128.load_splat<f32>(CONSTANTS, 48);
}

/** a * b + c, rounded twice: a fused operation would differ between processors. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c);
}

/**
 * 1 + 2^power: the power is clamped, rounded to an integer, the rest taken by the polynomial and scaled by the integer's power of 2.
 * NaN stays NaN: pmax and pmin return their first operand where the comparison fails, and the scaling is a multiplication, which
 * keeps every NaN, where adding to the exponent's bits would turn some of them into numbers.
 */
// @ts-ignore: decorator
@inline
export function onePlusPower(
  power: v128, low: v128, high: v128, round: v128, p5: v128, p4: v128, p3: v128, p2: v128, p1: v128, one: v128,
): v128 {
  const clamped = f32x4.pmin(f32x4.pmax(power, low), high);
  const shifted = f32x4.add(clamped, round);
  const rest = f32x4.sub(clamped, f32x4.sub(shifted, round));
  let value = multiplyAdd(rest, p5, p4);
  value = multiplyAdd(value, rest, p3);
  value = multiplyAdd(value, rest, p2);
  value = multiplyAdd(value, rest, p1);
  value = multiplyAdd(value, rest, one);
  return multiplyAdd(value, i32x4.shl(shifted, 23), one);
}

/** 1 / (1 + exp(-x)), absolute error below 1.2e-7. */
// @ts-ignore: decorator
@inline
export function sigmoid(
  x: v128, factor: v128, low: v128, high: v128, round: v128, p5: v128, p4: v128, p3: v128, p2: v128, p1: v128, one: v128,
): v128 {
  return f32x4.div(one, onePlusPower(f32x4.mul(x, factor), low, high, round, p5, p4, p3, p2, p1, one));
}

/** tanh x = 2 / (1 + exp(-2 x)) - 1, absolute error below 2.4e-7, exactly 0 at 0. */
// @ts-ignore: decorator
@inline
export function tanh(
  x: v128, factor: v128, low: v128, high: v128, round: v128, p5: v128, p4: v128, p3: v128, p2: v128, p1: v128, one: v128, two: v128,
): v128 {
  return f32x4.sub(f32x4.div(two, onePlusPower(f32x4.mul(x, factor), low, high, round, p5, p4, p3, p2, p1, one)), one);
}

/** max(x, 0); NaN stays NaN because x is the first operand. */
// @ts-ignore: decorator
@inline
export function rectified(x: v128, zero: v128): v128 {
  return f32x4.pmax(x, zero);
}

/** `value` times the derivative of tanh, or of relu, at the point where its output is y. */
// @ts-ignore: decorator
@inline
export function timesSlope(relu: bool, value: v128, y: v128, one: v128, zero: v128): v128 {
  return relu ? v128.and(value, f32x4.gt(y, zero)) : f32x4.mul(value, f32x4.sub(one, f32x4.mul(y, y)));
}

/** y (1 - y): the derivative of the sigmoid whose output is y. */
// @ts-ignore: decorator
@inline
export function sigmoidSlope(y: v128, one: v128): v128 {
  return f32x4.mul(y, f32x4.sub(one, y));
}
