import { describe, expect, it } from 'vitest';
import { checkDistTag } from '../../src/checks/npm/dist-tag.ts';
import { checkRelease, type ReleaseContext } from '../../src/checks/release.ts';
import type { BaselinePackage, BaselineVersion } from '../../src/model/baseline.ts';
import type { Finding } from '../../src/model/finding.ts';
import { packument, type Row } from '../support/packument.ts';

const ALONE: ReleaseContext = { known: null, provenance: 'none', scripts: { permission: 'unknown' } };

interface Tags {
  readonly latest?: string;
  readonly tags?: object;
}

function findingsOf(
  rows: readonly Row[],
  version: string,
  context: Partial<ReleaseContext> = {},
  { latest, tags }: Tags = {},
): readonly Finding[] {
  const document = packument('p', rows, latest, tags);
  const manifest = document.versions.get(version);
  if (manifest === undefined) throw new Error(`no ${version}`);
  const asked = { ...ALONE, ...context };
  const tag = checkDistTag(document, version, asked.known);
  return [...checkRelease(document, manifest, asked), ...(tag === null ? [] : [tag])];
}

function codesOf(...of: Parameters<typeof findingsOf>): readonly string[] {
  return findingsOf(...of).map(({ code, kind }) => (kind === 'note' ? `${code} (note)` : code));
}

/** A baseline that took in `versions`, each published by the account named. */
function baselineOf(versions: Readonly<Record<string, string>>): BaselinePackage {
  const entry = (publisher: string): BaselineVersion => ({
    artifacts: [{ file: null, hash: { algorithm: 'sha512', hex: '00' } }],
    evidence: { algorithm: 'sha256', hex: '00' },
    provenance: { identity: null, earlier: 0 },
    publisher,
    published: null,
    capabilities: null,
  });
  return {
    ecosystem: 'npm',
    since: null,
    identity: null,
    channels: new Map(),
    versions: new Map(Object.entries(versions).map(([version, publisher]) => [version, entry(publisher)])),
  };
}

const TEAM: readonly Row[] = [
  ['1.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare'],
  ['1.0.1', '2025-02-01T00:00:00Z', 'bob', 'bare'],
  ['1.0.2', '2025-03-01T00:00:00Z', 'ann', 'bare'],
];

describe('who published it', () => {
  const later = (version: string, time: string, publisher: string, provenance: Row[3] = 'bare'): Row => [
    version,
    time,
    publisher,
    provenance,
  ];

  it('an account that had published nothing of it before', () => {
    const rows = [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'thief')];
    expect(findingsOf(rows, '1.0.3')).toEqual([
      {
        code: 'history-publisher-new',
        kind: 'anomaly',
        args: { from: 'ann', to: 'thief', version: '1.0.2', first: '1.0.3' },
      },
    ]);
  });

  it('does not become known by a second release, nor by one of another line, within a week', () => {
    const rows = [
      ...TEAM,
      later('1.0.3', '2025-04-01T00:00:00Z', 'thief'),
      later('2.0.0', '2025-04-02T00:00:00Z', 'thief'),
      later('1.0.4', '2025-04-07T23:59:59Z', 'thief'),
    ];
    expect(findingsOf(rows, '1.0.4')).toMatchObject([
      { code: 'history-publisher-new', args: { from: 'ann', version: '1.0.2', first: '1.0.3' } },
    ]);
    expect(codesOf(rows, '2.0.0')).toEqual(['history-publisher-new']);
  });

  it('is known where it went on, or where the others did and left it in place', () => {
    const once = [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'carol')];
    expect(codesOf([...once, later('1.0.4', '2025-04-08T00:00:00Z', 'carol')], '1.0.3')).toEqual([
      'history-publisher-changed (note)',
    ]);
    expect(codesOf([...once, later('1.0.4', '2025-04-08T00:00:00Z', 'bob')], '1.0.3')).toEqual([
      'history-publisher-changed (note)',
    ]);
    expect(codesOf([...once, later('1.0.4', '2025-04-07T00:00:00Z', 'bob')], '1.0.3')).toEqual([
      'history-publisher-new',
    ]);
    // Another stranger vouches for nothing.
    expect(codesOf([...once, later('1.0.4', '2025-05-08T00:00:00Z', 'dave')], '1.0.3')).toEqual([
      'history-publisher-new',
    ]);
  });

  it('maintainers who take turns are a note, and the same one is nothing', () => {
    expect(codesOf(TEAM, '1.0.2')).toEqual(['history-publisher-changed (note)']);
    expect(codesOf([...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'ann')], '1.0.3')).toEqual([]);
  });

  it('a person in the place of the pipeline is a warning, but where provenance was lost with it, which says so', () => {
    const rows = [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'oidc')];
    const byHand = [...rows, later('1.0.4', '2025-05-01T00:00:00Z', 'ann')];
    expect(codesOf(byHand, '1.0.4')).toEqual(['history-publisher-changed']);
    expect(codesOf(byHand, '1.0.4', { provenance: 'lost' })).toEqual(['history-publisher-changed (note)']);
    const stranger = [...rows, later('1.0.4', '2025-05-01T00:00:00Z', 'thief')];
    expect(codesOf(stranger, '1.0.4', { provenance: 'lost' })).toEqual(['history-publisher-new (note)']);
  });

  it('a pipeline that proves its provenance is nothing, and one that does not is a note', () => {
    const rows = (provenance: Row[3]): Row[] => [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'oidc', provenance)];
    expect(codesOf(rows('proven'), '1.0.3', { provenance: 'proven' })).toEqual([]);
    expect(codesOf(rows('bare'), '1.0.3')).toEqual(['history-publisher-changed (note)']);
    const account = [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'bot', 'proven')];
    expect(codesOf(account, '1.0.3', { provenance: 'proven' })).toEqual([]);
  });

  it('says nothing of the first version, of a young package of one account, and where the registry names nobody', () => {
    expect(codesOf(TEAM, '1.0.0')).toEqual([]);
    const young: Row[] = [
      ['0.1.0', '2025-01-01T00:00:00Z', 'ann', 'bare'],
      ['0.1.1', '2025-01-02T00:00:00Z', 'ann', 'bare'],
    ];
    expect(codesOf(young, '0.1.1')).toEqual([]);
    // Whoever began a package is not new to it, though somebody else came in between.
    const between: Row[] = [
      ...young,
      later('0.1.2', '2025-01-03T00:00:00Z', 'bob'),
      later('0.1.3', '2025-01-04T00:00:00Z', 'ann'),
    ];
    expect(codesOf(between, '0.1.3')).toEqual(['history-publisher-changed (note)']);
    expect(codesOf(between, '0.1.2')).toEqual(['history-publisher-new']);
    const unnamed: Row[] = [...TEAM, ['1.0.3', '2025-04-01T00:00:00Z', '', 'bare', { _npmUser: null }]];
    expect(codesOf(unnamed, '1.0.3')).toEqual([]);
  });

  it('is held against what the baseline had last, whatever the registry says of that now', () => {
    const rows = [...TEAM, later('1.0.3', '2025-04-01T00:00:00Z', 'ann')];
    expect(findingsOf(rows, '1.0.3', { known: baselineOf({ '1.0.1': 'bob' }) })).toMatchObject([
      { code: 'history-publisher-changed', args: { from: 'bob', to: 'ann', version: '1.0.1' } },
    ]);
    // What the registry no longer has, it says nothing of.
    const gone = baselineOf({ '1.0.2-gone': 'bob' });
    expect(findingsOf(rows, '1.0.3', { known: gone })).toEqual([]);
    const rewritten = baselineOf({ '1.0.2': 'carol' });
    expect(findingsOf(rows, '1.0.3', { known: rewritten })).toMatchObject([{ args: { from: 'carol', to: 'ann' } }]);
  });
});

describe('what it runs at install', () => {
  type Fields = Readonly<Record<string, unknown>>;
  const rows = (before: Fields, after: Fields): Row[] => [
    ['1.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare', before],
    ['1.0.1', '2025-02-01T00:00:00Z', 'ann', 'bare', after],
  ];
  const scripts = (of: object): Fields => ({ scripts: of });

  it('a script that was not there', () => {
    const added = rows(
      scripts({ test: 'x' }),
      scripts({ test: 'x', preinstall: 'node a.js', postinstall: 'node b.js' }),
    );
    expect(findingsOf(added, '1.0.1')).toEqual([
      {
        code: 'history-install-script-added',
        kind: 'anomaly',
        args: {
          scripts: ['preinstall', 'postinstall'],
          commands: ['node a.js', 'node b.js'],
          version: '1.0.0',
          permission: 'unknown',
        },
      },
    ]);
  });

  it('a binding.gyp, which npm builds without being told', () => {
    expect(findingsOf(rows({}, { gypfile: true }), '1.0.1')).toMatchObject([
      { code: 'history-install-script-added', args: { scripts: ['install'], commands: ['node-gyp rebuild'] } },
    ]);
  });

  it('is a warning also of a proven build, and a note only where the project denies it', () => {
    const added = rows({}, scripts({ postinstall: 'node b.js' }));
    const kind = (context: Partial<ReleaseContext>): readonly string[] => codesOf(added, '1.0.1', context);
    expect(kind({ provenance: 'proven' })).toEqual(['history-install-script-added']);
    expect(kind({ scripts: { permission: 'allowed' } })).toEqual(['history-install-script-added']);
    expect(kind({ scripts: { permission: 'unlisted' } })).toEqual(['history-install-script-added']);
    expect(kind({ scripts: { permission: 'denied' } })).toEqual(['history-install-script-added (note)']);
  });

  it('names another text under the same name, with both, and not what makes no difference', () => {
    const changed = rows(scripts({ install: 'node a.js' }), scripts({ install: 'node b.js', postinstall: 'x' }));
    expect(findingsOf(changed, '1.0.1')).toMatchObject([
      {
        code: 'history-install-script-added',
        args: {
          scripts: ['postinstall', 'install'],
          commands: ['x', 'node b.js'],
          was: ['', 'node a.js'],
          version: '1.0.0',
        },
      },
    ]);
    const codes = (before: string, after: string): readonly string[] =>
      codesOf(rows(scripts({ install: before }), scripts({ install: after })), '1.0.1');
    const CHANGED = ['history-install-script-added'];
    expect(codes('node a.js', 'node  a.js || exit 0')).toEqual([]);
    expect(codes('node a.js || true', 'node a.js')).toEqual([]);
    expect(codes('get https://x/v1.0.0/y', 'get https://x/v1.0.1/y')).toEqual([]);
    expect(codes('get https://x/v1.0.0/y', 'get https://x/v1.0.2/y')).toEqual(CHANGED);
    expect(codes('node a.js', 'node a.js || node b.js')).toEqual(CHANGED);
    expect(codes('node a.js', 'node b.js || exit 0')).toEqual(CHANGED);
    expect(codes('node a.js || exit 0', 'node a.js || exit 0; node b.js')).toEqual(CHANGED);
    expect(codes('node a.js', 'node A.js')).toEqual(CHANGED);
    const gyp = rows(scripts({ install: 'prebuild || node-gyp rebuild' }), { gypfile: true });
    expect(findingsOf(gyp, '1.0.1')).toMatchObject([
      { args: { commands: ['node-gyp rebuild'], was: ['prebuild || node-gyp rebuild'] } },
    ]);
    expect(
      codesOf(rows({ gypfile: true }, { gypfile: true, ...scripts({ install: 'node-gyp rebuild' }) }), '1.0.1'),
    ).toEqual([]);
    // An abbreviated document says only that there is one.
    expect(codesOf(rows({ hasInstallScript: true }, scripts({ install: 'node b.js' })), '1.0.1')).toEqual([]);
  });

  it('holds another text to the release that is a week older, or the one the baseline had, not to the one before', () => {
    const of = (version: string, day: string, install: string): Row => [
      version,
      `2025-02-${day}T00:00:00Z`,
      'ann',
      'bare',
      scripts({ install }),
    ];
    const three = [of('1.0.0', '01', 'a'), of('1.0.1', '20', 'b'), of('1.0.2', '21', 'b')];
    expect(findingsOf(three, '1.0.2')).toMatchObject([{ args: { version: '1.0.0', was: ['a'], commands: ['b'] } }]);
    expect(codesOf([...three, of('1.0.3', '28', 'b')], '1.0.3')).toEqual([]);
    expect(
      findingsOf([...three, of('1.0.3', '28', 'b')], '1.0.3', { known: baselineOf({ '1.0.0': 'ann' }) }),
    ).toMatchObject([{ args: { version: '1.0.0', was: ['a'] } }]);
    // Taken back: what ran for longer is not new.
    expect(codesOf([...three, of('1.0.3', '22', 'a')], '1.0.3')).toEqual([]);
  });

  it('says nothing of scripts that were there, that went, or that npm does not run at install', () => {
    expect(codesOf(rows(scripts({ install: 'a' }), scripts({ install: 'a' })), '1.0.1')).toEqual([]);
    expect(codesOf(rows(scripts({ install: 'a' }), {}), '1.0.1')).toEqual([]);
    expect(codesOf(rows({}, scripts({ prepare: 'a', test: 'b', toString: 'c' })), '1.0.1')).toEqual([]);
  });

  it('does not hide behind a release in between that had it, where the baseline remembers the one before', () => {
    const behind: Row[] = [
      ...rows({}, scripts({ postinstall: 'evil' })),
      ['1.0.2', '2025-02-02T00:00:00Z', 'ann', 'bare', scripts({ postinstall: 'evil' })],
    ];
    expect(codesOf(behind, '1.0.2')).toEqual(['history-install-script-added']);
    const later: Row = ['1.0.3', '2025-02-10T00:00:00Z', 'ann', 'bare', scripts({ postinstall: 'evil' })];
    expect(codesOf([...behind, later], '1.0.3')).toEqual([]);
    expect(findingsOf(behind, '1.0.2', { known: baselineOf({ '1.0.0': 'ann' }) })).toMatchObject([
      { code: 'history-install-script-added', args: { version: '1.0.0' } },
    ]);
  });
});

describe('what it depends on', () => {
  it('names what the version before did not have, with its range', () => {
    const rows: Row[] = [
      ['1.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare', { dependencies: { a: '^1.0.0', gone: '1' } }],
      [
        '1.0.1',
        '2025-02-01T00:00:00Z',
        'ann',
        'bare',
        { dependencies: { a: '^2.0.0', evil: '^4.2.1' }, optionalDependencies: { other: '1' } },
      ],
    ];
    expect(findingsOf(rows, '1.0.1')).toMatchObject([
      {
        code: 'history-dependency-added',
        args: {
          dependencies: ['evil', 'other'],
          version: '1.0.0',
          added: [
            { name: 'evil', spec: '^4.2.1', firstPublished: null },
            { name: 'other', spec: '1', firstPublished: null },
          ],
          published: Date.parse('2025-02-01T00:00:00Z'),
          provenance: 'none',
        },
      },
    ]);
  });
});

describe('what a release is compared with', () => {
  const rows: Row[] = [
    ['1.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare', { dependencies: { a: '1' } }],
    ['2.0.0-rc.1', '2025-01-02T00:00:00Z', 'ann', 'bare', { dependencies: { a: '1', b: '1' } }],
    ['2.0.0', '2025-01-03T00:00:00Z', 'ann', 'bare', { dependencies: { b: '1' } }],
    ['1.0.1', '2025-01-04T00:00:00Z', 'ann', 'bare', { dependencies: { b: '1' } }],
  ];
  const against = (version: string, known: BaselinePackage | null = null): unknown =>
    findingsOf(rows, version, { known }).map(({ args }) => ('version' in args ? args.version : null));

  it('the predecessor; for the first of a line the highest stable version below it', () => {
    expect(against('1.0.1')).toEqual(['1.0.0']);
    expect(against('2.0.0')).toEqual(['1.0.0']);
  });

  it('a stable one with a stable one of its line that is a week older, whatever prerelease came out in between', () => {
    const withX = { dependencies: { x: '1' } };
    const line: Row[] = [
      ['5.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare', withX],
      ['5.2.1', '2025-03-01T00:00:00Z', 'ann', 'bare', withX],
      ['5.0.0-alpha.4', '2025-04-01T00:00:00Z', 'ann', 'bare'],
      ['5.3.0', '2025-05-01T00:00:00Z', 'ann', 'bare', withX],
    ];
    expect(findingsOf(line, '5.3.0')).toEqual([]);
    // Where no stable one is old enough, the prerelease is what there is.
    const first: Row[] = [...line.slice(2, 3), ['5.0.0', '2025-05-01T00:00:00Z', 'ann', 'bare', withX]];
    expect(findingsOf(first, '5.0.0')).toMatchObject([{ args: { version: '5.0.0-alpha.4' } }]);
  });

  it('the version of the baseline of the same line, else the highest below; none above', () => {
    expect(against('2.0.0', baselineOf({ '2.0.0-rc.1': 'ann', '1.0.0': 'ann' }))).toEqual([]);
    expect(against('2.0.0', baselineOf({ '1.0.1': 'ann', '1.0.0': 'ann' }))).toEqual([]);
    expect(against('1.0.1', baselineOf({ '2.0.0': 'ann' }))).toEqual(['1.0.0']);
  });
});

describe('what the tag latest names', () => {
  const rows: Row[] = [
    ['1.0.0', '2025-01-01T00:00:00Z', 'ann', 'bare'],
    ['1.0.1', '2025-02-01T00:00:00Z', 'ann', 'bare'],
    ['1.0.2', '2025-03-01T00:00:00Z', 'ann', 'bare'],
    ['2.0.0', '2025-04-01T00:00:00Z', 'ann', 'bare'],
  ];

  it('a lower version of the same line, published earlier: moved back', () => {
    expect(findingsOf(rows, '1.0.2', {}, { latest: '1.0.1' })).toEqual([
      {
        code: 'history-dist-tag-moved-back',
        kind: 'anomaly',
        args: { latest: '1.0.1', published: Date.parse('2025-02-01T00:00:00Z') },
      },
    ]);
  });

  it('the version itself, a higher one, or another line says nothing', () => {
    for (const latest of ['1.0.2', '2.0.0', '9.9.9', 'rubbish']) {
      expect(codesOf(rows, '1.0.2', {}, { latest }), latest).toEqual([]);
    }
    expect(codesOf(rows, '1.0.2')).toEqual([]);
    expect(codesOf(rows, '2.0.0', {}, { latest: '1.0.2' })).toEqual([]);
  });

  it('another tag that names it or a higher one of its line says that it is meant to be ahead', () => {
    const line: Row[] = [...rows, ['1.0.3', '2025-05-01T00:00:00Z', 'ann', 'bare']];
    expect(codesOf(line, '1.0.2', {}, { latest: '1.0.1', tags: { next: '1.0.3' } })).toEqual([]);
    expect(codesOf(line, '1.0.2', {}, { latest: '1.0.1', tags: { next: '2.0.0', old: '1.0.0' } })).toEqual([
      'history-dist-tag-moved-back',
    ]);
  });

  it('a lower version that was published later is a fix of an older one', () => {
    const fixed: Row[] = [...rows.slice(0, 3), ['1.0.1-x', '2025-06-01T00:00:00Z', 'ann', 'bare']];
    const late: Row[] = [
      ...rows.filter(([version]) => version !== '1.0.1'),
      ['1.0.1', '2025-06-01T00:00:00Z', 'ann', 'bare'],
    ];
    expect(codesOf(late, '1.0.2', {}, { latest: '1.0.1' })).toEqual([]);
    expect(codesOf(fixed, '1.0.1-x', {}, { latest: '1.0.0' })).toEqual([]);
  });
});
