// Packing the right operand of a product: panels of 16 columns, [K][16], a rest of 1 to 8 columns as [K][8], zero padded.
// A panel is read from its first byte to its last by every pair of rows, and fits the first-level cache.

/** out = panels of B[K x N], rows `ldSource` bytes apart. Needs K * (N rounded up to 8) floats. */
export function packColumns(K: i32, N: i32, source: usize, ldSource: usize, out: usize): void {
  for (let n = 0; n < N;) {
    const rest = N - n, wide = rest > 8, width = wide ? 16 : 8;
    let from = source + (<usize>n << 2);
    for (let k = 0; k < K; k++) {
      if (rest >= width) {
        v128.store(out, v128.load(from));
        v128.store(out, v128.load(from, 16), 16);
        if (wide) {
          v128.store(out, v128.load(from, 32), 32);
          v128.store(out, v128.load(from, 48), 48);
        }
      } else {
        for (let j = 0; j < width; j++) {
          store<f32>(out + (<usize>j << 2), j < rest ? load<f32>(from + (<usize>j << 2)) : <f32>0);
        }
      }
      out += <usize>width << 2;
      from += ldSource;
    }
    n += width;
  }
}

/** out = panels of B = S^T, S[N x K], rows `ldSource` bytes apart: squares of 4 by 4 are turned in registers. */
export function packTransposed(K: i32, N: i32, source: usize, ldSource: usize, out: usize): void {
  const K4 = K & ~3;
  for (let n = 0; n < N;) {
    const width = N - n > 8 ? 16 : 8, stride = <usize>width << 2;
    for (let j = 0; j < width; j += 4) {
      const rest = N - n - j;
      let from = source + <usize>(n + j) * ldSource, to = out + (<usize>j << 2), k = 0;
      if (rest >= 4) {
        for (; k < K4; k += 4) {
          const row0 = v128.load(from), row1 = v128.load(from + ldSource);
          const row2 = v128.load(from + 2 * ldSource), row3 = v128.load(from + 3 * ldSource);
          const low01 = v128.shuffle<f32>(row0, row1, 0, 4, 1, 5), high01 = v128.shuffle<f32>(row0, row1, 2, 6, 3, 7);
          const low23 = v128.shuffle<f32>(row2, row3, 0, 4, 1, 5), high23 = v128.shuffle<f32>(row2, row3, 2, 6, 3, 7);
          v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
          v128.store(to + stride, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
          v128.store(to + 2 * stride, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
          v128.store(to + 3 * stride, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
          from += 16;
          to += stride << 2;
        }
      }
      for (; k < K; k++) {
        for (let i = 0; i < 4; i++) store<f32>(to + (<usize>i << 2), i < rest ? load<f32>(from + <usize>i * ldSource) : <f32>0);
        from += 4;
        to += stride;
      }
    }
    out += <usize>K * stride;
    n += width;
  }
}
