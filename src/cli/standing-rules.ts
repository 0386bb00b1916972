import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.ts';
import { cronOf } from '../config/paper.ts';
import { instantOf } from '../data/instant.ts';
import type { Genesis } from '../live/session.ts';
import { SessionError } from '../live/session-error.ts';
import type { StandingRules } from '../live/standing.ts';
import { directoryFitStore } from '../models/bundle.ts';

// A session knows its bot: its standing needs no bot file, and none of the code that one may name.
const recorded = z.looseObject({
  capital: z.number(),
  calendar: z.union([z.enum(['24/7', 'nyse']), z.looseObject({ periodsPerYear: z.number() })]),
  history: z.looseObject({ from: z.string() }).optional(),
  schedule: z.looseObject({
    retrain: z.int().min(1),
    delay: z.int().min(0),
    maxAge: z.int().min(0),
    anchor: z.string().optional(),
    frozen: z.string().optional(),
  }),
  model: z.looseObject({ kind: z.string(), horizon: z.int().min(1) }).optional(),
  ensemble: z.looseObject({ combine: z.string(), members: z.array(z.looseObject({ kind: z.string() })) }).optional(),
  paper: z.looseObject({ cron: z.string().optional() }).optional(),
});

/** What a session's standing is told with, and when it ticks: a cron expression, UTC. Throws a SessionError for one that is damaged. */
export function standingRules(file: string, genesis: Genesis, workspace: string): StandingRules & { readonly cron: string } {
  const parsed = recorded.safeParse(genesis.config);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SessionError(
      `${file}: Expected the bot that the session began with, received another document (${issue?.path.join('.')}: ${issue?.message}); put a backup in its place`,
    );
  }
  const { capital, calendar, history, schedule, model, ensemble, paper } = parsed.data;
  const { frozen } = schedule;
  const anchor = schedule.anchor ?? history?.from;
  const kind = ensemble ? `${ensemble.combine} of ${[model, ...ensemble.members].map((one) => one?.kind).join(', ')}` : model?.kind;
  return {
    capital,
    calendar: typeof calendar === 'string' ? calendar : '24/7',
    model:
      kind === undefined && frozen === undefined
        ? undefined
        : {
            kind: kind ?? 'frozen model',
            schedule,
            frozen: frozen !== undefined,
            horizon: model?.horizon ?? frozenHorizon(genesis, workspace),
          },
    anchor: anchor === undefined ? undefined : instantOf(anchor),
    cron: cronOf({
      config: { calendar } as Parameters<typeof cronOf>[0]['config'],
      paper: paper as Parameters<typeof cronOf>[0]['paper'],
      intervalMs: genesis.intervalMs,
      refuse: (problems) => {
        throw new ConfigError(problems.map(({ message }) => `${file}: ${message}`));
      },
    }),
  };
}

/** Of a frozen model that lies in the workspace. */
function frozenHorizon({ completion }: Genesis, workspace: string): number | undefined {
  const { frozen } = z.looseObject({ frozen: z.string().nullable() }).parse(completion);
  if (frozen === null || !/^[0-9a-f]+$/.test(frozen)) return undefined;
  return directoryFitStore(join(workspace, 'cache', 'fits')).get(frozen)?.model.horizon;
}
