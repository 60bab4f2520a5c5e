import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AcceptedFinding, type BaselineUpdate } from '../../src/model/baseline.ts';
import { bytesOf } from '../../src/model/locked-bytes.ts';
import type { Digest } from '../../src/model/dependency.ts';
import { finding, FINDING_CODES, FINDING_KINDS, type FindingCode } from '../../src/model/finding.ts';
import { DEFAULT_REVIEW, type ReviewRules } from '../../src/model/policy.ts';
import type { Appearance, Appearances } from '../../src/model/review.ts';
import type { JudgedDependency, Level } from '../../src/model/verdict.ts';
import { withSeen } from '../../src/baseline/seen.ts';
import { acceptedStates, ownerOf, reviewed, reviewRules, undated, type Clock } from '../../src/policy/review.ts';
import { argsWith, dependency, judged, lockedBy } from '../report/fixtures.ts';

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const MONDAY = Date.UTC(2026, 2, 30);
const NOW = MONDAY + 3 * 24 * HOUR;
const HASH: Digest = { algorithm: 'sha512', hex: 'ab'.repeat(64) };

const rules = (change: Partial<ReviewRules> = {}): ReviewRules => ({ ...DEFAULT_REVIEW, ...change });
const clock = (change: Partial<Clock> = {}): Clock => ({
  ...{ rules: rules(), accepted: [], seen: [], brought: [], silent: new Set(), now: NOW },
  ...change,
});

function withFinding(
  code: FindingCode,
  level: Level,
  change: Partial<JudgedDependency> = {},
  about = dependency('p', '1.0.0'),
): JudgedDependency {
  const args = argsWith('x');
  return { ...judged(about, 'warn'), findings: [{ ...finding(code, args[code]), level }], ...change };
}

function historyOf(time: number, change: Partial<Appearance> = {}): Appearances {
  const appearance = { time, source: 'commit', commit: 'c0ffee', orEarlier: false, ...change } as const;
  return { appearances: new Map([['npm:p@1.0.0', appearance]]), shallow: false };
}

const accepted = (change: Partial<AcceptedFinding> = {}): AcceptedFinding => ({
  ecosystem: 'npm',
  name: 'p',
  version: '1.0.0',
  bytes: HASH,
  code: 'provenance-lost',
  by: 'jane',
  why: 'r',
  until: NOW - HOUR,
  ...change,
});

describe('what waits for a decision', () => {
  const waits = (one: JudgedDependency, change: Partial<ReviewRules> = {}): boolean =>
    undated([one], clock({ rules: rules(change) })).length > 0;

  it('a warning about a direct dependency, or about any', () => {
    const deep = dependency('p', '1.0.0', { direct: false });
    expect(waits(withFinding('provenance-lost', 'warning'))).toBe(true);
    expect(waits(withFinding('provenance-lost', 'warning', {}, deep))).toBe(false);
    expect(waits(withFinding('provenance-lost', 'warning', {}, deep), { queue: 'all' })).toBe(true);
  });

  it.each(FINDING_CODES)('%s as an error only where it could be accepted, as a note never', (code) => {
    const kind = FINDING_KINDS[code];
    const decidable = kind !== 'contradiction' && kind !== 'unavailable' && kind !== 'note';
    expect(waits(withFinding(code, 'error'))).toBe(decidable);
    expect(waits(withFinding(code, 'note'), { queue: 'all' })).toBe(false);
    const bytes = [[], [{ ...HASH, algorithm: 'sha1' as const }], [HASH, HASH]];
    for (const integrity of bytes) {
      expect(
        waits(
          withFinding(code, 'error', {}, dependency('p', '1.0.0', { artifacts: lockedBy({ digests: integrity }) })),
        ),
      ).toBe(false);
    }
  });

  it('nothing the baseline records', () => {
    for (const baseline of ['held', 'known'] as const) {
      expect(waits(withFinding('provenance-missing', 'warning', { baseline }))).toBe(false);
      expect(waits(withFinding('provenance-lost', 'warning', { baseline }))).toBe(true);
    }
    expect(waits(withFinding('provenance-missing', 'warning', { baseline: 'uncovered' }))).toBe(true);
  });

  it('nothing that the registry leaves out of everything, but the rest of such a dependency', () => {
    const about = dependency('p', '1.0.0');
    const waitsWith = (code: FindingCode, change: Partial<Clock> = {}): boolean =>
      undated([withFinding(code, 'error', {}, about)], clock({ silent: new Set([about]), ...change })).length > 0;
    expect(FINDING_CODES.filter((code) => !waitsWith(code) && waits(withFinding(code, 'error')))).toEqual([
      'evidence-stripped',
      'provenance-advertised-absent',
    ]);
    expect(waitsWith('evidence-stripped', { silent: new Set([dependency('q', '1.0.0')]) })).toBe(true);
    // Somebody decided it of these bytes for a time, and that time has ended.
    const code = 'evidence-stripped';
    const decided = withFinding(
      code,
      'error',
      {},
      dependency('p', '1.0.0', { artifacts: lockedBy({ digests: [HASH] }) }),
    );
    const past = (change: Partial<AcceptedFinding>): Partial<Clock> => ({
      silent: new Set([decided.dependency]),
      accepted: [accepted({ code, ...change })],
    });
    expect(undated([decided], clock(past({})))).toEqual(['npm:p@1.0.0']);
    expect(undated([decided], clock(past({ until: NOW + HOUR })))).toEqual([]);
  });

  it('asks for no time that the baseline has', () => {
    const one = withFinding('provenance-lost', 'warning');
    const seen = (time: number): readonly string[] =>
      undated([one], clock({ seen: [{ ecosystem: 'npm', name: 'p', version: '1.0.0', time }] }));
    expect(seen(NOW)).toEqual([]);
    expect(seen(NOW + 1)).toEqual(['npm:p@1.0.0']);
  });
});

describe('when it is due', () => {
  const reviewOf = (
    one: JudgedDependency,
    history: Appearances | null,
    change: Partial<Clock> = {},
  ): JudgedDependency => reviewed([one], history, clock(change))[0] ?? one;

  it.each<[Level, number, Level, string]>([
    ['warning', 48 * HOUR - 1, 'warning', 'warn'],
    ['warning', 48 * HOUR, 'error', 'fail'],
    ['error', 48 * HOUR - 1, 'error', 'fail'],
    ['error', 48 * HOUR, 'error', 'fail'],
  ])('%s after %i ms is %s', (level, age, expected, verdict) => {
    const { findings, verdict: after } = reviewOf(withFinding('provenance-lost', level), historyOf(NOW - age));
    expect([findings[0]?.level, after]).toEqual([expected, verdict]);
    expect(findings[0]?.review).toMatchObject({ due: NOW - age + 48 * HOUR, overdue: age >= 48 * HOUR });
  });

  it('leaves a missing answer what it is, beside it', () => {
    const one = withFinding('provenance-lost', 'warning');
    const silent = {
      ...finding('evidence-unavailable', argsWith('x')['evidence-unavailable']),
      level: 'error',
    } as const;
    const both = { ...one, findings: [...one.findings, silent] };
    expect(reviewOf(both, historyOf(NOW - HOUR)).verdict).toBe('unverified');
    expect(reviewOf(both, historyOf(NOW - 100 * HOUR)).verdict).toBe('fail');
  });

  it('from now on where nothing tells of it', () => {
    const { findings } = reviewOf(withFinding('provenance-lost', 'warning'), null);
    expect(findings[0]?.review).toEqual({
      owner: null,
      firstSeen: { time: NOW, source: 'run', commit: null, orEarlier: true },
      due: NOW + 48 * HOUR,
      overdue: false,
    });
  });

  it('when what was accepted of exactly it has ended', () => {
    const dueWith = (change: Partial<AcceptedFinding>): number | undefined =>
      reviewOf(withFinding('provenance-lost', 'warning'), historyOf(NOW), {
        accepted: [accepted(change)],
      }).findings[0]?.review?.due;
    expect(dueWith({})).toBe(NOW - HOUR);
    for (const change of [
      { name: 'q' },
      { version: '1.0.1' },
      { code: 'provenance-lost-elsewhere' },
      { bytes: { ...HASH, hex: 'cd'.repeat(64) } },
    ] as const) {
      expect(dueWith(change)).toBe(NOW + 48 * HOUR);
    }
  });

  it('by the policy, else by the baseline, else never', () => {
    const baseline = { heads: [], packages: new Map(), accepted: [], seen: [] };
    expect(reviewRules(null, null)).toBeNull();
    expect(reviewRules(null, baseline)).toEqual({ deadlineHours: 48, queue: 'direct', owners: [], rotation: null });
  });
});

describe('whose it is', () => {
  const rotation = { from: MONDAY, people: ['a', 'b', 'c'], line: 1 };
  const owners = ['@s/*', '@s/x', 'x-*', 'x-y-*'].map((text, i) => ({
    packages: { text, ecosystem: 'npm' as const, pattern: text, line: i + 1 },
    owner: text,
  }));

  it('the owner of the package before who is on duty, the most specific first', () => {
    const all = rules({ owners, rotation });
    expect(
      ['@s/x', '@s/y', 'x-z', 'x-y-z', 'z'].map((name) => ownerOf(all, { ecosystem: 'npm', name }, MONDAY)),
    ).toEqual(['@s/x', '@s/*', 'x-*', 'x-y-*', 'a']);
    expect(ownerOf(rules({ owners }), { ecosystem: 'npm', name: 'z' }, MONDAY)).toBeNull();
  });

  it('changes with the week in which it was first seen, at its first moment', () => {
    const all = rules({ rotation });
    const duty = (time: number): string | null => ownerOf(all, { ecosystem: 'npm', name: 'z' }, time);
    expect([MONDAY - 1, MONDAY, MONDAY + WEEK - 1, MONDAY + WEEK].map(duty)).toEqual(['c', 'a', 'a', 'b']);
    fc.assert(
      fc.property(fc.integer({ min: -3000, max: 3000 }), fc.integer({ min: 0, max: WEEK - 1 }), (week, moment) => {
        const time = MONDAY + week * WEEK + moment;
        expect(duty(time)).toBe(['a', 'b', 'c'][((week % 3) + 3) % 3]);
        expect(duty(time + 3 * WEEK)).toBe(duty(time));
      }),
    );
  });

  it('never changes by waiting', () => {
    const history = historyOf(MONDAY - 1);
    const later = [0, WEEK, 5 * WEEK].map((wait) => {
      const at = clock({ rules: rules({ rotation }), now: NOW + wait });
      return reviewed([withFinding('provenance-lost', 'warning')], history, at)[0]?.findings[0]?.review?.owner;
    });
    expect(later).toEqual(['c', 'c', 'c']);
  });
});

describe('what became of an acceptance', () => {
  it.each([
    ['active', { until: NOW + 1 }],
    ['expired', { until: NOW }],
    ['active', { until: NOW + 366 * 24 * HOUR }],
    ['too-long', { until: NOW + 368 * 24 * HOUR }],
    ['other-bytes', { bytes: { ...HASH, hex: 'cd'.repeat(64) } }],
    ['not-locked', { version: '1.0.1' }],
  ])('%s', (state, change) => {
    expect(
      acceptedStates([accepted(change)], [bytesOf(judged(dependency('p', '1.0.0'), 'pass'))], NOW).map(
        (one) => one.state,
      ),
    ).toEqual([state]);
  });
});

describe('when what is left out was first seen', () => {
  const update = (codes: readonly FindingCode[], seen: readonly number[] = []): BaselineUpdate => ({
    baseline: {
      heads: [],
      packages: new Map(),
      accepted: [],
      seen: seen.map((time) => ({ ecosystem: 'npm', name: 'p', version: '1.0.0', time })),
    },
    added: [],
    despite: [],
    expired: [],
    removed: [],
    measures: [],
    unchanged: 0,
    leftOut: [
      { dependency: dependency('p', '1.0.0'), codes, accepted: false, acceptable: true, kept: false, silent: false },
    ],
  });
  const times = (...args: Parameters<typeof withSeen>): readonly number[] =>
    withSeen(...args).seen.map(({ time }) => time);

  it('is what was recorded, else what the history says, else now', () => {
    const loss = update(['provenance-lost']);
    expect(times(loss, null, NOW + 1)).toEqual([NOW]);
    expect(times(loss, historyOf(MONDAY + 999), NOW)).toEqual([MONDAY]);
    expect(times(update(['provenance-lost'], [5000]), historyOf(MONDAY), NOW)).toEqual([5000]);
  });

  it('is not recorded where the history ends too early, and where there is nothing to decide', () => {
    expect(times(update(['provenance-lost']), historyOf(MONDAY, { orEarlier: true }), NOW)).toEqual([]);
    expect(times(update(['integrity-mismatch', 'evidence-unavailable']), null, NOW)).toEqual([]);
    expect(times(update([]), null, NOW)).toEqual([]);
  });

  it('does not begin with what a registry leaves out of everything, and what was recorded before stays', () => {
    const silent = (seen: readonly number[] = []): BaselineUpdate => {
      const one = update(['evidence-stripped'], seen);
      return { ...one, leftOut: one.leftOut.map((left) => ({ ...left, silent: true })) };
    };
    expect(times(silent(), null, NOW)).toEqual([]);
    expect(times(silent([5000]), null, NOW)).toEqual([5000]);
  });
});
