import { describe, expect, it } from 'vitest';
import { assessmentId } from '../../src/checks/remembered.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { finding } from '../../src/model/finding.ts';
import { NO_EXPECTATION } from '../../src/model/policy.ts';

const one: Dependency = {
  ...{ ecosystem: 'pypi', name: 'one', version: '1.0', direct: true, dev: false, optional: false, peer: false },
  artifacts: [{ file: null, digests: [], source: { kind: 'registry', resolved: null } }],
  places: [{ file: 'uv.lock', line: 1, path: 'one' }],
  ...{ exotic: [], bundles: [] },
};
const known = {
  registry: 'https://pypi.org/simple/',
  expectation: NO_EXPECTATION,
  ...{ baseline: null, package: null, scripts: { permission: 'unknown' as const } },
};
const idOf = (change: Partial<Dependency>): string => assessmentId({ ...one, ...change }, known, 'context');

describe('what is kept of an assessment', () => {
  it.each<[string, Partial<Dependency>]>([
    ['index', { index: 'https://index.example/simple' }],
    ['attestation identity', { attestationIdentities: [{ kind: 'GitHub', fields: { repository: 'a/b' } }] }],
    ['finding of its reader', { findings: [finding('integrity-missing', { resolved: null, due: true })] }],
    ['version', { version: '1.1' }],
  ])('is not for an entry with another %s', (_, change) => {
    expect(idOf(change)).not.toBe(idOf({}));
  });

  it('is for the same entry at another place', () => {
    expect(idOf({ places: [{ file: 'other.lock', line: 9, path: 'x' }] })).toBe(idOf({}));
  });
});
