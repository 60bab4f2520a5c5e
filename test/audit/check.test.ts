import { describe, expect, it } from 'vitest';
import { parseSpec } from '../../src/audit/check.ts';
import { pickVersion } from '../../src/checks/npm/pick-version.ts';
import type { Manifest, Packument } from '../../src/model/evidence.ts';

describe('specs', () => {
  it.each([
    ['axios', 'axios', 'latest'],
    ['axios@1.14.1', 'axios', '1.14.1'],
    ['@scope/name', '@scope/name', 'latest'],
    ['@scope/name@^1', '@scope/name', '^1'],
    ['name@>=1 <2 || 3', 'name', '>=1 <2 || 3'],
    ['name@*', 'name', '*'],
    ['name@x', 'name', 'x'],
    ['name@v1.0.0', 'name', 'v1.0.0'],
    ['name@1.0.0+build', 'name', '1.0.0+build'],
    ['name@next', 'name', 'next'],
    ['name@release-1.x', 'name', 'release-1.x'],
  ])('%s', (spec, name, wanted) => {
    expect(parseSpec(spec)).toEqual({ ecosystem: 'npm', name, wanted });
  });

  it.each([
    ...['', '@', '@scope', '@scope/', '../x', 'a/b/c', '.hidden', 'a b', 'a\u001b[31m', 'a'.repeat(215)],
    ...['axios@', '@scope/name@', '@scope@1', '@scope/@1', '@@1', '@1'],
    ...['a@@1', 'a@ 1', 'a@1 ', 'a@ ', 'a@\n1', 'a@next tag', 'a@1,2', `a@${'t'.repeat(300)}`],
    ...[
      'https://x.example/a.tgz',
      'a@https://x.example/a.tgz',
      'a@npm:b@1',
      'a@file:../b',
      'a@github:b/c',
      'a@b/c',
      'b/c',
    ],
  ])('%j is no package name with a version', (spec) => {
    expect(parseSpec(spec)).toBeNull();
  });
});

describe('the version a spec means', () => {
  const versions = ['1.0.0', '1.2.0', '1.3.0-rc.1', '2.0.0'];
  const packument: Packument = {
    ecosystem: 'npm',
    name: 'p',
    distTags: { latest: '1.2.0', next: '2.0.0', gone: '9.9.9' },
    // Only which versions there are matters here.
    versions: new Map(versions.map((version) => [version, { version } as Manifest])),
    withProvenance: new Set(),
    time: new Map(),
  };

  it.each([
    ['latest', '1.2.0'],
    ['next', '2.0.0'],
    ['1.0.0', '1.0.0'],
    ['^1.0.0', '1.2.0'],
    ['>=1', '1.2.0'],
    ['>1.2.0', '2.0.0'],
    ['~1.3.0-rc.0', '1.3.0-rc.1'],
    ['gone', null],
    ['^3', null],
    ['no-such-tag', null],
    ['constructor', null],
  ])('%s', (wanted, version) => {
    expect(pickVersion(packument, wanted)).toBe(version);
  });
});
