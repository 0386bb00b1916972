import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { writeAtomically } from '../../src/data/atomic-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'paperwalk-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('an atomic write', () => {
  test('that fails leaves the old content and no other file', async () => {
    const target = join(folder, 'folder');
    mkdirSync(join(target, 'kept'), { recursive: true });
    await expect(writeAtomically(target, 'new')).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['folder']);
    expect(readdirSync(target)).toEqual(['kept']);
  });

  test('shows the whole old or the whole new content at any moment, also after a kill', async () => {
    const path = join(folder, 'switched');
    const whole = ['a'.repeat(200_000), 'b'.repeat(300_000)];
    writeFileSync(path, whole[0]!);
    const module = pathToFileURL('src/data/atomic-file.ts').href;
    const program = `import(${JSON.stringify(module)}).then(async ({ writeAtomically }) => {
      for (let i = 1; ; i++) {
        await writeAtomically(${JSON.stringify(path)}, i % 2 ? 'b'.repeat(300000) : 'a'.repeat(200000));
        if (i === 2) console.log('writing');
      }
    });`;
    for (let kill = 0; kill < 3; kill++) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      for (let look = 0; look < 200 + 37 * kill; look++) expect(whole.includes(readFileSync(path, 'utf8'))).toBe(true);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(whole.includes(readFileSync(path, 'utf8'))).toBe(true);
    }
  });
});
