import { formatInstant } from '../data/instant.ts';
import type { Problem, ProblemKind, Quality } from '../data/quality.ts';

const HOUR = 3_600_000;

const NOUNS: Readonly<Record<ProblemKind, readonly [one: string, several: string]>> = {
  disorder: ['row out of order', 'rows out of order'],
  duplicate: ['repeated bar', 'repeated bars'],
  conflict: ['bar that differs from an earlier one of its time', 'bars that differ from earlier ones of their time'],
  impossible: ['impossible bar', 'impossible bars'],
  'zero-volume': ['bar without volume', 'bars without volume'],
  gap: ['gap', 'gaps'],
  misaligned: ['bar off the grid of the interval', 'bars off the grid of the interval'],
  stale: ['bar that repeats the one before', 'bars that repeat the one before'],
  spike: ['unusually large move', 'unusually large moves'],
  split: ['move that looks like an unadjusted split', 'moves that look like unadjusted splits'],
};

/** One line per kind of problem: how many there are, and the first. */
export function qualityLines(quality: Quality, severity: Problem['severity']): readonly string[] {
  return (Object.keys(NOUNS) as ProblemKind[]).flatMap((kind) => {
    const count = quality.counts[kind];
    const first = quality.problems.find((problem) => problem.kind === kind && problem.severity === severity);
    if (count === 0 || !first) return [];
    const extent = kind === 'gap' ? gapExtent(quality) : '';
    return [`${count} ${NOUNS[kind][count === 1 ? 0 : 1]}${extent}; ${count === 1 ? '' : 'the first '}${place(first)}: ${first.message}`];
  });
}

function gapExtent({ missing, longestGapMs }: Quality): string {
  return `, ${missing} bar${missing === 1 ? '' : 's'} missing, the longest ${Math.round((10 * longestGapMs) / HOUR) / 10} h`;
}

/** Where a problem lies: its line where there is a file, and its time. */
export function place({ line, row, time }: Problem): string {
  const where = line === undefined ? `in row ${row}` : `on line ${line}`;
  return time === null || !Number.isInteger(time) || Math.abs(time) > 6e13 ? where : `${where}, ${formatInstant(time)}`;
}
