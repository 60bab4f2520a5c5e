import { describe, expect, it } from 'vitest';
import { withDependencyAges, type Beside } from '../../src/checks/added-dependencies.ts';
import { finding, type FindingArgs, type Finding } from '../../src/model/finding.ts';
import type { Assessment } from '../../src/model/verdict.ts';
import { dependency, judged } from '../report/fixtures.ts';

const DAY = 86_400_000;
const RELEASED = Date.parse('2026-03-31T00:21:00Z');
const NOW = RELEASED + 2 * DAY;

function assessment(name: string, version: string, change: Partial<Assessment> = {}): Assessment {
  return { ...judged(dependency(name, version), 'pass'), findings: [], ...change };
}

/** A locked dependency whose package is as old as `first`, and whose version as `published`. */
function locked(name: string, version: string, first: number, published = first): Assessment {
  const release = {
    evidence: null,
    entry: { algorithm: 'sha256' as const, hex: '' },
    publisher: null,
    published,
    firstPublished: first,
    provenanceSince: null,
    expected: null,
  };
  return assessment(name, version, { published, release });
}

type Args = FindingArgs['history-dependency-added'];

function adding(provenance: Args['provenance'], ...specs: readonly (readonly [string, string])[]): Assessment {
  const args: Args = {
    dependencies: specs.map(([name]) => name),
    version: '1.14.0',
    added: specs.map(([name, spec]) => ({ name, spec, firstPublished: null, version: null, published: null })),
    published: RELEASED,
    provenance,
  };
  return assessment('axios', '1.14.1', { findings: [finding('history-dependency-added', args)] });
}

const NOTHING: Beside = { assessed: [], unanswered: new Map() };

function additionOf(
  assessments: readonly Assessment[],
  beside = NOTHING,
): Finding & { readonly code: 'history-dependency-added' } {
  const [found] = withDependencyAges(assessments, beside, NOW)[0]?.findings ?? [];
  if (found?.code !== 'history-dependency-added') throw new Error('nothing added');
  return found;
}

describe('the age of an added dependency', () => {
  const evil: readonly [string, string] = ['evil', '^4.2.0'];

  it('is read from the lockfile, where it is locked', () => {
    const { args, kind } = additionOf([adding('none', evil), locked('evil', '4.2.1', RELEASED - DAY, RELEASED - 1000)]);
    expect(kind).toBe('anomaly');
    expect(args.added).toEqual([
      { name: 'evil', spec: '^4.2.0', firstPublished: RELEASED - DAY, version: '4.2.1', published: RELEASED - 1000 },
    ]);
  });

  it.each([
    ['less than 90 days', 90 * DAY - 1, 'anomaly'],
    ['90 days', 90 * DAY, 'note'],
    ['less than what depends on it', DAY, 'anomaly'],
  ])('%s', (_, age, kind) => {
    expect(additionOf([adding('none', evil), locked('evil', '4.2.1', NOW - age)]).kind).toBe(kind);
  });

  it('counts where the build is proven, too, as somebody else built the addition; where provenance was lost, any does', () => {
    const young = locked('evil', '4.2.1', RELEASED - DAY);
    expect(additionOf([adding('proven', evil), young]).kind).toBe('anomaly');
    expect(additionOf([adding('proven', evil), locked('evil', '4.2.1', NOW - 90 * DAY)]).kind).toBe('note');
    expect(additionOf([adding('lost', evil)]).kind).toBe('anomaly');
  });

  it('is that of the package an alias stands for', () => {
    const { args, kind } = additionOf([
      adding('none', ['harmless', 'npm:evil@^4.2.0']),
      locked('evil', '4.2.1', RELEASED - DAY),
      locked('harmless', '1.0.0', RELEASED - 1000 * DAY),
    ]);
    expect(kind).toBe('anomaly');
    expect(args.added[0]).toMatchObject({ name: 'harmless', version: '4.2.1' });
  });

  it('is told for the locked version that fits, and for the youngest where none does', () => {
    const old = locked('evil', '1.0.0', RELEASED - 900 * DAY, RELEASED - 900 * DAY);
    const fits = locked('evil', '4.2.1', RELEASED - 900 * DAY, RELEASED - DAY);
    const newer = locked('evil', '5.0.0', RELEASED - 900 * DAY, RELEASED);
    const version = (...of: readonly Assessment[]): unknown =>
      additionOf([adding('none', evil), ...of]).args.added[0]?.version;
    expect(version(old, fits, newer)).toBe('4.2.1');
    expect(version(old, newer)).toBe('5.0.0');
  });

  it('is that of what was asked about beside, where the baseline holds it or the run is not about it', () => {
    const young = locked('evil', '4.2.1', RELEASED - DAY);
    const held: Assessment = { ...young, baseline: 'held', release: null };
    const beside = { ...NOTHING, assessed: [young] };
    for (const assessments of [[adding('none', evil), held], [adding('none', evil)]]) {
      const { args, kind } = additionOf(assessments, beside);
      expect(kind).toBe('anomaly');
      expect(args.added[0]).toMatchObject({ firstPublished: RELEASED - DAY, version: '4.2.1' });
    }
    const old = { ...NOTHING, assessed: [locked('evil', '4.2.1', NOW - 90 * DAY)] };
    expect(additionOf([adding('none', evil), held], old).kind).toBe('note');
  });

  it('is no statement where that gave no answer', () => {
    const url = 'https://registry.test/evil';
    const answer = finding('evidence-unavailable', { evidence: 'manifest', url, reason: 'HTTP 500' });
    const silent = assessment('evil', '4.2.1', { release: null, findings: [answer] });
    const [first, ...more] = withDependencyAges([adding('none', evil)], { ...NOTHING, assessed: [silent] }, NOW);
    expect(first?.findings.slice(1)).toEqual([answer]);
    expect(more).toEqual([]);
    const unresolved = { ...NOTHING, unanswered: new Map([['npm:evil ^4.2.0', answer]]) };
    expect(withDependencyAges([adding('none', evil)], unresolved, NOW)[0]?.findings.slice(1)).toEqual([answer]);
    // What the run asked about itself says so of itself.
    expect(withDependencyAges([adding('none', evil), silent], NOTHING, NOW)[0]?.findings).toHaveLength(1);
  });

  it('is not known of what comes from elsewhere, and then is no alarm', () => {
    expect(additionOf([adding('none', evil, ['x', 'git+https://e.vil/x.git'])]).kind).toBe('note');
  });

  it.each([
    // One letter changed, added or left out.
    ['serde', 'serda', true],
    ['serde', 'serdes', true],
    ['serde', 'sere', true],
    // Two beside each other that changed places: at the start, in the middle and at the end.
    ['arrayref', 'rarayref', true],
    ['arrayref', 'arraryef', true],
    ['arrayref', 'arrayrfe', true],
    ['rand', 'rnad', true],
    // Two that changed places and are not beside each other, two swaps, a swap and a letter, and short names.
    ['arrayref', 'arfayrer', false],
    ['arrayref', 'rarayrfe', false],
    ['arrayref', 'rarayrefs', false],
    ['arrayref', 'rarayrex', false],
    ['log', 'lgo', false],
    ['serde', 'serde', false],
    ['serde', 'tokio', false],
  ])('names what it may be taken for: %s and %s', (known, name, isLike) => {
    const old = locked(known, '1.0.0', NOW - 1000 * DAY);
    const like = (first: number): unknown => {
      const young = known === name ? [] : [locked(name, '1.0.0', first)];
      return additionOf([adding('none', [name, '^1.0.0']), old, ...young]).args.added[0]?.like;
    };
    expect(like(NOW - DAY)).toBe(isLike ? known : undefined);
    // What has been there for long is nobody's trap, whatever it is called.
    expect(like(NOW - 91 * DAY)).toBeUndefined();
  });

  it('leaves everything else as it is', () => {
    const others = [assessment('a', '1.0.0', { findings: [finding('integrity-weak', { algorithm: 'sha1' })] })];
    expect(withDependencyAges(others, NOTHING, NOW)).toBe(others);
    const [, second] = withDependencyAges([adding('none', evil), ...others], NOTHING, NOW);
    expect(second).toBe(others[0]);
  });
});
