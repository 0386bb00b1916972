// The fault suite at full size: npm run faults [-- ROW... [--write]], such as npm run faults -- A6 C13
// A test belongs to a row when its title begins with the row's id and a colon (`C13: ...`), wherever it lies. --write renews the table of those
// that ran in docs/reliability.md. Exits with 1 where a test failed, or a row that was asked for has none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GUIDE = join(ROOT, 'docs/reliability.md');
const MARKERS = ['<!-- faults: written by npm run faults -- --write -->', '<!-- end of faults -->'] as const;
/** The longest test, with room for a slow machine. */
const TIMEOUT_MS = 1_800_000;

/** As much of vitest's report as is read here. */
interface Report {
  readonly testResults: readonly { readonly message: string; readonly name: string; readonly assertionResults: readonly Assertion[] }[];
}
interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';
  readonly duration?: number | null;
  readonly meta: { readonly cases?: number };
  readonly failureMessages: readonly string[];
}

/** One test of the suite: its row, its title in full, and the cases that it ran, which is one where it counts none. */
interface Result {
  readonly row: string;
  readonly what: string;
  readonly cases: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly seconds: number;
}

const TITLE = /^([A-G]\d{1,2}): (.*)$/s;
const asked = process.argv.slice(2).filter((argument) => argument !== '--write');
const unknown = asked.find((argument) => !/^[A-G]\d{1,2}$/.test(argument));
if (unknown !== undefined) fail(`Expected rows such as A6 or C13, or --write, received ${unknown}`);
const ids = asked.length > 0 ? asked.join('|') : '[A-G]\\d{1,2}';

// Other files need not be loaded: a row's id stands in the text of its test.
const holdsRow = new RegExp(`['"\`](?:${ids}): `);
const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && holdsRow.test(readFileSync(join(ROOT, 'test', file), 'utf8')))
  .map((file) => join('test', file));
if (files.length === 0) fail(`Expected tests of ${asked.join(', ') || 'any row'}, found none`);

const report = await run(files);
const results = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .flatMap(resultOf)
  .sort((a, b) => order(a.row) - order(b.row));
const broken = report.testResults.filter(({ assertionResults, message }) => assertionResults.length === 0 && message !== '');
const missing = asked.filter((row) => !results.some((result) => result.row === row));

const table = new Table({
  head: ['row', 'what', 'cases', 'outcome', 'seconds'],
  style: { head: [], border: [] },
  colWidths: [5, 100],
  wordWrap: true,
});
for (const { row, what, cases, outcome, seconds } of results) table.push([row, what, count(cases), outcome, seconds.toFixed(1)]);
console.log(table.toString());
for (const { failureMessages, title } of report.testResults.flatMap(({ assertionResults }) => assertionResults))
  for (const message of failureMessages) console.error(`\n${title}\n${message}`);
for (const { name, message } of broken) console.error(`\n${name}\n${message}`);
if (missing.length > 0) console.error(`Expected tests of ${missing.join(', ')}, found none`);
if (process.argv.includes('--write')) write(results);
if (broken.length > 0 || missing.length > 0 || results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;

async function run(files: readonly string[]): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'paperwalk-faults-'));
  const output = join(folder, 'report.json');
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`, `--testTimeout=${TIMEOUT_MS}`];
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  try {
    const child = spawn(process.execPath, [vitest, 'run', ...files, `-t=(?:^|\\s)(?:${ids}): `, ...options], {
      cwd: ROOT,
      // Its own report goes where progress belongs.
      stdio: ['ignore', process.stderr, process.stderr],
      env: { ...process.env, PAPERWALK_FAULTS: 'full' },
    });
    await once(child, 'close');
    return JSON.parse(readFileSync(output, 'utf8')) as Report;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resultOf({ ancestorTitles, title, status, duration, meta, failureMessages }: Assertion): readonly Result[] {
  const [, row, rest] = TITLE.exec(title) ?? [];
  if (row === undefined || rest === undefined || (asked.length > 0 && !asked.includes(row))) return [];
  const outcome = status === 'passed' || status === 'failed' ? status : 'skipped';
  // What holds where a test is skipped is of no interest where it ran.
  const words = [...ancestorTitles, rest].join(' ');
  const what = outcome === 'skipped' ? words : words.replaceAll(/ \(skipped [^)]*\)/g, '');
  const cases = outcome === 'passed' ? (meta.cases ?? 1) : 0;
  return [{ row, what, cases, outcome: failureMessages.length > 0 ? 'failed' : outcome, seconds: (duration ?? 0) / 1000 }];
}

/** Renews the table between its markers; rows that did not run keep their lines. */
function write(results: readonly Result[]): void {
  const guide = readFileSync(GUIDE, 'utf8');
  const [start, end] = [guide.indexOf(MARKERS[0]), guide.indexOf(MARKERS[1])];
  if (start < 0 || end < start) fail(`${GUIDE}: Expected the lines ${MARKERS.join(' and ')}, found none; put them where the table belongs`);
  const ran = new Set(results.map(({ row }) => row));
  const kept = guide.slice(start, end).match(/^\| [A-G]\d{1,2} \|.*$/gm) ?? [];
  const machine = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores`;
  const lines = [
    ...kept.filter((line) => !ran.has(line.split(' ')[1]!)),
    ...results.map(({ row, what, cases, outcome, seconds }) => {
      const cells = [row, what.replaceAll('|', '\\|'), count(cases), outcome, seconds.toFixed(1), machine];
      return `| ${cells.join(' | ')} |`;
    }),
  ].sort((a, b) => order(a.split(' ')[1]!) - order(b.split(' ')[1]!));
  const table = ['| row | what | cases | outcome | seconds | when and where |', '|---|---|---:|---|---:|---|', ...lines];
  writeFileSync(GUIDE, `${guide.slice(0, start)}${MARKERS[0]}\n\n${table.join('\n')}\n\n${guide.slice(end)}`);
}

/** A1, A2, ... A10, B1, ... */
function order(row: string): number {
  return 100 * row.charCodeAt(0) + Number(row.slice(1));
}

function count(cases: number): string {
  return cases.toLocaleString('en');
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
