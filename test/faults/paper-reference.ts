import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { openLedger } from '../../src/live/ledger.ts';
import type { Session } from '../../src/live/session.ts';
import { digest } from '../../src/walk/digest.ts';
import { paperwalk } from '../cli/recorded-host.ts';
import { ledgerOf, runPaper } from './paper-run.ts';
import type { Scene } from './paper-scene.ts';

/** A session that nothing has disturbed: its digest after each number of decisions. */
export interface Reference {
  readonly scene: Scene;
  readonly digests: readonly string[];
  /** Fills of the whole session. */
  readonly fills: number;
}

/** Runs a session without faults until an instant, ms UTC. */
export async function referenceOf(scene: Scene, workspace: string, end: number): Promise<Reference> {
  const digests: string[] = [];
  const keep = () => {
    const { trace } = readSession(workspace)!;
    digests[trace.closeTime.length] = digest(trace);
  };
  const { code, stderr } = await runPaper({ ...scene, workspace, end }, { onTick: keep });
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  keep();
  const { events } = readSession(workspace)!.trace;
  return { scene, digests, fills: events.filter(({ kind }) => kind === 'fill').length };
}

/** The session of a workspace, read as anybody may; undefined where none has begun. */
export function readSession(workspace: string): Session | undefined {
  if (!existsSync(ledgerOf(workspace))) return undefined;
  const ledger = openLedger(ledgerOf(workspace), 'read');
  try {
    return ledger.read();
  } finally {
    ledger.close();
  }
}

/** Checks that a session is what the reference was after as many decisions, and gives their number. */
export function expectPart({ digests }: Reference, workspace: string, when: string): number {
  const session = readSession(workspace);
  if (!session) return 0;
  const { length } = session.trace.closeTime;
  expect(session.broken, when).toEqual([]);
  // One that begins has no decision to compare.
  if (length > 0) expect(digest(session.trace), when).toBe(digests[length]);
  return length;
}

/** Checks that a session is the whole reference, and that its replay, with every fit made again, is identical. */
export async function expectWhole(reference: Reference, workspace: string, when: string): Promise<void> {
  expect(expectPart(reference, workspace, when), when).toBe(reference.digests.length - 1);
  await expectReplayed(reference.scene, workspace, when);
}

export async function expectReplayed({ bot }: Scene, workspace: string, when: string): Promise<void> {
  const { code, stdout, stderr } = await paperwalk(['replay', bot, '--refit', '--workspace', workspace, '--quiet']);
  expect(`${code} ${stderr} ${code === 0 ? '' : stdout}`.trim(), when).toBe('0');
}
