import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { withProject, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

const BOM = '\uFEFF';
const P = { dependencies: { p: '^1' } };

function write({ folder }: LabProject, files: Readonly<Record<string, string | object>>): void {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

/** Package p is published; `integrity` is the hash of its version 1.0.0. */
async function withPublished(work: (project: LabProject, integrity: string) => Promise<void>): Promise<void> {
  await withProject(async (project) => {
    const by = ciWorkflow({ repository: 'team/p' });
    const { integrity } = await project.lab.publish({ name: 'p', version: '1.0.0', by });
    write(project, { '.npmrc': `registry=${project.lab.url}\nfetch-retries=0\n` });
    await work(project, integrity);
  });
}

async function said(project: LabProject, folder = '.'): Promise<string> {
  const { status, stdout, stderr } = await project.run(
    'audit',
    folder,
    '--enforce',
    'guard',
    '--registry',
    project.lab.url,
  );
  return `${status} ${stdout} ${stderr}`.replace(/\s+/g, ' ');
}

const npmLock = ({ lab }: LabProject, integrity: string): object => ({
  name: 'app',
  lockfileVersion: 3,
  packages: {
    '': { name: 'app', version: '1.0.0', ...P },
    'node_modules/p': { version: '1.0.0', resolved: `${lab.url}/p/-/p-1.0.0.tgz`, integrity },
  },
});

const pnpmLock = (importers: string, integrity: string): string =>
  `lockfileVersion: '9.0'\n\nimporters:\n\n${importers}\npackages:\n\n  p@1.0.0:\n    resolution: {integrity: ${integrity}}\n\nsnapshots:\n\n  p@1.0.0: {}\n`;

const importer = (folder: string, version: string): string =>
  `  ${folder}:\n    dependencies:\n      p:\n        specifier: ^1\n        version: ${version}\n\n`;

describe('a workspace above a folder with a lockfile of its own', () => {
  const root = (workspaces: unknown, text = JSON.stringify({ name: 'root', workspaces })): Record<string, string> => ({
    'package.json': text,
  });

  it.each([
    ['a pattern', root(['@(app)']), '1', 'lockfile-not-used'],
    ['a class', root(['[a]pp']), '1', 'lockfile-not-used'],
    ['a byte order mark', root([], `${BOM}{"workspaces":["app"]}`), '1', 'lockfile-not-used'],
    ['a key twice', root([], '{"workspaces":[],"workspaces":["app"]}'), '1', 'lockfile-not-used'],
    ['a pattern that is not followed', root(['+(app)']), '2', 'the pattern "+(app)" of the workspaces may name "app"'],
    ['a path with two dots', root(['x/../app']), '2', 'the pattern "x/../app" of the workspaces may name "app"'],
    ['a text for a list', root('app'), '2', 'workspaces is not a list of patterns'],
    ['a comment', root([], '{"workspaces":["app"]} // no JSON'), '2', 'package.json:1: not valid JSON'],
    ['what takes it out', root(['*', '!@(app)']), '0', 'proven'],
    ['others', root(['lib', 'packages/+(a|b)/x', './libs/+(app)']), '0', 'proven'],
    ['others by names', root(['lib', 'packages/**']), '0', 'proven'],
  ])('is looked for with %s', async (_, files, status, words) => {
    await withPublished(async (project, integrity) => {
      write(project, { ...files, 'app/package.json': { name: 'app', version: '1.0.0', ...P } });
      write(project, { 'app/package-lock.json': npmLock(project, integrity), 'app/.npmrc': project.read('.npmrc') });
      const outcome = await said(project, 'app');
      expect(outcome).toMatch(new RegExp(`^${status} `));
      expect(outcome).toContain(words);
    });
  });

  it.each([
    ['packages: [app]\n', '1', 'lockfile-not-used'],
    ["packages: ['@(app)']\n", '1', 'lockfile-not-used'],
    ['packages: &x [app]\n', '1', 'lockfile-not-used'],
    ["packages: ['+(app)']\n", '2', 'may name "app"'],
    ["packages: ['*', '!app']\n", '0', 'proven'],
  ])('is looked for by pnpm, beyond a repository, too: %j', async (text, status, words) => {
    await withPublished(async (project, integrity) => {
      write(project, { 'pnpm-workspace.yaml': text, 'package.json': { workspaces: ['+(app)'] } });
      write(project, {
        'app/package.yaml': 'name: app\ndependencies:\n  p: ^1\n',
        'app/pnpm-lock.yaml': pnpmLock(importer('.', '1.0.0'), integrity),
        'app/.npmrc': project.read('.npmrc'),
      });
      for (const files of [{}, { 'app/.git/HEAD': 'ref: refs/heads/main' }]) {
        write(project, files);
        const outcome = await said(project, 'app');
        expect(outcome).toMatch(new RegExp(`^${status} `));
        expect(outcome).toContain(words);
      }
    });
  });

  it('is a reason not to run anything where it cannot be said', async () => {
    await withPublished(async (project, integrity) => {
      write(project, { ...root(['+(app)']), 'app/package.json': { name: 'app', version: '1.0.0', ...P } });
      write(project, { 'app/package-lock.json': npmLock(project, integrity), 'app/.npmrc': project.read('.npmrc') });
      const code = `require('fs').writeFileSync('ran', '')`;
      const { status } = await project.run('exec', '--lockfile', 'app', '--', process.execPath, '-e', code);
      expect([status, existsSync(join(project.folder, 'ran'))]).toEqual([2, false]);
    });
  });
});

describe('a manifest that its package manager reads', () => {
  it('has a byte order mark: npm', async () => {
    await withPublished(async (project, integrity) => {
      const lock = npmLock(project, integrity) as { packages: Record<string, object> };
      lock.packages[''] = { name: 'app', version: '1.0.0', workspaces: ['m'], dependencies: { m: '1.0.0', p: '^1' } };
      lock.packages['m'] = { name: 'm', version: '1.0.0', ...P };
      lock.packages['node_modules/m'] = { resolved: 'm', link: true };
      write(project, {
        'package.json': BOM + JSON.stringify(lock.packages['']),
        'm/package.json': BOM + JSON.stringify(lock.packages['m']),
        'package-lock.json': lock,
      });
      expect(await said(project)).toMatch(/^0 /);
    });
  });

  it('has comments: Bun', async () => {
    await withPublished(async (project, integrity) => {
      write(project, {
        'package.json':
          '{ // why\n "name": "root", "workspaces": ["m"], /* and */ "dependencies": { "p": "^1", },\n}\n',
        'm/package.json': '{ "name": "m", "version": "1.0.0" } // m',
        'bun.lock': {
          lockfileVersion: 1,
          workspaces: { '': { name: 'root', ...P }, m: { name: 'm', version: '1.0.0' } },
          packages: { m: ['m@workspace:m'], p: ['p@1.0.0', '', {}, integrity] },
        },
      });
      expect(await said(project)).toMatch(/^0 /);
      write(project, { 'package.json': '{ "name": "root" // why\n /* and }' });
      expect(await said(project)).toMatch(/^2 .*package\.json:2: not valid JSON/);
    });
  });
});

describe('a manifest of pnpm that is no package.json', () => {
  const YAML = 'name: app\ndependencies:\n  p: ^1\n';
  const linked = (integrity: string): Record<string, string | object> => ({
    'pnpm-lock.yaml': pnpmLock(`${importer('.', 'link:evil')}  evil: {}\n`, integrity),
    'evil/package.json': { name: 'evil', version: '1.0.0' },
  });

  it.each<[string, Record<string, string | object>]>([
    ['package.json', { 'package.json': P }],
    ['package.yaml', { 'package.yaml': YAML }],
    ['package.yaml, whatever is beside it', { 'package.json': P, 'package.yaml': YAML.replace('^1', 'link:evil') }],
    ['package.yaml with an anchor', { 'package.yaml': `x: &x ^1\n${YAML.replace('^1', '*x')}` }],
    ['package.yaml of a workspace', { 'package.yaml': YAML, 'pnpm-workspace.yaml': 'packages: [evil]\n' }],
  ])('does not explain a link that it does not ask for: %s', async (_, files) => {
    await withPublished(async (project, integrity) => {
      write(project, { ...linked(integrity), ...files });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      const version = pnpmLock(importer('.', '1.0.0'), integrity);
      write(project, { 'pnpm-lock.yaml': version });
      expect(await said(project)).toMatch(/^0 /);
    });
  });

  it('is read of members, with and without one of their root', async () => {
    await withPublished(async (project, integrity) => {
      write(project, {
        'pnpm-workspace.yaml': 'packages: [m, evil]\n',
        'm/package.yaml': YAML.replace('app', 'm'),
        'evil/package.json': { name: 'evil', version: '1.0.0' },
        'pnpm-lock.yaml': pnpmLock(`${importer('m', 'link:../evil')}  evil: {}\n\n`, integrity),
      });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      write(project, { 'package.yaml': 'name: root\n' });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      // A member of that name is linked where the project wants it.
      write(project, { 'evil/package.yaml': 'name: p\nversion: 1.0.0\n' });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
    });
  });

  it('says the name of a member that is linked', async () => {
    await withPublished(async (project, integrity) => {
      const lock = pnpmLock(
        `${importer('.', '1.0.0')}${importer('.', 'link:m').split('\n').slice(2).join('\n')}  m: {}\n\n`,
        integrity,
      );
      write(project, {
        'package.json': { name: 'root', dependencies: { m: '^1', p: '^1' } },
        'pnpm-workspace.yaml': 'packages: [m]\nlinkWorkspacePackages: true\n',
        'm/package.yaml': 'name: m\nversion: 1.0.0\n',
        'pnpm-lock.yaml': lock.replace(
          '      p:\n        specifier: ^1\n        version: link',
          '      m:\n        specifier: ^1\n        version: link',
        ),
      });
      expect(readFileSync(join(project.folder, 'pnpm-lock.yaml'), 'utf8')).toContain('      m:\n');
      expect(await said(project)).toMatch(/^0 /);
      write(project, { 'm/package.yaml': 'name: other\nversion: 1.0.0\n' });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
    });
  });

  it('is what makes a folder a member, and no entry of the lockfile', async () => {
    await withPublished(async (project, integrity) => {
      write(project, {
        'package.json': { dependencies: { p: 'workspace:*' } },
        'pnpm-workspace.yaml': 'packages: [evil]\n',
        'pnpm-lock.yaml': pnpmLock(`${importer('.', 'link:evil')}  evil: {}\n`, integrity).replace('^1', 'workspace:*'),
        'evil/index.js': '',
      });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      write(project, { 'evil/package.yaml': 'name: p\n' });
      expect(await said(project)).toMatch(/^0 /);
    });
  });

  it.skipIf(!hasGit)(`is read as it was where a change began${hasGit ? '' : WITHOUT_GIT}`, async () => {
    await withPublished(async (project, integrity) => {
      const { folder } = project;
      git(folder, ['init', '-q', '-b', 'main']);
      write(project, { 'package.yaml': YAML, 'pnpm-lock.yaml': pnpmLock(importer('.', '1.0.0'), integrity) });
      commitAll(folder, Date.UTC(2026, 3, 1));
      const since = (): Promise<Run> => project.run('audit', '--since', 'main', '--registry', project.lab.url);
      const { status, stdout } = await since();
      expect([status, stdout]).toEqual([0, expect.stringMatching(/unchanged/)]);
      write(project, { 'package.yaml': 'dependencies: [\n' });
      commitAll(folder, Date.UTC(2026, 3, 2));
      write(project, { 'package.yaml': YAML });
      const mended = await since();
      expect([mended.status, mended.stdout.replace(/\s+/g, ' ')]).toEqual([
        0,
        expect.stringContaining('not valid JSON'),
      ]);
    });
  });

  it.skipIf(process.platform === 'win32')('is read where it is a link, which leads nowhere, too', async () => {
    await withPublished(async (project, integrity) => {
      write(project, {
        'pnpm-workspace.yaml': 'packages: [m]\n',
        'm/other.json': { name: 'm', dependencies: { p: '^1' } },
        'm/package.yaml': 'name: m\ndependencies:\n  p: link:../evil\n',
        'pnpm-lock.yaml': pnpmLock(importer('m', 'link:../evil'), integrity),
      });
      expect(await said(project)).not.toContain('lockfile-substituted');
      symlinkSync('other.json', join(project.folder, 'm/package.json'));
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      rmSync(join(project.folder, 'm/other.json'));
      expect(await said(project)).toMatch(/^2 .*m\/package\.json is a link that leads nowhere/);
    });
  });

  it('is refused where it cannot be read', async () => {
    await withPublished(async (project, integrity) => {
      write(project, { ...linked(integrity), 'package.json5': "{ name: 'app', dependencies: { p: '^1' } }" });
      expect(await said(project)).toMatch(
        /^2 .*package\.json5 is read by pnpm and not by assay: write it as package\.json/,
      );
      write(project, { 'package.json': P });
      expect(await said(project)).toMatch(/^1 .*lockfile-substituted/);
      write(project, { 'package.json': '{', 'package.yaml': YAML });
      expect(await said(project)).toMatch(/^2 .*package\.json:1: not valid JSON/);
    });
    await withPublished(async (project, integrity) => {
      write(project, { ...linked(integrity), 'package.yaml': 'dependencies: [\n' });
      expect(await said(project)).toMatch(/^2 .*package\.yaml:\d+: not YAML/);
    });
  });
});

describe('what corepack is told to fetch', () => {
  it.each([
    ['', '"npm@https://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "",', '"npm@https://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "npm@10.9.4",', '"npm@https://127.0.0.1:9/x.tgz"', false],
    ['', '"npm@10.9.4"', false],
  ])(
    'is what the nearest package.json of the repository says that says something: {%s} below %s',
    async (own, above, is) => {
      await withPublished(async (project, integrity) => {
        write(project, {
          '.git/HEAD': 'ref: refs/heads/main',
          'package.json': `{"packageManager":${above}}`,
          'app/package.json': `{${own}"name":"app","version":"1.0.0","dependencies":{"p":"^1"}}`,
          'app/package-lock.json': npmLock(project, integrity),
          'app/.npmrc': project.read('.npmrc'),
        });
        expect((await said(project, 'app')).includes('lockfile-other-code')).toBe(is);
      });
    },
  );

  it.each([
    ['"packageManager": "npm@https://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "npm@\\u0068ttps://127.0.0.1:9/x.tgz"', true],
    ['"package\\u004danager": "npm@https://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "npm@HTTPS://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "other@http://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "npm@data:text/javascript,x"', true],
    ['"packageManager": "npm@9.0.0", "packageManager": "npm@ https://127.0.0.1:9/x.tgz"', true],
    ['"packageManager": "npm@https://127.0.0.1:9/x.tgz", "packageManager": "npm@9.0.0"', false],
    ['"packageManager": "npm@9.0.0+sha512.abc"', false],
    ['"x": { "packageManager": "npm@https://127.0.0.1:9/x.tgz" }', false],
    ['"description": "\\"packageManager\\": \\"npm@https://127.0.0.1:9/x.tgz\\""', false],
  ])('is read as it reads it: %s', async (text, isFetched) => {
    await withPublished(async (project, integrity) => {
      write(project, {
        'package.json': `{${text},"name":"app","version":"1.0.0","dependencies":{"p":"^1"}}`,
        'package-lock.json': npmLock(project, integrity),
      });
      const outcome = await said(project);
      expect(outcome.includes('lockfile-other-code')).toBe(isFetched);
      if (!isFetched) expect(outcome).toMatch(/^0 /);
    });
  });
});
