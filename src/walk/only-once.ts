/** `load`, which is asked once for each key however often the result is. */
export function onlyOnce<K, T>(load: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const loaded = new Map<K, Promise<T>>();
  return (key) => {
    const found = loaded.get(key) ?? load(key);
    loaded.set(key, found);
    return found;
  };
}
