// Batch normalisation (Ioffe and Szegedy 2015) by columns, N a multiple of 8, in parts: a shard's moments and sums are joined outside.
// `rows` are all rows of the layer in this shard; each kernel takes 8 columns at a time down all rows.
import { multiplyAdd, zeros } from './exponential';

/** mean[N] = column means; squares[N] = sums of squared deviations from them, by a second pass. */
export function batchNormMoments(rows: i32, N: i32, x: usize, ld: usize, mean: usize, squares: usize): void {
  const count = f32x4.splat(<f32>rows), zero = zeros(), bytes = <usize>N << 2;
  for (let column: usize = 0; column < bytes; column += 32) {
    let at = x + column, sum0 = zero, sum1 = zero, square0 = zero, square1 = zero;
    for (let m = 0; m < rows; m++) {
      sum0 = f32x4.add(sum0, v128.load(at));
      sum1 = f32x4.add(sum1, v128.load(at, 16));
      at += ld;
    }
    const mean0 = f32x4.div(sum0, count), mean1 = f32x4.div(sum1, count);
    at = x + column;
    for (let m = 0; m < rows; m++) {
      const d0 = f32x4.sub(v128.load(at), mean0), d1 = f32x4.sub(v128.load(at, 16), mean1);
      square0 = multiplyAdd(d0, d0, square0);
      square1 = multiplyAdd(d1, d1, square1);
      at += ld;
    }
    v128.store(mean + column, mean0);
    v128.store(mean + column, mean1, 16);
    v128.store(squares + column, square0);
    v128.store(squares + column, square1, 16);
  }
}

/** normalised = (x - mean) * inverse, not kept if its address is 0; y = gamma * normalised + beta. All with x's stride; y may be x. */
export function batchNormApply(
  rows: i32, N: i32, x: usize, ld: usize, mean: usize, inverse: usize, gamma: usize, beta: usize, normalised: usize, y: usize,
): void {
  const bytes = <usize>N << 2;
  // Not kept: it is stored where y overwrites it at once.
  if (!normalised) normalised = y;
  for (let column: usize = 0; column < bytes; column += 32) {
    const mean0 = v128.load(mean + column), mean1 = v128.load(mean + column, 16);
    const inverse0 = v128.load(inverse + column), inverse1 = v128.load(inverse + column, 16);
    const gamma0 = v128.load(gamma + column), gamma1 = v128.load(gamma + column, 16);
    const beta0 = v128.load(beta + column), beta1 = v128.load(beta + column, 16);
    let at = column;
    for (let m = 0; m < rows; m++) {
      const n0 = f32x4.mul(f32x4.sub(v128.load(x + at), mean0), inverse0);
      const n1 = f32x4.mul(f32x4.sub(v128.load(x + at, 16), mean1), inverse1);
      const y0 = multiplyAdd(n0, gamma0, beta0), y1 = multiplyAdd(n1, gamma1, beta1);
      v128.store(normalised + at, n0);
      v128.store(normalised + at, n1, 16);
      v128.store(y + at, y0);
      v128.store(y + at, y1, 16);
      at += ld;
    }
  }
}

/** dGamma[N] = column sums of dy * normalised; dBeta[N] = column sums of dy. */
export function batchNormSums(rows: i32, N: i32, normalised: usize, dy: usize, ld: usize, dGamma: usize, dBeta: usize): void {
  const zero = zeros(), bytes = <usize>N << 2;
  for (let column: usize = 0; column < bytes; column += 32) {
    let at = column, gamma0 = zero, gamma1 = zero, beta0 = zero, beta1 = zero;
    for (let m = 0; m < rows; m++) {
      const d0 = v128.load(dy + at), d1 = v128.load(dy + at, 16);
      beta0 = f32x4.add(beta0, d0);
      beta1 = f32x4.add(beta1, d1);
      gamma0 = multiplyAdd(d0, v128.load(normalised + at), gamma0);
      gamma1 = multiplyAdd(d1, v128.load(normalised + at, 16), gamma1);
      at += ld;
    }
    v128.store(dGamma + column, gamma0);
    v128.store(dGamma + column, gamma1, 16);
    v128.store(dBeta + column, beta0);
    v128.store(dBeta + column, beta1, 16);
  }
}

/** dy <- gamma * inverse * (dy - meanDBeta - normalised * meanDGamma), the means taken over all rows of the whole batch. */
export function batchNormBackward(
  rows: i32, N: i32, normalised: usize, dy: usize, ld: usize, gamma: usize, inverse: usize, meanDGamma: usize, meanDBeta: usize,
): void {
  const bytes = <usize>N << 2;
  for (let column: usize = 0; column < bytes; column += 32) {
    const factor0 = f32x4.mul(v128.load(gamma + column), v128.load(inverse + column));
    const factor1 = f32x4.mul(v128.load(gamma + column, 16), v128.load(inverse + column, 16));
    const gamma0 = v128.load(meanDGamma + column), gamma1 = v128.load(meanDGamma + column, 16);
    const beta0 = v128.load(meanDBeta + column), beta1 = v128.load(meanDBeta + column, 16);
    let at = column;
    for (let m = 0; m < rows; m++) {
      const n0 = v128.load(normalised + at), n1 = v128.load(normalised + at, 16);
      const d0 = f32x4.mul(factor0, f32x4.sub(f32x4.sub(v128.load(dy + at), beta0), f32x4.mul(n0, gamma0)));
      const d1 = f32x4.mul(factor1, f32x4.sub(f32x4.sub(v128.load(dy + at, 16), beta1), f32x4.mul(n1, gamma1)));
      v128.store(dy + at, d0);
      v128.store(dy + at, d1, 16);
      at += ld;
    }
  }
}
