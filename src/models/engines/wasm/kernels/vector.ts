// Whole arrays of n floats, n a multiple of 8: penalties, joining of gradients, clipping.
import { multiplyAdd } from './exponential';

/** y <- y + factor * x. */
export function addScaled(n: i32, factor: f32, x: usize, y: usize): void {
  const factors = f32x4.splat(factor), bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const y0 = multiplyAdd(factors, v128.load(x + at), v128.load(y + at));
    const y1 = multiplyAdd(factors, v128.load(x + at, 16), v128.load(y + at, 16));
    v128.store(y + at, y0);
    v128.store(y + at, y1, 16);
  }
}

/** x <- factor * x. */
export function scale(n: i32, factor: f32, x: usize): void {
  const factors = f32x4.splat(factor), bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const x0 = f32x4.mul(factors, v128.load(x + at)), x1 = f32x4.mul(factors, v128.load(x + at, 16));
    v128.store(x + at, x0);
    v128.store(x + at, x1, 16);
  }
}

/** The sum of squares in double precision: eight sums, element k to sum k mod 8, then added in a fixed order. */
export function sumOfSquares(n: i32, x: usize): f64 {
  let sum0 = f64x2.splat(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (let end = x + (<usize>n << 2); x < end; x += 32) {
    const x0 = f64x2.promote_low_f32x4(v128.load64_zero(x)), x1 = f64x2.promote_low_f32x4(v128.load64_zero(x, 8));
    const x2 = f64x2.promote_low_f32x4(v128.load64_zero(x, 16)), x3 = f64x2.promote_low_f32x4(v128.load64_zero(x, 24));
    sum0 = f64x2.add(sum0, f64x2.mul(x0, x0));
    sum1 = f64x2.add(sum1, f64x2.mul(x1, x1));
    sum2 = f64x2.add(sum2, f64x2.mul(x2, x2));
    sum3 = f64x2.add(sum3, f64x2.mul(x3, x3));
  }
  const sum = f64x2.add(f64x2.add(sum0, sum1), f64x2.add(sum2, sum3));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
