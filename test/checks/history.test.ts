import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { earlierVersions, lowerVersions, predecessorOf, versionIn } from '../../src/checks/history.ts';
import { checkLoss, checkLossAgainst } from '../../src/checks/loss.ts';
import type { BaselinePackage } from '../../src/model/baseline.ts';
import type { Manifest, Packument } from '../../src/model/evidence.ts';

const NPM = { ecosystem: 'npm' } as const;

/** A document from rows of [version, day of publication or null, provenance]. */
function packument(rows: readonly (readonly [string, number | null, boolean])[]): Packument {
  const manifest = (version: string, provenance: boolean): Manifest => ({
    name: 'p',
    version,
    integrity: null,
    shasum: null,
    tarball: null,
    signatures: [],
    attestations: provenance ? { url: null, provenance: true } : null,
    publisher: null,
    repository: null,
    dependencies: {},
    peerDependencies: {},
    bin: {},
    bundles: [],
    installScripts: {},
    deprecated: false,
  });
  return {
    ecosystem: 'npm',
    name: 'p',
    distTags: {},
    versions: new Map(rows.map(([version, , provenance]) => [version, manifest(version, provenance)])),
    withProvenance: new Set(rows.flatMap(([version, , provenance]) => (provenance ? [version] : []))),
    time: new Map(rows.flatMap(([version, day]) => (day === null ? [] : [[version, day * 86_400_000]]))),
  };
}

/** A baseline that has seen one version with provenance. */
function baselineOf(version: string, publisher: string): BaselinePackage {
  const identity = {
    issuer: 'https://issuer.test',
    repository: null,
    repositoryId: null,
    ownerId: null,
    workflow: null,
    signer: null,
    runner: null,
  };
  const entry = {
    artifacts: [{ file: null, hash: { algorithm: 'sha512', hex: '' } }],
    evidence: { algorithm: 'sha256', hex: '' },
    provenance: { identity },
    publisher,
    published: null,
    capabilities: null,
  } as const;
  return { ecosystem: 'npm', since: null, identity, channels: new Map(), versions: new Map([[version, entry]]) };
}

/** Sets who published a version, and what it depends on. */
function publisherOf(
  document: Packument,
): (version: string, name: string, trustedPublisher: string | null, ...depends: string[]) => void {
  return (version, name, trustedPublisher, ...depends) => {
    const manifest = document.versions.get(version);
    if (manifest === undefined) throw new Error(`no ${version}`);
    const dependencies = Object.fromEntries(depends.map((on) => [on, '1']));
    (document.versions as Map<string, Manifest>).set(version, {
      ...manifest,
      publisher: { name, trustedPublisher },
      dependencies,
    });
  };
}

describe('release lines', () => {
  it.each([
    ['1.14.1', '1'],
    ['10.0.0-beta.1', '10'],
    ['0.30.4', '0.30'],
    ['0.0.3', '0.0'],
    ['not a version', null],
  ])('%s is of line %s', (version, line) => {
    expect(versionIn(NPM, version)?.line ?? null).toBe(line);
  });
});

describe('predecessor', () => {
  it('is the highest lower stable version of the line that was published earlier', () => {
    const document = packument([
      ['1.9.0', 1, true],
      ['1.10.0', 2, true],
      ['1.11.0-rc.1', 3, true],
      ['2.0.0', 4, true],
      ['1.10.1', 5, false],
      ['1.10.2', 9, false],
    ]);
    expect(predecessorOf(document, '1.10.1')?.version).toBe('1.10.0');
    expect(predecessorOf(document, '1.9.0')).toBeNull();
    expect(predecessorOf(document, '2.0.0')).toBeNull();
  });

  it('is not a lower version that was published later', () => {
    const document = packument([
      ['1.0.0', 1, true],
      ['1.2.0', 2, false],
      ['1.1.0', 3, true],
    ]);
    expect(predecessorOf(document, '1.2.0')?.version).toBe('1.0.0');
  });

  it('goes by the version order where the registry gives no times', () => {
    const document = packument([
      ['1.0.0', null, true],
      ['1.1.0', null, false],
      ['1.2.0', null, true],
    ]);
    expect(earlierVersions(document, '1.1.0').map(({ version }) => version)).toEqual(['1.0.0']);
  });

  it('ignores versions that are not semver, and does not fail on one', () => {
    const document = packument([
      ['1.0.0', 1, true],
      ['latest', 2, true],
    ]);
    expect(predecessorOf(document, 'latest')).toBeNull();
    expect(earlierVersions(document, '1.0.0')).toEqual([]);
  });

  it('goes by the order of Semantic Versioning, whatever the versions are', () => {
    const number = fc.oneof(fc.nat(3), fc.constantFrom(10, 999_999_999, 1_000_000_000, Number.MAX_SAFE_INTEGER));
    const suffix = fc.constantFrom('', '', '', '-1', '-2', '-a', '-a.1', '-a.b', '-1.0', '+b', '-a+b', ' ', 'x');
    const version = fc.tuple(number, number, number, suffix).map(([a, b, c, rest]) => `${a}.${b}.${c}${rest}`);
    fc.assert(
      fc.property(fc.array(version, { maxLength: 12 }), version, (all, asked) => {
        const document = packument([...new Set(all)].map((one) => [one, null, false]));
        const parsed = semver.parse(asked);
        const lower = [...document.versions.keys()].filter(
          (one) => one !== asked && parsed !== null && semver.parse(one)?.compare(parsed) === -1,
        );
        expect(earlierVersions(document, asked).map((one) => one.version)).toEqual(
          lower.sort((a, b) => semver.compare(a, b)),
        );
        expect(lowerVersions(document, asked)).toEqual(earlierVersions(document, asked));
        expect(versionIn(NPM, asked)?.line ?? null).toBe(
          parsed && (parsed.major === 0 ? `0.${parsed.minor}` : String(parsed.major)),
        );
      }),
    );
  });

  it('tells apart what is earlier and what is lower, for each version of one document', () => {
    const versions = [
      '1.0.0',
      '1.0.1',
      '01.0.2',
      '1.0',
      '2.0.0-rc.1',
      '2.0.0',
      '10.0.0+build',
      '9007199254740993.0.0',
      'x',
    ];
    for (const day of [(i: number) => i, (i: number) => -i, () => null, (i: number) => (i % 2 === 0 ? i : null)]) {
      const document = packument(versions.map((version, i) => [version, day(i), false]));
      const fresh = (): Packument => packument(versions.map((version, i) => [version, day(i), false]));
      for (const version of versions) {
        expect(earlierVersions(document, version)).toEqual(earlierVersions(fresh(), version));
        const isLower = (one: string): boolean => semver.valid(version) !== null && semver.lt(one, version);
        const lower = earlierVersions(fresh(), version).filter((one) => isLower(one.version));
        expect(lowerVersions(document, version)).toEqual(lower);
      }
      expect(Math.max(...versions.map((version) => earlierVersions(document, version).length))).toBeGreaterThan(2);
    }
  });
});

describe('loss', () => {
  it('is lost where the predecessor had it', () => {
    const document = packument([
      ['1.14.0', 1, true],
      ['1.14.1', 2, false],
    ]);
    expect(checkLoss(document, '1.14.1')).toMatchObject({
      code: 'provenance-lost',
      args: { predecessor: '1.14.0', published: 86_400_000 },
    });
  });

  it('is lost elsewhere where only another line had it before', () => {
    const document = packument([
      ['0.30.3', 1, false],
      ['1.14.0', 2, true],
      ['0.30.4', 3, false],
    ]);
    expect(checkLoss(document, '0.30.4')).toMatchObject({
      code: 'provenance-lost-elsewhere',
      args: { version: '1.14.0', sameLine: false },
    });
  });

  it('is lost behind a release that lost it, held against the last one that had it in the same line', () => {
    const document = packument([
      ['1.0.0', 1, true],
      ['2.0.0', 2, true],
      ['1.0.1', 3, false],
      ['1.0.2', 4, false],
    ]);
    expect(checkLoss(document, '1.0.2')).toMatchObject({ code: 'provenance-lost', args: { predecessor: '1.0.0' } });
  });

  it('is lost elsewhere where the same account published both, long apart, and added nothing', () => {
    const document = packument([
      ['1.0.0', 1, true],
      ['1.0.1', 182, false],
    ]);
    const published = publisherOf(document);
    published('1.0.0', 'a', null);
    expect(checkLoss(document, '1.0.1').code).toBe('provenance-lost');
    published('1.0.1', 'a', null);
    expect(checkLoss(document, '1.0.1')).toMatchObject({
      code: 'provenance-lost-elsewhere',
      args: { version: '1.0.0', sameLine: true, publisher: 'a' },
    });
    published('1.0.0', 'a', 'github');
    expect(checkLoss(document, '1.0.1').code).toBe('provenance-lost');
    published('1.0.1', 'b', null);
    expect(checkLoss(document, '1.0.1').code).toBe('provenance-lost');
  });

  it('is lost behind a release with provenance of another account, which added what the next one keeps', () => {
    const document = packument([
      ['1.14.0', 1, true],
      ['1.14.1', 2, true],
      ['1.14.2', 3, false],
    ]);
    const published = publisherOf(document);
    published('1.14.0', 'ci', 'github');
    published('1.14.1', 'thief', null, 'evil');
    published('1.14.2', 'thief', null, 'evil');
    expect(checkLoss(document, '1.14.2').code).toBe('provenance-lost');
    published('1.14.0', 'thief', null);
    expect(checkLoss(document, '1.14.2').code).toBe('provenance-lost');
  });

  it('is held against what the baseline has seen, whatever comes between and whatever the registry says now', () => {
    const between = Array.from({ length: 8 }, (_, i) => `1.0.${i + 1}`);
    const document = packument([
      ['1.0.0', 1, true],
      ...between.map((version, i) => [version, i + 2, true] as const),
      ['1.1.0', 200, false],
    ]);
    const published = publisherOf(document);
    for (const version of [...between, '1.1.0']) published(version, 'thief', null);
    published('1.0.0', 'ada', null);
    const known = baselineOf('1.0.0', 'ada');
    expect(checkLoss(document, '1.1.0').code).toBe('provenance-lost-elsewhere');
    expect(checkLossAgainst(known, document, { ...NPM, version: '1.1.0' })?.code).toBe('provenance-lost');
    // A history written anew.
    published('1.0.0', 'thief', null);
    expect(checkLossAgainst(known, document, { ...NPM, version: '1.1.0' })).toMatchObject({
      code: 'provenance-lost',
      args: { predecessor: '1.0.0' },
    });
    expect(checkLossAgainst(baselineOf('1.0.0', 'thief'), document, { ...NPM, version: '1.1.0' })?.code).toBe(
      'provenance-lost-elsewhere',
    );
  });

  it('a prerelease or a higher version that had it is elsewhere', () => {
    const document = packument([
      ['2.0.0-rc.1', 1, true],
      ['2.0.0', 2, false],
    ]);
    expect(checkLoss(document, '2.0.0')).toMatchObject({
      code: 'provenance-lost-elsewhere',
      args: { version: '2.0.0-rc.1', sameLine: true },
    });
  });

  it('is a historical gap where only later versions have it', () => {
    const document = packument([
      ['1.0.0', 1, false],
      ['1.0.1', 2, false],
      ['1.1.0', 3, true],
    ]);
    expect(checkLoss(document, '1.0.1')).toMatchObject({ code: 'provenance-missing', args: { earlier: 1 } });
  });
});
