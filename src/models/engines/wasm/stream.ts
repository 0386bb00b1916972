/** The key of one draw from a seeded stream, a 32-bit integer; the kernels mix it with the number of every element. */
export function streamKey(seed: number, draw: number): number {
  // Two rounds of a finaliser in the manner of Murmur3, so that neighbouring draws have nothing in common.
  let key = Math.imul(draw ^ (draw >>> 16), 0x7feb352d) + seed;
  key = Math.imul(key ^ (key >>> 15), 0x846ca68b);
  key = Math.imul(key ^ (key >>> 16), 0x85ebca6b);
  return key ^ (key >>> 13);
}
