import type { DataSummary } from '../backtest/result.ts';
import { count, counted, moment } from './format.ts';
import { escaped, facts, list, section } from './markup.ts';
import { stylesheet } from './stylesheet.ts';

/** Between two sentences; a decimal point has no space behind it. */
export const SENTENCE_END = /(?<=\.) (?=[A-Z])/;
/** What must not be loaded: everything. The page holds all it shows. */
const CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** One HTML page that opens offline; `style` is added to what all reports share, empty parts are left out. */
export function page(title: string, style: string, body: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${stylesheet()}${style}</style>
</head>
<body><main>
${body.filter((part) => part !== '').join('\n')}
</main></body>
</html>
`;
}

/** Where the bars of each market come from. */
export function dataSection(data: readonly DataSummary[]): string {
  const parts = data.map(
    (one) =>
      `<h3>${escaped(one.market)}</h3>${facts([
        ['Origin', one.origin],
        ['Range', `${moment(one.from)} to ${moment(one.to)} UTC, ${counted(one.bars, 'bar')}`],
        ['SHA-256', one.sha256],
        ...(one.truth === undefined ? [] : [['Known to contain', one.truth] as const]),
        ['Warnings', one.warnings.length === 0 ? 'none' : count(one.warnings.length)],
      ])}${list(one.warnings)}`,
  );
  return section('Data', ...parts);
}

/** The configuration as it was read, every default filled in. */
export function configuration(config: unknown): string {
  return `<h3>Configuration</h3><pre>${escaped(JSON.stringify(config ?? null, null, 2))}</pre>`;
}
