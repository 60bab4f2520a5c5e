import { readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assess, assessUnasked } from '../../src/checks/cargo/chain.ts';
import { cargo } from '../../src/lockfiles/cargo/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import type { History } from '../../src/model/history.ts';
import { NO_EXPECTATION } from '../../src/model/policy.ts';
import { indexPath } from '../../src/registries/crates/index.ts';
import { parseIndexFile } from '../../src/registries/crates/index-file.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const NOW = Date.UTC(2026, 10, 30);
const SUM = 'ab'.repeat(32);
const SRI = `sha256-${Buffer.from(SUM, 'hex').toString('base64')}`;
const known = {
  registry: 'https://index.example/',
  expectation: NO_EXPECTATION,
  ...{ baseline: null, package: null, scripts: { permission: 'unknown' as const } },
};

const line = (more: object = {}): object => ({
  ...{ name: 'alpha', vers: '1.0.0', deps: [], cksum: SUM, features: {}, yanked: false },
  ...more,
});
const fileOf = (...lines: readonly (object | string)[]): Buffer =>
  Buffer.from(lines.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''));
const malformed = (...lines: readonly (object | string)[]): string => {
  const read = parseIndexFile(fileOf(...lines), 'alpha');
  return 'malformed' in read ? read.malformed : 'read';
};
const history = (...lines: readonly object[]): History => {
  const read = parseIndexFile(fileOf(...lines), 'alpha');
  if ('malformed' in read) throw new Error(read.malformed);
  return read.value;
};

describe('a file of the index', () => {
  it('says what is there of each version', () => {
    const dep = { name: 'used_as', req: '^1', package: 'beta', kind: 'normal' };
    const tests = { name: 'tester', req: '^1', kind: 'dev' };
    const elsewhere = { name: 'gamma', req: '^2', kind: 'build', registry: 'https://other.example/' };
    const read = history(
      line({ deps: [dep, tests, elsewhere], pubtime: '2024-07-20T22:13:30Z', v: 2 }),
      line({ vers: '1.1.0', yanked: true }),
    );
    expect([...read.versions.keys()]).toEqual(['1.0.0', '1.1.0']);
    expect(read.versions.get('1.0.0')).toMatchObject({ integrity: SRI, deprecated: false });
    expect({ ...read.versions.get('1.0.0')?.dependencies }).toEqual({
      beta: '^1',
      gamma: '^2 of https://other.example/',
    });
    expect(read.versions.get('1.1.0')).toMatchObject({ deprecated: true });
    expect(read.time).toEqual(new Map([['1.0.0', Date.UTC(2024, 6, 20, 22, 13, 30)]]));
    // Lines that Cargo passes over.
    expect([...history(line({ v: 3 }), line({ vers: '1.0' })).versions.keys()]).toEqual([]);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'not an object'],
    [line({ name: 'beta' }), 'another crate'],
    [line({ name: 'Alpha' }), 'in another way'],
    [line({ name: 1 }), 'another crate'],
    [line({ cksum: SUM.toUpperCase() }), 'no SHA-256'],
    [line({ cksum: null }), 'no SHA-256'],
    [line({ deps: {} }), 'no list'],
    [line({ yanked: 'no' }), 'neither true nor false'],
  ])('refuses %j', (text, problem) => {
    expect(malformed(text)).toContain(problem);
    expect(malformed(line(), text)).not.toBe('read');
  });

  it('refuses a version twice, and more lines than any crate has', () => {
    expect(malformed(line(), line({ cksum: 'cd'.repeat(32) }))).toContain('twice');
    expect(malformed('\n'.repeat(20_001))).toContain('more than');
    const { dependencies } = history(line({ deps: [{ name: '__proto__', req: '*' }] })).versions.get('1.0.0') ?? {};
    expect(Object.keys(dependencies ?? {})).toEqual(['__proto__']);
  });

  it('is where Cargo looks for it', () => {
    expect(['a', 'ab', 'Abc', 'Abcd', 'serde_json'].map(indexPath)).toEqual([
      ...['1/a', '2/ab', '3/a/abc', 'ab/cd/abcd', 'se/rd/serde_json'],
    ]);
  });
});

const locked = (checksum: string | null): Dependency => {
  const text = `version = 4\n[[package]]\nname = "alpha"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n${checksum === null ? '' : `checksum = "${checksum}"`}`;
  const [dependency] = cargo.parse('Cargo.lock', Buffer.from(text), new Map(), []).dependencies;
  if (dependency === undefined) throw new Error('there is one');
  return dependency;
};
const judged = (answer: Evidence<History>, checksum: string | null = SUM, more: object = {}) =>
  assess(locked(checksum), { ...known, ...more }, answer, null, NOW);
const present = (...lines: readonly object[]): Evidence<History> => ({ state: 'present', value: history(...lines) });
const codes = ({ findings }: ReturnType<typeof assess>): readonly string[] =>
  findings.map(({ code, kind }) => `${code} ${kind}`);

describe('the chain of crates', () => {
  it('proves a checksum by the word of the registry, and nothing else', () => {
    const assessment = judged(present(line()));
    expect(codes(assessment)).toEqual([]);
    expect(assessment.proofs.integrity).toEqual({ by: 'registry', digests: [{ algorithm: 'sha256', hex: SUM }] });
    const message = `index alpha@1.0.0 sha256:${SUM}\n`;
    expect(assessment.release?.evidence?.hex).toBe(createHash('sha256').update(message).digest('hex'));
  });

  it.each([
    ['another checksum', present(line({ cksum: 'cd'.repeat(32) })), SUM, 'integrity-mismatch contradiction'],
    ['no checksum', present(line()), null, 'integrity-missing loss'],
    ['no such version', present(line({ vers: '1.0.1' })), SUM, 'lockfile-version-unknown contradiction'],
    ['a yanked version', present(line({ yanked: true })), SUM, 'version-yanked note'],
    ['no such crate', { state: 'absent', url: 'u' } as const, SUM, 'evidence-unavailable unavailable'],
    ['no answer', { state: 'unavailable', url: 'u', reason: 'r' } as const, SUM, 'evidence-unavailable unavailable'],
    ['an odd answer', { state: 'malformed', url: 'u', reason: 'r' } as const, SUM, 'evidence-malformed unavailable'],
  ])('of %s, says so', (_, answer, checksum, found) => {
    const assessment = judged(answer, checksum);
    expect(codes(assessment)).toEqual([found]);
    if (!found.startsWith('version-yanked')) expect(assessment.proofs.integrity).toBeNull();
  });

  const at = (days: number): string => new Date(NOW - days * 86_400_000).toISOString();
  const versions = (days: number, ...yanked: readonly boolean[]): Evidence<History> =>
    present(
      ...yanked.map((is, i) => line({ vers: `0.9.${i}`, yanked: is, pubtime: at(400 - i) })),
      line({ pubtime: at(days) }),
    );

  it.each([
    [1, [true, true, true], true],
    [29, [true, true, true, true], true],
    [31, [true, true, true], false],
    [1, [true, true], false],
    [1, [true, false, true], false],
    [1, [], false],
  ])('a release of %i days after versions that are yanked as %j is a lure: %s', (days, yanked, is) => {
    expect(codes(judged(versions(days, ...yanked))).includes('history-mass-yank anomaly')).toBe(is);
  });

  it('holds a release to the age that a policy asks for, also where the baseline holds it', () => {
    const expectation = { ...NO_EXPECTATION, releaseAge: 48 };
    expect(codes(judged(present(line({ pubtime: at(1) })), SUM, { expectation }))).toEqual(['history-too-new anomaly']);
    expect(codes(judged(present(line({ pubtime: at(3) })), SUM, { expectation }))).toEqual([]);
    expect(codes(judged(present(line()), SUM, { expectation }))).toEqual(['evidence-unavailable unavailable']);
    const held = { ...known, expectation, baseline: { state: 'held' as const, findings: [] } };
    expect(codes(assessUnasked(locked(SUM), held, NOW))).toEqual(['evidence-unavailable unavailable']);
  });
});

describe.skipIf(!hasSharedData)('recorded files of the index (skipped where there are none)', () => {
  const root = sharedData('ecosystems/crates/index');
  const read = (name: string): History => {
    const parsed = parseIndexFile(readFileSync(join(root, `${name}.jsonl`)), name);
    if ('malformed' in parsed) throw new Error(parsed.malformed);
    return parsed.value;
  };
  const names = hasSharedData ? readdirSync(root).map((file) => file.replace('.jsonl', '')) : [];

  it.each(names)('of %s are read to the last line', (name) => {
    const lines = readFileSync(join(root, `${name}.jsonl`), 'utf8')
      .trim()
      .split('\n').length;
    expect(read(name).versions.size).toBe(lines);
    expect(read(name).time.size).toBe(lines);
  });

  it('have the checksums of recorded .crate files', () => {
    const crates = sharedData('ecosystems/crates/crate');
    const files = readdirSync(crates).flatMap((file) => {
      const [, name = '', version = ''] = /^(.*)-(\d.*)\.crate$/.exec(file) ?? [];
      return names.includes(name) ? [{ file, name, version }] : [];
    });
    expect(files.length).toBeGreaterThan(3);
    for (const { file, name, version } of files) {
      const sum = createHash('sha256')
        .update(readFileSync(join(crates, file)))
        .digest('base64');
      expect(read(name).versions.get(version)?.integrity).toBe(`sha256-${sum}`);
    }
  });

  it('hold what a real Cargo.lock says of them', () => {
    const bytes = readFileSync(sharedData('ecosystems/crates/locks/made/good.Cargo.lock'));
    const { dependencies } = cargo.parse('Cargo.lock', bytes, new Map(), []);
    const asked = dependencies.filter(({ name }) => names.includes(name));
    expect(asked.length).toBeGreaterThan(5);
    for (const one of asked) {
      const assessment = assess(one, known, { state: 'present', value: read(one.name) }, null, NOW);
      expect(assessment.proofs.integrity?.by, one.name).toBe('registry');
    }
  });
});
