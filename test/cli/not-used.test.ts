import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { enclosingWorkspace } from '../../src/cli/project/enclosing.ts';
import { pinnedElsewhere } from '../../src/lockfiles/settings/pinned-manager.ts';
import { fromRegistry, notToBeHad } from '../lockfiles/real.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { assay, inFolder, start } from './run.ts';

const TEAM = ciWorkflow({ repository: 'team/p' });

/** Version 1.0.0 of p is locked, and a later one would be resolved. */
async function withLocked(work: (project: LabProject) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    await project.lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
    project.lab.clock.advance(86_400_000);
    await project.lab.publish({ name: 'p', version: '1.0.1', by: TEAM });
    await project.lock({ p: '1.0.0' });
    project.edit('package.json', (text) => text.replace(/"p":\s*"1\.0\.0"/, '"p": "^1.0.0"'));
    project.edit('package-lock.json', (text) => text.replace(/"p":\s*"1\.0\.0"/, '"p": "^1.0.0"'));
    await work(project);
  });
}

function write({ folder }: LabProject, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** What the audit says of the lockfile as a whole, on stdout, and its status. */
async function said(project: LabProject): Promise<string> {
  const { status, stdout } = await project.run('audit', '--enforce', 'observe');
  return `${status} ${stdout.replace(/\s+/g, ' ')}`;
}

const npm = fromRegistry('npm@10.9.4');

describe('a project that makes npm not read its lockfile', () => {
  it.skipIf(npm === null).each([
    ['package-lock=false', true],
    ['shrinkwrap=false', true],
    ['package-lock="false"', true],
    ['package-lock=null', true],
    ['package-lock=true', false],
    ['no-package-lock=true', false],
  ])(
    `%s: npm 10 and assay agree${npm === null ? ` (skipped: ${notToBeHad('npm@10.9.4')})` : ''}`,
    async (line, isIgnored) => {
      await withLocked(async (project) => {
        const npmrc = project.read('.npmrc');
        write(project, '.npmrc', `${npmrc}\n${line}\n`);
        const env = { PATH: process.env['PATH'] ?? '', HOME: project.folder };
        const args = [join(npm ?? '', 'bin/npm-cli.js'), 'install', '--ignore-scripts', '--no-audit', '--no-fund'];
        const before = project.read('package-lock.json');
        await start(process.execPath, args, project.folder, env);
        const installed = readFileSync(join(project.folder, 'node_modules/p/package.json'), 'utf8');
        expect(installed.includes('1.0.1')).toBe(isIgnored);
        rmSync(join(project.folder, 'node_modules'), { recursive: true });
        writeFileSync(join(project.folder, 'package-lock.json'), before);
        const outcome = await said(project);
        if (isIgnored) expect(outcome).toMatch(/^1 .*package-lock\.json.*\.npmrc/);
        else expect(outcome).toMatch(/^0 /);
      });
    },
  );

  it.each([
    ['userconfig=./evilrc', 'evilrc'],
    ['userconfig=${PWD}/evilrc', 'evilrc'],
    ['globalconfig=./evilrc', 'evilrc'],
    ['prefix=./there', 'there/etc/npmrc'],
  ])('is a contradiction, too, by a file of its own that it calls another one: %s', async (line, file) => {
    await withLocked(async (project) => {
      write(project, '.npmrc', `${project.read('.npmrc')}\n${line.replace('${PWD}', project.folder)}\n`);
      write(project, file, 'save-exact=true\n');
      expect(await said(project)).toMatch(/^0 /);
      write(project, file, 'package-lock=false\n');
      expect(await said(project)).toMatch(/^1 .*lockfile-not-used.*package-lock=false/);
    });
  });

  it('is a contradiction by whatever file or demand; its innocent neighbours are none', async () => {
    await withLocked(async (project) => {
      expect(await said(project)).toMatch(/^0 /);
      const manifest = project.read('package.json');
      const pin = (fields: object): void =>
        write(project, 'package.json', JSON.stringify({ ...(JSON.parse(manifest) as object), ...fields }));
      pin({ packageManager: 'npm@10.9.4' });
      expect(await said(project)).toMatch(/^0 /);
      pin({ packageManager: 'npm@6.14.18' });
      expect(await said(project)).toMatch(/^1 .*npm@6\.14\.18/);
      pin({ packageManager: 'pnpm@9.0.0' });
      expect(await said(project)).toMatch(/^1 .*pnpm@9\.0\.0/);
      pin({});
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json'];
      const exec = await assay(['exec', ...trust, '--', 'npm', 'ci', '--prefix', 'docs'], project.folder);
      expect([exec.status, exec.stdout]).toEqual([2, '']);
      expect(exec.stderr).toMatch(/^assay: npm ci finds no lockfile in docs [^\n]+; not run: npm ci --prefix docs\n$/);
      expect(existsSync(join(project.folder, 'node_modules'))).toBe(false);
    });
  });
});

describe('a lockfile in the folder of a member of a workspace', () => {
  it('is not what is installed from; a folder beside the members has its own', async () => {
    await withLocked(async (project) => {
      for (const folder of ['packages/m', 'example']) {
        for (const file of ['package.json', 'package-lock.json']) {
          write(project, `${folder}/${file}`, project.read(file).replaceAll('"root"', '"m"'));
        }
      }
      project.edit('package.json', (text) =>
        JSON.stringify({ ...(JSON.parse(text) as object), workspaces: ['packages/*'] }),
      );
      const of = async (folder: string): Promise<string> => {
        const { status, stdout } = await project.run('audit', folder, '--enforce', 'observe');
        return `${status} ${stdout.replace(/\s+/g, ' ')}`;
      };
      expect(await of('packages/m')).toMatch(
        /^1 .*lockfile-not-used.*workspaces of .*package\.json.*package-lock\.json/,
      );
      expect(await of('example')).toMatch(/^0 /);
    });
  });

  it('is found by the rule of each package manager', async () => {
    await inFolder((root) => {
      const member = join(root, 'packages/m');
      mkdirSync(member, { recursive: true });
      writeFileSync(join(root, 'package.json'), JSON.stringify({ workspaces: ['packages/*'] }));
      const setting = (packages: unknown): Parameters<typeof enclosingWorkspace>[2] => [
        { setting: ['packages', packages], source: join(root, 'pnpm-workspace.yaml'), folder: root },
      ];
      expect(enclosingWorkspace('npm', member, [])).toBeNull();
      writeFileSync(join(member, 'package.json'), '{"name":"m"}');
      for (const manager of ['npm', 'yarn-classic', 'bun'] as const) {
        expect(enclosingWorkspace(manager, member, [])).toMatchObject({ root });
        expect(enclosingWorkspace(manager, root, [])).toBeNull();
      }
      // Yarn 2 and later takes a folder with a lockfile for a project of its own.
      expect(enclosingWorkspace('yarn', member, [])).toBeNull();
      expect(enclosingWorkspace('pnpm', member, [])).toBeNull();
      expect(enclosingWorkspace('pnpm', member, setting(['packages/*']))).toMatchObject({ root });
      expect(enclosingWorkspace('pnpm', member, setting(['packages/*', '!packages/m']))).toBeNull();
      expect(enclosingWorkspace('pnpm', root, setting(['packages/*']))).toBeNull();
      writeFileSync(join(root, 'package.json'), JSON.stringify({ workspaces: ['packages/*', '!packages/m'] }));
      expect(enclosingWorkspace('npm', member, [])).toBeNull();
    });
  });
});

describe('the package manager that package.json demands', () => {
  const of = (manager: 'npm' | 'pnpm' | 'yarn' | 'yarn-classic', format: string, fields: object): boolean =>
    pinnedElsewhere({ manager, format }, JSON.stringify(fields)) !== null;

  it.each([
    ['npm', 'package-lock v3', 'npm@6.14.18', true],
    ['npm', 'package-lock v3', 'npm@7.0.0', false],
    ['npm', 'package-lock v2', 'npm@6.14.18', false],
    ['pnpm', 'pnpm-lock v9.0', 'pnpm@8.15.9', true],
    ['pnpm', 'pnpm-lock v9.0', 'pnpm@9.0.0-rc.1', false],
    ['pnpm', 'pnpm-lock v9.0', 'pnpm@12.21.0+sha512.ab', false],
    ['pnpm', 'pnpm-lock v6.0', 'pnpm@9.15.9', false],
    ['pnpm', 'pnpm-lock v6.0', 'pnpm@10.0.0', true],
    ['pnpm', 'pnpm-lock v5.4', 'pnpm@8.15.9', false],
    ['pnpm', 'pnpm-lock v5.4', 'pnpm@9.15.9', true],
    ['yarn-classic', 'yarn.lock v1', 'yarn@1.22.22', false],
    ['yarn-classic', 'yarn.lock v1', 'yarn@4.1.0', true],
    ['yarn', 'yarn.lock v8', 'yarn@1.22.22', true],
    ['yarn', 'yarn.lock v8', 'pnpm@9.0.0', true],
    ['yarn', 'yarn.lock v8', 'other@1.0.0', false],
  ] as const)('of %s, %s under %s', (manager, format, packageManager, expected) => {
    expect(of(manager, format, { packageManager })).toBe(expected);
  });

  it('is one of those of devEngines, where these are in force', () => {
    const engines = (packageManager: unknown): object => ({ devEngines: { packageManager } });
    expect(of('npm', 'package-lock v3', engines({ name: 'pnpm' }))).toBe(true);
    expect(of('npm', 'package-lock v3', engines({ name: 'npm', version: '<7' }))).toBe(true);
    expect(of('npm', 'package-lock v3', engines({ name: 'npm', version: '>=6' }))).toBe(false);
    expect(of('npm', 'package-lock v3', engines([{ name: 'pnpm' }, { name: 'npm' }]))).toBe(false);
    expect(of('npm', 'package-lock v3', engines({ name: 'pnpm', onFail: 'warn' }))).toBe(false);
  });
});
