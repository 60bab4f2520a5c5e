import { describe, expect, it } from 'vitest';
import { checkClaims, checkSubstitutes } from '../../src/checks/npm/claims.ts';
import { entryDigest } from '../../src/checks/entry-digest.ts';
import type { Dependency, EntryClaims } from '../../src/model/dependency.ts';
import type { Manifest, Platforms } from '../../src/model/evidence.ts';
import { finding } from '../../src/model/finding.ts';

const PUBLISHED: Manifest = {
  name: 'kit',
  version: '1.0.0',
  dependencies: { 'left-pad': '^1.0.0', other: 'npm:real@^2' },
  peerDependencies: { react: '>=16' },
  bundles: [],
  installScripts: {},
  bin: { kit: 'bin/kit.js' },
  integrity: null,
  shasum: null,
  tarball: null,
  signatures: [],
  attestations: null,
  publisher: null,
  repository: null,
  deprecated: false,
};

const KIT: Dependency = {
  ecosystem: 'npm',
  name: 'kit',
  version: '1.0.0',
  artifacts: [{ file: null, digests: [], source: { kind: 'registry', resolved: null } }],
  places: [{ file: 'package-lock.json', line: 3, path: 'node_modules/kit' }],
  direct: true,
  dev: false,
  optional: false,
  peer: false,
  exotic: [],
  bundles: [],
};

function found(claims: EntryClaims, manifest: Partial<Manifest> = {}): readonly unknown[] {
  return checkClaims({ ...KIT, claims: [claims] }, { ...PUBLISHED, ...manifest }).map(({ code, args }) => [code, args]);
}

const differs = (field: string, lockfile: string, registry: string): unknown[] => [
  ['lockfile-entry-differs', { field, lockfile, registry }],
];

describe('what an entry claims is held to the published manifest', () => {
  it('has nothing to say of an entry that repeats it, in another order and spelling', () => {
    const { dependencies, peerDependencies, bin } = PUBLISHED;
    expect(found({ dependencies, peerDependencies: { react: '*' }, bin, installScripts: false })).toEqual([]);
    expect(found({ dependencies: { other: 'npm:real@^2', 'left-pad': ' ^1.0.0' } })).toEqual([]);
    expect(found({ hasBin: true, answers: { 'left-pad': 'left-pad', other: 'real', react: 'react' } })).toEqual([]);
    expect(peerDependencies).toEqual({ react: '>=16' });
  });

  it('names what is optional by the entry alone, and may then be left out or not be held', () => {
    const claims = { dependencies: PUBLISHED.dependencies, optional: ['other'] };
    expect(found(claims)).toEqual(differs('optionalDependencies', 'other', ''));
    expect(found(claims, { optional: ['left-pad'] })).toEqual(differs('optionalDependencies', 'other', ''));
    expect(found(claims, { optional: ['left-pad', 'other'] })).toEqual([]);
    // What the entry requires, it gets.
    expect(found({ dependencies: PUBLISHED.dependencies }, { optional: ['other'] })).toEqual([]);
  });

  it.each<[string, Platforms]>([
    ['os=linux', { os: ['linux'] }],
    ['!os=win32', { os: ['!win32'] }],
    ['os=linux & cpu=x64 & libc=glibc', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }],
    ['(os=darwin | os=linux) & (cpu=x64 | cpu=arm64)', { os: ['linux', 'darwin'], cpu: ['x64', 'arm64'] }],
    ['(os=darwin | os=linux)', { os: ['darwin', 'linux'] }],
    // A document without libc, as mirrors have it.
    ['os=linux & cpu=x64 & libc=musl', { os: ['linux'], cpu: ['x64'] }],
    ['invalid', { os: ['!'] }],
    ['os=linux', { os: ['!!linux'] }],
  ])('takes %s for what the manifest says', (conditions, platforms) => {
    expect(found({ conditions }, { platforms })).toEqual([]);
  });

  it.each<[string, Platforms | undefined, string, string]>([
    ['os=linux', undefined, 'os=linux', ''],
    ['libc=glibc', undefined, 'libc=glibc', ''],
    ['os=linux', { cpu: ['x64'] }, 'os=linux', 'cpu=x64'],
    ['os=darwin', { os: ['linux'] }, 'os=darwin', 'os=linux'],
    ['os=linux', { os: ['!linux'] }, 'os=linux', '!os=linux'],
    ['os=linux', { os: ['linux', 'darwin'] }, 'os=linux', 'os=darwin | os=linux'],
    ['os=linux & cpu=x64', { os: ['linux'] }, 'cpu=x64', ''],
    ['os=linux & libc=musl', { os: ['linux'], libc: ['glibc'] }, 'libc=musl', 'libc=glibc'],
    ['', { os: ['linux'] }, '', 'os=linux'],
    ['anything', undefined, 'anything', ''],
  ])('names %s where the manifest says something else', (conditions, platforms, lockfile, registry) => {
    expect(found({ conditions }, platforms === undefined ? {} : { platforms })).toEqual(
      differs('os, cpu, libc', lockfile, registry),
    );
  });

  it('names a dependency that leads to another package', () => {
    expect(found({ dependencies: { 'left-pad': 'npm:evil@^1', other: 'npm:real@^2' } })).toEqual(
      differs('dependencies', 'left-pad: npm:evil@^1', 'left-pad: ^1.0.0'),
    );
    expect(found({ answers: { 'left-pad': 'evil' } })).toEqual(
      differs('dependencies', 'left-pad: evil', 'left-pad: ^1.0.0'),
    );
    expect(found({ answers: { other: 'other' } })).toEqual(
      differs('dependencies', 'other: other', 'other: npm:real@^2'),
    );
  });

  it('names a dependency that the manifest does not have; one that is left out is only not installed', () => {
    const { dependencies } = PUBLISHED;
    expect(found({ dependencies: { ...dependencies, evil: '1.0.0' } })).toEqual(
      differs('dependencies', 'evil: 1.0.0', ''),
    );
    expect(found({ dependencies: {}, bin: {} })).toEqual([]);
    expect(found({ answers: { evil: 'worse' } })).toEqual(differs('dependencies', 'evil: worse', ''));
    expect(found({ answers: { evil: 'evil' } })).toEqual([['lockfile-dependency-added', { name: 'evil' }]]);
  });

  it('holds what is answered from outside of a registry to what is asked for', () => {
    expect(found({ answers: { 'left-pad': 'link:evil' } })).toEqual(
      differs('dependencies', 'left-pad: link:evil', 'left-pad: ^1.0.0'),
    );
    expect(found({ answers: { other: 'https://x.example/o.tgz' } })).toHaveLength(1);
    expect(found({ answers: { evil: 'file:evil' } })).toEqual(differs('dependencies', 'evil: file:evil', ''));
    const dependencies = { git: 'o/git', web: 'https://x.example/w.tgz', j: 'jsr:@s/j@1' };
    const answers = {
      git: 'https://codeload.github.com/o/git/tar.gz/a',
      web: 'https://x.example/w.tgz',
      j: '@jsr/s__j',
    };
    expect(found({ answers }, { dependencies })).toEqual([]);
    expect(found({ answers: { git: 'evil', j: 'link:j' } }, { dependencies })).toHaveLength(2);
  });

  it('takes a peer for what somebody else asks for by that name, and nothing but a peer', () => {
    const answers = { react: 'preact' };
    expect(found({ answers })).toEqual(differs('dependencies', 'react: preact', 'react: >=16'));
    expect(found({ answers, peerAnswers: answers })).toEqual([]);
    expect(found({ answers, peerAnswers: { react: 'other' } })).toHaveLength(1);
    const pad = { 'left-pad': 'evil' };
    expect(found({ answers: pad, peerAnswers: pad })).toHaveLength(1);
    expect(found({ answers, peerAnswers: answers }, { peerDependencies: {} })).toHaveLength(1);
  });

  it('has nothing to say of a peer that is a dependency besides, and of no range where any is meant', () => {
    const dependencies = { react: '>=16', any: '' };
    expect(found({ dependencies: { react: '>=16', any: '*' }, peerDependencies: {} }, { dependencies })).toEqual([]);
    expect(found({ peerDependencies: { react: 'npm:evil@1' } }, { dependencies })).toHaveLength(1);
  });

  it('takes any version of what the tarball brings along for what npm writes of it', () => {
    const dependencies = { ...PUBLISHED.dependencies, 'left-pad': '*' };
    expect(found({ dependencies }, { bundles: ['left-pad'] })).toEqual([]);
    expect(found({ dependencies })).toEqual(differs('dependencies', 'left-pad: *', 'left-pad: ^1.0.0'));
    expect(found({ dependencies: { ...dependencies, evil: '*' } }, { bundles: ['left-pad', 'evil'] })).toHaveLength(1);
  });

  it('takes a peer of another name or address for a difference, and another range for none', () => {
    expect(found({ peerDependencies: { react: '^99' } })).toEqual([]);
    expect(found({ peerDependencies: { react: 'npm:evil@1' } })).toEqual(
      differs('peerDependencies', 'react: npm:evil@1', 'react'),
    );
    expect(found({ peerDependencies: { preact: '*' } })).toEqual(differs('peerDependencies', 'preact', ''));
  });

  it('names a peer that the package does not have, where the format leaves some out', () => {
    expect(found({ peers: [] })).toEqual([]);
    expect(found({ peers: ['react'] })).toEqual([]);
    expect(found({ peers: ['react', 'evil'] })).toEqual([['lockfile-dependency-added', { name: 'evil' }]]);
    expect(found({ peers: ['constructor'] })).toHaveLength(1);
  });

  it('names a command that the package does not have', () => {
    expect(found({ bin: { kit: 'bin/kit.js', git: 'bin/kit.js' } })).toEqual(differs('bin', 'git: bin/kit.js', ''));
    expect(found({ bin: { kit: 'bin/other.js' } })).toEqual(differs('bin', 'kit: bin/other.js', 'kit: bin/kit.js'));
    expect(found({ hasBin: true }, { bin: {} })).toEqual(differs('bin', 'some', ''));
    expect(found({ bin: { a: 'bin/a.js' } }, { bin: { '': 'bin/' } })).toEqual([]);
    expect(found({ bin: { a: 'lib/a.js' } }, { bin: { '': 'bin/' } })).toHaveLength(1);
  });

  it('names scripts that the package does not have; a flag that is missing is a mirror’s', () => {
    expect(found({ installScripts: true })).toEqual(differs('scripts', 'some', ''));
    expect(found({ installScripts: false }, { installScripts: { install: 'x' } })).toEqual([]);
    expect(found({ installScripts: true }, { installScripts: { install: '' } })).toEqual([]);
  });

  it('says of a hook what it could have changed', () => {
    const args = { field: 'bin', lockfile: 'git: x', registry: '', hook: '.pnpmfile.cjs' };
    expect(found({ bin: { git: 'x' }, hook: '.pnpmfile.cjs' })).toEqual([['lockfile-hook-changed', args]]);
  });

  it('takes an answer from outside of any registry where the manifest asks outside of one', () => {
    const dependencies = { kit: 'github:o/kit', lib: '^1.0.0' };
    expect(found({ answers: { kit: 'git+ssh://git@github.com/o/kit.git#abc' } }, { dependencies })).toEqual([]);
    expect(found({ answers: { lib: 'github:evil/lib' } }, { dependencies })).toEqual(
      differs('dependencies', 'lib: github:evil/lib', 'lib: ^1.0.0'),
    );
    expect(found({ answers: { kit: '@evil/kit' } }, { dependencies })).toEqual(
      differs('dependencies', 'kit: @evil/kit', 'kit: github:o/kit'),
    );
  });

  it('is not misled by names that every object has', () => {
    expect(found({ answers: { constructor: 'constructor' } })).toEqual([
      ['lockfile-dependency-added', { name: 'constructor' }],
    ]);
  });

  it('looks at every place, and says the same once', () => {
    const claims = [{ bin: { git: 'x' } }, { bin: { git: 'x' } }, { bin: PUBLISHED.bin }, { bin: { node: 'x' } }];
    expect(checkClaims({ ...KIT, claims }, PUBLISHED)).toHaveLength(2);
  });
});

describe('what stands in for something else', () => {
  it('is a contradiction, or what a hook could have done', () => {
    const asked = { asked: 'axios@^1', by: '.' };
    const substitutes = [asked, { ...asked, hook: '.pnpmfile.cjs' }];
    expect(checkSubstitutes({ ...KIT, substitutes }).map(({ code, kind }) => `${code} ${kind}`)).toEqual([
      'lockfile-substituted contradiction',
      'lockfile-hook-changed anomaly',
    ]);
    expect(checkSubstitutes(KIT)).toEqual([]);
  });
});

describe('the digest of an entry', () => {
  it('changes with everything an entry claims, and not with the order of members', () => {
    const digest = (one: Partial<Dependency>): string => entryDigest({ ...KIT, ...one }).hex;
    const claims = [{ dependencies: { a: '1', b: '2' } }];
    expect(digest({ claims })).toBe(digest({ claims: [{ dependencies: { b: '2', a: '1' } }] }));
    const others = [
      digest({}),
      digest({ claims }),
      digest({ claims: [{ dependencies: { a: '1', b: '3' } }] }),
      digest({ claims: [{ ...claims[0], bin: {} }] }),
      digest({ bundles: ['a'] }),
      digest({ substitutes: [{ asked: 'a', by: '.' }] }),
      digest({ findings: [finding('lockfile-unbound', { names: ['a'] })] }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});
