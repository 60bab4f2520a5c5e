import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { go } from '../../src/lockfiles/go/index.ts';
import type { Dependency, Lockfile } from '../../src/model/dependency.ts';
import { LockfileError } from '../../src/readers/error.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { startCpu } from '../support/cpu.ts';

const read = (sum: string, mod: string | null = null): Lockfile =>
  go.parse('go.sum', Buffer.from(sum), new Map(mod === null ? [] : [['', mod]]), []);
const problemOf = (sum: string, mod: string | null = null): string => {
  try {
    read(sum, mod);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};
const h1 = (byte: number): string => `h1:${Buffer.alloc(32, byte).toString('base64')}`;
const digest = (byte: number): object => ({ algorithm: 'h1', hex: Buffer.alloc(32, byte).toString('hex') });
const REGISTRY = { kind: 'registry', resolved: null };
const named = (lockfile: Lockfile, name: string): readonly Dependency[] =>
  lockfile.dependencies.filter((one) => one.name === name);

describe('go.sum', () => {
  it('gives a dependency for each version, with its zip and its go.mod', () => {
    const lockfile = read(
      `rsc.io/quote v1.5.2 ${h1(1)}\nrsc.io/quote v1.5.2/go.mod ${h1(2)}\n\nrsc.io/quote v1.5.1/go.mod ${h1(3)}\n`,
      'module a.b/m\ngo 1.22\nrequire rsc.io/quote v1.5.2\n',
    );
    expect(lockfile).toMatchObject({ file: 'go.sum', format: 'go.sum', entries: 4, skipped: [] });
    expect(lockfile.dependencies).toEqual([
      {
        ecosystem: 'go',
        name: 'rsc.io/quote',
        version: 'v1.5.2',
        artifacts: [
          { file: 'zip', digests: [digest(1)], source: REGISTRY },
          { file: 'go.mod', digests: [digest(2)], source: REGISTRY },
        ],
        places: [
          { file: 'go.sum', line: 1, path: 'rsc.io/quote v1.5.2' },
          { file: 'go.sum', line: 2, path: 'rsc.io/quote v1.5.2/go.mod' },
          { file: 'go.mod', line: 3, path: 'require rsc.io/quote v1.5.2' },
        ],
        direct: true,
        ...{ dev: false, optional: false, peer: false, exotic: [], bundles: [] },
      },
      expect.objectContaining({
        version: 'v1.5.1',
        artifacts: [{ file: 'go.mod', digests: [digest(3)], source: REGISTRY }],
        direct: false,
      }),
    ]);
  });

  it('has who is asked for from go.mod: directly, or for others', () => {
    const sum = `a.b/c v1.0.0 ${h1(1)}\na.b/d v1.0.0 ${h1(2)}\na.b/c v1.1.0 ${h1(3)}\n`;
    const lockfile = read(sum, 'module m\nrequire (\na.b/c v1.0.0\na.b/d v1.0.0 // indirect\n)\n');
    expect(lockfile.dependencies.map(({ name, version, direct }) => [name, version, direct])).toEqual([
      ['a.b/c', 'v1.0.0', true],
      ['a.b/d', 'v1.0.0', false],
      ['a.b/c', 'v1.1.0', false],
    ]);
    expect(read(sum).dependencies.every(({ direct }) => !direct)).toBe(true);
  });

  it('names a replacement by its own name, and what it stands in for', () => {
    const mod = 'module m\nrequire a.b/c v1.0.0\nreplace a.b/c => evil.example/c v1.0.9\n';
    const lockfile = read(`a.b/c v1.0.0 ${h1(1)}\nevil.example/c v1.0.9 ${h1(2)}\n`, mod);
    expect(named(lockfile, 'evil.example/c')).toEqual([
      expect.objectContaining({ version: 'v1.0.9', alias: 'a.b/c', direct: true }),
    ]);
    expect(named(lockfile, 'evil.example/c')[0]?.places.map(({ file, line }) => [file, line])).toEqual([
      ['go.sum', 2],
      ['go.mod', 3],
      ['go.mod', 2],
    ]);
    // Its own line is read all the same, and nobody is built from it.
    expect(named(lockfile, 'a.b/c')).toEqual([expect.objectContaining({ direct: false })]);
  });

  it.each([
    ['by version before any', 'replace a.b/c => ./any\nreplace a.b/c v1.0.0 => ./this', './this'],
    ['of any version', 'replace a.b/c => ../any', '../any'],
  ])('has no hash of a folder that stands in for a module: %s', (_, replace, path) => {
    const lockfile = read(`a.b/c v1.0.0 ${h1(1)}\n`, `module m\nrequire a.b/c v1.0.0\n${replace}\n`);
    const [locked, folder] = named(lockfile, 'a.b/c');
    expect(folder).toMatchObject({
      version: 'v1.0.0',
      artifacts: [{ file: null, digests: [], source: { kind: 'file', path } }],
      direct: true,
    });
    // What go.sum locks under the same name is another dependency, which is checked as any other.
    expect(locked).toMatchObject({ artifacts: [{ file: 'zip', digests: [digest(1)] }], direct: false });
  });

  it('names what stands in for a module that nobody requires by name', () => {
    const mod = 'module m\nreplace a.b/c => ./c\nreplace a.b/d v1.2.0 => ./d\nreplace a.b/e => a.b/f v1.0.0\n';
    const lockfile = read(`a.b/f v1.0.0 ${h1(1)}\n`, mod);
    expect(lockfile.dependencies.map(({ name, version, alias }) => [name, version, alias])).toEqual([
      ['a.b/f', 'v1.0.0', 'a.b/e'],
      ['a.b/c', 'v0.0.0-00010101000000-000000000000', undefined],
      ['a.b/d', 'v1.2.0', undefined],
    ]);
  });

  it('locks nothing of what is required without a line', () => {
    const lockfile = read('', 'module m\nrequire a.b/c v1.0.0\n');
    expect(lockfile.dependencies).toMatchObject([
      { name: 'a.b/c', artifacts: [{ file: 'zip', digests: [], source: REGISTRY }] },
    ]);
  });

  it('has every hash of a version, once', () => {
    const lines = [1, 1, 2].map((byte) => `a.b/c v1.0.0 ${h1(byte)}\n`);
    const [one] = read(lines.join('')).dependencies;
    expect(one?.artifacts).toEqual([{ file: 'zip', digests: [digest(1), digest(2)], source: REGISTRY }]);
    expect(one?.places.map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  it.each([
    ['another algorithm', 'h2:AAAA'],
    ['what an old mistake wrote for files that were not there', 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='],
  ])('locks nothing by %s', (_, hash) => {
    const [one] = read(`a.b/c v1.0.0 ${h1(1)}\na.b/c v1.0.0/go.mod ${hash}\n`).dependencies;
    expect(one?.artifacts[1]).toEqual({ file: 'go.mod', digests: [], source: REGISTRY });
  });

  it('separates words by the white space of Go', () => {
    for (const space of ['\t', '\u0085', '\u00a0', '\u2003', ' \v\f ']) {
      const lockfile = read(`${space}a.b/c${space}v1.0.0${space}${h1(1)}${space}\r\n`);
      expect(lockfile.dependencies.map(({ name, artifacts }) => [name, artifacts[0].digests])).toEqual([
        ['a.b/c', [digest(1)]],
      ]);
    }
  });

  it.each([
    ['\ufeffa.b/c v1.0.0 h1:x', 'go.sum:1: begins with a byte order mark'],
    ['\na.b/c v1.0.0', 'go.sum:2: has 2 words'],
    [`a.b/c v1.0.0 ${h1(1)} x`, 'go.sum:1: has 4 words'],
    [`abc v1.0.0 ${h1(1)}`, 'is not the path of a module'],
    [`A.b/c v1.0.0 ${h1(1)}`, 'is not the path of a module'],
    [`a.b/c\u200b v1.0.0 ${h1(1)}`, 'is not the path of a module'],
    [`a.b/c\0 v1.0.0 ${h1(1)}`, 'is not the path of a module'],
    [`a.b/../c v1.0.0 ${h1(1)}`, 'is not the path of a module'],
    [`a.b/c 1.0.0 ${h1(1)}`, 'is not a version'],
    [`a.b/c v1.0.0/go.sum ${h1(1)}`, 'is not a version'],
    [`a.b/c v2.0.0 ${h1(1)}`, 'v2.0.0 is no version of a.b/c'],
    ['a.b/c v1.0.0 h1:AAAA', 'is not a SHA-256 in base64'],
    [`a.b/c v1.0.0 ${h1(1).replace('=', '')}`, 'is not a SHA-256 in base64'],
    [`<<<<<<< HEAD\na.b/c v1.0.0 ${h1(1)}\n=======\n>>>>>>> x\n`, 'go.sum:1: has marks of a git merge conflict'],
  ])('%j is refused', (sum, problem) => {
    expect(problemOf(sum)).toContain(problem);
    expect(problemOf(sum)).not.toMatch(/[\0\n\u200b]/);
  });

  it.each([
    ['require abc v1.0.0', 'go.mod:2: "abc" is not the path of a module'],
    ['require a.b/c v1.0.0\nreplace a.b/c => abc v1.0.0', 'go.mod:3: "abc" is not the path of a module'],
    ['require a.b/c v1.0.0\nreplace a.b/c => a.b/d v2.0.0', 'go.mod:3: v2.0.0 is no version of a.b/d'],
  ])('beside a go.mod with %j is refused', (lines, problem) => {
    expect(problemOf('', `module m\n${lines}\n`)).toContain(problem);
  });

  it('is not read where it is not UTF-8, or larger than any lockfile', () => {
    expect(() => go.parse('go.sum', Buffer.from([0x61, 0xff]), new Map(), [])).toThrow(LockfileError);
    expect(() => go.parse('go.sum', Buffer.alloc(65 * 1024 * 1024), new Map(), [])).toThrow(LockfileError);
  });

  it('is read in time that grows with its length', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `a.b/c${i} v1.0.0 ${h1(1)}\n`).join('');
    const spent = startCpu();
    expect(read(lines).dependencies).toHaveLength(20_000);
    expect(problemOf(' '.repeat(1_000_000))).toBe('read');
    expect(spent()).toBeLessThan(5000);
  });
});

const hasGo = spawnSync('go', ['version']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'assay-go-sum-'));
afterAll(() => {
  // The module cache is written without leave to write it again.
  spawnSync('chmod', ['-R', 'u+w', folder]);
  removeFolder(folder);
});

describe.skipIf(!hasGo || !hasSharedData)('go.sum as Go reads it (skipped without Go or without recorded data)', () => {
  const MODULE = 'github.com/josharian/intern';
  const [ZIP = '', GO_MOD = ''] =
    /h1:\S+/g[Symbol.match](
      hasSharedData
        ? readFileSync(sharedData('ecosystems/go/sumdb/lookup/github.com/josharian/intern@v1.0.0'), 'utf8')
        : '',
    ) ?? [];

  /** A module proxy of one module, in a folder. */
  function writeProxy(): void {
    for (const ext of ['zip', 'mod', 'info']) {
      const file = join(folder, `proxy/${MODULE}/@v/v1.0.0.${ext}`);
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(sharedData(`ecosystems/go/zips/github.com__josharian__intern@v1.0.0.${ext}`), file);
    }
    mkdirSync(join(folder, 'project'));
    writeFileSync(join(folder, 'project/go.mod'), `module a.b/m\n\ngo 1.21\n\nrequire ${MODULE} v1.0.0\n`);
    writeFileSync(join(folder, 'project/main.go'), `package main\n\nimport _ "${MODULE}"\n\nfunc main() {}\n`);
  }

  type Outcome = 'malformed' | 'mismatch' | 'missing' | 'built';
  function goSays(sum: string): Outcome {
    writeFileSync(join(folder, 'project/go.sum'), sum);
    const env = {
      ...process.env,
      GOPROXY: `file://${join(folder, 'proxy')}`,
      GOMODCACHE: join(folder, 'cache'),
      GOCACHE: join(folder, 'build'),
      ...{ GOSUMDB: 'off', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GO111MODULE: 'on', GOENV: 'off' },
    };
    const { status, stderr } = spawnSync('go', ['list', '-deps', '-f', '{{.ImportPath}}', './...'], {
      cwd: join(folder, 'project'),
      encoding: 'utf8',
      env,
    });
    if (status === 0) return 'built';
    if (stderr.includes('malformed go.sum')) return 'malformed';
    if (stderr.includes('checksum mismatch')) return 'mismatch';
    if (stderr.includes('missing go.sum entry')) return 'missing';
    throw new Error(stderr);
  }

  /** What Go makes of what was read: it goes by the first hash of a file. */
  function fromReading(sum: string): Outcome {
    const { artifacts } = named(read(sum), MODULE).find(({ version }) => version === 'v1.0.0') ?? { artifacts: [] };
    const real = { zip: ZIP, 'go.mod': GO_MOD };
    const firsts = (['go.mod', 'zip'] as const).map((file) => {
      const hex = artifacts.find((one) => one.file === file)?.digests[0]?.hex;
      if (hex === undefined) return 'missing';
      return `h1:${Buffer.from(hex, 'hex').toString('base64')}` === real[file] ? 'built' : 'mismatch';
    });
    return firsts.find((one) => one !== 'built') ?? 'built';
  }

  it('on a real go.sum, and on pieces put into it and taken out of it', () => {
    writeProxy();
    const base = `${MODULE} v1.0.0 ${ZIP}\n${MODULE} v1.0.0/go.mod ${GO_MOD}\na.b/c v1.0.0 ${h1(1)}\n`;
    expect(goSays(base)).toBe('built');
    const PIECES = [
      ...['\n', ' ', '\t', '\r\n', '\u0085', '\u00a0', '\u200b', '\0', '\ufeff', 'x', '/go.mod', ZIP, GO_MOD, h1(7)],
      ...['h2:AA==', 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=', '', MODULE, 'v1.0.0', 'v1.0.1'],
    ];
    const LINES = [
      ...[`${MODULE} v1.0.0 ${h1(7)}`, `${MODULE} v1.0.0/go.mod ${h1(7)}`, `${MODULE} v1.0.0 h2:AA==`, '', 'x y'],
      ...[`${MODULE} v1.0.0 ${ZIP}`, `${MODULE}\u0085v1.0.0/go.mod\u00a0${GO_MOD}`, `a.b/c v1.0.0/go.mod ${h1(8)}\r`],
    ];
    const line = fc.constantFrom(...base.split('\n').keys());
    const edit: fc.Arbitrary<(sum: string) => string> = fc.oneof(
      // A line before another, or in its place.
      fc.tuple(line, fc.nat(1), fc.constantFrom(...LINES)).map(([at, removed, put]) => (sum: string) => {
        return sum.split('\n').toSpliced(at, removed, put).join('\n');
      }),
      // A word in the place of another.
      fc.tuple(fc.nat(8), fc.constantFrom(...PIECES)).map(([at, put]) => (sum: string) => {
        let word = 0;
        return sum.replace(/\S+/g, (old: string) => (word++ === at ? put : old));
      }),
      // Anything anywhere.
      fc
        .tuple(fc.nat(base.length), fc.nat(3), fc.constantFrom(...PIECES))
        .map(([at, removed, put]) => (sum: string) => {
          return sum.slice(0, at) + put + sum.slice(at + removed);
        }),
    );
    const counts: Record<string, number> = {};
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
        let sum = base;
        for (const change of edits) sum = change(sum);
        const go = goSays(sum);
        const problem = problemOf(sum);
        const key = problem === 'read' ? go : 'refused';
        counts[key] = (counts[key] ?? 0) + 1;
        if (problem === 'read') expect(fromReading(sum), JSON.stringify(sum)).toBe(go);
        // What Go refuses as malformed is never read; more is refused, as Go can make no use of it.
        if (go === 'malformed') expect(problem, JSON.stringify(sum)).not.toBe('read');
      }),
      { numRuns: 120, seed: 20261130, endOnFailure: true },
    );
    for (const outcome of ['built', 'missing', 'mismatch', 'refused']) {
      expect(counts[outcome], JSON.stringify(counts)).toBeGreaterThan(3);
    }
  }, 120_000);
});

describe.skipIf(!hasSharedData)('recorded go.sum files (skipped where there is no recorded data)', () => {
  const recorded = (project: string): Lockfile =>
    go.parse(
      'go.sum',
      readFileSync(sharedData(`ecosystems/go/projects/${project}/go.sum`)),
      new Map([['', readFileSync(sharedData(`ecosystems/go/projects/${project}/go.mod`), 'utf8')]]),
      [],
    );
  const files = ({ dependencies }: Lockfile, file: string): number =>
    dependencies.filter(({ artifacts }) => artifacts.some((one) => one.file === file && one.digests.length > 0)).length;

  it('of cli/cli', () => {
    const lockfile = recorded('cli');
    expect([files(lockfile, 'zip'), files(lockfile, 'go.mod')]).toEqual([251, 318]);
    expect(named(lockfile, 'github.com/cli/go-internal')).toMatchObject([{ alias: 'github.com/rogpeppe/go-internal' }]);
    expect(lockfile.dependencies.filter(({ direct }) => direct).length).toBeGreaterThan(40);
  });

  it.each(['oss-rebuild', 'vuln', 'gomod-small', 'poisoned'])('of %s: every line is a place', (project) => {
    const lockfile = recorded(project);
    const lines = readFileSync(sharedData(`ecosystems/go/projects/${project}/go.sum`), 'utf8')
      .trim()
      .split('\n');
    const places = lockfile.dependencies.flatMap((one) => one.places.filter(({ file }) => file === 'go.sum'));
    expect(places.map(({ line, path }) => `${line} ${path}`).sort()).toEqual(
      lines.map((line, i) => `${i + 1} ${line.split(' ').slice(0, 2).join(' ')}`).sort(),
    );
  });
});
