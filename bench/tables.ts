import type { PeersFigures } from './peers.ts';
import type { TrainingFigures, Who, WorkloadFigures } from './training.ts';

/** Tables in Markdown: they read well on a terminal, and are pasted as they are. */
export function trainingTables({ contestants, epochs, forecast, folds, memory }: TrainingFigures): string {
  const parts = [who(contestants)];
  for (const one of epochs) parts.push(epochTable(one));
  const [[, first] = []] = Object.entries(forecast.engines);
  parts.push(
    `Forecast of a single window, ${forecast.workload}:`,
    table(
      ['engine', 'min', 'median', 'times the first'],
      Object.entries(forecast.engines).map(([name, { minMs, medianMs }]) => [
        name,
        milliseconds(minMs / 1000),
        milliseconds(medianMs / 1000),
        ratio(medianMs, first?.medianMs),
      ]),
    ),
  );
  if (folds) {
    const { workload, fits, epochs: each, oneThreadSeconds, twoThreadsSeconds, sameWeights } = folds;
    parts.push(
      `Folds: ${fits} fits of ${each} epochs of ${workload}: ${oneThreadSeconds.toFixed(2)} s on one thread, ${twoThreadsSeconds.toFixed(2)} s on two, ` +
        `${folds.ratio.toFixed(2)} times as fast; ${sameWeights ? 'the same weights, bit for bit' : 'NOT the same weights'}`,
    );
  }
  for (const [name, figures] of Object.entries(memory)) {
    parts.push(`Memory, ${name}: ${figures.map(({ fits, residentMB }) => `${residentMB.toFixed(0)} MB after ${fits} fits`).join(', ')}`);
  }
  return parts.join('\n\n');
}

export function peersTables({ contestants, epochs }: PeersFigures): string {
  return [who(contestants), ...epochs.map(epochTable)].join('\n\n');
}

function who(contestants: readonly Who[]): string {
  return contestants.map((one) => `- ${one.name}: ${'absent' in one ? `left out, ${one.absent}` : one.description}`).join('\n');
}

function epochTable({ workload, description, engines }: WorkloadFigures): string {
  const [[, first] = []] = Object.entries(engines);
  const rows = Object.entries(engines).map(([name, { epochs, minSeconds, medianSeconds, firstLoss }]) => [
    name,
    milliseconds(minSeconds),
    milliseconds(medianSeconds),
    ratio(minSeconds, first?.minSeconds),
    ratio(medianSeconds, first?.medianSeconds),
    String(epochs),
    firstLoss.toFixed(3),
  ]);
  const titles = ['seconds per epoch', 'min', 'median', 'times the first, min', 'times the first, median', 'epochs', 'first loss'];
  return `${workload}: ${description}\n\n${table(titles, rows)}`;
}

function milliseconds(seconds: number): string {
  return seconds < 1 ? `${(1000 * seconds).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

function ratio(value: number, reference: number | undefined): string {
  return reference === undefined ? '' : (value / reference).toFixed(2);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = titles.map((title, k) => Math.max(title.length, ...rows.map((row) => row[k]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]!) : cell.padStart(widths[k]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, k) => (k === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(titles), rule, ...rows.map(line)].join('\n');
}
