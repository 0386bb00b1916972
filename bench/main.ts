// Speed, measured: npm run bench -- engine|sweep [FILE.csv]|data|training|peers [--json] [--epochs N] [--workload NAME] [--quick]
import { parseArgs } from 'node:util';
import { type Bench, benchDocument } from './document.ts';
import type { TrainingOptions } from './training.ts';
import { chosenWorkloads } from './workloads.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    epochs: { type: 'string', default: '20' },
    workload: { type: 'string', multiple: true, default: [] },
    quick: { type: 'boolean', default: false },
  },
});
const [name = 'engine'] = positionals;
const onProgress = (words: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`);
};
const options = trainingOptions();

try {
  const { figures, text } = await measure();
  onProgress('');
  console.log(values.json ? JSON.stringify(benchDocument(figures), null, 2) : text);
} catch (error) {
  onProgress('');
  fail(1, (error as Error).message);
}

function trainingOptions(): TrainingOptions {
  const epochs = Number(values.epochs);
  if (!Number.isInteger(epochs) || epochs < 1) fail(2, `Expected --epochs to be a whole number from 1 on, received ${values.epochs}`);
  try {
    return { epochs, quick: values.quick, workloads: chosenWorkloads(values.workload), onProgress };
  } catch (error) {
    return fail(2, (error as Error).message);
  }
}

async function measure(): Promise<{ readonly figures: Omit<Bench, 'schema' | 'machine'>; readonly text: string }> {
  switch (name) {
    case 'engine': {
      const { engineLines, measureEngine } = await import('./engine.ts');
      const engine = await measureEngine();
      return { figures: { engine }, text: engineLines(engine).join('\n') };
    }
    case 'sweep': {
      const { measureSweep, sweepLines } = await import('./sweep.ts');
      const sweep = measureSweep(positionals[1] ?? '../shared/data/BTC-USD-4h-coinbase.csv');
      return { figures: { sweep }, text: sweepLines(sweep).join('\n') };
    }
    case 'data': {
      const { dataLines, measureData } = await import('./data.ts');
      const data = measureData();
      return { figures: { data }, text: dataLines(data).join('\n') };
    }
    case 'training': {
      const training = await (await import('./training.ts')).measureTraining(options);
      return { figures: { training }, text: (await import('./tables.ts')).trainingTables(training) };
    }
    case 'peers': {
      const peers = await (await import('./peers.ts')).measurePeers(options);
      return { figures: { peers }, text: (await import('./tables.ts')).peersTables(peers) };
    }
    default:
      return fail(2, `Expected the name of a benchmark, one of: engine, sweep, data, training, peers; received ${name}`);
  }
}

function fail(code: number, reason: string): never {
  console.error(reason);
  process.exit(code);
}
