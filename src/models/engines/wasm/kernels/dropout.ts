// Dropout (Srivastava et al. 2014), inverted: what is kept is scaled, so that nothing is to be done when forecasting.
// The mask is a hash of the element's number in the whole batch and of a key: the same however the rows are split over threads.

/** The lanes' numbers, and the two multipliers of a hash found by search for low bias (C. Wellons, "hash-prospector"). */
const LANES: usize = memory.data<i32>([0, 1, 2, 3, 4, 5, 6, 7]);
const MULTIPLIERS: usize = memory.data<i32>([0x21f0aaad, 0x735a2d97]);

// @ts-ignore: decorator
@inline
function hash(number: v128, key: v128, first: v128, second: v128): v128 {
  let value = i32x4.mul(v128.xor(number, i32x4.shr_u(number, 16)), first);
  value = v128.xor(value, key);
  value = i32x4.mul(v128.xor(value, i32x4.shr_u(value, 15)), second);
  return v128.xor(value, i32x4.shr_u(value, 15));
}

/**
 * y = x * mask, mask 0 with probability `rate`, else 1 / (1 - rate). x, mask and y: steps * rows rows of `ld` bytes, all columns used.
 * These rows are rows firstRow .. firstRow + rows - 1 of a batch of batchRows; element (t, b, column) has the number
 * (t * batchRows + firstRow + b) * (ld / 4) + column.
 */
export function dropout(
  steps: i32, rows: i32, ld: usize, x: usize, mask: usize, y: usize, key: i32, rate: f32, firstRow: i32, batchRows: i32,
): void {
  const threshold = i32x4.splat(<i32>(rate * 16777216.0)), scale = f32x4.splat(<f32>1 / (<f32>1 - rate)), keys = i32x4.splat(key);
  const first = v128.load_splat<i32>(MULTIPLIERS), second = v128.load_splat<i32>(MULTIPLIERS, 4);
  const lanes0 = v128.load(LANES), lanes1 = v128.load(LANES, 16);
  let at: usize = 0;
  for (let t = 0; t < steps; t++) {
    for (let b = 0; b < rows; b++) {
      let number = (t * batchRows + firstRow + b) * <i32>(ld >> 2);
      for (const end = at + ld; at < end; at += 32) {
        const start = i32x4.splat(number);
        const hash0 = hash(i32x4.add(start, lanes0), keys, first, second), hash1 = hash(i32x4.add(start, lanes1), keys, first, second);
        const mask0 = v128.and(i32x4.ge_s(i32x4.shr_u(hash0, 8), threshold), scale);
        const mask1 = v128.and(i32x4.ge_s(i32x4.shr_u(hash1, 8), threshold), scale);
        const y0 = f32x4.mul(v128.load(x + at), mask0), y1 = f32x4.mul(v128.load(x + at, 16), mask1);
        v128.store(mask + at, mask0);
        v128.store(mask + at, mask1, 16);
        v128.store(y + at, y0);
        v128.store(y + at, y1, 16);
        number += 8;
      }
    }
  }
}

/** a <- a * b, n floats, n a multiple of 8: the way back through a mask. */
export function multiply(n: i32, a: usize, b: usize): void {
  const bytes = <usize>n << 2;
  for (let at: usize = 0; at < bytes; at += 32) {
    const v0 = f32x4.mul(v128.load(a + at), v128.load(b + at)), v1 = f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16));
    v128.store(a + at, v0);
    v128.store(a + at, v1, 16);
  }
}
