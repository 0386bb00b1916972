import type { Quality } from './quality.ts';

/**
 * Data that is missing or cannot be traded on: what was expected, what was received, where, and what to do.
 * A command that meets one ends with exit code 3.
 */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly exitCode = 3;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** All that was found wrong, where the bars could be read at all. */
  readonly quality?: Quality;

  constructor(message: string, where: { readonly file?: string; readonly line?: number; readonly quality?: Quality } = {}) {
    super(message);
    if (where.file !== undefined) this.file = where.file;
    if (where.line !== undefined) this.line = where.line;
    if (where.quality !== undefined) this.quality = where.quality;
  }
}

/** Longest piece of a file that a message repeats, characters. */
const LONGEST_QUOTE = 200;

/** A piece of a file as a message repeats it: in quotes, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text);
}
