import { describe, expect, it } from 'vitest';
import { checkNotRegistry } from '../../src/checks/not-registry.ts';
import { checkExotic, checkResolved } from '../../src/checks/npm/source.ts';
import type { Dependency, Source } from '../../src/model/dependency.ts';
import { dependency as registryDependency, lockedBy } from '../report/fixtures.ts';

const REGISTRY = 'https://npm.example/';

function dependency(change: Partial<Dependency>): Dependency {
  return registryDependency('@s/p', '1.0.0', { artifacts: lockedBy({ digests: [] }), ...change });
}

function from(source: Source): Dependency {
  return dependency({ artifacts: lockedBy({ digests: [], source }) });
}

function resolved(url: string): string | undefined {
  return checkResolved(from({ kind: 'registry', resolved: url }), REGISTRY)?.code;
}

describe('resolved addresses', () => {
  it.each([
    'https://npm.example/@s/p/-/p-1.0.0.tgz',
    'https://npm.example/@s%2fp/-/p-1.0.0.tgz',
    'https://npm.example/prefix/npm/@s/p/-/@s/p-1.0.0.tgz',
    'https://registry.npmjs.org/@s/p/-/p-1.0.0.tgz',
    'https://npm.example/@s/p/-/1.0.0/p-1.0.0.tgz',
    `https://npm.example/download/@s/p/1.0.0/${'a'.repeat(64)}`,
  ])('%s is this package', (url) => {
    expect(resolved(url)).toBeUndefined();
  });

  it.each([
    'https://npm.example/@s/q/-/q-1.0.0.tgz',
    'https://npm.example/@s/p/-/p-1.0.1.tgz',
    'https://npm.example/@s/p/-/1.0.1/p-1.0.0.tgz',
    'https://npm.example/p/-/p-1.0.0.tgz',
    'https://npm.example/@s/p/-/p-1.0.0.tgz/../../../q/-/q-1.0.0.tgz',
    'https://npm.example/q/-/q-1.0.0.tgz?/@s/p/-/p-1.0.0.tgz',
    'https://npm.example/q/-/q-1.0.0.tgz#/@s/p/-/p-1.0.0.tgz',
    'https://npm.example/download/@s/p/1.0.0/../../q',
    'https://npm.example/%E0%A4%A/-/p-1.0.0.tgz',
    'not a url',
  ])('%s is not', (url) => {
    expect(resolved(url)).toBe('lockfile-resolved-mismatch');
  });

  it.each([
    'https://evil.example/@s/p/-/p-1.0.0.tgz',
    'http://npm.example/@s/p/-/p-1.0.0.tgz',
    'http://registry.npmjs.org/@s/p/-/p-1.0.0.tgz',
    'https://npm.example:8443/@s/p/-/p-1.0.0.tgz',
    'https://npm.example@evil.example/@s/p/-/p-1.0.0.tgz',
  ])('%s is on another host', (url) => {
    const integrity = [{ algorithm: 'sha512', hex: '0'.repeat(128) }] as const;
    const hashed = dependency({
      artifacts: [{ file: null, digests: integrity, source: { kind: 'registry', resolved: url } }],
    });
    expect(checkResolved(hashed, REGISTRY)?.code).toBe('lockfile-unexpected-host');
  });

  it('another host without a hash holds to nothing, another protocol of the same host is a warning', () => {
    expect(resolved('https://evil.example/@s/p/-/p-1.0.0.tgz')).toBe('lockfile-resolved-mismatch');
    expect(resolved('https://npm.example:8443/@s/p/-/p-1.0.0.tgz')).toBe('lockfile-resolved-mismatch');
    expect(resolved('http://npm.example/@s/p/-/p-1.0.0.tgz')).toBe('lockfile-unexpected-host');
    expect(resolved('http://registry.npmjs.org/@s/p/-/p-1.0.0.tgz')).toBe('lockfile-unexpected-host');
  });

  it.each([
    ['/@s/p/-/p-1.0.0.tgz', 'lockfile-resolved-mismatch'],
    ['/@s%2fp/-/p-1.0.0.tgz', 'lockfile-resolved-mismatch'],
    ['/@s/p/1.0.0.tgz', 'lockfile-resolved-mismatch'],
    ['/@feed/npm/p/-/p-1.0.0.tgz', undefined],
    ['/p/-/p-1.0.0.tgz', undefined],
  ])('%s is for the package p: %s', (path, code) => {
    const source = { kind: 'registry', resolved: `https://npm.example${path}` } as const;
    expect(checkResolved(dependency({ name: 'p', artifacts: lockedBy({ digests: [], source }) }), REGISTRY)?.code).toBe(
      code,
    );
  });

  it("the registry's own address of the version may have any form", () => {
    const own = from({ kind: 'registry', resolved: 'https://npm.example/files/7f3a' });
    const at = (tarball: string): string | undefined => checkResolved(own, REGISTRY, tarball)?.code;
    expect(at('https://npm.example/files/7f3a')).toBeUndefined();
    expect(at('http://inside.example/files/7f3a')).toBeUndefined();
    expect(at('https://npm.example/files/7f3b')).toBe('lockfile-resolved-mismatch');
    expect(at('https://npm.example/files/7f3a?of=q')).toBe('lockfile-resolved-mismatch');
    expect(at('not a url')).toBe('lockfile-resolved-mismatch');
  });

  it('shows no credentials', () => {
    const finding = checkResolved(
      from({ kind: 'registry', resolved: 'https://u:secret@evil.example/@s/p/-/p-1.0.0.tgz' }),
      REGISTRY,
    );
    expect(JSON.stringify(finding)).not.toContain('secret');
  });
});

describe('sources', () => {
  it('reports what no registry serves, without credentials', () => {
    const git = from({ kind: 'git', url: 'git+https://u:secret@github.com/o/r.git#abc' });
    expect(checkNotRegistry(git.artifacts[0].source)).toMatchObject({
      code: 'lockfile-not-registry',
      args: { kind: 'git', url: 'git+https://github.com/o/r.git#abc' },
    });
    expect(checkNotRegistry(from({ kind: 'http', url: 'https://x.example/a.tgz' }).artifacts[0].source)).toMatchObject({
      args: { kind: 'http' },
    });
    expect(checkNotRegistry(from({ kind: 'file', path: '../x.tgz' }).artifacts[0].source)).toMatchObject({
      args: { kind: 'file' },
    });
    expect(checkNotRegistry(dependency({}).artifacts[0].source)).toBeNull();
  });

  it('reports each exotic spec an entry declares', () => {
    const exotic = [
      { name: 'a', spec: 'github:o/r' },
      { name: 'b', spec: 'https://u:secret@x.example/b.tgz' },
    ];
    expect(checkExotic(dependency({ exotic }))).toMatchObject([
      { code: 'history-exotic-dependency', args: { name: 'a', spec: 'github:o/r' } },
      { code: 'history-exotic-dependency', args: { name: 'b', spec: 'https://x.example/b.tgz' } },
    ]);
  });
});
