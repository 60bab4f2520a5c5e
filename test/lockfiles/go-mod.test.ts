import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readGoMod, type GoMod } from '../../src/lockfiles/go/mod.ts';
import { LockfileError } from '../../src/readers/error.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const read = (text: string): GoMod => readGoMod('go.mod', text);
const problemOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};

describe('go.mod', () => {
  it('is read in blocks and in single lines', () => {
    const mod = read(`// The project.
module "example.com/app" // Deprecated: not at all

go 1.22.1
toolchain go1.24.3
godebug default=go1.21

require rsc.io/quote v1.5.2
require ( // these too
\tgolang.org/x/text v0.14.0 // indirect
\t"rsc.io/sampler" v1.3.0//indirect; why
\tgopkg.in/yaml.v2 v2.4.0 // indirect why

\t// indirect
\tgithub.com/MakeNowJust/heredoc v1.0.0
)
exclude golang.org/x/text v0.3.0
exclude ()
replace (
\trsc.io/quote => rsc.io/quote/v3 v3.1.0
\tgolang.org/x/text v0.14.0 => "./my (text), v0"
)
retract v1.0.0 // a mistake
retract [ v1.1.0, v1.2.0 ]
tool (
\tgolang.org/x/tools/cmd/stringer
)
ignore ./node_modules
`);
    expect(mod).toEqual({
      module: 'example.com/app',
      go: '1.22.1',
      toolchain: 'go1.24.3',
      requires: [
        { path: 'rsc.io/quote', version: 'v1.5.2', isIndirect: false, line: 8 },
        { path: 'golang.org/x/text', version: 'v0.14.0', isIndirect: true, line: 10 },
        { path: 'rsc.io/sampler', version: 'v1.3.0', isIndirect: true, line: 11 },
        { path: 'gopkg.in/yaml.v2', version: 'v2.4.0', isIndirect: false, line: 12 },
        { path: 'github.com/MakeNowJust/heredoc', version: 'v1.0.0', isIndirect: false, line: 15 },
      ],
      excludes: [{ path: 'golang.org/x/text', version: 'v0.3.0' }],
      replaces: [
        { path: 'rsc.io/quote', version: null, by: { path: 'rsc.io/quote/v3', version: 'v3.1.0' }, line: 20 },
        { path: 'golang.org/x/text', version: 'v0.14.0', by: { folder: './my (text), v0' }, line: 21 },
      ],
      retracts: [
        { low: 'v1.0.0', high: 'v1.0.0', reason: 'a mistake' },
        { low: 'v1.1.0', high: 'v1.2.0', reason: null },
      ],
      tools: ['golang.org/x/tools/cmd/stringer'],
    });
  });

  it('may have Windows line ends', () => {
    expect(read('module a.b/c\r\nrequire (\r\n\trsc.io/quote v1.5.2 // indirect\r\n)\r\n').requires).toEqual([
      { path: 'rsc.io/quote', version: 'v1.5.2', isIndirect: true, line: 3 },
    ]);
  });

  it.each([
    ['', 'has no module directive'],
    ['module x\nmodule y', 'go.mod:2: has a second module directive'],
    ['module x y', 'go.mod:1: module: is not followed by one word alone'],
    ['module x\ngo 1.2.x', 'a version of Go'],
    ['module x\ngo 1.20\ngo 1.21', 'go.mod:3: has a second go directive'],
    ['module x\ngo (\n1.20\n)', 'begins no block'],
    ['module x\nrequires a.b/c v1.0.0', 'is no directive'],
    ['module `x`', 'back quote'],
    ["module x'y", 'quotation mark'],
    ['module "x', 'does not end on its line'],
    ['module "x\\u0041"', 'escape'],
    ['module x /* y */', '/*'],
    ['module x\u00a0y', 'a character that Go refuses'],
    ['module x\0', 'a character that Go refuses'],
    ['module x\nrequire a.b/c', 'is not a module and its version'],
    ['module x\nrequire a.b/c v1.0.0 v1.0.1', 'is not a module and its version'],
    ['module x\nrequire a.b/c v1.0', 'is not a version as Go writes it'],
    ['module x\nrequire a.b/c latest', 'is not a version as Go writes it'],
    ['module x\nrequire a.b/c v2.0.0', 'v2.0.0 is no version of'],
    ['module x\nrequire a.b/c/v1 v1.0.0', 'no major version'],
    ['module x\nrequire (\na.b/c v1.0.0', 'go.mod:2: the block of require does not end'],
    ['module x\nrequire (\na.b/c v1.0.0\n) x', 'alone on its line'],
    ['module x\nrequire a (\n)', 'begins no block'],
    ['module x\n(\n)', 'begins no block'],
    ['module x\n)', 'is no directive'],
    ['module x\nreplace a.b/c v1.0.0', '"=>"'],
    ['module x\nreplace a.b/c => a.b/d', 'neither a folder nor a module'],
    ['module x\nreplace a.b/c => ./d v1.0.0', 'cannot have a version'],
    ['module x\nreplace a.b/c => .\\d', 'has a backslash'],
    ['module x\nreplace a.b/c => a.b/d v1.0.0 x', '"=>"'],
    ['module x\nretract [v1.0.0, v1.1.0', 'two of them in brackets'],
    ['module x\nretract [v1.0.0 v1.1.0]', 'two of them in brackets'],
    ['module x\nreplace a.b/c => ./d\nreplace a.b/c => ./e', 'go.mod:3: replace: "a.b/c" has another replacement'],
    [`module ${'x'.repeat(70_000)}`, 'is longer than 65536 characters'],
  ])('%j is refused', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
    expect(problemOf(text)).not.toMatch(/[\n\0]/);
  });

  it('is read in time that grows with its length', () => {
    for (const line of ['" '.repeat(30_000), '('.repeat(60_000), '\\'.repeat(60_000), `"${'\\"'.repeat(30_000)}`]) {
      const started = performance.now();
      expect(problemOf(`module x\n${line}`)).not.toBe('read');
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});

const GO = spawnSync('go', ['version'], { encoding: 'utf8' });
const folder = mkdtempSync(join(tmpdir(), 'assay-go-mod-'));
afterAll(() => removeFolder(folder));

interface GoJson {
  readonly Module?: { readonly Path: string };
  readonly Go?: string;
  readonly Toolchain?: string;
  readonly Require?: readonly { readonly Path: string; readonly Version: string; readonly Indirect?: boolean }[] | null;
  readonly Exclude?: readonly { readonly Path: string; readonly Version: string }[] | null;
  readonly Replace?: readonly { readonly Old: PathVersion; readonly New: PathVersion }[] | null;
  readonly Retract?:
    readonly { readonly Low: string; readonly High: string; readonly Rationale?: string | undefined }[] | null;
  readonly Tool?: readonly { readonly Path: string }[] | null;
}
interface PathVersion {
  readonly Path: string;
  readonly Version?: string;
}

/** What the go command reads in a file; null where it refuses it. */
function goReads(text: string): GoJson | null {
  const file = join(folder, 'go.mod');
  writeFileSync(file, text);
  const options = { encoding: 'utf8', cwd: folder, env: { ...process.env, GOTOOLCHAIN: 'local' } } as const;
  const { status, stdout } = spawnSync('go', ['mod', 'edit', '-json', file], options);
  return status === 0 ? (JSON.parse(stdout) as GoJson) : null;
}

/** Each once, as `go mod edit` cleans up before it prints. */
function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function asGoSays(mod: GoMod): Required<GoJson> {
  return {
    Module: { Path: mod.module },
    Go: mod.go ?? '',
    Toolchain: mod.toolchain ?? '',
    Require: mod.requires.map(({ path, version, isIndirect }) => ({
      Path: path,
      Version: version,
      ...(isIndirect ? { Indirect: true } : {}),
    })),
    Exclude: distinct(mod.excludes.map(({ path, version }) => ({ Path: path, Version: version }))),
    // Of those that are repeated, the last is kept.
    Replace: distinct(
      mod.replaces.toReversed().map(({ path, version, by }) => ({
        Old: { Path: path, ...(version === null ? {} : { Version: version }) },
        New: 'folder' in by ? { Path: by.folder } : { Path: by.path, Version: by.version },
      })),
    ).toReversed(),
    Retract: mod.retracts.map(({ low, high, reason }) => ({ Low: low, High: high, Rationale: reason ?? '' })),
    Tool: distinct(mod.tools).map((path) => ({ Path: path })),
  };
}

function filled(json: GoJson): unknown {
  const { Module, Go = '', Toolchain = '', Require, Exclude, Replace, Retract, Tool } = json;
  return {
    ...{ Module, Go, Toolchain, Require: Require ?? [], Exclude: Exclude ?? [], Replace: Replace ?? [] },
    Retract: (Retract ?? []).map(({ Low, High, Rationale = '' }) => {
      return { Low, High, Rationale: Rationale.replace(/\s+/g, ' ').trim().slice(0, 500) };
    }),
    Tool: Tool ?? [],
  };
}

/** What is refused here and not by Go, which would write it anew or which it takes for what nobody means. */
const STRICTER = [
  'is not a version as Go writes it',
  'an escape other than',
  'has no module directive',
  'has a quotation mark inside a word',
  'has a back quote',
  'has another replacement above',
];

function compare(text: string): 'read' | 'refused' | 'stricter' {
  const expected = goReads(text);
  const problem = problemOf(text);
  if (problem === 'read') {
    expect(expected, `read here and refused by Go: ${JSON.stringify(text)}`).not.toBeNull();
    if (expected !== null) expect(asGoSays(read(text)), JSON.stringify(text)).toEqual(filled(expected));
    return 'read';
  }
  if (expected === null) return 'refused';
  expect(
    STRICTER.filter((reason) => problem.includes(reason)),
    `${problem}: ${JSON.stringify(text)}`,
  ).not.toEqual([]);
  return 'stricter';
}

describe.skipIf(GO.status !== 0)('go.mod as the go command reads it (skipped where there is none)', () => {
  const PIECES = [
    ...['module', 'go', 'toolchain', 'require', 'exclude', 'replace', 'retract', 'tool', 'godebug', 'ignore', 'use'],
    ...['(', ')', '()', '[', ']', ',', '{', '=>', '\n', '\n\n', '\t', '\r\n', ' ', '//', '// indirect', '/*'],
    ...['//indirect', '// indirect; x', '// indirect x', '"', '`', '""', '"a.b/c"', 'a.b/c', 'a.b/c/v2', 'rsc.io/q'],
    ...['v1.0.0', 'v2.0.0', 'v2.0.0+incompatible', 'v1.0', 'v1.0.0-rc.1', 'v0.0.0-20191109021931-daa7c04131f5'],
    ...['./d', '../d', '/d', '.\\d', 'C:\\d', '1.22', '1.22.0', 'go1.22.0', 'default', 'x=y', '\u0085', '\u00a0', '\v'],
    ...['gopkg.in/yaml.v2', "'", '\\', 'é', '\u200b', '\ufeff', '\0'],
  ];
  const base = [
    'module a.b/m\n\ngo 1.22\n\nrequire (\n\trsc.io/quote v1.5.2\n\tgolang.org/x/text v0.3.0 // indirect\n)\n',
    'replace rsc.io/quote => ../quote\n\nreplace golang.org/x/text v0.3.0 => a.b/text v0.4.0\n',
    'exclude rsc.io/quote v1.5.1\n\nretract [v1.0.0, v1.1.0]\n\ntool rsc.io/quote/cmd\n',
  ].join('\n');

  it('on a recorded file and on pieces put into it, taken out of it and moved in it', () => {
    const pieces = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 4 }).map((some) => some.join(' '));
    const edit = fc.record({ at: fc.nat(base.length), remove: fc.nat(12), put: fc.oneof(pieces, fc.constant('')) });
    const counts = { read: 0, refused: 0, stricter: 0 };
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 2 }), (edits) => {
        let text = base;
        for (const { at, remove, put } of edits) text = text.slice(0, at) + put + text.slice(at + remove);
        counts[compare(text)] += 1;
      }),
      { numRuns: 400, seed: 20261130, endOnFailure: true },
    );
    // Not all of one kind, so that something was compared.
    expect(counts.read).toBeGreaterThan(40);
    expect(counts.refused).toBeGreaterThan(40);
  }, 120_000);

  it('on lines made of pieces', () => {
    const line = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((some) => some.join(' '));
    fc.assert(
      fc.property(line, (text) => void compare(`module a.b/m\n${text}\n`)),
      { numRuns: 300, seed: 20261130, endOnFailure: true },
    );
  }, 120_000);

  it.each([
    'module a.b/m\nrequire a.b/c v1.0.0 // indirect\n// indirect\nrequire a.b/d v1.0.0\n',
    'module a.b/m\nrequire ( // indirect\na.b/c v1.0.0\n) // indirect\n',
    'module a.b/m\nrequire (\na.b/c v1.0.0 //\tindirect \r\n)\n',
    'module a.b/m\nrequire (\na.b/c v1.0.0//indirect\n)\n',
    'module a.b/m\nrequire (\na.b/c v1.0.0 //\u0085indirect\n)\n',
    'module a.b/m\nrequire (\na.b/c v1.0.0 // // indirect\n)\n',
    'module a.b/m\nreplace "a.b/c" v1.0.0 => "./with space"\n',
    'module a.b/m\nreplace a.b/c=>./d\n',
    'module a.b/m\nrequire a.b/c v1.0.0\nrequire a.b/c v1.2.0\n',
    'module a.b/m\rrequire a.b/c v1.0.0\n',
    'module a.b/m\nretract (\n[v1.0.0,v1.1.0]\nv1.2.0\n)\n',
    'require a.b/c v1.0.0\nmodule a.b/m',
    'module "a.b/\\\\m"\n',
    'module a.b/m\nreplace a.b/c => ./d\nreplace a.b/c v1.0.0 => ./e\nreplace a.b/c => ./d\n',
    'module a.b/m\nreplace a.b/c => ./d\nreplace a.b/c => ./e\n',
    'module a.b/m\nexclude ( )\nrequire ()\n',
  ])('on %j', (text) => {
    compare(text);
  });
});

describe.skipIf(!hasSharedData)('recorded go.mod files (skipped where there is no recorded data)', () => {
  const projects = hasSharedData ? readdirSync(sharedData('ecosystems/go/projects')) : [];
  const samples = hasSharedData ? readdirSync(sharedData('ecosystems/go/syntax')) : [];
  const hasGo = GO.status === 0;

  it.each(projects)('%s', (project) => {
    const text = readFileSync(sharedData(`ecosystems/go/projects/${project}/go.mod`), 'utf8');
    expect(problemOf(text)).toBe('read');
    if (hasGo) expect(compare(text)).toBe('read');
  });

  it.skipIf(!hasGo).each(samples)('sample of the grammar: %s', (sample) => {
    compare(readFileSync(sharedData(`ecosystems/go/syntax/${sample}`), 'utf8'));
  });
});
