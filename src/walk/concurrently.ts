/**
 * The results of `work` on every item, in the items' order. Work starts in that order, at most `limit` at once. After a failure no more
 * is started, and the failure is thrown once what was under way has ended.
 */
export async function concurrently<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length && failures.length === 0) {
      const place = next++;
      try {
        results[place] = await work(items[place]!);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
