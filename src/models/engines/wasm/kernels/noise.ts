// Gaussian noise on a batch's inputs, by the same kind of hash as dropout's: independent of how the rows are split over threads.

// Mixed into the key, so that one key gives noise and dropout different sequences (the golden ratio's bits).
const STREAM: u32 = 0x9e3779b9;

// @ts-ignore: decorator
@inline
function hash(number: u32, key: u32): u32 {
  let value = (number ^ (number >>> 16)) * 0x21f0aaad;
  value ^= key;
  value = (value ^ (value >>> 15)) * 0x735a2d97;
  return value ^ (value >>> 15);
}

/**
 * x += deviation * table[hash >>> 20], `table` 4096 float32 quantiles of the standard normal distribution. x: steps * rows rows of `ld`
 * bytes, of which only the `inputs` real columns are touched. These rows are rows firstRow .. of a batch of batchRows; element
 * (t, b, column) has the number (t * batchRows + firstRow + b) * inputs + column.
 */
export function addNoise(
  steps: i32, rows: i32, inputs: i32, ld: usize, x: usize, key: i32, table: usize, deviation: f32, firstRow: i32, batchRows: i32,
): void {
  const mixed = <u32>key ^ STREAM, bytes = <usize>inputs << 2;
  for (let t = 0; t < steps; t++) {
    for (let b = 0; b < rows; b++) {
      let number = <u32>((t * batchRows + firstRow + b) * inputs);
      for (let at = x, end = x + bytes; at < end; at += 4) {
        store<f32>(at, load<f32>(at) + deviation * load<f32>(table + (<usize>(hash(number++, mixed) >>> 20) << 2)));
      }
      x += ld;
    }
  }
}
