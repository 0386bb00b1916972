// Negative and positive controls at full size: npm run controls [white-noise|planted|smallest]
import { createTensorflowTrainer } from '../src/index.ts';
import { control, controlLine } from './control.ts';

const parts = process.argv.length > 2 ? process.argv.slice(2) : ['white-noise', 'planted', 'smallest'];
const trainer = await createTensorflowTrainer();
console.log(trainer.description);

if (parts.includes('white-noise')) {
  const SEEDS = 40;
  let rejected = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const report = await control({ kind: 'white-noise', seed }, trainer);
    const { pValue } = report.network.forecast!.dieboldMariano;
    if (pValue !== null && pValue < 0.05) rejected++;
    console.log(`white noise, seed ${seed}: ${controlLine(report)}`);
  }
  console.log(`white noise: Diebold-Mariano rejects at 5 % for ${rejected} of ${SEEDS} seeds\n`);
}

if (parts.includes('planted')) {
  for (const shuffled of [false, true]) {
    for (let seed = 1; seed <= 3; seed++) {
      const report = await control({ kind: 'planted', seed, share: 0.1, shuffled }, trainer);
      console.log(`planted 10 %${shuffled ? ', shuffled' : ''}, seed ${seed}: ${controlLine(report)}`);
    }
  }
  console.log('');
}

if (parts.includes('smallest')) {
  for (const share of [0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01]) {
    let found = 0;
    for (let seed = 1; seed <= 3; seed++) {
      const report = await control({ kind: 'planted', seed, share }, trainer);
      const { statistic, pValue } = report.network.forecast!.dieboldMariano;
      if (statistic !== null && statistic > 0 && pValue! < 0.01) found++;
      console.log(`planted ${100 * share} %, seed ${seed}: ${controlLine(report)}`);
    }
    console.log(`planted ${100 * share} %: found (p < 0.01) for ${found} of 3 seeds`);
  }
}
