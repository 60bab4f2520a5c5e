import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token, type Published } from '../../lab/index.ts';
import { assayInside } from './inside.ts';
import { withProject, type AuditJson, type LabProject } from './lab-project.ts';
import type { Run } from './run.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const isReport = ajv.compile(JSON.parse(readFileSync(resolve('docs/schemas/report-1.schema.json'), 'utf8')) as object);
const TEAM = ciWorkflow({ repository: 'team/p', repositoryId: '100', ownerId: '200' });
/** Nobody listens there. */
const NOWHERE = 'registry=http://127.0.0.1:9/\nfetch-retries=0\n';

/** Where a package manager keeps a registry of the project, and its lockfile of one package. */
interface Manager {
  readonly name: string;
  readonly config: string;
  readonly lockfile: string;
  readonly lock: (one: Published) => string;
  readonly registry: (url: string) => string;
  /** Whether .npmrc is asked first. */
  readonly isWeaker?: boolean;
}

const PNPM: Manager = {
  name: 'pnpm',
  config: 'pnpm-workspace.yaml',
  lockfile: 'pnpm-lock.yaml',
  lock: ({ name, version, integrity }) =>
    `lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      ${name}:\n        specifier: ^1\n        version: ${version}\n\npackages:\n\n  ${name}@${version}:\n    resolution: {integrity: ${integrity}}\n\nsnapshots:\n\n  ${name}@${version}: {}\n`,
  registry: (url) => `# registries of the team\nregistries:\n  default: ${url}\n`,
};

const YARN: Manager = {
  name: 'yarn',
  config: '.yarnrc.yml',
  lockfile: 'yarn.lock',
  lock: ({ name, version }) =>
    `__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"${name}@npm:^1":\n  version: ${version}\n  resolution: "${name}@npm:${version}"\n  checksum: 10c0/${'ab'.repeat(64)}\n  languageName: node\n  linkType: hard\n\n"app@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "app@workspace:."\n  dependencies:\n    ${name}: "npm:^1"\n  languageName: unknown\n  linkType: soft\n`,
  registry: (url) => `npmRegistryServer: "\${LAB:-${url}}"\n`,
};

const MANAGERS: readonly Manager[] = [
  PNPM,
  YARN,
  {
    name: 'Yarn 1',
    config: '.yarnrc',
    lockfile: 'yarn.lock',
    lock: ({ name, version, integrity, manifest }) =>
      `# yarn lockfile v1\n\n\n${name}@^1:\n  version "${version}"\n  resolved "${manifest.dist.tarball}"\n  integrity ${integrity}\n`,
    registry: (url) => `# comment\nregistry "${url}"\n`,
    isWeaker: true,
  },
  {
    name: 'Bun',
    config: 'bunfig.toml',
    lockfile: 'bun.lock',
    lock: ({ name, version, integrity }) =>
      `{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": {\n      "name": "app",\n      "dependencies": { "${name}": "^1" },\n    },\n  },\n  "packages": {\n    "${name}": ["${name}@${version}", "", {}, "${integrity}"],\n  }\n}\n`,
    registry: (url) => `[install]\nregistry = { url = "${url}" }\n`,
  },
];

/** A project of one package, locked by that package manager; what npm is told leads nowhere. */
async function locked(project: LabProject, { lockfile, lock, isWeaker }: Manager): Promise<Published> {
  const { lab } = project;
  const one = await lab.publish({ name: 'p', version: '1.0.0', by: TEAM });
  write(project, lockfile, lock(one));
  write(project, 'package.json', JSON.stringify({ name: 'app', dependencies: { p: '^1' } }));
  write(project, '.npmrc', isWeaker === true ? 'fetch-retries=0\n' : NOWHERE);
  return one;
}

function write({ folder }: LabProject, file: string, text: string): void {
  writeFileSync(join(folder, file), text);
}

const isProven = ({ dependencies }: AuditJson): boolean =>
  dependencies.length === 1 && dependencies.every(({ proofs }) => proofs['provenance'] !== null);

describe.each(MANAGERS)('the registry that $config names', (manager) => {
  it(`is asked for a lockfile of ${manager.name}, and for no other`, async () => {
    await withProject(async (project) => {
      await locked(project, manager);
      expect((await project.report()).status).toBe(3);
      write(project, manager.config, manager.registry(project.lab.url));
      const report = await project.report();
      expect([report.status, isProven(report)]).toEqual([0, true]);

      await project.lock({ p: '1.0.0' });
      rmSync(join(project.folder, manager.lockfile));
      write(project, '.npmrc', NOWHERE);
      expect((await project.report()).status).toBe(3);
    });
  });
});

describe('a configuration that cannot be followed', () => {
  it.each<[string, string, string, string]>([
    ['no YAML', 'pnpm', 'pnpm-workspace.yaml', 'lockfile: [\n'],
    ['a directive', 'pnpm', 'pnpm-workspace.yaml', '%YAML 1.2\n---\nlockfile: false\n'],
    ['a megabyte', 'pnpm', 'pnpm-workspace.yaml', `lockfile: false\n#${'x'.repeat(1024 * 1024)}\n`],
    ['no YAML', 'yarn', '.yarnrc.yml', 'npmRegistryServer: [\n'],
    ['an unknown tag', 'yarn', '.yarnrc.yml', 'checksumBehavior: !x ignore\n'],
    ['a megabyte', 'Yarn 1', '.yarnrc', `--install.no-lockfile true\n#${'x'.repeat(1024 * 1024)}\n`],
    ['no TOML', 'Bun', 'bunfig.toml', '[install\n'],
    ['a megabyte', 'Bun', 'bunfig.toml', `install.security.scanner = "./x.js"\n#${'x'.repeat(1024 * 1024)}\n`],
  ])('because it has %s, ends with 2 in one line that names it, and nothing runs: %s', async (_, name, file, text) => {
    await withProject(async (project) => {
      await locked(project, MANAGERS.find((one) => one.name === name) ?? PNPM);
      write(project, file, text);
      const registry = ['--registry', project.lab.url];
      const { status, stdout, stderr } = await project.run('audit', ...registry);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^assay: [^\n]+\n$/);
      expect(stderr).toContain(file);
      const code = `require('fs').writeFileSync('ran', '')`;
      const exec = await project.run('exec', ...registry, '--', process.execPath, '-e', code);
      expect([exec.status, existsSync(join(project.folder, 'ran'))]).toEqual([2, false]);
      expect(exec.stderr).toContain(file);
    });
  });

  it.each<[string, string, string, string | Buffer, string]>([
    ['an anchor', 'pnpm', 'pnpm-workspace.yaml', 'x: &a 1\nlockfile: false\n', 'lockfile=false'],
    ['a merged mapping', 'pnpm', 'pnpm-workspace.yaml', 'x: &x\n  lockfile: false\n<<: *x\n', 'lockfile=false'],
    ['a tag', 'pnpm', 'pnpm-workspace.yaml', 'lockfile: !!bool false\n', 'lockfile=false'],
    ['a byte order mark', 'pnpm', 'pnpm-workspace.yaml', '\uFEFFlockfile: false\n', 'lockfile=false'],
    [
      'a letter of Latin-1',
      'pnpm',
      'pnpm-workspace.yaml',
      Buffer.from('lockfile: false\n# \xe9\n', 'latin1'),
      'lockfile=false',
    ],
    ['an anchor', 'yarn', '.yarnrc.yml', 'initFields: &a {}\nchecksumBehavior: ignore\n', 'checksumBehavior=ignore'],
    ['a byte order mark', 'Bun', 'bunfig.toml', '\uFEFF[install]\nlockfile.save = false\n', 'install.lockfile.save'],
  ])('is followed with %s: %s', async (_, name, file, text, setting) => {
    await withProject(async (project) => {
      await locked(project, MANAGERS.find((one) => one.name === name) ?? PNPM);
      writeFileSync(join(project.folder, file), text);
      const { status, stdout, stderr } = await project.run('audit', '--registry', project.lab.url);
      expect([status, stderr]).toEqual([setting === '' ? 0 : 1, '']);
      if (setting !== '') expect(stdout.replace(/\s+/g, ' ')).toContain(setting);
    });
  });

  it('is no problem of an honest project that has anchors, or only a comment', async () => {
    await withProject(async (project) => {
      await locked(project, PNPM);
      const run = (): Promise<Run> => project.run('--registry', project.lab.url);
      for (const text of ['x: &x [a]\ny: *x\npackages: [lib]\n', '\n# nothing\n\n', '---\npackages: [lib]\n']) {
        write(project, 'pnpm-workspace.yaml', text);
        expect(await run()).toMatchObject({ status: 0, stderr: '' });
      }
    });
  });

  it("because the user's own is broken, is named in one line", async () => {
    await withProject(async (project) => {
      await locked(project, YARN);
      const home = join(project.folder, 'home');
      mkdirSync(home);
      writeFileSync(join(home, '.yarnrc.yml'), 'npmRegistryServer: [\n');
      mkdirSync(join(project.folder, 'app'));
      for (const file of ['package.json', 'yarn.lock']) write(project, `app/${file}`, project.read(file));
      const trust = ['--trusted-root', 'root.json', '--registry-keys', 'keys.json', '--registry', project.lab.url];
      const { status, stderr } = await assayInside(['audit', 'app', ...trust], project.folder, { HOME: home });
      expect(status).toBe(0);
      expect(stderr).toMatch(/^assay: home\/\.yarnrc\.yml is not used: home\/\.yarnrc\.yml:\d+: [^\n]+\n$/);
    });
  });

  it('because it is broken, is a problem of its folder alone', async () => {
    await withProject(async (project) => {
      await locked(project, PNPM);
      for (const folder of ['a', 'b']) {
        mkdirSync(join(project.folder, folder));
        for (const file of ['package.json', 'pnpm-lock.yaml', '.npmrc'])
          write(project, `${folder}/${file}`, project.read(file));
      }
      write(project, 'a/pnpm-workspace.yaml', 'lockfile: [\n');
      write(project, 'b/pnpm-workspace.yaml', 'packages: [lib]\n');
      const { status, stdout } = await project.run('audit', '--recursive', 'a', 'b', '--registry', project.lab.url);
      expect(status).toBe(2);
      expect(stdout).toContain('not audited: a/pnpm-lock.yaml: a/pnpm-workspace.yaml:2: not YAML');
      expect(stdout).toContain('1 dependency: 1 pass');
    });
  });

  it('because its registry is none, ends with 2', async () => {
    await withProject(async (project) => {
      await locked(project, PNPM);
      write(project, 'pnpm-workspace.yaml', 'registries:\n  default: nowhere\n');
      const { status, stdout, stderr } = await project.run();
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/pnpm-workspace\.yaml: registry is not a URL\n$/);
    });
  });

  it('because the lockfiles beside it are of package managers that ask different registries, ends with 2', async () => {
    await withProject(async (project) => {
      const one = await locked(project, YARN);
      write(project, 'pnpm-lock.yaml', PNPM.lock(one));
      write(project, '.npmrc', `registry=${project.lab.url}\n`);
      write(project, '.yarnrc.yml', 'npmRegistryServer: https://127.0.0.1:9/\n');
      const { status, stderr } = await project.run();
      expect(status).toBe(2);
      expect(stderr).toMatch(
        /are of pnpm and yarn, which ask different registries: name one of them, or give --registry\n$/,
      );
      write(project, '.yarnrc.yml', YARN.registry(project.lab.url));
      expect((await project.run()).status).toBe(0);
    });
  });
});

describe('an install script that is new', () => {
  it.each([
    ['allowBuilds:\n  p: true\n', 'warning', 'allowBuilds of pnpm-workspace.yaml lets it'],
    ['allowBuilds:\n  p: false\n', 'note', 'allowBuilds of pnpm-workspace.yaml does not let it'],
    ['', 'warning', 'pnpm-workspace.yaml does not list it, which stops pnpm from version 10 on'],
  ])('is judged by what the project tells its own package manager: %j', async (config, level, text) => {
    await withProject(async (project) => {
      await locked(project, PNPM);
      project.lab.clock.advance(86_400_000);
      const manifest = { scripts: { postinstall: 'node x.js' } };
      const next = await project.lab.publish({ name: 'p', version: '1.0.1', by: TEAM, manifest });
      write(project, 'pnpm-lock.yaml', PNPM.lock(next));
      write(project, 'pnpm-workspace.yaml', `${config}registries:\n  default: ${project.lab.url}\n`);
      const { findings } = await project.report();
      const found = findings.filter(({ code }) => code === 'history-install-script-added');
      expect(found).toMatchObject([{ name: 'p', level }]);
      expect(JSON.stringify(found)).toContain(text);
    });
  });
});

describe('the commands for a decision', () => {
  it('are those of the package manager whose lockfile it is', async () => {
    await withProject(async (project) => {
      await locked(project, YARN);
      write(project, '.yarnrc.yml', YARN.registry(project.lab.url));
      project.lab.clock.advance(86_400_000);
      const stolen = await project.lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }) });
      write(project, 'yarn.lock', YARN.lock(stolen));
      const { stdout } = await project.run();
      expect(stdout).toContain('stay    yarn up p@1.0.0 --exact --mode=skip-build\n');
      expect(stdout).not.toContain('npm install');
      // What others bring in is put in its place by an edit.
      write(project, 'package.json', '{"name":"app"}');
      write(
        project,
        'yarn.lock',
        YARN.lock(stolen)
          .replace(
            '"p@npm:^1"',
            '"a@workspace:a":\n  version: 0.0.0-use.local\n  resolution: "a@workspace:a"\n\n"p@npm:^1"',
          )
          .replace('dependencies:\n    p: "npm:^1"', 'dependencies:\n    a: "workspace:a"'),
      );
      const report: unknown = JSON.parse((await project.run('--json')).stdout);
      expect(isReport(report), JSON.stringify(isReport.errors)).toBe(true);
      expect(JSON.stringify(report)).toContain(
        '"edit":{"file":"package.json","lines":["\\"resolutions\\": { \\"p\\": \\"1.0.0\\" }"]}',
      );
      const { stdout: initial } = await project.run('init');
      expect(initial).toContain('in pipelines before yarn install --immutable;');
      rmSync(join(project.folder, 'yarn.lock'));
      write(project, 'package.json', '{"packageManager":"yarn@4.18.1"}');
      expect((await project.run()).stderr).toContain('yarn install --mode=update-lockfile writes one');
    });
  });
});
