import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ciWorkflow } from '../../lab/index.ts';
import { commitAll, git, hasGit, WITHOUT_GIT } from '../support/git.ts';
import { assayInside } from './inside.ts';
import { withProject, type LabProject } from './lab-project.ts';
import { inFolder } from './run.ts';

type Files = Readonly<Record<string, string>>;

function write(folder: string, files: Files): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** A project of npm that passes, in a folder of its own of a repository. */
function inRepository(work: (project: LabProject) => Promise<void>): Promise<void> {
  return withProject(async (project) => {
    await project.lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    await project.lock({ p: '1.0.0' });
    await work(project);
  });
}

interface Unread {
  readonly status: number | null;
  readonly unread: readonly { readonly file: string; readonly problem: string }[];
}

/** Status, and what was not audited: its file and what is said of it. */
async function unreadOf({ report }: LabProject, ...args: string[]): Promise<readonly [number | null, ...string[]]> {
  const { status, unread } = (await report('audit', ...args)) as unknown as Unread;
  return [status, ...unread.map(({ problem }) => problem)];
}

const CRATE = '[package]\nname = "c"\nversion = "0.1.0"\n';
const SERDE = '[dependencies]\nserde = "1"\n';
const PROJECT = '[project]\nname = "w"\nversion = "1"\n';

/** What a manifest without a lockfile says, and what has to be done about it. */
const UNLOCKED: readonly (readonly [string, Files, RegExp])[] = [
  [
    'a program of Rust',
    { 'Cargo.toml': CRATE + SERDE, 'src/main.rs': '' },
    /asks for 1 crate .*cargo generate-lockfile/,
  ],
  [
    'a workspace of Rust with a program in it',
    {
      'Cargo.toml': '[workspace]\nmembers = ["a"]\n',
      'a/Cargo.toml': `${CRATE}[[bin]]\nname = "a"\n${SERDE}`,
    },
    /^Cargo\.toml asks for 1 crate /,
  ],
  ['modules of Go', { 'go.mod': 'module m.example\n\nrequire a.example/one v1.0.0\n' }, /no go\.sum has a hash/],
  [
    'pyproject.toml',
    { 'pyproject.toml': `${PROJECT}dependencies = ["httpx>=0.27"]\n` },
    /asks for 1 package .*uv lock/,
  ],
  [
    'a group of dependencies',
    { 'pyproject.toml': `${PROJECT}[dependency-groups]\ndev = ["pytest", "ruff"]\n` },
    /asks for 2 packages .*uv lock/,
  ],
  [
    'a project of Poetry',
    { 'pyproject.toml': '[tool.poetry]\nname = "w"\n[tool.poetry.dependencies]\npython = "^3.11"\nhttpx = "*"\n' },
    /asks for 1 package .*poetry lock/,
  ],
  ['a project of PDM', { 'pyproject.toml': `${PROJECT}dependencies = ["a"]\n[tool.pdm]\n` }, /pdm lock/],
  [
    'pyproject.toml beside requirements of another name',
    { 'pyproject.toml': `${PROJECT}dependencies = ["a"]\n`, 'requirements-prod.txt': 'a==1\n' },
    /requirements-prod\.txt is audited where it is named/,
  ],
  ['a Pipfile', { Pipfile: '[packages]\nhttpx = "*"\n[requires]\npython_version = "3.12"\n' }, /pipenv lock/],
  [
    'requirements without hashes',
    { 'requirements.txt': 'httpx\nidna==3.7\n' },
    /names 2 packages \(1 by version\) .*locks nothing: move .* uv pip compile --generate-hashes requirements\.in .*pip-compile/,
  ],
  [
    'requirements by version, with their source',
    { 'requirements.txt': 'idna==3.7\n', 'requirements.in': 'idna\n' },
    /names 1 package \(by version alone\) .* nothing: uv pip compile --generate-hashes requirements\.in /,
  ],
  [
    'requirements whose hashes are in an included file',
    {
      'requirements.txt': '-r base.txt\n',
      'base.txt': `idna==3.7 --hash=sha256:${'a'.repeat(64)}\n`,
    },
    /hashes in files that it includes.*: assay requirements\.txt/,
  ],
  ['a manifest that cannot be read', { 'pyproject.toml': '[project\n' }, /^pyproject\.toml:1: /],
];

/** What asks for nothing, or is locked elsewhere. */
const QUIET: readonly (readonly [string, Files])[] = [
  ['a library of Rust', { 'Cargo.toml': CRATE + SERDE, 'src/lib.rs': '' }],
  [
    'a program of Rust that asks for nothing but folders',
    { 'Cargo.toml': `${CRATE}[dependencies]\na = { path = "a" }\n`, 'src/main.rs': '', 'a/Cargo.toml': CRATE },
  ],
  ['a module of Go that requires nothing', { 'go.mod': 'module m.example\n\ngo 1.21\n' }],
  ['pyproject.toml that sets up a tool', { 'pyproject.toml': '[tool.ruff]\nline-length = 100\n' }],
  [
    'pyproject.toml that asks for itself',
    { 'pyproject.toml': `${PROJECT}[project.optional-dependencies]\nall = ["w[x]"]\nx = []\n` },
  ],
  ['requirements of the project itself', { 'requirements.txt': '# none\n-e .\n' }],
];

describe('a manifest whose lockfile is not there', () => {
  it.each(UNLOCKED)('%s is named, beside a lockfile that holds and alone', async (_, files, says) => {
    await inRepository(async (project) => {
      write(project.folder, files);
      expect(await unreadOf(project)).toEqual([2, expect.stringMatching(says)]);
      // Who names the lockfile that counts asks about that.
      expect((await project.report('audit', 'package-lock.json')).status).toBe(0);
    });
    await inFolder(async (folder) => {
      write(folder, files);
      const { status, stdout, stderr } = await assayInside([], folder);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr.replace(/^assay: /, '').trimEnd()).toMatch(says);
    });
  });

  it.each(QUIET)('%s asks for none', async (_, files) => {
    await inRepository(async (project) => {
      write(project.folder, files);
      expect(await unreadOf(project)).toEqual([0]);
    });
  });

  it('of npm is named beside a lockfile of another ecosystem, with the command of its package manager', () =>
    inFolder(async (folder) => {
      const alone = async (manifest: object, more: Files = {}): Promise<string> => {
        write(folder, { 'Cargo.lock': 'version = 4\n', 'package.json': JSON.stringify(manifest), ...more });
        const { status, stderr } = await assayInside([], folder);
        expect(status).toBe(2);
        return stderr;
      };
      const asks = { devDependencies: { p: '^1' } };
      expect(await alone(asks)).toMatch(/package\.json asks for 1 package .*npm install --package-lock-only/);
      expect(await alone({ ...asks, packageManager: 'pnpm@10.0.0' })).toContain('pnpm install --lockfile-only');
      expect(await alone({ workspaces: ['a'] })).toContain('package.json has workspaces and has no lockfile');
      for (const quiet of [
        {},
        { peerDependencies: { p: '1' } },
        { dependencies: { p: 'file:../p', q: 'workspace:*' } },
      ])
        expect(await alone(quiet)).not.toContain('package.json');
    }));
});

describe('requirements without any version', () => {
  it('lock nothing where they are named, too', () =>
    inFolder(async (folder) => {
      write(folder, { 'dev-requirements.txt': 'httpx>=0.27\nidna\n', 'dev-requirements.in': 'httpx\n' });
      const { status, stderr } = await assayInside(['audit', 'dev-requirements.txt'], folder);
      expect([status, stderr]).toEqual([
        2,
        'assay: nothing to check in dev-requirements.txt: it names 2 packages (without versions) and has no hash, so it ' +
          'locks nothing: uv pip compile --generate-hashes dev-requirements.in -o dev-requirements.txt (or pip-compile ' +
          '--generate-hashes dev-requirements.in -o dev-requirements.txt) writes them\n',
      ]);
    }));
});

describe('below a folder', () => {
  const ASKS = '{"dependencies":{"p":"1"}}';

  it('members of a workspace have the lockfile of that', () =>
    inRepository(async (project) => {
      const { folder, edit } = project;
      edit('package.json', (text) => JSON.stringify({ ...(JSON.parse(text) as object), workspaces: ['packages/*'] }));
      write(folder, {
        'packages/a/package.json': '{"name":"a","dependencies":{"p":"1.0.0"}}',
        'rust/Cargo.toml': '[workspace]\nmembers = ["a"]\nexclude = ["b"]\n',
        'rust/a/Cargo.toml': `${CRATE}${SERDE}`,
        'py/pyproject.toml': '[tool.uv.workspace]\nmembers = ["m"]\n',
        'py/m/pyproject.toml': `${PROJECT}dependencies = ["a"]\n`,
        'pnpm/pnpm-workspace.yaml': 'packages:\n  - x\n',
        'pnpm/x/package.json': ASKS,
      });
      expect((await unreadOf(project, '--recursive')).join('\n')).not.toMatch(/a\/Cargo|m\/pyproject|pnpm\/x/);
      write(folder, { 'other/package.json': ASKS });
      expect((await unreadOf(project, '--recursive')).join('\n')).toMatch(/^2\n.*other\/package\.json asks for 1/m);
    }));

  it.skipIf(!hasGit)(`tests, what was fetched or built, and what git ignores do not count${WITHOUT_GIT}`, () =>
    inRepository(async (project) => {
      const { folder } = project;
      git(folder, ['init', '-q', '-b', 'main']);
      write(folder, {
        '.gitignore': 'scratch/\n',
        'scratch/package.json': ASKS,
        'test/fixtures/a/package.json': ASKS,
        'vendor/c/Cargo.toml': CRATE + SERDE,
        'vendor/c/src/main.rs': '',
        '.venv/x/pyproject.toml': `${PROJECT}dependencies = ["a"]\n`,
      });
      expect(await unreadOf(project, '--recursive')).toEqual([0]);
      // A change cannot hide what it commits behind a .gitignore of its own.
      git(folder, ['add', '-f', 'scratch']);
      expect(await unreadOf(project, '--recursive')).toEqual([2, expect.stringContaining('scratch/package.json')]);
    }),
  );

  it.skipIf(!hasGit)(`a folder without a lockfile says which one above counts${WITHOUT_GIT}`, () =>
    inFolder(async (folder) => {
      git(folder, ['init', '-q']);
      write(folder, { 'uv.lock': 'version = 1\n', 'src/deep/x.py': '', 'a/package.json': '{}' });
      for (const place of ['src', 'src/deep', 'a']) {
        const { status, stderr } = await assayInside(['audit', place], folder);
        expect([status, stderr]).toEqual([2, expect.stringContaining('that of the project is uv.lock: assay .')]);
      }
    }),
  );
});

describe.skipIf(!hasGit)(`a change that takes a lockfile away${WITHOUT_GIT}`, () => {
  it('does not pass while the manifest stays, of a library and in tests, too', () =>
    inRepository(async (project) => {
      const { folder } = project;
      write(folder, {
        'Cargo.toml': CRATE + SERDE,
        'src/lib.rs': '',
        'Cargo.lock': 'version = 4\n',
        'test/a/package.json': '{"dependencies":{"p":"1"}}',
        'test/a/yarn.lock': '# yarn lockfile v1\n',
      });
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      for (const file of ['Cargo.lock', 'test/a/yarn.lock']) rmSync(join(folder, file));
      expect(await unreadOf(project)).toEqual([0]);
      const gone = 'Cargo.lock was there at main, and is gone while Cargo.toml stays: bring it back, or take out what';
      expect(await unreadOf(project, '--since', 'main')).toEqual([2, expect.stringContaining(gone)]);
      const both = await unreadOf(project, '--since', 'main', '--recursive');
      expect(both).toEqual([2, expect.stringContaining(gone), expect.stringContaining('test/a/yarn.lock was there')]);
      // Another lockfile of the ecosystem is audited, and what is not asked for any more needs none.
      write(folder, {
        'test/a/package.json': '{"name":"a"}',
        'test/a/package-lock.json': '{"lockfileVersion":3,"packages":{}}',
      });
      rmSync(join(folder, 'Cargo.toml'));
      expect(await unreadOf(project, '--since', 'main', '--recursive')).toEqual([0]);
    }));

  it('is named once, and with what else was found there', () =>
    inRepository(async (project) => {
      const { folder } = project;
      write(folder, { 'Cargo.toml': CRATE + SERDE, 'src/main.rs': '', 'Cargo.lock': 'version = 4\n' });
      git(folder, ['init', '-q', '-b', 'main']);
      commitAll(folder, Date.UTC(2026, 3, 1));
      rmSync(join(folder, 'Cargo.lock'));
      expect(await unreadOf(project, '--since', 'main')).toEqual([2, expect.stringMatching(/^Cargo\.lock was there/)]);
    }));
});
