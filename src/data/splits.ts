import type { BarColumns } from '../core/bars.ts';
import { DataError } from './data-error.ts';
import { expectUtf8, readWhole, withFile } from './file-blocks.ts';
import { formatInstant, parseDate } from './instant.ts';
import type { TimeZone } from './time-zone.ts';

const DAY = 86_400_000;
/** How far, in log price, a jump may lie from the ratio of a split: the market moves overnight as well. */
const TOLERANCE = 0.1;
/** What is left of a jump beside its split is told from this size on, in log price. */
const TOLD = 0.03;
/** How many rows before and after the day of a split are searched where that day does not show it. */
const SEARCHED = 10;

/** What changes the worth of a share without a trade, from the opening of one day on. */
export interface Split {
  /** Midnight UTC of the first trading day at the new price, ms. */
  readonly date: number;
  /** Shares after for one before: 4 of a 4:1 split, 0.1 of a 1:10 consolidation; 1 where there is only a dividend. */
  readonly ratio: number;
  /** Cash per share, in quote currency, for whoever held before that day. */
  readonly dividend: number;
}

/**
 * The splits of a CSV file with the columns `date` (first trading day at the new price), `ratio` or `split` (`4:1`, `7/1` or `4`) and, if
 * wanted, `dividend` (cash per share, the date is the ex-date); by date. So are those that yfinance writes: `Stock Splits` and `Dividends`
 * with 0 for none, and times behind the dates, which do not count. Throws a DataError naming `file:line`.
 */
export async function readSplits(path: string): Promise<readonly Split[]> {
  const content = await withFile(path, 'a CSV file of splits', (file) => readWhole(file, path));
  expectUtf8(content, path);
  const lines = content
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r\n?|\n/);
  // A separator with a whole number of quoted texts behind it is in none.
  const cellsOf = (line: string) =>
    line.split(/[,;\t](?=(?:[^"]*"[^"]*")*[^"]*$)/).map((cell) =>
      cell
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    );
  const refuse = (line: number, expected: string, received: string): never => {
    const message = `${path}:${line}: Expected ${expected}, received ${JSON.stringify(received)}; correct or remove the line`;
    throw new DataError(message, { file: path, line });
  };
  const names = cellsOf(lines[0]!.toLowerCase()).map((name) => name.replace(/[^a-z]/g, ''));
  const placeOf = (...synonyms: readonly string[]) => names.findIndex((name) => synonyms.includes(name));
  const [dateAt, ratioAt, dividendAt] = [
    placeOf('date'),
    placeOf('ratio', 'split', 'splits', 'stocksplits'),
    placeOf('dividend', 'dividends'),
  ];
  if (dateAt < 0 || (ratioAt < 0 && dividendAt < 0)) refuse(1, 'the columns date and ratio (or dividend)', lines[0]!);
  const splits = lines.slice(1).map((text, k): Split => {
    const cells = cellsOf(text);
    const day = Buffer.from((cells[dateAt] ?? '').replace(/[T ]\d\d:\d\d.*$/, ''));
    const date = parseDate(day, 0, day.length);
    const ratio = ratioOf(cells[ratioAt] ?? '');
    const dividend = Number(cells[dividendAt] ?? '');
    if (Number.isNaN(date)) refuse(k + 2, 'a date such as 2020-08-31', cells[dateAt] ?? '');
    if (!(ratio > 0 && ratio < Number.POSITIVE_INFINITY)) refuse(k + 2, 'a ratio such as 4:1, 7/1 or 4', cells[ratioAt] ?? '');
    if (!(dividend >= 0 && dividend < Number.POSITIVE_INFINITY)) refuse(k + 2, 'a dividend such as 0.24', cells[dividendAt] ?? '');
    return { date, ratio, dividend };
  });
  const dated = splits.filter(({ ratio, dividend }) => ratio !== 1 || dividend !== 0).sort((a, b) => a.date - b.date);
  dated.forEach(({ date }, k) => {
    if (date === dated[k + 1]?.date)
      throw new DataError(`${path}: Expected each date once, received ${dayName(date)} twice; put both into one line`);
  });
  return dated;
}

function ratioOf(text: string): number {
  if (Number(text) === 0) return 1;
  const match = /^(\d+(?:\.\d+)?)(?:[:/](\d+(?:\.\d+)?))?$/.exec(text);
  return match ? Number(match[1]) / Number(match[2] ?? 1) : Number.NaN;
}

export interface SplitPlace {
  readonly file: string;
  readonly intervalMs: number;
  /** Whose dates count for bars shorter than a day; default UTC. */
  readonly zone: TimeZone | undefined;
  /** Whether the prices were scaled to the adjusted close, which has taken dividends off. */
  readonly adjusted: boolean;
}

/**
 * Takes splits and dividends into the columns, in place: prices of bars opened before the date are divided by the ratio and volumes
 * multiplied by it, and a dividend takes its share of the last close before it off the prices (factor 1 - dividend / close). Columns are
 * oldest first. In words: what lies outside the bars and changes nothing, and moves of more than 3 % beside a split. Throws a DataError
 * where the prices do not show a split within 10 %: they take it into account already, or its date or ratio is wrong; and for dividends
 * of adjusted prices.
 */
export function applySplits(columns: BarColumns, splits: readonly Split[], place: SplitPlace): readonly string[] {
  const { openTime, open, high, low, close, volume } = columns;
  const { file, intervalMs, zone, adjusted } = place;
  const paid = adjusted ? splits.find(({ dividend }) => dividend > 0) : undefined;
  if (paid) {
    throw new DataError(
      `${file}: Expected no dividends for prices scaled to the adjusted close, which has them taken off, received ${paid.dividend} on ` +
        `${dayName(paid.date)}; leave out the adjustment or the dividends`,
      { file },
    );
  }
  const length = openTime.length;
  // A bar of a day stands at midnight UTC of its day wherever it is from.
  const dayOf = (row: number) => {
    const time = openTime[row]!;
    return Math.floor((time + (zone && intervalMs < DAY ? zone.offsetAt(time) : 0)) / DAY) * DAY;
  };
  const notes: string[] = [];
  const found = splits.flatMap((split) => {
    let row = 0;
    while (row < length && dayOf(row) < split.date) row++;
    if (row > 0 && row < length) return [{ ...split, row }];
    const side = row === 0 ? 'before the second bar' : 'after the last bar';
    notes.push(`the split or dividend of ${dayName(split.date)} lies ${side} and changes nothing`);
    return [];
  });
  // All are judged by the prices as they stand.
  const factors = found.map(({ row, date, ratio, dividend }) => {
    const before = close[row - 1]!;
    const share = (dividend * ratio) / before;
    if (!(share < 1)) {
      throw new DataError(
        `${file}: Expected a dividend on ${dayName(date)} below the close of ${before}, received ${dividend}; correct it`,
        { file },
      );
    }
    const jump = (before * (1 - share)) / open[row]!;
    if (ratio !== 1 && !shows(jump, ratio)) {
      const rows = Array.from({ length: 2 * SEARCHED + 1 }, (_, k) => row - SEARCHED + k);
      const other = rows.find((candidate) => candidate > 0 && candidate < length && shows(close[candidate - 1]! / open[candidate]!, ratio));
      const instead = other === undefined ? 'they may take it into account already' : `${dayName(dayOf(other))} shows it`;
      throw new DataError(
        `${file}: Expected prices that show the split ${ratio}:1 of ${dayName(date)}, received an open of ${open[row]} after a close of ${before} ` +
          `(${instead}); correct or remove its line`,
        { file },
      );
    }
    const move = ratio / jump;
    if (ratio !== 1 && Math.abs(Math.log(move)) > TOLD) {
      const percent = Math.abs(100 * (move - 1)).toFixed(1);
      notes.push(
        `beside the split ${ratio}:1 of ${dayName(date)} the open lies ${percent} % ${move > 1 ? 'above' : 'below'} the last close`,
      );
    }
    return { row, ratio, share };
  });
  let end = factors.at(-1)?.row ?? 0;
  let ratio = 1;
  let kept = 1;
  for (let k = factors.length - 1; k >= 0; k--) {
    ratio *= factors[k]!.ratio;
    kept *= 1 - factors[k]!.share;
    const from = factors[k - 1]?.row ?? 0;
    for (let row = from; row < end; row++) {
      for (const prices of [open, high, low, close]) prices[row] = (prices[row]! * kept) / ratio;
      volume[row] = volume[row]! * ratio;
    }
    end = from;
  }
  return notes;
}

/** Whether a close over the next open is near the ratio of a split, and nearer to it than to no split at all. */
function shows(jump: number, ratio: number): boolean {
  return Math.abs(Math.log(jump / ratio)) <= Math.min(TOLERANCE, Math.abs(Math.log(ratio)) / 2);
}

function dayName(time: number): string {
  return formatInstant(time).slice(0, 10);
}
