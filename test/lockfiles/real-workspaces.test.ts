import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isMember } from '../../src/model/workspaces.ts';
import { inFolder } from '../cli/run.ts';
import { bunInUse } from './bun-in-use.ts';
import { fromRegistry, notToBeHad } from './real.ts';

const PARTS = ['app', '*', '**', '?pp', './app', '@(app)', '@(lib|app)', '[a]pp', '[b-d]pp', '{lib,app}', '+(app)'];
const OTHERS = [
  'a*(p)',
  '!(lib)',
  '[!b]pp',
  '{a..c}pp',
  'x/../app',
  '(app)',
  'lib',
  'App',
  'a\\pp',
  '*/',
  'app/**',
  '.a*',
];
const PATTERNS = [...PARTS, ...OTHERS];
/** Each alone, and before and behind what takes members out. */
const LISTS = [
  ...PATTERNS.map((one) => [one]),
  ...PATTERNS.flatMap((one) =>
    PARTS.flatMap((two) => [
      [one, `!${two}`],
      [`!${two}`, one],
      [`!${two}`, '*', one],
    ]),
  ),
];
const MEMBERS = ['app', '.app'];

const npm = fromRegistry('npm@10.9.4');
const bun = bunInUse();
type MapWorkspaces = (options: { cwd: string; pkg: object }) => Promise<Map<string, string>>;

describe('the members of a workspace', () => {
  it.skipIf(npm === null)(
    `are what npm 10 takes for them, or it cannot be said${npm === null ? ` (skipped: ${notToBeHad('npm@10.9.4')})` : ''}`,
    async () => {
      const map = createRequire(join(npm ?? '', 'package.json'))('@npmcli/map-workspaces') as MapWorkspaces;
      await inFolder(async (cwd) => {
        for (const folder of ['x', ...MEMBERS]) {
          mkdirSync(join(cwd, folder));
          writeFileSync(join(cwd, folder, 'package.json'), JSON.stringify({ name: folder.replace('.', 'hidden-') }));
        }
        const wrong: unknown[] = [];
        for (const workspaces of LISTS) {
          const found = [...(await map({ cwd, pkg: { workspaces } })).values()];
          for (const member of MEMBERS) {
            const is = found.includes(join(cwd, member));
            const said = isMember(workspaces, member);
            if (said !== null && said !== is) wrong.push({ workspaces, member, is });
          }
        }
        expect(wrong).toEqual([]);
      });
    },
    60_000,
  );

  it.skipIf(bun === null)(
    `are what Bun takes for them, or it cannot be said${bun === null ? ` (skipped: ${notToBeHad('Bun')})` : ''}`,
    async () => {
      await inFolder((cwd) => {
        const folder = join(cwd, 'app');
        mkdirSync(folder);
        mkdirSync(join(cwd, 'x'));
        writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app' }));
        const wrong: unknown[] = [];
        for (const workspaces of [...PATTERNS.flatMap((one) => [[one], [one, '!*'], ['*', `!${one}`]])]) {
          writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'root', workspaces }));
          const { stdout } = spawnSync(bun ?? '', ['pm', 'bin'], { cwd: folder, encoding: 'utf8', env: { HOME: cwd } });
          const is = !stdout.includes(join('app', 'node_modules'));
          const said = isMember(workspaces, 'app');
          if (said !== null && said !== is) wrong.push({ workspaces, is });
        }
        expect(wrong).toEqual([]);
      });
    },
    60_000,
  );
});
