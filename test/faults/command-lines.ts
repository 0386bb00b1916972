import { paperwalk } from '../cli/recorded-host.ts';

/** The argument of this program, as JSON: command lines, and the instant (ms UTC) that each runs at. */
export interface CommandLines {
  readonly lines: readonly (readonly string[])[];
  readonly now: number;
}

/** What it prints, as JSON: the answers, the zone that the process ran in, and the most memory that it had (MB). */
export interface CommandAnswers {
  readonly answers: Awaited<ReturnType<typeof paperwalk>>[];
  readonly zone: string;
  readonly memory: number;
}

// `node --import tsx test/faults/command-lines.ts LINES` runs several commands in one process, with that process's environment.
const { lines, now } = JSON.parse(process.argv[2] ?? '') as CommandLines;
const answers: CommandAnswers['answers'] = [];
for (const line of lines) answers.push(await paperwalk(line, { environment: process.env, now: () => now }));
const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
const said: CommandAnswers = { answers, zone, memory: process.resourceUsage().maxRSS / 1024 };
process.stdout.write(JSON.stringify(said));
