import { describe, expect, it } from 'vitest';
import { aliasTarget, parseTarballUrl, plainAddress, specKind } from '../../src/lockfiles/node-modules/specs.ts';

describe('specKind', () => {
  it.each([
    ...[
      '',
      '*',
      '1.2.3',
      '^1.0.0',
      '>=1 <2 || ~3.1',
      '1.x',
      'latest',
      'next-11',
      'npm:a@^1',
      'NPM:@s/a@1',
      '=1.0.0 - 2',
    ].map((spec) => [spec, 'registry'] as const),
    ...[
      'o/r',
      'o/r#main',
      'o/r#semver:^1',
      'github:o/r',
      'gitlab:g/s/r',
      'gist:0a1b2c',
      'bitbucket:o/r',
      'sourcehut:~o/r',
    ].map((spec) => [spec, 'git'] as const),
    ...[
      'git://h/r',
      'git+ssh://git@h/r.git',
      'git+https://h/r',
      'git+file:///r',
      'ssh://git@h/r',
      'git@h.io:o/r.git',
    ].map((spec) => [spec, 'git'] as const),
    ...[
      'https://github.com/o/r',
      'https://www.github.com/o/r.git#v1',
      'http://gitlab.com/o/r',
      'https://github.com/o/r/tree/main',
    ].map((spec) => [spec, 'git'] as const),
    ...[
      'https://github.com/o/r/archive/v1.tar.gz',
      'https://h/a.tgz',
      'http://h/',
      'HTTPS://h/a',
      'https://github.com.evil.io/o/r',
    ].map((spec) => [spec, 'http'] as const),
    ...[
      'file:a',
      'FILE:../a',
      './a',
      '../a',
      '/a',
      '~/a',
      'C:\\a',
      'c:/a',
      '\\\\host\\a',
      'a.tgz',
      'a.TAR.GZ',
      'a/b/c',
      '@s/a',
    ].map((spec) => [spec, 'file'] as const),
    ...['workspace:*', 'link:../a', 'catalog:', 'ftp://h/a'].map((spec) => [spec, 'other'] as const),
  ])('%j is %s', (spec, kind) => expect(specKind(spec)).toBe(kind));

  it.each([' github:o/r', 'git\thub:o/r', 'gist\t:0a1b2c', '\nhttps://h/a', ' file:a', ' npm:/a'])(
    'is not deceived by white space: %j is not the registry',
    (spec) => expect(specKind(spec)).not.toBe('registry'),
  );
});

describe('parseTarballUrl', () => {
  it.each([
    ['https://h/a/-/a-1.0.0.tgz', 'a', '1.0.0'],
    ['https://h/base/path/a-b/-/a-b-1.0.0-rc.1.tgz?x=/-/b-2.0.0.tgz#y', 'a-b', '1.0.0-rc.1'],
    ['https://h/@s/a/-/a-1.0.0.tgz', '@s/a', '1.0.0'],
    ['https://h/@s%2Fa/-/a-1.0.0.tgz', '@s/a', '1.0.0'],
    ['https://h/%40s%2fa/-/a-1.0.0.tgz', '@s/a', '1.0.0'],
    ['https://h/@s/a/-/@s/a-1.0.0.tgz', '@s/a', '1.0.0'],
  ])('%s names %s at %s', (url, name, version) => expect(parseTarballUrl(url)).toEqual({ name, version }));

  it.each(['https://h/a-1.0.0.tgz', 'https://h/a/-/b-1.0.0.tgz', 'https://h/a/-/a-1.0.0.zip', 'https://h/-/', ''])(
    '%s names none',
    (url) => expect(parseTarballUrl(url)).toBeNull(),
  );
});

describe('white space', () => {
  const others = ['\u00a0', '\ufeff', '\u2028', '\u3000'];

  it('around an address is what readers of addresses pass over, and nothing else', () => {
    expect(plainAddress(' \thttps://h/a\n.tgz ')).toBe('https://h/a.tgz');
    expect(specKind(' https://h/a')).toBe('http');
    for (const space of others) {
      expect(plainAddress(`${space}a${space}`)).toBe(`${space}a${space}`);
      // npm takes it for a path, as it has a slash.
      expect(specKind(`${space}https://h/a`)).toBe('file');
      expect(specKind(`${space}file:a`)).not.toBe('file');
    }
  });

  it('before an alias is only what Bun passes over', () => {
    expect([' npm:a@1', '\t\nnpm:a'].map(aliasTarget)).toEqual(['a', 'a']);
    for (const space of others) expect(aliasTarget(`${space}npm:a@1`)).toBeNull();
  });
});
