// A batch from the resident rows of data.

/**
 * out[t * rows + b] = data[ends[b] - steps + 1 + t], the window of `steps` rows that ends at row ends[b]. data: rows of `inputs` floats
 * without padding between them; ends: i32[rows]. Only the real columns of out are written.
 */
export function gather(data: usize, ends: usize, rows: i32, steps: i32, inputs: i32, out: usize, ldOut: usize): void {
  const bytes = <usize>inputs << 2, nextStep = <usize>rows * ldOut;
  for (let b = 0; b < rows; b++) {
    let from = data + <usize>(load<i32>(ends + (<usize>b << 2)) - steps + 1) * bytes, to = out + <usize>b * ldOut;
    for (let t = 0; t < steps; t++) {
      if (inputs >= 4) {
        for (let at: usize = 0; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
        // The last four floats once more: it may overlap, but never leaves the row.
        v128.store(to + bytes - 16, v128.load(from + bytes - 16));
      } else {
        for (let at: usize = 0; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
      }
      from += bytes;
      to += nextStep;
    }
  }
}
