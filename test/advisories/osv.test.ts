import fc from 'fast-check';
import compare from 'semver/functions/compare.js';
import { describe, expect, it } from 'vitest';
import { AdvisoryError } from '../../src/advisories/error.ts';
import { readOsv } from '../../src/advisories/osv.ts';
import { EVERY_VERSION, malicious, saidOf } from './records.ts';

const HIT = ['MAL-2026-1'];
const WHOLE = ['MAL-2026-1 whole'];
const NAMES = { npm: 'npm', pypi: 'PyPI', go: 'Go', cargo: 'crates.io' } as const;

/** What a record with these events says of a version of npm's `p`. */
const within = (version: string, ...events: readonly object[]): string[] =>
  saidOf(['npm', 'p', version], malicious('npm', 'p', { ranges: [{ type: 'SEMVER', events }] }));

describe('a record of OSV', () => {
  it('is about the versions of its list, as its ecosystem compares them', () => {
    const axios = malicious('npm', 'axios', { versions: ['0.30.4', '1.14.1'] });
    expect(saidOf(['npm', 'axios', '1.14.1'], axios)).toEqual(HIT);
    expect(saidOf(['npm', 'axios', '1.14.0'], axios)).toEqual([]);
    expect(saidOf(['npm', 'axios', '1.14.1-0'], axios)).toEqual([]);
    const python = malicious('PyPI', 'p', { versions: ['1.0', '2.0rc1'] });
    for (const same of ['1.0', '1.0.0', '1', '2.0.0-rc.1', 'v2rc1'])
      expect(saidOf(['pypi', 'p', same], python)).toEqual(HIT);
    for (const other of ['1.0.post1', '2.0', '0!1.0.1']) expect(saidOf(['pypi', 'p', other], python)).toEqual([]);
    const go = malicious('Go', 'github.com/boltdb-go/bolt', { versions: ['1.3.1', 'v1.3.2', '2.0.0+incompatible'] });
    for (const one of ['v1.3.1', 'v1.3.2', 'v2.0.0+incompatible']) {
      expect(saidOf(['go', 'github.com/boltdb-go/bolt', one], go)).toEqual(HIT);
    }
    expect(saidOf(['go', 'github.com/boltdb-go/bolt', 'v1.3.3'], go)).toEqual([]);
    expect(saidOf(['cargo', 'p', '0.1.9+meta'], malicious('crates.io', 'p', { versions: ['0.1.9'] }))).toEqual(HIT);
  });

  it('is about every version where its range begins with the first and has no end', () => {
    for (const [ecosystem, osv] of Object.entries(NAMES)) {
      const version = ecosystem === 'go' ? 'v0.0.0-20260101000000-abcdefabcdef' : '0.0.1';
      const name = ecosystem === 'go' ? 'a.example/m' : 'm';
      expect(saidOf([ecosystem as keyof typeof NAMES, name, version], malicious(osv, name, EVERY_VERSION))).toEqual(
        WHOLE,
      );
    }
    // Also of a version that nobody can put in order.
    expect(saidOf(['npm', 'p', 'no version'], malicious('npm', 'p', EVERY_VERSION))).toEqual(WHOLE);
  });

  it.each([
    [[{ introduced: '0' }, { fixed: '1.0.0' }], '0.9.9', '1.0.0'],
    [[{ introduced: '0' }, { fixed: '1.0.0' }], '1.0.0-rc.1', '1.0.1'],
    [[{ introduced: '1.0.0' }, { last_affected: '1.0.0' }], '1.0.0', '1.0.1'],
    [[{ last_affected: '1.0.0' }, { introduced: '1.0.0' }], '1.0.0', '1.0.1'],
    [[{ fixed: '2.0.0' }, { introduced: '1.0.0' }], '1.5.0', '2.0.0'],
    [[{ introduced: '1.0.0' }, { fixed: '2.0.0' }, { introduced: '3.0.0' }], '3.1.0', '2.5.0'],
    [[{ introduced: '1.0.0' }, { limit: '2.0.0' }], '1.9.9', '2.0.0'],
    [[{ introduced: '1.0.0' }, { limit: '*' }, { limit: '2.0.0' }], '2.9.9', '0.9.9'],
  ])('with %j is about %s, and not about %s', (events, covered, clear) => {
    expect(within(covered, ...events)).toEqual(HIT);
    expect(within(clear, ...events)).toEqual([]);
  });

  it('orders versions as each ecosystem does', () => {
    const until = (osv: string, name: string, fixed: string): string =>
      malicious(osv, name, { ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }] });
    expect(saidOf(['pypi', 'p', '1.10'], until('PyPI', 'p', '1.9'))).toEqual([]);
    expect(saidOf(['pypi', 'p', '1.9.dev1'], until('PyPI', 'p', '1.9'))).toEqual(HIT);
    expect(saidOf(['pypi', 'p', '1.9.post1'], until('PyPI', 'p', '1.9'))).toEqual([]);
    expect(saidOf(['pypi', 'p', '1!0.1'], until('PyPI', 'p', '1.9'))).toEqual([]);
    expect(
      saidOf(['go', 'a.example/m', 'v1.9.0-0.20260101000000-abcdefabcdef'], until('Go', 'a.example/m', '1.9.0')),
    ).toEqual(HIT);
    expect(saidOf(['go', 'a.example/m', 'v1.10.0'], until('Go', 'a.example/m', '1.9.0'))).toEqual([]);
    expect(saidOf(['cargo', 'p', '0.3.9'], until('crates.io', 'p', '0.3.10'))).toEqual(HIT);
  });

  it('answers as the pseudocode of the specification does', () => {
    const VERSIONS = ['0.1.0', '1.0.0-a', '1.0.0', '1.0.1', '2.0.0-rc.1', '2.0.0', '10.0.0'];
    const event = fc.oneof(
      fc.constantFrom('0', ...VERSIONS).map((introduced) => ({ introduced })),
      fc.constantFrom(...VERSIONS).map((fixed) => ({ fixed })),
      fc.constantFrom('*', ...VERSIONS).map((limit) => ({ limit })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), fc.constantFrom(...VERSIONS), (drawn, version) => {
        const events = [{ introduced: '0.1.0' }, ...drawn] as readonly Readonly<Record<string, string>>[];
        expect(within(version, ...events).length > 0).toBe(isVulnerable(version, events));
      }),
    );
  });

  it('is about one ecosystem, whatever others call their packages', () => {
    const record = malicious('PyPI', 'requests', EVERY_VERSION);
    expect(saidOf(['pypi', 'requests', '2.0.0'], record)).toEqual(WHOLE);
    for (const ecosystem of ['npm', 'cargo'] as const)
      expect(saidOf([ecosystem, 'requests', '2.0.0'], record)).toEqual([]);
    for (const other of ['PyPI:https://x.example', 'RubyGems', '__proto__']) {
      expect(saidOf(['pypi', 'requests', '2.0.0'], malicious(other, 'requests', EVERY_VERSION))).toEqual([]);
    }
  });

  it('names a package in each way in which its registry takes the name for the same', () => {
    const python = malicious('PyPI', 'Typing_Extensions', EVERY_VERSION);
    for (const name of ['typing-extensions', 'typing.extensions'])
      expect(saidOf(['pypi', name, '1.0'], python)).toEqual(WHOLE);
    expect(saidOf(['cargo', 'proc-macro1', '1.0.0'], malicious('crates.io', 'proc_macro1', EVERY_VERSION))).toEqual(
      WHOLE,
    );
    const go = malicious('Go', 'github.com/BufferZoneCorp/go-stdlog', EVERY_VERSION);
    expect(saidOf(['go', 'github.com/BufferZoneCorp/go-stdlog', 'v1.0.0'], go)).toEqual(WHOLE);
    // Another major version is another module, and so is another case of letters.
    for (const other of ['github.com/BufferZoneCorp/go-stdlog/v2', 'github.com/bufferzonecorp/go-stdlog']) {
      expect(saidOf(['go', other, 'v2.0.0'], go)).toEqual([]);
    }
    const second = malicious('Go', 'github.com/BufferZoneCorp/go-stdlog/v2', EVERY_VERSION);
    expect(saidOf(['go', 'github.com/BufferZoneCorp/go-stdlog', 'v1.0.0'], second)).toEqual([]);
    expect(saidOf(['npm', 'JSONStream', '1.0.0'], malicious('npm', 'jsonstream', EVERY_VERSION))).toEqual([]);
    expect(saidOf(['npm', '@s/p', '1.0.0'], malicious('npm', '@s/p', EVERY_VERSION))).toEqual(WHOLE);
  });

  it('counts until it is withdrawn, also beside a copy that is of the future', () => {
    const later = '2099-01-01T00:00:00Z';
    expect(saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', EVERY_VERSION, { withdrawn: later }))).toEqual(WHOLE);
    const back = malicious('npm', 'p', EVERY_VERSION, { modified: later, withdrawn: later });
    const taken = malicious('npm', 'p', EVERY_VERSION, { modified: later, withdrawn: '2026-08-21T00:00:00Z' });
    for (const other of [back, taken]) {
      for (const all of [
        [malicious('npm', 'p', EVERY_VERSION), other],
        [other, malicious('npm', 'p', EVERY_VERSION)],
      ]) {
        expect(saidOf(['npm', 'p', '1.0.0'], ...all)).toEqual(WHOLE);
      }
    }
  });

  it('is known by its id and its ecosystem in any letters, and with the registry behind that', () => {
    for (const ecosystem of ['NPM', 'npm:https://registry.npmjs.org']) {
      expect(saidOf(['npm', 'p', '1.0.0'], malicious(ecosystem, 'p', EVERY_VERSION))).toEqual(WHOLE);
    }
    const small = malicious('PyPI:https://pypi.org', 'p', EVERY_VERSION, { id: 'mal-2026-1' });
    expect(saidOf(['pypi', 'p', '1.0.0'], small)).toEqual(['mal-2026-1 whole']);
  });

  it('says nothing once it is withdrawn, and nothing of what is not malicious', () => {
    const at = { withdrawn: '2026-08-21T00:00:00Z' };
    expect(saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', EVERY_VERSION, at))).toEqual([]);
    expect(saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', EVERY_VERSION, { withdrawn: null }))).toEqual(WHOLE);
    for (const id of ['GHSA-fw8c-xr5c-95f9', 'CVE-2026-1', 'PYSEC-2026-1', 'XMAL-2026-1']) {
      expect(saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', EVERY_VERSION, { id }))).toEqual([]);
    }
    const rustsec = (categories: unknown): string[] =>
      saidOf(
        ['cargo', 'p', '1.0.0'],
        malicious(
          'crates.io',
          'p',
          { ...EVERY_VERSION, database_specific: { categories } },
          { id: 'RUSTSEC-2026-0260' },
        ),
      );
    expect(rustsec(['malicious'])).toEqual(['RUSTSEC-2026-0260 whole']);
    for (const other of [['code-execution'], [], 'malicious', null]) expect(rustsec(other)).toEqual([]);
  });

  it('counts once, as it was last changed', () => {
    const [old, taken] = ['2026-08-20T00:00:00Z', '2026-08-22T00:00:00Z'];
    const said = malicious('npm', 'p', EVERY_VERSION, { modified: old });
    const back = malicious('npm', 'p', EVERY_VERSION, { modified: taken, withdrawn: taken });
    const again = malicious('npm', 'p', { versions: ['1.0.0'] }, { modified: '2026-08-23T00:00:00Z' });
    for (const both of [
      [said, back],
      [back, said],
    ])
      expect(saidOf(['npm', 'p', '1.0.0'], ...both)).toEqual([]);
    for (const all of [
      [said, back, again],
      [again, back, said],
    ])
      expect(saidOf(['npm', 'p', '1.0.0'], ...all)).toEqual(HIT);
    // Where nothing says which is newer, what is said to be malicious counts.
    const atOnce = malicious('npm', 'p', EVERY_VERSION, { modified: old, withdrawn: old });
    for (const both of [
      [said, atOnce],
      [atOnce, said],
    ])
      expect(saidOf(['npm', 'p', '1.0.0'], ...both)).toEqual(WHOLE);
    const other = malicious('npm', 'p', { versions: ['1.0.0'] }, { id: 'MAL-2025-9', modified: old });
    expect(saidOf(['npm', 'p', '1.0.0'], said, other)).toEqual(['MAL-2025-9 MAL-2026-1 whole']);
  });

  it.each([
    [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '1.x' }] }] }, 'which is no version'],
    [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '' }] }] }, 'which is no version'],
    [{ ranges: [{ type: 'SEMVER', events: [{ introduced: 0 }] }] }, 'has no version'],
    [{ ranges: [{ type: 'SEMVER', events: [{ introduced: '0', fixed: '1.0.0' }] }] }, 'says not one thing'],
    [{ ranges: [{ type: 'SEMVER', events: [{ begun: '0' }] }] }, 'says not one thing'],
    [{ ranges: [{ type: 'SEMVER', events: [{ fixed: '0.0.1' }] }] }, 'where it begins'],
    [{ ranges: [{ type: 'SEMVER', events: [] }] }, 'where it begins'],
    [{ ranges: [{ type: 'SEMVER' }] }, 'has no events'],
    [{ ranges: [{ type: 'RPM', events: [{ introduced: '0' }] }] }, 'of an unknown type'],
    [{ ranges: [null] }, 'is no object'],
    [{ ranges: 'all' }, 'ranges is no list'],
    [{ versions: '1.0.0' }, 'versions is no list'],
    [{ versions: [1] }, 'is no text'],
    [{ versions: [], ranges: [] }, 'names no version'],
    [{}, 'names no version'],
  ])('that says %j is never taken for one that does not concern a version', (affected, reason) => {
    const [said = ''] = saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', affected));
    expect(said).toMatch(/^\? /);
    expect(said).toContain(reason);
    // What can be read of it still counts.
    const listed = malicious('npm', 'p', { ...affected, versions: ['1.0.0'] });
    expect(saidOf(['npm', 'p', '1.0.0'], listed)).toEqual(HIT);
  });

  it('with commits alone says nothing of versions; a locked version without a place in a range is unclear', () => {
    const commits = { type: 'GIT', repo: 'https://x.example', events: [{ introduced: '0' }] };
    const beside = malicious('npm', 'p', { ranges: [commits], versions: ['1.0.1'] });
    expect(saidOf(['npm', 'p', '1.0.0'], beside)).toEqual([]);
    expect(saidOf(['npm', 'p', '1.0.1'], beside)).toEqual(HIT);
    expect(saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', { ranges: [commits] }))).toEqual([
      '? it names no version',
    ]);
    const range = { type: 'SEMVER', events: [{ introduced: '1.0.0' }] };
    const unclear = saidOf(['npm', 'p', 'x'], malicious('npm', 'p', { ranges: [range] }));
    expect(unclear).toEqual(['? the locked version is none that has a place in a range']);
  });

  it.each([
    ['', 'is not JSON'],
    ['[]', 'is no record'],
    ['{"id":"MAL-1"}', 'modified'],
    [malicious('npm', 'p', {}, { modified: 'yesterday' }), 'modified'],
    [malicious('npm', 'p', {}, { id: 1 }), 'no id'],
    [malicious('npm', 'p', {}, { affected: {} }), 'affected'],
    [malicious('npm', 'p', {}, { affected: [1] }), 'affected'],
    [malicious('npm', 'p', {}, { affected: [{ package: 'p' }] }), 'no name'],
    [malicious('npm', 'p', {}, { withdrawn: 'soon' }), 'withdrawn'],
  ])('is refused where nobody could say what it is about: %s', (text, problem) => {
    expect(() => readOsv(text)).toThrow(AdvisoryError);
    expect(() => readOsv(text)).toThrow(problem);
  });

  it('of any shape is read or refused, and never passed over', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.record({ versions: value, ranges: value }, { requiredKeys: [] }), (affected) => {
        const said = saidOf(['npm', 'p', '1.0.0'], malicious('npm', 'p', affected));
        const isReadable =
          Array.isArray(affected.versions) && affected.versions.every((one) => typeof one === 'string');
        if (!isReadable) expect(said).toHaveLength(1);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (any) => {
        try {
          readOsv(JSON.stringify(any));
        } catch (error) {
          expect(error).toBeInstanceOf(AdvisoryError);
        }
      }),
    );
  });
});

/** https://ossf.github.io/osv-schema/#evaluation, with the order of node-semver. */
function isVulnerable(version: string, events: readonly Readonly<Record<string, string>>[]): boolean {
  const limits = events.flatMap(({ limit }) => limit ?? []);
  if (limits.length > 0 && !limits.some((limit) => limit === '*' || compare(version, limit) < 0)) return false;
  const place = ({ introduced, fixed }: Readonly<Record<string, string>>): string => {
    const at = introduced ?? fixed ?? '';
    return at === '0' ? '0.0.0-0' : at;
  };
  const sorted = events.filter(({ limit }) => limit === undefined).sort((a, b) => compare(place(a), place(b)));
  return sorted.reduce(
    (within, one) => (compare(version, place(one)) >= 0 ? one['introduced'] !== undefined : within),
    false,
  );
}
