import { money } from './format.ts';

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export interface NamedValues {
  readonly name: string;
  readonly values: Float64Array;
}

/**
 * One line of blocks for each series, name before and last value behind it, `width` columns in all. All series share one linear
 * scale, from the lowest to the highest value shown; a column shows the last value of its stretch, a blank where it is unknown.
 */
export function sparklines(series: readonly NamedValues[], width: number): string[] {
  const nameWidth = Math.max(...series.map(({ name }) => name.length));
  const ends = series.map(({ values }) => money(values.at(-1)));
  const endWidth = Math.max(...ends.map((end) => end.length));
  const columns = width - nameWidth - endWidth - 2;
  const sampled = series.map(({ values }) => sample(values, columns));
  const known = sampled.flat().filter(Number.isFinite);
  const low = Math.min(...known);
  const height = Math.max(...known) - low;
  return series.map(({ name }, at) => {
    const blocks = (sampled[at] ?? []).map((value) => block(height > 0 ? (value - low) / height : value - low)).join('');
    return `${name.padEnd(nameWidth)} ${blocks} ${ends[at]?.padStart(endWidth)}`;
  });
}

function sample(values: Float64Array, columns: number): number[] {
  const length = Math.min(columns, values.length);
  return Array.from({ length }, (_, at) => values[Math.floor(((at + 1) * values.length) / length) - 1] ?? Number.NaN);
}

function block(level: number): string {
  return Number.isFinite(level) ? (BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(level * BLOCKS.length))] ?? ' ') : ' ';
}
