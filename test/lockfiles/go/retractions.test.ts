import { describe, expect, it } from 'vitest';
import { isRetracted, readRetractions } from '../../../src/lockfiles/go/retractions.ts';
import { toolchainModule, toolchainOf } from '../../../src/lockfiles/go/toolchain.ts';

describe('retractions of a dependency', () => {
  it('are read beside whatever a later Go may write', () => {
    const text = `module a.b/c
unheard of
unheard (
\tof
)
retract v1.0.1 // why
retract (
\t[v1.1.0, v1.2.0]
\t[v1.3.0, latest]
\tv2
)
require a.b/d master
`;
    const found = readRetractions('go.mod', text);
    expect(found).toEqual([
      { low: 'v1.0.1', high: 'v1.0.1' },
      { low: 'v1.1.0', high: 'v1.2.0' },
    ]);
    const versions = ['v1.0.0', 'v1.0.1', 'v1.1.0-rc.1', 'v1.1.0', 'v1.1.5', 'v1.2.0', 'v1.2.1'];
    expect(versions.filter((version) => isRetracted(version, found))).toEqual(['v1.0.1', 'v1.1.0', 'v1.1.5', 'v1.2.0']);
    expect(isRetracted('v1.0.1', [])).toBe(false);
  });

  it('are those of a file that can be read', () => {
    expect(() => readRetractions('go.mod', 'retract (\nv1.0.0')).toThrow('does not end');
    expect(() => readRetractions('go.mod', 'retract "v1.0.0')).toThrow('does not end on its line');
  });
});

describe('the toolchain of a project', () => {
  it.each([
    ['1.22.0', 'go1.24.3', 'go1.24.3'],
    ['1.22.1', null, 'go1.22.1'],
    ['1.22.1', 'default', 'go1.22.1'],
    ['1.23rc1', null, 'go1.23rc1'],
    ['1.22', null, null],
    ['1.20.1', null, null],
    [null, null, null],
  ])('go %s, toolchain %s: %s', (go, toolchain, expected) => {
    expect(toolchainOf({ go, toolchain })).toBe(expected);
  });

  it('is a module for each system', () => {
    expect(toolchainModule('go1.24.3', 'linux', 'amd64')).toEqual({
      path: 'golang.org/toolchain',
      version: 'v0.0.1-go1.24.3.linux-amd64',
    });
  });
});
