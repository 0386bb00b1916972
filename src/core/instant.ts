/** An instant in ms UTC as ISO 8601 with milliseconds. */
export function isoInstant(time: number): string {
  return new Date(time).toISOString();
}
