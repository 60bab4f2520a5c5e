import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { withPack } from './pack-project.ts';
import { CLI, environmentOf } from './run.ts';

it.skipIf(process.platform === 'win32')('assay pack leaves nothing behind where a signal ends it', async () => {
  await withPack(async ({ lab, lock, folder, options }) => {
    const by = ciWorkflow({ repository: 'team/p' });
    await lab.publish({ name: 'p', version: '1.0.0', by });
    await lab.publish({ name: 'q', version: '1.0.0', by });
    await lock({ p: '1.0.0', q: '1.0.0' });
    lab.behave(/\/q/, { delayMs: 60_000 });
    writeFileSync(join(folder, 'e.tar'), 'the pack of last week');
    const before = readdirSync(folder);
    const ends = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(async (signal) => {
      const temporary = join(`${folder}-config`, signal);
      mkdirSync(temporary, { recursive: true });
      const child = spawn(process.execPath, [CLI, 'pack', '--output', 'e.tar', ...options], {
        cwd: folder,
        env: environmentOf(folder, { TMPDIR: temporary }),
        stdio: 'ignore',
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      const closed = once(child, 'close');
      const hasFolder = (): boolean => readdirSync(temporary).length > 0 && child.exitCode === null;
      await expect.poll(hasFolder, { timeout: 20_000 }).toBe(true);
      child.kill(signal);
      return [signal, ...((await closed) as unknown[]), readdirSync(temporary)];
    });
    expect(await Promise.all(ends)).toEqual([
      ['SIGINT', null, 'SIGINT', []],
      ['SIGTERM', null, 'SIGTERM', []],
      ['SIGHUP', null, 'SIGHUP', []],
    ]);
    expect(readdirSync(folder)).toEqual(before);
    expect(readFileSync(join(folder, 'e.tar'), 'utf8')).toBe('the pack of last week');
  });
});
