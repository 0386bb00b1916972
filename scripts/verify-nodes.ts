// The same numbers under every Node, on any number of threads, with fits found or trained: npm run verify:nodes [-- --pin]
// Fetches Node 20, 22 and 24 into the user's cache folder and runs the compiled package with each. Exits with 1 where hashes differ from
// one another or from those pinned in training-hashes.json, which --pin writes anew.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import Table from 'cli-table3';
import { type NodeBinary, nodeBinary } from './node-binaries.ts';

const LINES = [20, 22, 24];
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PINNED = fileURLToPath(new URL('./training-hashes.json', import.meta.url));
const run = promisify(execFile);

type Hashes = Readonly<Record<string, string>>;

/** One way to run the same trainings: a row of the table. */
interface Cell {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The ways to train: one fit after the other has all threads for its batches, fits asked for together have a thread each. */
function trainingMatrix(): readonly Cell[] {
  const ways = [
    { words: '1 worker', threads: 1, together: false },
    { words: '1 worker, fits together', threads: 1, together: true },
    { words: '1 worker, 2 threads per batch', threads: 2, together: false },
    { words: '2 workers, fits together', threads: 2, together: true },
    { words: 'up to 4 workers, threads change between fits', threads: 4, together: true },
  ];
  return ways.flatMap(({ words, threads, together }) =>
    ['auto', 'off'].map((revectorizer) => ({
      name: `${words}, revectorizer ${revectorizer}`,
      options: { threads, together, revectorizer },
    })),
  );
}

const CACHES = ['cold', 'warm'];

/** Hashes of the trainings under one Node, first with nothing kept and then with every fit of the walk kept. */
async function trainingHashes(node: NodeBinary, cell: Cell): Promise<readonly Hashes[]> {
  return withFolder(async (fits) => {
    const found: Hashes[] = [];
    for (const _ of CACHES) {
      const said = await output(node, ['scripts/training-hash.mjs', JSON.stringify({ ...cell.options, fits })]);
      const { description, hashes } = JSON.parse(said) as { description: string; hashes: Hashes };
      modes.add(`Node ${node.version}: ${description}`);
      found.push(hashes);
    }
    return found;
  });
}

/** What the demo gives under one Node in a fresh workspace, twice: the second time with every fit kept. */
async function demoDigests(node: NodeBinary): Promise<readonly Hashes[]> {
  return withFolder(async (workspace) => {
    const digests: Hashes[] = [];
    for (const _ of CACHES) {
      const args = ['dist/cli/main.js', 'backtest', 'config/demo.yaml', '--json', '--quiet', '--workspace', workspace];
      const { digest, forecast } = JSON.parse(await output(node, args)) as { digest: string; forecast: unknown };
      // Decisions can be equal where forecasts are not: their errors and tests show every bit of them.
      digests.push({ 'demo digest': digest, 'demo forecasts': hashOf(forecast) });
    }
    return digests;
  });
}

if (!existsSync(join(ROOT, 'dist/cli/main.js'))) fail('Expected the compiled package in dist, found none. Run npm run build');
const nodes: NodeBinary[] = [];
for (const line of LINES) nodes.push(await nodeBinary(line));

const pin = process.argv.includes('--pin');
const pinned: Hashes = existsSync(PINNED) && !pin ? (JSON.parse(readFileSync(PINNED, 'utf8')) as Hashes) : {};
// What is not pinned must be as it was found first.
const expected: Record<string, string> = { ...pinned };
/** By what differs: where it does. */
const differences = new Map<string, string[]>();
const modes = new Set<string>();
const table = new Table({ head: ['', ...nodes.map(({ version }) => `Node ${version}`)], style: { head: [], border: [] } });

for (const cell of trainingMatrix()) await addRows(cell.name, (node) => trainingHashes(node, cell));
await addRows('demo', demoDigests);
console.log(table.toString());
console.log(`Hashed: ${Object.keys(expected).join('; ')}`);
console.log([...modes].sort().join('\n'));
for (const [what, [first, ...more]] of differences)
  console.error(`${what} (${first}${more.length > 0 ? `, and ${more.length} more` : ''})`);

if (differences.size > 0) fail('The hashes are not the same everywhere, or not as pinned');
if (pin) {
  writeFileSync(PINNED, `${JSON.stringify(expected, null, 2)}\n`);
  console.log('The same everywhere, and pinned.');
} else if (!isDeepStrictEqual(pinned, expected)) {
  fail(`Expected every hash to be pinned in ${PINNED}, it holds ${Object.keys(pinned).join('; ') || 'none'}. Pin them with --pin`);
} else console.log('The same everywhere, and as pinned.');

/** A row of the table for each state of the cache, with one hash over all there is to hash, and the differences one by one. */
async function addRows(name: string, hash: (node: NodeBinary) => Promise<readonly Hashes[]>): Promise<void> {
  const columns: (readonly Hashes[])[] = [];
  for (const node of nodes) columns.push(await hash(node));
  for (const [row, cache] of CACHES.entries()) {
    const found = columns.map((column) => column[row]!);
    const title = `${name}, ${cache} cache`;
    table.push([title, ...found.map((hashes) => hashOf(hashes).slice(0, 16))]);
    for (const [k, hashes] of found.entries()) {
      for (const [what, received] of Object.entries(hashes)) {
        expected[what] ??= received;
        if (received === expected[what]) continue;
        const difference = `Expected ${what} to be ${expected[what]}, received ${received}`;
        differences.set(difference, [...(differences.get(difference) ?? []), `${title}, Node ${nodes[k]!.version}`]);
      }
    }
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

async function output(node: NodeBinary, args: readonly string[]): Promise<string> {
  // No flags of this process, nor those of its environment.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await run(node.path, args, { cwd: ROOT, env, maxBuffer: 1 << 26 });
  return stdout;
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'paperwalk-nodes-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
