import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { lockSession } from '../../src/live/session-lock.ts';
import { start } from '../faults/process.ts';
import { count } from '../support/counts.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));
const AT = Date.UTC(2026, 10, 27, 6);

describe('the lock of a session', () => {
  it('is held by one, who is named to others, until it is released', () => {
    const path = join(folder, 'sessions', 'one.sqlite');
    const lock = lockSession(path, AT);
    const refusal = `${path}: Expected a session that no other process runs, received one held by process ${process.pid} since 2026-11-27T06:00:00.000Z; stop that one first`;
    expect(() => lockSession(path)).toThrow(expect.objectContaining({ name: 'SessionError', message: refusal }));
    expect(() => lockSession(path)).toThrow(refusal);
    const other = lockSession(join(folder, 'sessions', 'two.sqlite'), AT);
    other.release();
    lock.release();
    expect(existsSync(`${path}.holder`)).toBe(false);
    lockSession(path, AT).release();
  });

  it('is taken whatever a dead holder has left, also half a name', () => {
    const path = join(folder, 'left.sqlite');
    for (const left of ['{"pid":', '{"pid":1,"since":0}', '{"pid":999999999,"since":0}']) {
      writeFileSync(`${path}.holder`, left);
      lockSession(path, AT).release();
    }
  });

  it('is refused after a second without a name where the holder has not told it', () => {
    const path = join(folder, 'nameless.sqlite');
    const lock = lockSession(path, AT);
    writeFileSync(`${path}.holder`, '');
    expect(() => lockSession(path)).toThrow('received one held by another process; stop that one first');
    lock.release();
  });

  test('A7: is won by one of two processes at once, named to the other within 2 s, and free again once the winner is killed', async () => {
    const cases = count(2, 50);
    for (let k = 0; k < cases; k++) {
      const path = join(folder, `race-${k}.sqlite`);
      for (let round = 0; round < 2; round++) {
        const both = [contender(path), contender(path)];
        const said = await Promise.all(both.map(({ said }) => said));
        const winner = both[said.indexOf('held\n')]!;
        const lost = said.filter((text) => text !== 'held\n');
        expect(lost, `case ${k}`).toHaveLength(1);
        const [name, message, took] = JSON.parse(lost[0]!) as [string, string, number];
        expect(name).toBe('SessionError');
        expect(message).toContain(`held by process ${winner.child.pid} since 20`);
        expect(took).toBeLessThan(2000);
        // Killed, it leaves its name behind; the second time it may tidy up.
        winner.child.kill(round === 0 ? 'SIGKILL' : 'SIGTERM');
        await Promise.all(both.map(({ ended }) => ended));
        expect(existsSync(`${path}.holder`)).toBe(round === 0);
      }
    }
  });
});

function contender(path: string): { readonly child: ChildProcess; readonly said: Promise<string>; readonly ended: Promise<unknown> } {
  const child = start('test/live/lock-holder.ts', [path]);
  const said = once(child.stdout!, 'data').then(([text]) => String(text));
  return { child, said, ended: once(child, 'close') };
}
