import { DataError, quoted } from './data-error.ts';
import { expectUtf8 } from './file-blocks.ts';

/**
 * What a column of a table is for; first those that a parser fills with numbers, in their order. `clock` is the time of day where it stands
 * apart from the date; `ticks` is MetaTrader's number of price changes, taken where it has no volumes.
 */
export const FIELDS = ['time', 'open', 'high', 'low', 'close', 'volume', 'adjusted close', 'clock', 'ticker', 'ticks'] as const;
type Field = (typeof FIELDS)[number];

/** What a table without volumes means for a backtest. */
export const NO_VOLUME = 'no column for volume; the volume is 0 throughout, and no order fills in a bar without volume';

/** Names a field goes by once case, blanks and punctuation are gone; where a table has several of them, the first listed counts. */
const SYNONYMS: Record<Field, readonly string[]> = {
  time: ['timestamp', 'opentime', 'unix', 'unixtimestamp', 'datetime', 'date', 'time', 'indexlevel0'],
  open: ['open', 'openprice'],
  high: ['high', 'highprice'],
  low: ['low', 'lowprice'],
  close: ['close', 'closeprice'],
  volume: ['volume', 'vol'],
  'adjusted close': ['adjclose', 'adjustedclose'],
  clock: ['time'],
  ticker: ['ticker', 'symbol'],
  ticks: ['tickvol'],
};

/** Characters of a ticker that a message repeats. */
const LONGEST_TICKER = 30;

const SEPARATORS = [',', ';', '\t'] as const;

/** Files that are no text, by their first bytes. */
const FORMATS: readonly (readonly [magic: string, words: string])[] = [
  ['PAR1', 'a Parquet file; give it the ending .parquet, or write parquet: in place of csv:'],
  ['ARROW1', 'a Feather file, which is not read; export it as Parquet, CSV or JSON'],
  ['FEA1', 'a Feather file, which is not read; export it as Parquet, CSV or JSON'],
  ['PK\u0003\u0004', 'a zip archive; unpack it'],
];

export interface FieldOptions {
  /** Whether the adjusted close is wanted. */
  readonly adjusted?: boolean | undefined;
  /** Whether a table without any column of volumes has the volume 0 throughout; else it is refused. */
  readonly volumeOptional?: boolean | undefined;
}

/** Where the fields of a table stand. */
export interface FieldPlaces {
  /** For each column of the table the index in FIELDS of what it holds, or -1 where it is ignored. */
  readonly fieldOf: Int8Array;
  /** Whether the times stand in a column of dates, in which 20240131 is one. */
  readonly dates: boolean;
  readonly volume: boolean;
  /** The zone that local times of such files usually have, where that is known. */
  readonly usual?: string;
}

export interface CsvHead extends FieldPlaces {
  readonly separator: number;
  /** Byte and line, from 1, of the first row. */
  readonly at: number;
  readonly line: number;
}

/**
 * How a CSV file is laid out, from its first lines. Known besides one line of names: the header of three lines that yfinance writes, a
 * first line with an address (CryptoDataDownload), and Binance's candles of twelve columns without a header.
 * Throws a DataError where a column is missing or stands twice.
 */
export function parseHead(bytes: Buffer, file: string, options: FieldOptions): CsvHead {
  for (const [magic, words] of FORMATS) {
    if (bytes.subarray(0, magic.length).equals(Buffer.from(magic))) {
      throw new DataError(`${file}: Expected a text file of comma-separated values, received ${words}`, { file });
    }
  }
  expectUtf8(bytes, file);
  if (!bytes.includes(10) && bytes.includes(13)) {
    throw new DataError(
      `${file}: Expected lines that end in a line feed, received carriage returns only; save it with the line ends of Unix`,
      {
        file,
      },
    );
  }
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const starts = [begin];
  const lines: string[] = [];
  for (let at = begin; lines.length < 5; ) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.toString('utf8', at, end < 0 ? bytes.length : end).replace(/\r$/, ''));
    at = end < 0 ? bytes.length : end + 1;
    starts.push(at);
  }
  const skipped = /^"?https?:\/\//i.test(lines[0]!) ? 1 : 0;
  const header = lines[skipped]!;
  const separator = SEPARATORS.reduce((best, candidate) => (count(header, candidate) > count(header, best) ? candidate : best));
  const cellsOf = (line: string) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const from = (row: number) => ({ separator: separator.charCodeAt(0), at: starts[row]!, line: row + 1 });
  let names = cellsOf(header);
  if (names.length === 12 && names.every((name) => /^[\d.]+$/.test(name))) {
    return { ...from(skipped), fieldOf: Int8Array.from(names, (_, k) => (k < 6 ? k : -1)), dates: false, volume: true };
  }
  let rows = skipped + 1;
  const [index, ...others] = cellsOf(lines[rows + 1]!);
  if (/^date(time)?$/i.test(index!) && others.length > 0 && others.every((cell) => cell === '')) {
    const tickers = [...new Set(cellsOf(lines[rows]!).slice(1))];
    if (tickers.length !== 1) refuseTickers(file, tickers, rows + 1);
    names = [index!, ...names.slice(1)];
    rows += 2;
  }
  const received = quoted(header);
  const refuse = (expected: string, what: string, mend: string): never => {
    throw new DataError(`${file}:${skipped + 1}: Expected ${expected}, received ${what || received}; ${mend}`, { file, line: skipped + 1 });
  };
  return { ...from(rows), ...placeFields(names, cellsOf(lines[rows]!), options, refuse) };
}

/** Refuses a file of several tickers, at a line from 1 or a row from 0. */
export function refuseTickers(file: string, tickers: readonly string[], line: number | undefined, row?: number): never {
  const where = line === undefined ? `${file}, row ${row}` : `${file}:${line}`;
  const names = tickers.map((ticker) => ticker.slice(0, LONGEST_TICKER)).join(', ');
  const message = `${where}: Expected one ticker in a file, received ${names}; write a file for each`;
  throw new DataError(message, { file, ...(line !== undefined && { line }) });
}

/** Whether two texts name one ticker: BTC/USDT and btcusdt do, and a text without a letter or digit names none. */
export function isOneTicker(a: string, b: string): boolean {
  const [first, second] = [plainName(a), plainName(b)];
  return first === second || first === '' || second === '';
}

/**
 * Which of the columns named holds what. `first` is the first row, whose symbol tells the volume in base currency from that in quote
 * currency where there are both. `refuse` is told what was expected, what was received (empty: these names) and what to do.
 */
export function placeFields(
  names: readonly string[],
  first: readonly string[],
  { adjusted = false, volumeOptional = false }: FieldOptions,
  refuse: (expected: string, received: string, mend: string) => never,
): FieldPlaces {
  const plain = names.map(plainName);
  const fieldOf = new Int8Array(names.length).fill(-1);
  const place = (field: Field): string | undefined => {
    const name = SYNONYMS[field].find((synonym) => plain.includes(synonym));
    if (name === undefined) return undefined;
    if (plain.indexOf(name) !== plain.lastIndexOf(name)) {
      refuse(`one column named ${JSON.stringify(name)}`, 'two', 'rename the one not meant');
    }
    fieldOf[plain.indexOf(name)] = FIELDS.indexOf(field);
    return name;
  };
  const absent = (field: Field) => {
    refuse(`a header with a column for ${field} (${SYNONYMS[field].join(', ')})`, '', 'name the columns in the first line');
  };
  const time = place('time');
  // An index without a name is the first column.
  if (time === undefined && plain[0] === '' && names.length > 1) fieldOf[0] = 0;
  else if (time === undefined) absent('time');
  if (time === 'date') place('clock');
  for (const field of ['open', 'high', 'low', 'close'] as const) if (!place(field)) absent(field);
  if (adjusted && !place('adjusted close')) absent('adjusted close');
  place('ticker');
  place('ticks');
  const named = place('volume') !== undefined;
  const ofBase = named ? -1 : baseVolume(plain, first);
  if (ofBase >= 0) fieldOf[ofBase] = FIELDS.indexOf('volume');
  const volume = named || ofBase >= 0;
  if (!volume && (!volumeOptional || plain.some((name) => name.includes('volume')))) absent('volume');
  const stooq = plain.includes('ticker') && plain.includes('per');
  return { fieldOf, dates: time === 'date', volume, ...(stooq && { usual: 'Europe/Warsaw' }) };
}

/** The column `Volume BTC` of a table whose symbol is BTC/USDT; -1 where there is none. */
function baseVolume(plain: readonly string[], first: readonly string[]): number {
  const symbol = plainName(first[plain.indexOf('symbol')] ?? '');
  return plain.findIndex((name) => name.startsWith('volume') && name !== 'volume' && symbol.startsWith(name.slice('volume'.length)));
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
