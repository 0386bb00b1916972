import Table from 'cli-table3';
import type { createColors } from 'picocolors';

/*
 * Text for terminals and text files: tables without lines, wrapped words, and names that cannot steer a terminal.
 */

export type Colours = ReturnType<typeof createColors>;

/** Headings of columns of words. */
const WORDS = ['', 'forecast', 'market', 'model'];

/** Rows under a header, without lines; a column that starts with words is left-aligned, numbers are right-aligned. */
export function grid(header: readonly string[], rows: readonly (readonly string[])[], colours: Colours): string[] {
  const sides = ['top', 'bottom', 'left', 'right', 'mid', 'left-mid', 'right-mid', 'mid-mid', 'middle'] as const;
  const corners = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'] as const;
  const table = new Table({
    chars: Object.fromEntries([...sides, ...corners].map((part) => [part, ''])),
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [], compact: true },
    colAligns: header.map((name) => (WORDS.includes(name) ? 'left' : 'right')),
    head: header.map((name) => colours.dim(name)),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Words on lines of at most `width` characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The text, cut where it is longer than `width`. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}

/** Without control characters: a name from a file must not steer the terminal. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
