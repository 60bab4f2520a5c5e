import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cargo } from '../../src/lockfiles/cargo/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { LockfileError } from '../../src/readers/error.ts';
import { inFolder, start } from '../cli/run.ts';
import { withCratesLab } from '../support/crates-lab.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const CRATES_IO = 'registry+https://github.com/rust-lang/crates.io-index';
const SUM = 'ab'.repeat(32);

const read = (text: string, manifests: Readonly<Record<string, string>> = {}): Lockfile =>
  cargo.parse('Cargo.lock', Buffer.from(text), new Map(Object.entries(manifests)), []);
const problemOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof LockfileError) return error.message;
    throw error;
  }
  return 'read';
};
const entry = (name: string, more = ''): string =>
  `[[package]]\nname = "${name}"\nversion = "1.0.0"\nsource = "${CRATES_IO}"\n${more}\n`;
const project = (...asked: string[]): string =>
  `[[package]]\nname = "project"\nversion = "0.1.0"\ndependencies = [${asked.map((one) => `"${one}"`).join(', ')}]\n`;
const hashes = ({ dependencies }: Lockfile): readonly string[] =>
  dependencies.map(({ name, artifacts: [{ digests }] }) => `${name} ${digests[0]?.hex ?? 'none'}`);

describe('Cargo.lock', () => {
  it('gives a dependency for each crate of a registry, and skips the project', () => {
    const text = `version = 4\n\n${entry('alpha', `checksum = "${SUM}"\n`)}${project('alpha')}`;
    expect(read(text)).toEqual({
      ...{ file: 'Cargo.lock', format: 'Cargo.lock v4', manager: 'cargo', entries: 2 },
      dependencies: [
        {
          ...{ ecosystem: 'cargo', name: 'alpha', version: '1.0.0', direct: true, dev: false, optional: false },
          ...{ peer: false, exotic: [], bundles: [], requires: [] },
          artifacts: [
            {
              ...{ file: null, digests: [{ algorithm: 'sha256', hex: SUM }] },
              source: { kind: 'registry', resolved: null },
            },
          ],
          places: [{ file: 'Cargo.lock', line: 3, path: 'alpha 1.0.0' }],
        },
      ],
      skipped: [{ place: { file: 'Cargo.lock', line: 9, path: 'project 0.1.0' }, reason: 'workspace' }],
    });
  });

  it('takes the checksums of the first version out of [metadata], and only of the first', () => {
    const metadata = `[metadata]\n"checksum alpha 1.0.0 (${CRATES_IO})" = "${SUM}"\n`;
    const first = `${entry('alpha')}${project(`alpha 1.0.0 (${CRATES_IO})`)}`;
    expect(hashes(read(`${first}${metadata}`))).toEqual([`alpha ${SUM}`]);
    expect(read(`${first}${metadata}`).format).toBe('Cargo.lock v1');
    expect(hashes(read(first))).toEqual(['alpha none']);
    expect(hashes(read(`${first}[metadata]\n"checksum alpha 1.0.0 (${CRATES_IO})" = "<none>"\n`))).toEqual([
      'alpha none',
    ]);
    const discarded = [
      // One that stands with its package, a dependency that is written short, and a number.
      `${entry('alpha', `checksum = "${SUM}"\n`)}${project(`alpha 1.0.0 (${CRATES_IO})`)}`,
      `${entry('alpha')}${project('alpha')}`,
      `${entry('alpha')}${project('alpha 1.0.0')}`,
      `version = 3\n${first}`,
      `version = 4\n${first}`,
    ];
    for (const text of discarded) {
      const { dependencies } = read(`${text}${metadata}`);
      expect(dependencies).toMatchObject([{ artifacts: [{ digests: [] }] }]);
      expect(dependencies[0]?.findings).toMatchObject([{ code: 'integrity-missing', args: { due: true } }]);
    }
  });

  it('knows what is for development alone, by the names that members have for it', () => {
    const text = `version = 4\n${entry('alpha', 'dependencies = ["deep"]\n')}${entry('tester', 'dependencies = ["deeper"]')}${entry('deep')}${entry('deeper')}${entry('both')}${project('alpha', 'tester', 'both')}`;
    const manifest = `[package]\nname = "project"\n[dependencies]\nalpha = "1"\n[target.'cfg(unix)'.dependencies]\nboth = "1"\n[dev-dependencies]\nboth = "1"\nown = { package = "tester", version = "1" }\n`;
    const flags = read(text, { '': manifest }).dependencies.map(({ name, dev, direct }) => `${name} ${dev} ${direct}`);
    expect(flags).toEqual([
      'alpha false true',
      'tester true true',
      'deep false false',
      'deeper true false',
      'both false true',
    ]);
    const inherited =
      '[package]\nname = "project"\n[dev-dependencies]\nown = { workspace = true }\n[dependencies]\nalpha = "1"\nboth = "1"\n[workspace.dependencies]\nown = { package = "tester" }\n';
    expect(read(text, { '': inherited }).dependencies.find(({ name }) => name === 'tester')?.dev).toBe(true);
  });

  it('says where else packages come from', () => {
    const from = (source: string): unknown =>
      read(`version = 4\n[[package]]\nname = "alpha"\nversion = "1.0.0"\nsource = "${source}"\n`).dependencies[0]
        ?.artifacts[0].source;
    expect(from('git+https://h.example/r?rev=1#abc')).toEqual({ kind: 'git', url: 'https://h.example/r?rev=1#abc' });
    expect(from('registry+https://h.example/index')).toMatchObject({ kind: 'other' });
    expect(from('sparse+https://h.example/index')).toMatchObject({ kind: 'other' });
    expect(from('sparse+https://h.example/index/')).toEqual({ kind: 'registry', resolved: null });
    const patched = `version = 4\n[[package]]\nname = "alpha"\nversion = "1.0.0"\n${project('alpha')}`;
    const patch = '[package]\nname = "project"\n[patch.crates-io]\nalpha = { path = "evil" }\n';
    expect(read(patched, { '': patch }).dependencies).toMatchObject([
      { name: 'alpha', artifacts: [{ source: { kind: 'file', path: 'evil' } }] },
    ]);
    expect(read(patched).dependencies).toEqual([]);
  });

  it.each([
    ['version = 5', 'stable Cargo reads 3 and 4'],
    ['version = 2', 'stable Cargo reads 3 and 4'],
    ['version = "4"', 'stable Cargo reads 3 and 4'],
    ['package = 1', 'no list of tables'],
    ['package = [1]', 'no list of tables'],
    ['root = 1', 'no table'],
    [`version = 4\n${entry('alpha')}${entry('alpha')}`, 'twice'],
    [`version = 4\n${entry('alpha', 'checksum = "AB"')}`, 'no SHA-256'.replace('no', 'not a')],
    [`version = 4\n${entry('alpha', `checksum = "${SUM.toUpperCase()}"`)}`, 'not a SHA-256'],
    [`version = 4\n${entry('alpha', `checksum = ["${SUM}"]`)}`, 'not a SHA-256'],
    [`version = 4\n${entry('alpha', 'checksum = "a"\nchecksum = "b"')}`, 'not valid TOML'],
    [`version = 4\n${entry('alpha').replace(/source.*\n/, `checksum = "${SUM}"\n`)}`, 'no source that it is of'],
    [`version = 4\n${entry('al/pha')}`, 'no name of a package'],
    [`version = 4\n${entry('x'.repeat(65))}`, 'no name that crates.io has'],
    [`version = 4\n${entry('alpha').replace('1.0.0', '1.0')}`, 'no version as Cargo writes it'],
    [`version = 4\n${entry('alpha').replace('registry+', 'ftp+')}`, 'no source that Cargo.lock has'],
    [`version = 4\n${entry('alpha', 'dependencies = "beta"')}`, 'no list'],
    [`version = 4\n${entry('alpha', 'dependencies = [1]')}`, 'no text'],
    [`version = 4\n${entry('alpha', 'dependencies = ["beta"]')}`, 'which is none of its packages'],
    [
      `version = 4\n${entry('alpha')}${entry('beta', 'dependencies = ["alpha 2.0.0"]')}`,
      'which is none of its packages',
    ],
    ['<<<<<<< a\n=======\n>>>>>>> b\n', 'merge conflict'],
    ['[[package]]\nname = "a\\u0000"\nversion = "1.0.0"\n', 'is no text'],
  ])('refuses %j', (text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });
});

describe.skipIf(!hasSharedData)('recorded files (skipped where there are none)', () => {
  const root = sharedData('ecosystems/crates/locks');
  const files = hasSharedData
    ? readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((one) => one.includes('Cargo.lock'))
    : [];
  /** Made for the tests of another reader, and such that Cargo would resolve them anew. */
  const INCOMPLETE = new Set(['examples/Cargo.lock.v4']);

  it.each(files)('%s is read to its last package', (file) => {
    const bytes = readFileSync(join(root, file));
    const count = bytes.toString('utf8').match(/^\[\[package\]\]|^\[root\]/gm)?.length ?? 0;
    if (INCOMPLETE.has(file)) {
      expect(problemOf(bytes.toString('utf8'))).toContain('which is none of its packages');
      return;
    }
    const lockfile = cargo.parse('Cargo.lock', bytes, new Map(), []);
    expect(lockfile.entries).toBe(count);
    const isDiscarded = /cdxgen|poisoned/.test(file);
    const registry = lockfile.dependencies.filter(({ artifacts: [{ source }] }) => source.kind === 'registry');
    const without = registry.filter(({ artifacts: [{ digests }] }) => digests.length === 0);
    if (isDiscarded) expect(without).toHaveLength(registry.length);
    for (const { findings = [] } of registry) expect(findings).toHaveLength(isDiscarded ? 1 : 0);
  });
});

const hasCargo = spawnSync('cargo', ['--version']).status === 0;

describe.skipIf(!hasCargo)('beside cargo (skipped where it is not installed)', () => {
  it(
    'takes for locked what cargo --locked takes, and for discarded what a plain cargo fetch takes with any checksum',
    () =>
      withCratesLab((lab) =>
        inFolder(async (folder) => {
          const alpha = lab.publish('alpha', '1.0.0', { dependencies: { beta: '1' } });
          const beta = lab.publish('beta', '1.0.0');
          const other = 'cd'.repeat(32);
          const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
          mkdirSync(join(folder, '.cargo'));
          mkdirSync(join(folder, 'src'));
          write('.cargo/config.toml', lab.config);
          write(
            'Cargo.toml',
            '[package]\nname = "project"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nalpha = "1"\n',
          );
          write('src/lib.rs', '');
          const fetched = async (lock: string, ...flags: string[]): Promise<boolean> => {
            write('Cargo.lock', lock);
            const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? folder };
            const own = { ...env, CARGO_HOME: join(folder, 'home'), CARGO_NET_RETRY: '0' };
            return (await start('cargo', ['fetch', ...flags], folder, own, 60_000)).status === 0;
          };
          const lockWith = (sums: readonly [string, string], more = '', short = true): string => {
            const asked = (name: string): string => (short ? name : `${name} 1.0.0 (${CRATES_IO})`);
            const sum = (of: string): string => (of === '' ? '' : `checksum = "${of}"\n`);
            return `${short ? 'version = 4\n\n' : ''}${entry('alpha', `${sum(sums[0])}dependencies = [\n "${asked('beta')}",\n]\n`)}${entry('beta', sum(sums[1]))}${project(asked('alpha'))}\n${more}`;
          };
          const metadata = (of: string): string =>
            `[metadata]\n"checksum alpha 1.0.0 (${CRATES_IO})" = "${of}"\n"checksum beta 1.0.0 (${CRATES_IO})" = "${beta}"\n`;
          const cases = [
            { lock: lockWith([alpha, beta]), locked: true, plain: true, hashes: [alpha, beta] },
            { lock: lockWith([other, beta]), locked: false, plain: false, hashes: [other, beta] },
            { lock: lockWith(['', beta]), locked: false, plain: true, hashes: ['none', beta] },
            { lock: lockWith([other, beta], metadata(alpha)), locked: false, plain: true, hashes: ['none', 'none'] },
            { lock: lockWith(['', ''], metadata(other), false), locked: false, plain: false, hashes: [other, beta] },
            { lock: lockWith(['', ''], metadata(alpha), false), locked: true, plain: true, hashes: [alpha, beta] },
          ];
          for (const { lock, locked, plain, hashes: expected } of cases) {
            expect(hashes(read(lock))).toEqual([`alpha ${expected[0] ?? ''}`, `beta ${expected[1] ?? ''}`]);
            expect(await fetched(lock, '--locked'), lock).toBe(locked);
            expect(await fetched(lock), lock).toBe(plain);
          }
          // What names no entry is resolved anew, and so refused here.
          const incomplete = lockWith([alpha, beta]).replace(/\[\[package\]\]\nname = "beta"[^[]*/, '');
          expect(problemOf(incomplete)).toContain('which is none of its packages');
          expect(await fetched(incomplete, '--locked')).toBe(false);
          expect(await fetched(incomplete)).toBe(true);
        }),
      ),
    120_000,
  );
});
