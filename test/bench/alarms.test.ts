import { describe, expect, it } from 'vitest';
import { recordedPackuments } from '../../bench/alarms/recorded.ts';
import { findingsNow, replay, type Judged } from '../../bench/alarms/replay.ts';
import { checkLoss } from '../../src/checks/loss.ts';
import { packument, type Row } from '../support/packument.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

function judgedOf(rows: readonly Row[]): (version: string) => Judged {
  const { judged } = replay([packument('p', rows)]);
  return (version) => {
    const found = judged.find((each) => each.version === version);
    if (found === undefined) throw new Error(`${version} was not judged`);
    return found;
  };
}

/** The real history around the attack of 31 March 2026, with a second malicious release that did not happen. */
const AXIOS: readonly Row[] = [
  ['1.13.1', '2025-10-28T19:48:12Z', 'maintainer', 'proven'],
  ['1.13.2', '2025-11-04T21:37:02Z', 'maintainer', 'proven'],
  ['0.30.2', '2025-10-01T22:09:48Z', 'maintainer', 'bare'],
  ['1.13.3', '2026-01-25T16:28:48Z', 'maintainer', 'bare'],
  ['1.13.4', '2026-01-27T19:19:35Z', 'oidc', 'proven'],
  ['0.30.3', '2026-03-04T00:31:21Z', 'maintainer', 'bare'],
  ['1.14.0', '2026-03-27T21:18:09Z', 'oidc', 'proven'],
  ['1.14.1', '2026-03-31T00:21:00Z', 'maintainer', 'bare'],
  ['0.30.4', '2026-03-31T01:00:00Z', 'maintainer', 'bare'],
  ['1.14.2', '2026-03-31T02:00:00Z', 'maintainer', 'bare'],
  ['1.15.0', '2026-04-08T17:26:13Z', 'oidc', 'proven'],
];

describe('the Axios history', () => {
  const judged = judgedOf(AXIOS);

  it('1.14.1 is an error: its predecessor 1.14.0 had provenance', () => {
    expect(judged('1.14.1')).toMatchObject({
      assay: {
        code: 'provenance-lost',
        level: 'error',
        why: 'predecessor 1.14.0 (2026-03-27, by trusted publisher github) had it; published by maintainer',
      },
      pnpm: '1.13.4',
    });
  });

  it('0.30.4 is an error although its line never had provenance: the same account had it, and another line has it now', () => {
    const { assay } = judged('0.30.4');
    expect(assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
    expect(assay?.why).toContain('1.14.0');
  });

  it('1.14.2 is not laundered by 1.14.1: it is held against 1.14.0, the last one that had provenance', () => {
    const { assay } = judged('1.14.2');
    expect(assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
    expect(assay?.why).toContain('1.14.0 (2026-03-27, by trusted publisher github) had it');
  });

  it('0.30.3 and 1.13.3, published by hand and legitimate, are a decision on their day, and none once the project went on', () => {
    for (const version of ['0.30.3', '1.13.3']) {
      expect(judged(version).assay, version).toMatchObject({ code: 'provenance-lost', level: 'error' });
      const later: Row = ['1.16.0', '2026-05-01T00:00:00Z', 'oidc', 'proven'];
      expect(checkLoss(packument('axios', [...AXIOS, later]), version).code).toBe('provenance-lost-elsewhere');
    }
  });

  it('1.14.1 and what follows it show a person in the place of the pipeline; 0.30.4 and legitimate ones do not', () => {
    const said = (version: string): readonly string[] =>
      judged(version).history.map(({ code, level }) => `${level} ${code}`);
    expect(said('1.14.1')).toEqual(['note history-publisher-changed']);
    expect(said('1.14.2')).toEqual(['note history-publisher-changed']);
    for (const version of ['0.30.3', '0.30.4', '1.13.2', '1.13.3', '1.13.4', '1.14.0', '1.15.0']) {
      expect(said(version), version).toEqual([]);
    }
  });

  it.each(['1.13.2', '1.13.4', '1.14.0', '1.15.0'])('%s has provenance and raises nothing', (version) => {
    expect(judged(version)).toMatchObject({ assay: null, pnpm: null });
  });
});

describe('other shapes of an attack', () => {
  const second = (publisher: string, before: Row[4], after: Row[4]): Judged =>
    judgedOf([
      ['2.0.0', '2025-01-01T00:00:00Z', 'bot', 'proven', { dependencies: { a: '1' }, ...before }],
      ['2.0.1', '2025-01-02T00:00:00Z', publisher, 'bare', { dependencies: { a: '2' }, ...after }],
    ])('2.0.1');

  it('a stolen token of the very account that the pipeline publishes with: an error where it adds what is installed or run', () => {
    const error = { code: 'provenance-lost', level: 'error' };
    expect(second('bot', {}, { dependencies: { a: '1', evil: '1' } }).assay).toMatchObject(error);
    expect(second('bot', {}, { optionalDependencies: { evil: '1' } }).assay).toMatchObject(error);
    expect(second('bot', {}, { scripts: { postinstall: 'node evil.js' } }).assay).toMatchObject(error);
    expect(second('bot', {}, { gypfile: true }).assay).toMatchObject(error);
    const changed = second('bot', { scripts: { install: 'a' } }, { scripts: { install: 'b' } });
    expect(changed.assay).toMatchObject(error);
  });

  it('the same with a change of code alone', () => {
    const fewer = { scripts: { install: 'a' }, dependencies: { a: '1', b: '1' } };
    expect(second('bot', fewer, {}).assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
  });

  it('another account, or one the registry does not name', () => {
    expect(second('thief', {}, {}).assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
    const unnamed = second('bot', { _npmUser: null }, { _npmUser: null });
    expect(unnamed.assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
  });

  it('a patch of an old line that has provenance, published after the newest major', () => {
    const judged = judgedOf([
      ['1.0.0', '2025-01-01T00:00:00Z', 'oidc', 'proven'],
      ['2.0.0', '2025-02-01T00:00:00Z', 'oidc', 'proven'],
      ['1.0.1', '2025-03-01T00:00:00Z', 'thief', 'bare'],
    ]);
    expect(judged('1.0.1').assay).toMatchObject({ code: 'provenance-lost', level: 'error' });
  });
});

describe('the replay', () => {
  it('judges in order of publication, whatever the order of the document, and knows nothing that came later', () => {
    const rows: readonly Row[] = [
      ['1.2.0', '2025-03-01T00:00:00Z', 'a', 'proven'],
      ['1.0.0', '2025-01-01T00:00:00Z', 'a', 'bare'],
      ['1.1.0', '2025-02-01T00:00:00Z', 'a', 'bare'],
    ];
    const { judged } = replay([packument('p', rows)]);
    expect(judged.map(({ version, assay }) => [version, assay?.code])).toEqual([
      ['1.0.0', 'provenance-missing'],
      ['1.1.0', 'provenance-missing'],
      ['1.2.0', undefined],
    ]);
  });

  it('keeps packages apart', () => {
    const proven = packument('p', [['1.0.0', '2025-01-01T00:00:00Z', 'a', 'proven']]);
    const bare = packument('q', [['1.0.1', '2025-01-02T00:00:00Z', 'a', 'bare']]);
    expect(replay([proven, bare]).judged[1]).toMatchObject({ assay: { code: 'provenance-missing' }, pnpm: null });
  });

  it('counts a version without a date, and does not judge it', () => {
    const whole = packument('p', [
      ['1.0.0', '2025-01-01T00:00:00Z', 'a', 'proven'],
      ['1.0.1', 'once upon a time', 'a', 'bare'],
    ]);
    const { judged, undated } = replay([whole]);
    expect(judged.map(({ version }) => version)).toEqual(['1.0.0']);
    expect(undated).toBe(1);
  });
});

describe("pnpm's rule", () => {
  const EARLIER: readonly Row[] = [
    ['2.0.0', '2025-01-01T00:00:00Z', 'oidc', 'proven'],
    ['1.0.0', '2025-01-02T00:00:00Z', 'a', 'proven'],
  ];
  const later = (version: string, publisher: string, provenance: 'proven' | 'bare'): Judged =>
    judgedOf([...EARLIER, [version, '2025-02-01T00:00:00Z', publisher, provenance]])(version);

  it('refuses less evidence than any line had: nothing after provenance, provenance after a trusted publisher', () => {
    expect(later('1.0.1', 'a', 'bare').pnpm).toBe('2.0.0');
    expect(later('1.0.1', 'a', 'proven').pnpm).toBe('2.0.0');
    expect(later('1.0.1', 'oidc', 'proven').pnpm).toBeNull();
  });

  it('takes a trusted publisher without provenance for nothing', () => {
    expect(later('1.0.1', 'oidc', 'bare').pnpm).toBe('2.0.0');
  });

  it('goes by the date alone: a higher version that was published earlier counts, a later one does not', () => {
    const judged = judgedOf([
      ['3.0.0', '2025-01-01T00:00:00Z', 'a', 'proven'],
      ['1.0.0', '2025-01-02T00:00:00Z', 'a', 'bare'],
    ]);
    expect(judged('1.0.0').pnpm).toBe('3.0.0');
    const reversed = judgedOf([
      ['3.0.0', '2025-01-02T00:00:00Z', 'a', 'proven'],
      ['1.0.0', '2025-01-01T00:00:00Z', 'a', 'bare'],
    ]);
    expect(reversed('1.0.0').pnpm).toBeNull();
  });

  it('does not hold a prerelease against a stable version, but against another prerelease', () => {
    const judged = judgedOf([
      ['1.0.0-rc.1', '2025-01-01T00:00:00Z', 'a', 'proven'],
      ['1.0.0-rc.2', '2025-01-02T00:00:00Z', 'a', 'bare'],
      ['1.0.0', '2025-01-03T00:00:00Z', 'a', 'bare'],
    ]);
    expect(judged('1.0.0-rc.2').pnpm).toBe('1.0.0-rc.1');
    expect(judged('1.0.0').pnpm).toBeNull();
  });
});

const skipped = hasSharedData ? '' : ' (skipped: the recorded data is not beside the checkout)';
describe.skipIf(!hasSharedData)(`recorded documents${skipped}`, () => {
  it('raise these alarms, none of which was an attack: what changes here was changed by a rule', () => {
    const packuments = recordedPackuments(sharedData('npm/packuments'));
    const { judged, undated } = replay(packuments);
    expect(undated).toBe(0);
    const lost = judged.filter(({ assay }) => assay?.code === 'provenance-lost');
    const ofThree = lost.filter(({ name }) => ['undici', 'node-gyp', 'nuxt'].includes(name));
    expect(ofThree.map(({ name, version }) => `${name}@${version}`)).toEqual([
      'undici@6.19.0',
      'undici@5.28.5',
      'nuxt@4.0.0-alpha.1',
      'node-gyp@11.4.0',
    ]);
    expect(lost.length).toBeLessThanOrEqual(6);
    expect(lost.filter(({ pnpm }) => pnpm === null)).toEqual([]);
    expect(judged.filter(({ pnpm }) => pnpm !== null).length).toBeGreaterThan(5 * lost.length);
    const now = findingsNow(packuments).filter(({ level }) => level === 'warning');
    expect(now.length).toBeLessThan(judged.length / 200);
    const movedBack = now.filter(({ code }) => code === 'history-dist-tag-moved-back');
    expect(movedBack.map(({ spec }) => spec)).toContain('get-intrinsic@1.3.1');
  });
});
