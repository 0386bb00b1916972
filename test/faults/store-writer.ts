import { openBarStore } from '../../src/data/store.ts';
import { save, writes } from './store-writes.ts';

// `node --import tsx test/faults/store-writer.ts WORKSPACE FROM` makes one write after the other, from the one numbered FROM on, and prints the
// number of each once it is stored; until it is stopped.
const [workspace = '', from] = process.argv.slice(2);
const store = openBarStore(workspace);
for (let k = Number(from); k < writes.length; k++) {
  await save(store, k);
  process.stdout.write(`${k}\n`);
}
