import { describe, expect, it } from 'vitest';
import { ageOf, changesSince, expectationSource } from '../../src/checks/comparison.ts';
import { conventionsOf } from '../../src/ecosystems/conventions/index.ts';
import { laterWithProvenance, versionToStayOn } from '../../src/checks/history.ts';
import type { Manifest, Packument } from '../../src/model/evidence.ts';
import { finding } from '../../src/model/finding.ts';

const DAY = 86_400_000;
const MANIFEST: Manifest = {
  name: 'p',
  version: '1.0.0',
  integrity: null,
  shasum: null,
  tarball: null,
  signatures: [],
  attestations: null,
  publisher: null,
  repository: null,
  dependencies: {},
  peerDependencies: {},
  bin: {},
  bundles: [],
  installScripts: {},
  deprecated: false,
};

type Row = readonly [version: string, provenance: boolean, change?: Partial<Manifest>];

/** A document whose versions are published a day apart, in the order given. */
function packument(rows: readonly Row[]): Packument {
  const versions = rows.map(([version, provenance, change]): [string, Manifest] => [
    version,
    { ...MANIFEST, version, attestations: provenance ? { url: null, provenance } : null, ...change },
  ]);
  return {
    ecosystem: 'npm',
    name: 'p',
    distTags: {},
    versions: new Map(versions),
    withProvenance: new Set(rows.flatMap(([version, provenance]) => (provenance ? [version] : []))),
    time: new Map(rows.map(([version], i) => [version, i * DAY])),
  };
}

describe('the age of a new dependency', () => {
  const document = packument([
    ['1.0.0', false],
    ['1.1.0', false],
    ['2.0.0', false],
    ['1.2.0', false],
  ]);
  const declared = ['p', '^1.0.0'] as const;
  const age = (at: number | null, answer: Parameters<typeof ageOf>[3], range = '^1.0.0') =>
    ageOf(declared, { name: 'p', range }, at, answer);

  it('is that of its first version, and of the newest in range then', () => {
    expect(age(1.5 * DAY, { state: 'present', value: document })).toEqual({
      name: 'p',
      spec: '^1.0.0',
      firstPublished: 0,
      newest: { version: '1.1.0', published: DAY },
      unknown: null,
    });
    expect(age(9 * DAY, { state: 'present', value: document }).newest?.version).toBe('1.2.0');
  });

  it('counts versions that were taken down since', () => {
    const emptied = { ...document, versions: new Map() };
    expect(age(9 * DAY, { state: 'present', value: emptied })).toMatchObject({
      firstPublished: 0,
      newest: { version: '1.2.0' },
    });
  });

  it('has no newest version where nothing fits or the time is not known', () => {
    expect(age(9 * DAY, { state: 'present', value: document }, '^3').newest).toBeNull();
    expect(age(null, { state: 'present', value: document })).toMatchObject({ firstPublished: 0, newest: null });
  });

  it.each([
    ['no answer', { state: 'unavailable', url: 'u', reason: 'HTTP 500' }, 'HTTP 500'],
    ['an answer that cannot be read', { state: 'malformed', url: 'u', reason: 'not JSON' }, 'not JSON'],
    ['no such package', { state: 'absent', url: 'u' }, 'the registry does not have it'],
    ['no times', { state: 'present', value: { ...document, time: new Map() } }, 'the registry gives no times'],
  ] as const)('is unknown with %s', (_, answer, reason) => {
    expect(age(9 * DAY, answer)).toEqual({
      name: 'p',
      spec: '^1.0.0',
      firstPublished: null,
      newest: null,
      unknown: reason,
    });
  });
});

describe('what a declared dependency is at the registry', () => {
  it.each([
    ['^1.0.0', { name: 'p', range: '^1.0.0' }],
    ['*', { name: 'p', range: '*' }],
    ['npm:other@^2', { name: 'other', range: '^2' }],
    ['npm:@s/other@2.0.0', { name: '@s/other', range: '2.0.0' }],
    ['npm:other', { name: 'other', range: '*' }],
    ['latest', null],
    ['git+https://x.example/y.git', null],
    ['https://x.example/y.tgz', null],
    ['file:../x', null],
    ['npm:', null],
    [`${'1 || '.repeat(100)}1`, null],
  ])('%s', (spec, target) => {
    expect(conventionsOf('npm').names.target('p', spec)).toEqual(target);
  });
});

describe('what a version adds', () => {
  it('are dependencies and install scripts, new or changed', () => {
    const before = { ...MANIFEST, dependencies: { a: '1' }, installScripts: { install: 'a', preinstall: 'same' } };
    const now = {
      ...MANIFEST,
      dependencies: { a: '2', b: '^1', constructor: '1' },
      installScripts: { install: 'b', preinstall: 'same', postinstall: 'new' },
    };
    expect(changesSince(before, now)).toEqual({
      manifestsKnown: true,
      dependencies: [
        ['b', '^1'],
        ['constructor', '1'],
      ],
      addedScripts: [{ name: 'postinstall', command: 'new' }],
      changedScripts: [{ name: 'install', before: 'a', command: 'b' }],
    });
  });

  it('is not known without both manifests', () => {
    for (const changes of [changesSince(undefined, MANIFEST), changesSince(MANIFEST, undefined)]) {
      expect(changes.manifestsKnown).toBe(false);
    }
  });
});

describe('the next version with provenance', () => {
  const later = (rows: readonly Row[]): string | undefined => laterWithProvenance(packument(rows), '1.0.1')?.version;

  it('is the lowest later one of the line, else of a later line', () => {
    expect(
      later([
        ['1.0.1', false],
        ['2.0.0', true],
        ['1.2.0', true],
        ['1.1.0', true],
      ]),
    ).toBe('1.1.0');
    expect(
      later([
        ['1.0.1', false],
        ['3.0.0', true],
        ['2.0.0', true],
        ['1.1.0', false],
      ]),
    ).toBe('2.0.0');
  });

  it('is none that is lower, a pre-release, deprecated, or no version', () => {
    expect(
      later([
        ['1.0.0', true],
        ['1.0.1', false],
        ['1.0.2-rc.1', true],
      ]),
    ).toBeUndefined();
    expect(
      later([
        ['1.0.1', false],
        ['1.0.2', true, { deprecated: true }],
      ]),
    ).toBeUndefined();
    expect(
      later([
        ['1.0.1', false],
        ['newest', true],
      ]),
    ).toBeUndefined();
  });
});

describe('the version to stay on', () => {
  const document = packument([
    ['0.3.0', false],
    ['1.0.0', true],
    ['0.3.1', false],
    ['1.1.0', false],
  ]);

  const of = (version: string) => ({ ecosystem: 'npm' as const, version });

  it('is the good one of the same line, else the predecessor', () => {
    expect(versionToStayOn(document, of('1.1.0'), '1.0.0')).toBe('1.0.0');
    expect(versionToStayOn(document, of('0.3.1'), '1.0.0')).toBe('0.3.0');
    expect(versionToStayOn(document, of('0.3.0'), null)).toBeNull();
    expect(versionToStayOn(null, of('1.1.0'), '1.0.0')).toBe('1.0.0');
    expect(versionToStayOn(null, of('0.3.1'), '1.0.0')).toBeNull();
    expect(versionToStayOn(null, of('odd'), 'odder')).toBeNull();
  });
});

describe('where an expectation came from', () => {
  it('is the strongest of those that were not met', () => {
    const unmet = (source: 'policy' | 'history') => ({
      ...finding('identity-unexpected-workflow', { expected: 'a', actual: 'b', source }),
      level: 'error' as const,
    });
    expect(expectationSource([unmet('history'), unmet('policy')])).toBe('policy');
    expect(expectationSource([unmet('history')])).toBe('history');
    expect(expectationSource([])).toBeNull();
  });
});
