import { readFile } from 'node:fs/promises';
import type { Bars } from '../core/bars.ts';
import type { FundingRates } from '../core/funding.ts';
import { DataError } from './data-error.ts';
import { instantOf } from './instant.ts';

const TIME = ['timestamp', 'time', 'fundingtime', 'datetime', 'date'];
const RATE = ['rate', 'fundingrate'];
/** Epoch numbers from here on are milliseconds, below seconds; as in CSV files of bars. */
const FIRST_MILLISECONDS = 1e11;

/**
 * Funding rates from a CSV file whose first line names a column of times (ISO 8601, or epoch seconds or milliseconds) and one of rates
 * (fractions: 0.0001 is 1 bp), oldest first. Throws a DataError naming `file:line`.
 */
export async function readFundingRates(path: string): Promise<FundingRates> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'EISDIR') throw error;
    throw new DataError(
      `${path}: Expected a CSV file of funding rates, received ${code === 'EISDIR' ? 'a folder' : 'no such file'}; check the path`,
    );
  }
  const lines = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  const names = lines[0]!.split(',').map((name) => name.toLowerCase().replace(/[^a-z]/g, ''));
  const timeAt = names.findIndex((name) => TIME.includes(name));
  const rateAt = names.findIndex((name) => RATE.includes(name));
  if (timeAt < 0 || rateAt < 0) {
    throw new DataError(`${path}:1: Expected the columns timestamp and rate, received ${JSON.stringify(lines[0])}`);
  }
  const time = new Float64Array(lines.length - 1);
  const rate = new Float64Array(lines.length - 1);
  for (let k = 1; k < lines.length; k++) {
    const cells = lines[k]!.split(',');
    time[k - 1] = timeOf(cells[timeAt]?.trim() ?? '');
    rate[k - 1] = cells[rateAt]?.trim() ? Number(cells[rateAt]) : Number.NaN;
    const at = `${path}:${k + 1}`;
    if (!Number.isFinite(time[k - 1]))
      throw new DataError(`${at}: Expected a time such as 2024-01-01T08:00Z, received ${JSON.stringify(cells[timeAt] ?? '')}`);
    if (!Number.isFinite(rate[k - 1]))
      throw new DataError(`${at}: Expected a rate such as 0.0001, received ${JSON.stringify(cells[rateAt] ?? '')}`);
    if (k > 1 && !(time[k - 1]! > time[k - 2]!))
      throw new DataError(
        `${at}: Expected rates oldest first and each once, received ${cells[timeAt]!.trim()} after ${lines[k - 1]!.split(',')[timeAt]!.trim()}`,
      );
  }
  return { time, rate };
}

function timeOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * (Number(text) < FIRST_MILLISECONDS ? 1000 : 1);
  return instantOf(text);
}

/** One rate at every whole multiple of a step (ms), over the bars. */
export function constantFunding({ openTime, length, intervalMs }: Bars, rate: number, step: number): FundingRates {
  const first = Math.floor((openTime[0] ?? 0) / step) * step;
  const last = (openTime[length - 1] ?? 0) + intervalMs;
  const count = Math.floor((last - first) / step) + 1;
  return { time: Float64Array.from({ length: count }, (_, k) => first + k * step), rate: new Float64Array(count).fill(rate) };
}
