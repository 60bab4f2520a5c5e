import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { go, isBuilt } from '../../../src/lockfiles/go/index.ts';
import { folderBelow, readGoWork } from '../../../src/lockfiles/go/work.ts';
import type { Lockfile } from '../../../src/model/dependency.ts';
import { LockfileError } from '../../../src/readers/error.ts';
import { removeFolder } from '../../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../../support/shared-data.ts';

const problemOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};
const problemIn = (text: string): string => problemOf(() => readGoWork('go.work', text));
const h1 = (byte: number): string => `h1:${Buffer.alloc(32, byte).toString('base64')}`;

describe('go.work', () => {
  it('is read in blocks and in single lines', () => {
    const text = `go 1.23.0
toolchain go1.24.3
godebug default=go1.21
use .
use ( // these
\t./tools/
\t"../x y"
\t/srv/z
)
replace a.b/c => ./c
replace a.b/d v1.0.0 => a.b/e v1.1.0
`;
    expect(readGoWork('go.work', text)).toEqual({
      go: '1.23.0',
      toolchain: 'go1.24.3',
      uses: [
        { folder: '', line: 4 },
        { folder: 'tools', line: 6 },
        { folder: '../x y', line: 7 },
        { folder: '/srv/z', line: 8 },
      ],
      replaces: [
        { path: 'a.b/c', version: null, by: { folder: './c' }, line: 10 },
        { path: 'a.b/d', version: 'v1.0.0', by: { path: 'a.b/e', version: 'v1.1.0' }, line: 11 },
      ],
    });
    expect(readGoWork('go.work', 'go 1.22\r\nuse ./a\r\n').uses).toEqual([{ folder: 'a', line: 2 }]);
  });

  it.each([
    ['require a.b/c v1.0.0', 'is no directive'],
    ['require (\n)', 'begins no block'],
    ['module m', 'is no directive'],
    ['use ./a ./b', 'is not followed by one word alone'],
    ['use ./a\nuse ./a/', 'go.work:2: use: "a" is used above, too'],
    ['use .\\a', 'has a backslash'],
    ['go 1.22\ngo 1.22', 'has a second go directive'],
    ['replace a.b/c => ./d\nreplace a.b/c => ./e', 'has another replacement above'],
    ['use ./a\0', 'a character that Go refuses'],
    ['use (', 'does not end'],
    [`use ${'x'.repeat(70_000)}`, 'is longer than'],
  ])('%j is refused', (text, problem) => {
    expect(problemIn(text)).toContain(problem);
  });

  it('leads to folders however they are written', () => {
    expect(['.', './', './a/..', 'a/../b/', '/a/./b/', '..'].map((path) => folderBelow('', path))).toEqual([
      '',
      '',
      '',
      'b',
      '/a/b',
      '..',
    ]);
    expect(folderBelow('x/y', '../z')).toBe('x/z');
  });
});

const WORK = 'go 1.22\nuse (\n./app\n./lib\n)\n';
const APP = 'module m.x/app\nrequire (\na.b/c v1.0.0\nm.x/lib v0.0.0\n)\n';
const LIB = 'module m.x/lib\nrequire a.b/c v1.1.0 // indirect\nreplace a.b/d => ./d\nrequire a.b/d v1.0.0\n';
const workspace = (more: Readonly<Record<string, string>> = {}, own = ''): Lockfile =>
  go.parse(
    'x/go.work.sum',
    Buffer.from(own),
    new Map(Object.entries({ 'go.work': WORK, app: APP, lib: LIB, ...more })),
    [],
  );

describe('a workspace', () => {
  it('is locked by the sums of all its modules and its own', () => {
    const lockfile = workspace(
      { 'app/go.sum': `a.b/c v1.0.0 ${h1(1)}\n`, 'lib/go.sum': `a.b/c v1.1.0 ${h1(2)}\na.b/c v1.0.0 ${h1(1)}\n` },
      `a.b/e v1.0.0/go.mod ${h1(3)}\n`,
    );
    expect(lockfile).toMatchObject({ file: 'x/go.work.sum', format: 'go.work.sum' });
    expect(lockfile.dependencies.map((one) => [one.name, one.version, isBuilt(one), one.direct])).toEqual([
      ['a.b/e', 'v1.0.0', false, false],
      ['a.b/c', 'v1.0.0', true, true],
      ['a.b/c', 'v1.1.0', true, false],
      ['a.b/d', 'v1.0.0', true, true],
    ]);
    expect(lockfile.dependencies[1]?.places.map(({ file, line }) => `${file}:${line}`)).toEqual([
      'x/app/go.sum:1',
      'x/lib/go.sum:2',
      'x/app/go.mod:3',
    ]);
    // The folder of a module is relative to the workspace.
    expect(lockfile.dependencies[3]?.artifacts).toEqual([
      { file: null, digests: [], source: { kind: 'file', path: './lib/d' } },
    ]);
    expect(lockfile.skipped).toEqual([
      { place: { file: 'x/app/go.mod', line: 4, path: 'require m.x/lib v0.0.0' }, reason: 'workspace' },
    ]);
    const places = lockfile.dependencies.flatMap((one) => one.places);
    expect(lockfile.entries).toBe(places.length + lockfile.skipped.length);
  });

  it('has a module of its own for one that stands in for what is locked, or required by a version', () => {
    const ofLib = (more: Readonly<Record<string, string>>): readonly unknown[] =>
      workspace(more)
        .dependencies.filter(({ name }) => name === 'm.x/lib')
        .map(({ version, artifacts: [{ source }], places }) => [version, source, places.at(-1)?.path]);
    const standsIn = (version: string): unknown => [version, { kind: 'file', path: './lib' }, 'use ./lib'];
    expect(ofLib({})).toEqual([]);
    expect(ofLib({ 'app/go.sum': `m.x/lib v1.0.0/go.mod ${h1(1)}\n` })).not.toContainEqual(standsIn('v1.0.0'));
    expect(ofLib({ 'app/go.sum': `m.x/lib v1.0.0 ${h1(1)}\n` })).toContainEqual(standsIn('v1.0.0'));
    expect(ofLib({ app: APP.replace('lib v0.0.0', 'lib v1.2.0') })).toEqual([standsIn('v1.2.0')]);
  });

  it('has both hashes where two files contradict each other', () => {
    const sums = { 'app/go.sum': `a.b/c v1.0.0 ${h1(1)}\n`, 'lib/go.sum': `a.b/c v1.0.0 ${h1(2)}\n` };
    expect(workspace(sums).dependencies[0]?.artifacts[0].digests).toHaveLength(2);
  });

  it('has the replacements of go.work before those of its modules', () => {
    const work = `${WORK}replace a.b/c => evil.example/c v1.9.0\n`;
    const mods = { app: `${APP}replace a.b/c => ./c\n`, lib: `${LIB}replace a.b/c => ./other\n` };
    const { dependencies } = workspace({ 'go.work': work, ...mods });
    expect(dependencies.find(({ name }) => name === 'evil.example/c')).toMatchObject({ alias: 'a.b/c', direct: true });
    expect(problemOf(() => workspace(mods))).toContain(
      'x/lib/go.mod:5: replace: "a.b/c" has another replacement in x/app',
    );
    const same = { app: `${APP}replace a.b/c => ../c\n`, lib: `${LIB}replace a.b/c => ../lib/../c\n` };
    expect(problemOf(() => workspace(same))).toBe('read');
  });

  it('refuses a module without its go.mod, and what is odd in any file', () => {
    const without = new Map([['go.work', WORK]]);
    expect(problemOf(() => go.parse('go.sum', Buffer.from(''), without, []))).toContain('"app" has no go.mod');
    expect(problemOf(() => workspace({ 'lib/go.sum': 'a.b/c v1.0.0\n' }))).toContain('x/lib/go.sum:1: has 2 words');
    expect(problemOf(() => workspace({ lib: `\ufeff${LIB}` }))).toContain('byte order mark');
    expect(problemOf(() => workspace({ 'go.work': `<<<<<<< a\n=======\n>>>>>>> b\n${WORK}` }))).toContain('merge');
  });
});

const folder = mkdtempSync(join(tmpdir(), 'assay-go-work-'));
afterAll(() => removeFolder(folder));
const hasGo = spawnSync('go', ['version']).status === 0;

interface WorkJson {
  readonly Go?: string;
  readonly Use?: readonly { readonly DiskPath: string }[] | null;
  readonly Replace?: readonly { readonly Old: unknown; readonly New: unknown }[] | null;
}

function goReads(text: string): WorkJson | null {
  const file = join(folder, 'go.work');
  writeFileSync(file, text);
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  const { status, stdout } = spawnSync('go', ['work', 'edit', '-json', file], { encoding: 'utf8', cwd: folder, env });
  return status === 0 ? (JSON.parse(stdout) as WorkJson) : null;
}

/** What `go work edit` lets through and `go build` does not, or would write anew. */
const STRICTER = /used above, too|as Go writes it|escape|quotation mark|back quote|another replacement above/;

function compare(text: string): 'read' | 'refused' {
  const expected = goReads(text);
  const problem = problemIn(text);
  if (problem !== 'read') {
    if (expected !== null) expect(problem, JSON.stringify(text)).toMatch(STRICTER);
    return 'refused';
  }
  expect(expected, JSON.stringify(text)).not.toBeNull();
  const work = readGoWork('go.work', text);
  const replaces = new Map(work.replaces.map((one) => [JSON.stringify([one.path, one.version]), one]));
  expect(
    {
      Go: work.go ?? undefined,
      uses: new Set(work.uses.map((one) => one.folder)),
      replaces: replaces.size,
    },
    JSON.stringify(text),
  ).toEqual({
    Go: expected?.Go,
    uses: new Set(expected?.Use?.map(({ DiskPath }) => folderBelow('', DiskPath)) ?? []),
    replaces: expected?.Replace?.length ?? 0,
  });
  return 'read';
}

describe.skipIf(!hasGo)('go.work as the go command reads it (skipped where there is none)', () => {
  it('on lines made of pieces', () => {
    const pieces = [
      ...['go', 'toolchain', 'use', 'replace', 'godebug', 'require', '(', ')', '=>', '\n', '\r\n', ' ', '//', '"./x"'],
      ...['./a', '../b', '.', '/c', 'd', 'a.b/c', 'v1.0.0', '1.22', 'go1.22.0', 'x=y', '`', '"', '\0', '\u0085', ','],
    ];
    const line = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }).map((some) => some.join(' '));
    const likely = fc.constantFrom('use ./x', 'use (\n./y\n)', 'replace a.b/c => ./z', 'go 1.22', 'toolchain default');
    const counts = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(fc.oneof(line, likely, likely), { minLength: 1, maxLength: 3 }), (lines) => {
        counts[compare(`${lines.join('\n')}\n`)] += 1;
      }),
      { numRuns: 200, seed: 20261130, endOnFailure: true },
    );
    expect(counts.read).toBeGreaterThan(20);
    expect(counts.refused).toBeGreaterThan(20);
  }, 120_000);

  it.skipIf(!hasSharedData)('on recorded samples', () => {
    const samples = hasSharedData ? readdirSync(sharedData('ecosystems/go/syntax')) : [];
    for (const sample of samples) compare(readFileSync(sharedData(`ecosystems/go/syntax/${sample}`), 'utf8'));
  });
});
