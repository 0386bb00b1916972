// The contract of the TensorFlow.js engine on its native library, which npm test skips where it is absent: npm run test:tensorflow
// Whoever asks for it wants it to run, so an absent library is a failure here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBackend } from '../src/models/engines/tensorflow/backend.ts';

const TESTS = 'test/models/engines/tensorflow-native.test.ts';
const ADVICE =
  'Nothing was tested. Run `npm install --no-save @tensorflow/tfjs-node@4.22.0` where it has a library for the platform, with Node 22 or ' +
  'older, and try again. npm test runs the same contract on WebAssembly.';

const backend = await loadBackend('node').catch((error: Error) => fail(`${error.message}\n${ADVICE}`));
console.log(`Back end: ${backend.description} (${backend.id})`);

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-tensorflow-'));
const results = join(folder, 'results.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', TESTS, ...reporters], { stdio: 'inherit' });
const passed = status === 0 ? (JSON.parse(readFileSync(results, 'utf8')) as { numPassedTests: number }).numPassedTests : 0;
rmSync(folder, { recursive: true, force: true });
if (passed === 0) fail(`Expected the contract to pass on ${backend.description}, it did not`);
console.log(`${passed} tests passed on: ${backend.description}`);

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}
