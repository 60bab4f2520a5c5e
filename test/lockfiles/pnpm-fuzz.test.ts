import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { sha512 } from './support.ts';

const FILE = 'pnpm-lock.yaml';
const A = sha512();

/** What is asked of many thousand texts: `expect` alone would take as long as reading them. */
function expectThat(holds: boolean, what: string): void {
  if (!holds) expect.fail(what);
}

/** Reads it, or null where it is refused; anything but a LockfileError with one printable line fails the test. */
function outcome(content: string | Uint8Array): Lockfile | null {
  try {
    return parseLockfile(FILE, Buffer.from(content));
  } catch (error) {
    if (error instanceof LockfileError) {
      expectThat(/^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(error.message), error.message);
      return null;
    }
    throw error;
  }
}

function expectSound(lockfile: Lockfile | null): void {
  if (lockfile === null) return;
  const places = lockfile.dependencies.reduce((sum, dependency) => sum + dependency.places.length, 0);
  expectThat(lockfile.entries === places + lockfile.skipped.length, `${lockfile.entries} entries`);
  for (const {
    name,
    version,
    artifacts: [{ source }],
  } of lockfile.dependencies) {
    expectThat(/^(?:@[^@/\\\s]+\/)?[^@/\\\s.][^@/\\\s]*$/.test(name), name);
    if (source.kind === 'registry') expectThat(/^\d[\w.+~-]*$/.test(version), version);
  }
}

/** A small lockfile of each version, with what each has of its own. */
const SEEDS: Readonly<Record<string, string>> = {
  '5.4': `lockfileVersion: 5.4

specifiers:
  a: ^1.0.0
  '@s/b': npm:c@1

dependencies:
  a: 1.0.0_c@1.0.0

devDependencies:
  '@s/b': /c/1.0.0

packages:

  /a/1.0.0_c@1.0.0:
    resolution: {integrity: ${A}}
    dependencies:
      c: 1.0.0
    dev: false

  /c/1.0.0:
    resolution: {integrity: ${A}}
    deprecated: |-
      no
      more
`,
  '6.0': `lockfileVersion: '6.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(c@1.0.0)

packages:

  /a@1.0.0(c@1.0.0):
    resolution: {integrity: ${A}}
    dependencies:
      c: 1.0.0

  /c@1.0.0:
    resolution: {integrity: ${A}}
`,
  '9.0': `---
lockfileVersion: '9.0'

importers:

  .:
    configDependencies:
      k:
        specifier: 1.0.0
        version: 1.0.0

packages:

  k@1.0.0:
    resolution: {integrity: ${A}}

snapshots:

  k@1.0.0: {}

---
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.0.0(c@1.0.0)
      w:
        specifier: link:../w
        version: link:../w

packages:

  a@1.0.0:
    resolution: {integrity: ${A}}

  c@1.0.0:
    resolution: {integrity: ${A}}

snapshots:

  a@1.0.0(c@1.0.0):
    dependencies:
      c: 1.0.0

  c@1.0.0: {}
`,
};
const seeds = Object.entries(SEEDS);

describe.each(seeds)('version %s', (version, text) => {
  const whole = outcome(text);

  it('is read', () => {
    expect(whole?.format).toBe(`pnpm-lock v${version}`);
    expect(whole?.dependencies.length).toBeGreaterThan(1);
  });

  it('cut off anywhere: refused, or read with less in it', () => {
    const hashes = (lockfile: Lockfile | null): number =>
      lockfile?.dependencies.reduce((sum, { artifacts: [{ digests: integrity }] }) => sum + integrity.length, 0) ?? 0;
    for (let length = 0; length < text.length - 1; length += 1) {
      const lockfile = outcome(text.slice(0, length));
      expectSound(lockfile);
      // What is cut off within an entry never reads as one that is whole.
      if (lockfile !== null)
        expect(hashes(lockfile)).toBe((text.slice(0, length).match(/integrity: \S+=}/g) ?? []).length);
    }
  });

  it('with any line twice: refused, or the same', () => {
    const lines = text.split('\n');
    for (const [index, line] of lines.entries()) {
      const lockfile = outcome([...lines.slice(0, index), line, ...lines.slice(index)].join('\n'));
      if (lockfile === null || line === '') continue;
      // A line of a text may stand twice.
      expect(line).toMatch(/^ {6}(?:no|more)$/);
      expect(lockfile.dependencies).toHaveLength(whole?.dependencies.length ?? 0);
    }
  });

  it.each(['&x ', '*x ', '!!str ', '\0', '\u0085', '\ufffe', '<<: ', '\t', '%', '`'])(
    'with %j put anywhere: no package is lost',
    (mark) => {
      const places = (lockfile: Lockfile | null): number =>
        lockfile?.dependencies.flatMap((dependency) => dependency.places).length ?? 0;
      let refused = 0;
      for (let at = 0; at < text.length; at += 1) {
        const lockfile = outcome(text.slice(0, at) + mark + text.slice(at));
        expectSound(lockfile);
        if (lockfile === null) refused += 1;
        // Every entry that there was is still one: the mark stands in a key or text that says something else.
        else expect(places(lockfile)).toBeGreaterThanOrEqual(places(whole));
      }
      expect(refused).toBeGreaterThan(text.length / 10);
    },
  );

  it('with bytes that are not UTF-8: refused', () => {
    for (let at = 0; at < text.length; at += 7) {
      const bytes = Buffer.concat([
        Buffer.from(text.slice(0, at)),
        Buffer.from([0xc0, 0xaf]),
        Buffer.from(text.slice(at)),
      ]);
      expect(outcome(bytes)).toBeNull();
    }
  });

  it('with any changes: read with every entry accounted for, or refused', () => {
    const pieces = fc.constantFrom(
      'a',
      'c@1.0.0',
      '(',
      ')',
      '/',
      '@',
      '_',
      ':',
      ': ',
      '\n',
      '\n  ',
      '\n    ',
      "'",
      '{',
      '}',
      'link:',
      'file:',
      'npm:',
      '__proto__',
      'type: git',
      '..',
      '1.0.0',
      'resolution',
      '\u202e',
    );
    const change = fc.tuple(fc.nat(text.length), fc.nat(6), pieces);
    let read = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let changed = text;
        for (const [at, drop, piece] of changes) changed = changed.slice(0, at) + piece + changed.slice(at + drop);
        const lockfile = outcome(changed);
        expectSound(lockfile);
        if (lockfile !== null) read += 1;
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(20);
  });
});

describe('in time linear in the size', () => {
  const MB = 1024 * 1024;
  const document = (packages: string, snapshots: string): string =>
    `lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\npackages:\n\n${packages}\nsnapshots:\n\n${snapshots}`;
  const many = (count: number, make: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => make(index)).join('');

  it.each<[string, () => string]>([
    [
      '50 MB',
      () =>
        document(
          many(
            50_000,
            (i) => `  p${i}@1.0.0:\n    resolution: {integrity: ${A}}\n    deprecated: ${'no '.repeat(300)}more\n\n`,
          ),
          many(50_000, (i) => `  p${i}@1.0.0(q@1.0.0): {}\n\n`),
        ),
    ],
    [
      'a chain of packages',
      () =>
        document(
          many(50_000, (i) => `  p${i}@1.0.0:\n    resolution: {integrity: ${A}}\n`),
          many(50_000, (i) => `  p${i}@1.0.0:\n    dependencies:\n      p${(i + 1) % 50_000}: 1.0.0\n`),
        ),
    ],
    [
      'one package in many places',
      () =>
        document(
          `  p@1.0.0:\n    resolution: {integrity: ${A}}\n`,
          many(100_000, (i) => `  p@1.0.0(q@${i}.0.0): {}\n`),
        ),
    ],
    [
      'long keys',
      () =>
        document(
          many(2000, (i) => `  p@${i}.0.0:\n    resolution: {integrity: ${A}}\n`),
          many(2000, (i) => `  p@${i}.0.0${'(a@1.0.0)'.repeat(1500)}: {}\n`),
        ),
    ],
    ['a key of 20 MB', () => document(`  p${'('.repeat(20 * MB)}@1.0.0: {}\n`, '')],
    ['a quoted text of 20 MB', () => `a: '${"''".repeat(10 * MB)}\n`],
    ['a double-quoted text of escapes', () => `a: "${'\\n'.repeat(2 * MB)}"\n`],
    ['a plain text of 20 MB', () => `a: ${'b '.repeat(10 * MB)}\n`],
    ['a number of 20 MB', () => `a: ${'1_'.repeat(10 * MB)}x\n`],
    ['blank lines', () => '\n'.repeat(20 * MB)],
    ['lines of spaces', () => `${' '.repeat(1000)}\n`.repeat(20_000)],
    ['a text in a block', () => `a: >\n${' b\n\n'.repeat(MB)}`],
    ['a list on one line', () => `a: [${'b, '.repeat(1_000_000)}b]\n`],
    ['a mapping on one line', () => `a: {${many(500_000, (i) => `a${i}: b, `)}z: b}\n`],
    ['quotes that never end', () => `${"a: 'b\n".repeat(1)}${'c: d\n'.repeat(1_000_000)}`],
    ['open brackets', () => `a: ${'['.repeat(20 * MB)}`],
    ['conflict marks', () => `a: ${'<<<<<< ======= >>>>>> '.repeat(1_000_000)}`],
    ['documents', () => '---\n'.repeat(1_000_000)],
  ])('%s', (_what, make) => {
    const text = make();
    const before = process.cpuUsage().user;
    outcome(text);
    // Linear work takes a few seconds of the processor; what grows faster takes minutes. Others may use it, too.
    expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(20);
  });
});
