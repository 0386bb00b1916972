// Matrix products. Every element is summed in the order of k, one addition after the other, in whatever tile it falls: a row's
// result does not depend on the rows beside it, nor on the width of the processor's registers.
import { multiplyAdd } from './exponential';

// Rows whose part of A and C stays in the first-level cache while a panel passes over them.
const ROW_BLOCK: i32 = 32;
// Rows of a transposed product that stay in the first-level cache while all of C passes over them.
const DEPTH_BLOCK: i32 = 128;

/**
 * C = init + A B. A[M x K], B packed by `packColumns` or `packTransposed`; writes N rounded up to 8 columns of C.
 * init with row stride 0 is a bias (or zeros), init = c accumulates. K = 0 copies init.
 */
export function product(
  M: i32, N: i32, K: i32, a: usize, lda: usize, packed: usize, init: usize, ldInit: usize, c: usize, ldc: usize,
): void {
  if (K <= 0) {
    copyRows(M, (N + 7) & ~7, init, ldInit, c, ldc);
    return;
  }
  const panels = (N + 7) >> 4, panelBytes = <usize>K << 6;
  for (let block = 0; block < M; block += ROW_BLOCK) {
    const rows = min(ROW_BLOCK, M - block);
    let panel = packed, from = init, to = c;
    for (let n = 0; n < panels; n++) {
      // Tile of 2 rows and 16 columns: 8 accumulators, 4 of B, 2 of A; as pairs of 256 bits 4, 2 and 2. Addresses come from the row
      // index: the same tile as a function that moves its pointers was 6 % slower.
      let m: usize = 0;
      for (; <i32>m + 2 <= rows; m += 2) {
        let start = from + m * ldInit, b = panel, a0 = a + m * lda, a1 = a0 + lda;
        let c00 = v128.load(start), c01 = v128.load(start, 16), c02 = v128.load(start, 32), c03 = v128.load(start, 48);
        start += ldInit;
        let c10 = v128.load(start), c11 = v128.load(start, 16), c12 = v128.load(start, 32), c13 = v128.load(start, 48);
        let k = K;
        // One branch a turn, 8 % faster than `for`. Unrolled by hand it would be slower: the compiler would hoist the loads and spill.
        do {
          const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
          let value = v128.load_splat<f32>(a0);
          c00 = multiplyAdd(value, b0, c00);
          c01 = multiplyAdd(value, b1, c01);
          c02 = multiplyAdd(value, b2, c02);
          c03 = multiplyAdd(value, b3, c03);
          value = v128.load_splat<f32>(a1);
          c10 = multiplyAdd(value, b0, c10);
          c11 = multiplyAdd(value, b1, c11);
          c12 = multiplyAdd(value, b2, c12);
          c13 = multiplyAdd(value, b3, c13);
          b += 64;
          a0 += 4;
          a1 += 4;
        } while (--k);
        let out = to + m * ldc;
        v128.store(out, c00);
        v128.store(out, c01, 16);
        v128.store(out, c02, 32);
        v128.store(out, c03, 48);
        out += ldc;
        v128.store(out, c10);
        v128.store(out, c11, 16);
        v128.store(out, c12, 32);
        v128.store(out, c13, 48);
      }
      if (<i32>m < rows) productRow16(K, a + m * lda, 4, panel, 64, from + m * ldInit, to + m * ldc);
      panel += panelBytes;
      from += 64;
      to += 64;
    }
    if (N > panels << 4) productRest(rows, K, a, lda, 4, panel, 32, from, ldInit, to, ldc);
    a += lda * ROW_BLOCK;
    init += ldInit * ROW_BLOCK;
    c += ldc * ROW_BLOCK;
  }
}

/**
 * C[M x N] = init + A^T B over K rows: A[K x M], B[K x N], N a multiple of 8. K = 0 copies init.
 * `sums`, if not 0, has the column sums of B added, in the order of its rows.
 */
export function transposedProduct(
  M: i32, N: i32, K: i32, a: usize, lda: usize, b: usize, ldb: usize, init: usize, ldInit: usize, c: usize, ldc: usize, sums: usize,
): void {
  if (K <= 0) {
    copyRows(M, N, init, ldInit, c, ldc);
    return;
  }
  const evenM = M & ~1, panels = N & ~15;
  for (let block = 0; block < K; block += DEPTH_BLOCK) {
    const depth = min(DEPTH_BLOCK, K - block);
    for (let n = 0; n < panels; n += 16) {
      const column = <usize>n << 2, panel = b + column;
      for (let m = 0; m < evenM; m += 2) {
        let from = init + <usize>m * ldInit + column, at = a + (<usize>m << 2), bt = panel;
        let c00 = v128.load(from), c01 = v128.load(from, 16), c02 = v128.load(from, 32), c03 = v128.load(from, 48);
        from += ldInit;
        let c10 = v128.load(from), c11 = v128.load(from, 16), c12 = v128.load(from, 32), c13 = v128.load(from, 48);
        let k = depth;
        do {
          const b0 = v128.load(bt), b1 = v128.load(bt, 16), b2 = v128.load(bt, 32), b3 = v128.load(bt, 48);
          let value = v128.load_splat<f32>(at);
          c00 = multiplyAdd(value, b0, c00);
          c01 = multiplyAdd(value, b1, c01);
          c02 = multiplyAdd(value, b2, c02);
          c03 = multiplyAdd(value, b3, c03);
          value = v128.load_splat<f32>(at, 4);
          c10 = multiplyAdd(value, b0, c10);
          c11 = multiplyAdd(value, b1, c11);
          c12 = multiplyAdd(value, b2, c12);
          c13 = multiplyAdd(value, b3, c13);
          at += lda;
          bt += ldb;
        } while (--k);
        let out = c + <usize>m * ldc + column;
        v128.store(out, c00);
        v128.store(out, c01, 16);
        v128.store(out, c02, 32);
        v128.store(out, c03, 48);
        out += ldc;
        v128.store(out, c10);
        v128.store(out, c11, 16);
        v128.store(out, c12, 32);
        v128.store(out, c13, 48);
      }
      if (evenM < M) {
        const m = <usize>evenM;
        productRow16(depth, a + (m << 2), lda, panel, ldb, init + m * ldInit + column, c + m * ldc + column);
      }
    }
    if (panels < N) {
      const column = <usize>panels << 2;
      productRest(M, depth, a, 4, lda, b + column, ldb, init + column, ldInit, c + column, ldc);
    }
    // Here, while these rows of B are in the first-level cache.
    if (sums) addColumns(depth, N, b, ldb, sums);
    a += lda * DEPTH_BLOCK;
    b += ldb * DEPTH_BLOCK;
    init = c;
    ldInit = ldc;
  }
}

/** out[N] = sums over the M rows, in their order; writes N rounded up to 8 floats. */
export function columnSums(M: i32, N: i32, source: usize, ldSource: usize, out: usize): void {
  memory.fill(out, 0, <usize>((N + 7) & ~7) << 2);
  addColumns(M, N, source, ldSource, out);
}

// out[N rounded up to 8] += sums over the rows.
function addColumns(rows: i32, N: i32, source: usize, ldSource: usize, out: usize): void {
  const bytes = <usize>((N + 7) & ~7) << 2;
  let column: usize = 0;
  for (; column + 64 <= bytes; column += 64) {
    let at = source + column;
    const to = out + column;
    let s0 = v128.load(to), s1 = v128.load(to, 16), s2 = v128.load(to, 32), s3 = v128.load(to, 48);
    for (let k = rows; k > 0; k--) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += ldSource;
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
  }
  if (column < bytes) {
    let at = source + column;
    const to = out + column;
    let s0 = v128.load(to), s1 = v128.load(to, 16);
    for (let k = rows; k > 0; k--) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += ldSource;
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
  }
}

// One row of 16 columns; steps of A and B from one k to the next in bytes.
function productRow16(K: i32, a: usize, stepA: usize, b: usize, stepB: usize, from: usize, to: usize): void {
  let c0 = v128.load(from), c1 = v128.load(from, 16), c2 = v128.load(from, 32), c3 = v128.load(from, 48);
  do {
    const value = v128.load_splat<f32>(a);
    c0 = multiplyAdd(value, v128.load(b), c0);
    c1 = multiplyAdd(value, v128.load(b, 16), c1);
    c2 = multiplyAdd(value, v128.load(b, 32), c2);
    c3 = multiplyAdd(value, v128.load(b, 48), c3);
    a += stepA;
    b += stepB;
  } while (--K);
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
}

// The last 8 columns of all rows: four rows at a time, else the chain of additions of a row would be waited for. `nextRow` is the way
// from a row's values of A to the next row's, `stepA` and `stepB` from one k to the next, all in bytes.
function productRest(
  rows: i32, K: i32, a: usize, nextRow: usize, stepA: usize, panel: usize, stepB: usize, from: usize, ldFrom: usize, to: usize, ldTo: usize,
): void {
  let m = 0;
  for (; m + 4 <= rows; m += 4) {
    const row1 = from + ldFrom, row2 = row1 + ldFrom, row3 = row2 + ldFrom;
    let c00 = v128.load(from), c01 = v128.load(from, 16), c10 = v128.load(row1), c11 = v128.load(row1, 16);
    let c20 = v128.load(row2), c21 = v128.load(row2, 16), c30 = v128.load(row3), c31 = v128.load(row3, 16);
    let b = panel, k = K, a0 = a, a1 = a0 + nextRow, a2 = a1 + nextRow, a3 = a2 + nextRow;
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let value = v128.load_splat<f32>(a0);
      c00 = multiplyAdd(value, b0, c00);
      c01 = multiplyAdd(value, b1, c01);
      value = v128.load_splat<f32>(a1);
      c10 = multiplyAdd(value, b0, c10);
      c11 = multiplyAdd(value, b1, c11);
      value = v128.load_splat<f32>(a2);
      c20 = multiplyAdd(value, b0, c20);
      c21 = multiplyAdd(value, b1, c21);
      value = v128.load_splat<f32>(a3);
      c30 = multiplyAdd(value, b0, c30);
      c31 = multiplyAdd(value, b1, c31);
      a0 += stepA;
      a1 += stepA;
      a2 += stepA;
      a3 += stepA;
      b += stepB;
    } while (--k);
    v128.store(to, c00);
    v128.store(to, c01, 16);
    to += ldTo;
    v128.store(to, c10);
    v128.store(to, c11, 16);
    to += ldTo;
    v128.store(to, c20);
    v128.store(to, c21, 16);
    to += ldTo;
    v128.store(to, c30);
    v128.store(to, c31, 16);
    to += ldTo;
    from = row3 + ldFrom;
    a += nextRow << 2;
  }
  for (; m < rows; m++) {
    let c0 = v128.load(from), c1 = v128.load(from, 16), at = a, b = panel, k = K;
    do {
      const value = v128.load_splat<f32>(at);
      c0 = multiplyAdd(value, v128.load(b), c0);
      c1 = multiplyAdd(value, v128.load(b, 16), c1);
      at += stepA;
      b += stepB;
    } while (--k);
    v128.store(to, c0);
    v128.store(to, c1, 16);
    from += ldFrom;
    to += ldTo;
    a += nextRow;
  }
}

/** to <- from, M rows of N floats (a multiple of 8); a stride of 0 repeats one row. */
export function copyRows(M: i32, N: i32, from: usize, ldFrom: usize, to: usize, ldTo: usize): void {
  const bytes = <usize>N << 2;
  for (let m = 0; m < M; m++) {
    for (let at: usize = 0; at < bytes; at += 32) {
      const v0 = v128.load(from + at), v1 = v128.load(from + at, 16);
      v128.store(to + at, v0);
      v128.store(to + at, v1, 16);
    }
    from += ldFrom;
    to += ldTo;
  }
}
