/** Addresses are 32 bits wide. */
const MOST_PAGES = 65_536;
const PAGE = 65_536;

/** Shared memories that are used again: making one anew for every fit would leave the old ones to the garbage collector's mood. */
export interface MemoryPool {
  /** A memory of at least so many pages; what it holds is left from its last use. Throws a RangeError beyond 4 GiB. */
  take(pages: number): WebAssembly.Memory;
  /** Gives a memory back that nobody uses any more. */
  give(memory: WebAssembly.Memory): void;
}

export function createMemoryPool(): MemoryPool {
  const free: WebAssembly.Memory[] = [];
  return {
    take(pages) {
      if (pages > MOST_PAGES) {
        const gigabytes = ((pages * PAGE) / 1_073_741_824).toFixed(1);
        throw new RangeError(
          `Expected a training that fits into 4 GiB of memory, received one of ${gigabytes} GiB; lower units, batchSize or lookback`,
        );
      }
      const place = free.findIndex(({ buffer }) => buffer.byteLength >= pages * PAGE);
      // One that is too small makes way, so that there are never more than were in use at once.
      const [found] = free.splice(Math.max(place, 0), 1);
      return place >= 0 ? found! : new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared: true });
    },
    give(memory) {
      free.push(memory);
    },
  };
}
