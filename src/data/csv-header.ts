import { DataError } from './data-error.ts';

/** What a column of the file is for; the order of the columns a parser fills. */
export const FIELDS = ['time', 'open', 'high', 'low', 'close', 'volume', 'adjusted close'] as const;

/** Names a field goes by once case, blanks and punctuation are gone; where a file has several of them, the first listed counts. */
const SYNONYMS: Record<(typeof FIELDS)[number], readonly string[]> = {
  time: ['timestamp', 'opentime', 'unix', 'unixtimestamp', 'datetime', 'date', 'time'],
  open: ['open', 'openprice'],
  high: ['high', 'highprice'],
  low: ['low', 'lowprice'],
  close: ['close', 'closeprice'],
  volume: ['volume', 'vol'],
  'adjusted close': ['adjclose', 'adjustedclose'],
};

export interface CsvHeader {
  readonly separator: number;
  /** For each column of the file the index in FIELDS of what it holds, or -1 where it is ignored. */
  readonly fieldOf: Int8Array;
}

/**
 * Which column holds what, from the first line of a CSV file (without its line end).
 * The separator is whichever of `,` `;` tab occurs most. Throws a DataError where a column is missing or named twice.
 */
export function parseHeader(line: string, file: string, adjusted: boolean): CsvHeader {
  const separator = [',', ';', '\t'].reduce((best, candidate) => (count(line, candidate) > count(line, best) ? candidate : best));
  const names = line.split(separator).map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const fieldOf = new Int8Array(names.length).fill(-1);
  FIELDS.forEach((field, index) => {
    if (field === 'adjusted close' && !adjusted) return;
    const name = SYNONYMS[field].find((synonym) => names.includes(synonym));
    if (name === undefined) {
      const known = SYNONYMS[field].join(', ');
      throw new DataError(
        `${file}:1: Expected a header with a column for ${field} (${known}), received ${JSON.stringify(line)}; name the columns in the first line`,
        { file, line: 1 },
      );
    }
    if (names.indexOf(name) !== names.lastIndexOf(name)) {
      throw new DataError(`${file}:1: Expected one column named ${JSON.stringify(name)}, received two; rename the one not meant`, {
        file,
        line: 1,
      });
    }
    fieldOf[names.indexOf(name)] = index;
  });
  return { separator: separator.charCodeAt(0), fieldOf };
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
