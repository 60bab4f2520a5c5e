import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCopy } from '../../../src/installed/copy.ts';
import { readGoMod } from '../../../src/lockfiles/go/mod.ts';
import { inconsistenciesOf, readModulesTxt, type ModulesTxt } from '../../../src/lockfiles/go/modules-txt.ts';
import { marksOf, type SourceMarks } from '../../../src/lockfiles/go/source-file.ts';
import {
  compareVendor,
  vendorContents,
  type ComparedFile,
  type VendorContents,
} from '../../../src/lockfiles/go/vendored.ts';
import { digestOf } from '../../../src/readers/digest.ts';
import { LockfileError } from '../../../src/readers/error.ts';
import { readModuleZip } from '../../../src/readers/module-zip.ts';
import { zipOf } from '../../readers/zip-archive.ts';
import { removeFolder } from '../../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../../support/shared-data.ts';
import { startCpu } from '../../support/cpu.ts';

const problemOf = (text: string): string => {
  try {
    readModulesTxt('vendor/modules.txt', text);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};

describe('vendor/modules.txt', () => {
  it('has modules with their marks, replacements and packages', () => {
    const text = `## workspace
# a.b/c v1.0.0 => a.b/d v1.1.0
## explicit; go 1.21
a.b/c
a.b/c/x
# a.b/e v0.0.0-20191109021931-daa7c04131f5 => ./e
# a.b/f => ../f
`;
    const module = { by: null, isExplicit: false, go: null, packages: [] };
    expect(readModulesTxt('modules.txt', text)).toEqual({
      isWorkspace: true,
      modules: [
        {
          ...{ path: 'a.b/c', version: 'v1.0.0', by: { path: 'a.b/d', version: 'v1.1.0' }, isExplicit: true },
          ...{ go: '1.21', packages: ['a.b/c', 'a.b/c/x'], line: 2 },
        },
        { ...module, path: 'a.b/e', version: 'v0.0.0-20191109021931-daa7c04131f5', by: { folder: './e' }, line: 6 },
        { ...module, path: 'a.b/f', version: null, by: { folder: '../f' }, line: 7 },
      ],
    });
    expect(readModulesTxt('modules.txt', '')).toEqual({ isWorkspace: false, modules: [] });
  });

  it.each([
    ['a.b/c', 'modules.txt:1: has a package of no module'],
    ['## explicit', 'has marks of no module'],
    ['# a.b/c', 'is not a module'],
    ['# a.b/c latest', 'is not a version as Go writes it'],
    ['# a.b/c v1.0.0 =>', 'is not a module'],
    ['# a.b/c v1.0.0 => d v1', 'is not a version'],
    ['# a.b/c v1.0.0\na.b/d', 'is no package of "a.b/c"'],
    ['# a.b/c v1.0.0\na.b/cd', 'is no package of "a.b/c"'],
    ['# a.b/c v1.0.0\na.b/c/../d', 'is not the path of a package'],
    ['# a.b/c v1.0.0\na.b/c//d', 'is not the path of a package'],
    ['# a.b/c v1.0.0\n a.b/c', 'is not the path of a package'],
    ['# a.b/c v1.0.0\na.b/c\r', 'is not the path of a package'],
    ['# a.b/c v1.0.0\na.b/c\0', 'is not the path of a package'],
    ['# a.b/c v1.0.0\na.b/c\na.b/c', 'is there twice'],
    ['# a.b/c v1.0.0\n# a.b/c v1.0.0', 'is there twice'],
    ['# a.b/c => ./d\na.b/c', 'has packages and no version'],
    ['# a.b/c v1.0.0\n## explcit', 'has a mark that Go does not write'],
    ['\ufeff# a.b/c v1.0.0', 'has a package of no module'],
  ])('%j is refused', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  it('is read in time that grows with its length', () => {
    const spent = startCpu();
    problemOf(Array.from({ length: 100_000 }, (_, i) => `# a.b/c${i} v1.0.0\na.b/c${i}`).join('\n'));
    for (const one of ['# ', '=> ', 'a/', '\t']) problemOf(`# a.b/c v1.0.0\n${one.repeat(200_000)}`);
    expect(spent()).toBeLessThan(3000);
  });

  it('is held to go.mod', () => {
    const mod = (text: string) => readGoMod('go.mod', `module m\n${text}`);
    const problems = (txt: string, text: string): readonly string[] =>
      inconsistenciesOf(readModulesTxt('modules.txt', txt), mod(text)).map(({ path, problem }) => `${path} ${problem}`);
    const good = '# a.b/c v1.0.0\n## explicit\na.b/c\n';
    expect(problems(good, 'go 1.20\nrequire a.b/c v1.0.0')).toEqual([]);
    expect(problems(good, 'go 1.20\nrequire a.b/c v1.1.0')).toEqual(['a.b/c not-explicit', 'a.b/c not-required']);
    expect(problems(good.replace('## explicit\n', ''), 'go 1.20\nrequire a.b/c v1.0.0')).toEqual([
      'a.b/c not-explicit',
    ]);
    const replaced = good.replace('v1.0.0', 'v1.0.0 => ./d');
    const require = 'go 1.20\nrequire a.b/c v1.0.0\n';
    expect(problems(replaced, `${require}replace a.b/c v1.0.0 => ./d`)).toEqual([]);
    expect(problems(replaced, `${require}replace a.b/c v1.0.0 => ./e`)).toEqual(['a.b/c replaced-otherwise']);
    expect(problems(replaced, require)).toEqual(['a.b/c not-replaced-in-go-mod']);
    expect(problems(good, `${require}replace a.b/c v1.0.0 => ./e`)).toEqual(['a.b/c not-replaced']);
    expect(problems('# a.b/c v1.0.0\na.b/c\n', 'require a.b/c v1.0.0')).toEqual([]);
    expect(problems('# a.b/c v1.0.0\na.b/c\n', 'require a.b/c v1.1.0')).toEqual(['a.b/c not-explicit']);
  });

  it.skipIf(!hasSharedData)('is read as it was recorded (skipped where there is no recorded data)', () => {
    const read = (name: string): string => readFileSync(sharedData(`ecosystems/go/projects/vendored/${name}`), 'utf8');
    const { modules } = readModulesTxt('modules.txt', read('vendor/modules.txt'));
    expect(modules.length).toBeGreaterThan(0);
    expect(inconsistenciesOf({ isWorkspace: false, modules }, readGoMod('go.mod', read('go.mod')))).toEqual([]);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'assay-go-vendor-'));
afterAll(() => removeFolder(folder));
const hasGo = spawnSync('go', ['version']).status === 0;

const C_FILES = {
  'go.mod': 'module a.b/c\n\ngo 1.21\n',
  LICENSE: 'licence',
  'README.md': 'readme',
  'c.go': 'package c\n\nimport _ "a.b/c/deep/in"\n',
  'c_test.go': 'package c\n',
  'gen.go': '// Licence.\n\n//go:build ignore\n\npackage main\n',
  'old.go': '// +build ignore,linux\n\npackage main\n',
  'c_windows.go': 'package c\n',
  'asm.s': '',
  'unused/u.go': 'package unused\n',
  'deep/LICENSE.md': 'another',
  'deep/in/in.go': 'package in\n\nimport _ "embed"\n\n//go:embed data/*.txt\nvar data string\n',
  'deep/in/data/a.txt': 'embedded',
  'deep/in/testdata/t.txt': 'test data',
};
const FORK = { 'go.mod': 'module a.b/d\n\ngo 1.21\n', 'd.go': 'package d\n' };
const PROJECT = {
  'go.mod': 'module m\n\ngo 1.22\n\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0\n)\n\nreplace a.b/d => a.b/fork v1.2.0\n',
  'm.go': 'package m\n\nimport (\n\t_ "a.b/c"\n\t_ "a.b/d"\n)\n',
};
const archive = (module: string, files: object): Buffer =>
  zipOf(Object.entries(files).map(([name, content]) => ({ name: `${module}/${name}`, content: String(content) })));
const ZIPS = new Map([
  ['a.b/c@v1.0.0', archive('a.b/c@v1.0.0', C_FILES)],
  ['a.b/fork@v1.2.0', archive('a.b/fork@v1.2.0', FORK)],
]);

function filesOf(zip: Buffer, module: string): ReadonlyMap<string, ComparedFile> {
  const marks = new Map<string, SourceMarks | null>();
  const { files } = readModuleZip(zip, module, (path, content) => void marks.set(path, marksOf(path, content)));
  return new Map([...files].map(([path, file]) => [path, { ...file, marks: marks.get(path) ?? null }]));
}

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

function goRun(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync('go', args, {
    encoding: 'utf8',
    cwd: join(folder, 'm'),
    env: {
      ...process.env,
      ...{ GOPROXY: `file://${join(folder, 'proxy')}`, GONOSUMDB: '*', GOFLAGS: '-modcacherw', GOWORK: 'off' },
      ...{ GOMODCACHE: join(folder, 'cache'), GOTOOLCHAIN: 'local' },
    },
  });
  return stdout + stderr;
}

describe('a module that lies in another', () => {
  const zip = (name: string, content: string) => filesOf(archive('a.b/c@v1.0.0', { [name]: content }), 'a.b/c@v1.0.0');
  const txt = readModulesTxt('modules.txt', '# a.b/c v1.0.0\na.b/c\n# a.b/c/d v1.0.0\na.b/c/d\n');
  const contents = vendorContents(txt, ({ path }) =>
    path === 'a.b/c' ? zip('d/d.go', 'of the outer one') : zip('d.go', 'of the inner one'),
  );
  const problems = (content: string): readonly string[] => {
    const file = { kind: 'file', size: content.length, digest: digestOf(Buffer.from(content)) } as const;
    return compareVendor(txt, contents, new Map([['a.b/c/d/d.go', file]]), new Set()).differences.map(
      ({ problem }) => problem,
    );
  };

  it('has its own files alone in the folders of its packages', () => {
    expect(problems('of the inner one')).toEqual([]);
    expect(problems('of the outer one')).toEqual(['modified']);
  });
});

describe.skipIf(!hasGo)('vendor/ as the go command writes it (skipped where there is none)', () => {
  let txt: ModulesTxt;
  let contents: VendorContents;
  beforeAll(() => {
    for (const [module, zip] of ZIPS) {
      const [path = '', version = ''] = module.split('@');
      put(`proxy/${path}/@v/${version}.zip`, zip);
      put(`proxy/${path}/@v/${version}.mod`, path === 'a.b/c' ? C_FILES['go.mod'] : FORK['go.mod']);
      put(`proxy/${path}/@v/${version}.info`, JSON.stringify({ Version: version }));
    }
    for (const [name, content] of Object.entries(PROJECT)) put(`m/${name}`, content);
    goRun('mod', 'tidy');
    const said = goRun('mod', 'vendor');
    txt = readModulesTxt('vendor/modules.txt', readFileSync(join(folder, 'm/vendor/modules.txt'), 'utf8'));
    expect(txt.modules.length, said).toBe(3);
    contents = vendorContents(txt, ({ path, version, by }) => {
      const module = by !== null && 'path' in by ? `${by.path}@${by.version}` : `${path}@${version ?? ''}`;
      return filesOf(ZIPS.get(module) ?? Buffer.alloc(0), module);
    });
  }, 120_000);

  const differences = async (unknown: readonly string[] = []): Promise<readonly string[]> => {
    const sizesOf = (path: string): readonly number[] => (contents.get(path) ?? []).map(({ size }) => size);
    const { files } = await readCopy(join(folder, 'm'), 'vendor', { sizesOf, isPart: () => true });
    return compareVendor(txt, contents, files ?? new Map(), new Set(unknown)).differences.map(
      ({ path, problem, module, isBuilt }) => `${problem} ${path} ${module ?? '-'}${isBuilt ? ' built' : ''}`,
    );
  };

  it('is consistent with go.mod and has the files of the zips', async () => {
    const mod = readGoMod('go.mod', readFileSync(join(folder, 'm/go.mod'), 'utf8'));
    expect(inconsistenciesOf(txt, mod)).toEqual([]);
    expect(goRun('build', './...')).toBe('');
    expect(await differences()).toEqual([]);
  });

  it.each<[string, string | null, string]>([
    ['a.b/c/c.go', 'package c // other\n', 'modified a.b/c/c.go a.b/c built'],
    ['a.b/c/c.go', 'package c\n\nimport _ "a.b/c/deep/iN"\n', 'modified a.b/c/c.go a.b/c built'],
    ['a.b/c/c.go', null, 'missing a.b/c/c.go a.b/c built'],
    ['a.b/c/c_windows.go', null, 'missing a.b/c/c_windows.go a.b/c built'],
    ['a.b/c/asm.s', 'TEXT', 'modified a.b/c/asm.s a.b/c built'],
    ['a.b/c/evil.go', 'package c\n', 'added a.b/c/evil.go a.b/c built'],
    ['a.b/c/evil.syso', 'x', 'added a.b/c/evil.syso a.b/c built'],
    ['a.b/c/_evil.go', 'x', 'added a.b/c/_evil.go a.b/c'],
    ['a.b/c/evil/evil.go', 'package evil\n', 'added a.b/c/evil/evil.go a.b/c built'],
    ['a.b/c/deep/in/data/b.txt', 'x', 'added a.b/c/deep/in/data/b.txt a.b/c built'],
    ['a.b/c/deep/in/data/a.txt', 'x', 'modified a.b/c/deep/in/data/a.txt a.b/c built'],
    ['a.b/c/deep/in/data/a.txt', null, 'missing a.b/c/deep/in/data/a.txt a.b/c built'],
    ['a.b/c/deep/in/data/sub/c.txt', 'x', 'added a.b/c/deep/in/data/sub/c.txt a.b/c'],
    ['a.b/c/c_evil_test.go', 'package c\n', 'added a.b/c/c_evil_test.go a.b/c built'],
    ['a.b/c/C.go', 'package c\n', 'added a.b/c/C.go a.b/c built'],
    ['a.b/c/BUILD.bazel', 'x', 'added a.b/c/BUILD.bazel a.b/c'],
    ['a.b/c/withc/private.inc', 'x', 'added a.b/c/withc/private.inc a.b/c'],
    ['README', 'x', 'added README -'],
    ['a.b/c/LICENSE', 'x', 'modified a.b/c/LICENSE a.b/c built'],
    ['a.b/d/d.go', 'package d // other\n', 'modified a.b/d/d.go a.b/d built'],
    ['evil.example/x/x.go', 'package x\n', 'added evil.example/x/x.go - built'],
  ])('%s: %j', async (path, content, expected) => {
    const file = join(folder, 'm/vendor', path);
    const before = contents.has(path) ? readFileSync(file) : null;
    if (content === null) rmSync(file);
    else put(`m/vendor/${path}`, content);
    expect(await differences()).toEqual([expected]);
    if (before === null) rmSync(file);
    else writeFileSync(file, before);
    expect(await differences()).toEqual([]);
  });

  it('may have what a zip has and nobody builds, and may lack it', async () => {
    put('m/vendor/a.b/c/c_test.go', C_FILES['c_test.go']);
    put('m/vendor/a.b/c/unused/u.go', C_FILES['unused/u.go']);
    rmSync(join(folder, 'm/vendor/a.b/c/README.md'));
    expect(await differences()).toEqual([]);
  });

  it('has links for what is no file, and is silent of modules without a zip', async () => {
    rmSync(join(folder, 'm/vendor/a.b/d/d.go'));
    symlinkSync('/etc/passwd', join(folder, 'm/vendor/a.b/d/d.go'));
    expect(await differences()).toEqual(['odd a.b/d/d.go a.b/d built']);
    expect(await differences(['a.b/d'])).toEqual([]);
  });
});
