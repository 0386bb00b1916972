import { type Answer, paperwalk } from '../cli/recorded-host.ts';
import { type PaperRun, runPaper } from './paper-run.ts';

/** A session until its end, and then each of some command lines, in the zone of this process. */
export async function sessionAndLines(run: PaperRun, lines: readonly (readonly string[])[]): Promise<readonly Answer[]> {
  const { calls: _, ...session } = await runPaper(run);
  const answers = [session];
  for (const line of lines) answers.push(await paperwalk([...line, '--workspace', run.workspace], { now: () => run.end }));
  return answers;
}

// `node --import tsx test/faults/paper-zone.ts RUN LINES` prints the answers as JSON, and the zone that they were given in.
if (process.argv[1]?.endsWith('paper-zone.ts')) {
  const [run, lines] = process.argv.slice(2).map((text) => JSON.parse(text)) as [PaperRun, string[][]];
  const answers = await sessionAndLines(run, lines);
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  process.stdout.write(JSON.stringify({ zone, answers }));
}
