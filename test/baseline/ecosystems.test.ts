import { describe, expect, it } from 'vitest';
import { acceptFindings } from '../../src/baseline/accept.ts';
import { parseBaseline } from '../../src/baseline/file.ts';
import { formatBaseline } from '../../src/baseline/text.ts';
import { updateBaseline } from '../../src/baseline/update.ts';
import { baselineUsed } from '../../src/baseline/used.ts';
import {
  isOfBytes,
  lockedAgainst,
  lockedHashes,
  recordedHashes,
  rulingBaseline,
  type AcceptedFinding,
  type Baseline,
  type BaselinePackage,
} from '../../src/model/baseline.ts';
import type { Dependency, Digest } from '../../src/model/dependency.ts';
import { finding } from '../../src/model/finding.ts';
import { packageId, versionId, type Ecosystem } from '../../src/model/package.ts';
import type { JudgedDependency } from '../../src/model/verdict.ts';
import { argsWith, asProof, dependency, judged, NO_PROOFS } from '../report/fixtures.ts';

const BYTES = { algorithm: 'sha512', hex: 'ab'.repeat(64) } as const;
const EVIDENCE = { algorithm: 'sha256', hex: 'cd'.repeat(32) } as const;
const ECOSYSTEMS: readonly Ecosystem[] = ['go', 'npm'];
/** A version that is one in both. */
const X = { name: 'example.com/x', version: 'v1.0.0' };

function known(ecosystem: Ecosystem): BaselinePackage {
  const entry = {
    artifacts: [{ file: null, hash: BYTES }],
    evidence: EVIDENCE,
    provenance: { identity: null, earlier: ecosystem === 'go' ? 1 : 2 },
    publisher: ecosystem,
    published: null,
    capabilities: null,
  } as const;
  return { ecosystem, since: null, identity: null, channels: new Map(), versions: new Map([[X.version, entry]]) };
}

const BOTH: Baseline = {
  heads: [],
  packages: new Map(ECOSYSTEMS.map((one) => [packageId({ ecosystem: one, name: X.name }), known(one)])),
  accepted: ECOSYSTEMS.map((ecosystem): AcceptedFinding => ({
    ...{ ecosystem, ...X, bytes: BYTES, code: 'provenance-lost' },
    ...{ by: ecosystem, why: 'r', until: 0 },
  })),
  seen: ECOSYSTEMS.map((ecosystem) => ({ ecosystem, ...X, time: 1000 })),
};

it('packages of one name in two ecosystems are two in the file', () => {
  const text = formatBaseline(BOTH);
  expect(text.match(/^\S+(?= package$)/gm)).toEqual(['go:example.com/x', 'npm:example.com/x']);
  expect(parseBaseline('assay.lock', text).content).toEqual(BOTH);
});

it('and what is locked of one says nothing of the other', () => {
  const ofNpm = judged({ ...dependency(X.name, X.version), ecosystem: 'npm' }, 'pass');
  const held = { ...ofNpm, baseline: 'held' as const };
  const { baseline, removed, unchanged } = updateBaseline(BOTH, [held]);
  expect([[...baseline.packages.keys()], removed, unchanged]).toEqual([
    ['npm:example.com/x'],
    ['go:example.com/x@v1.0.0'],
    1,
  ]);
  expect(baseline.accepted.map(({ ecosystem }) => ecosystem)).toEqual(['npm']);
  const run = { locked: [ofNpm.dependency], judged: [held], isOmitted: () => false, logs: [], now: 0 };
  const used = baselineUsed({ file: 'assay.lock', content: BOTH }, run);
  expect(used.unused).toEqual(['go:example.com/x@v1.0.0']);
});

it('and neither is held by what the base named of the other', () => {
  const named = new Set([versionId({ ecosystem: 'go', ...X })]);
  const base = { ref: 'main', commit: null, policyChanged: null, content: BOTH, problem: null, named };
  const ruling = rulingBaseline({ file: 'assay.lock', content: null, base });
  expect(ruling?.packages.get('go:example.com/x')?.versions.size).toBe(1);
  expect(ruling?.packages.get('npm:example.com/x')?.versions.size).toBe(0);
});

it('and an acceptance is of one of them', () => {
  const [ofGo, ofNpm] = BOTH.accepted;
  const locked = { ecosystem: 'npm' as const, ...X, artifacts: [{ file: null, digests: [BYTES] }] as const };
  expect([ofGo, ofNpm].map((one) => one !== undefined && isOfBytes(one, locked))).toEqual([false, true]);
  const args = argsWith('x');
  const one = judged(dependency(X.name, X.version), 'fail');
  const found = { ...finding('provenance-lost', args['provenance-lost']), level: 'error' as const };
  const outcome = acceptFindings(BOTH, [{ ...one, findings: [found] }], [], { by: 'new', why: 'r', until: 1 });
  if ('refused' in outcome) return expect.unreachable();
  expect(outcome.baseline.accepted.map(({ ecosystem, by }) => `${ecosystem} ${by}`)).toEqual(['go go', 'npm new']);
});

it('an acceptance is of one artifact with one hash', () => {
  const [, ofNpm] = BOTH.accepted;
  const lockedAs = (...artifacts: readonly { file: string | null; digests: readonly (typeof BYTES)[] }[]): boolean => {
    const [first = expect.unreachable(), ...others] = artifacts;
    return ofNpm !== undefined && isOfBytes(ofNpm, { ecosystem: 'npm', ...X, artifacts: [first, ...others] });
  };
  expect(lockedAs({ file: null, digests: [BYTES] })).toBe(true);
  expect(lockedAs({ file: null, digests: [] })).toBe(false);
  expect(lockedAs({ file: null, digests: [BYTES, BYTES] })).toBe(false);
  expect(lockedAs({ file: 'a', digests: [BYTES] }, { file: 'b', digests: [BYTES] })).toBe(false);
});

describe('a version of several artifacts', () => {
  const OTHER = { algorithm: 'sha512', hex: 'ba'.repeat(64) } as const;
  const source = { kind: 'registry', resolved: null } as const;
  const wheel = { file: 'x.whl', digests: [BYTES], source };
  const sdist = { file: 'x.tar.gz', digests: [OTHER], source };
  const release = {
    ...{ evidence: EVIDENCE, entry: EVIDENCE, publisher: null, published: null, firstPublished: null },
    ...{ provenanceSince: null, expected: null },
  };
  const proven = (...digests: readonly [Digest, ...Digest[]]): JudgedDependency => ({
    ...judged(dependency('x', '1.0.0', { artifacts: [wheel, sdist] }), 'warn', [
      finding('provenance-missing', { earlier: 0 }),
    ]),
    proofs: { ...NO_PROOFS, integrity: asProof({ by: 'registry' as const, digests }) },
    release,
  });

  it('is taken in with each, and held where the lockfile has just these', () => {
    const { baseline } = updateBaseline(null, [proven(BYTES, OTHER)]);
    const text = formatBaseline(baseline);
    expect(text.match(/(?<= artifact )\S+(?= sha512-)/g)).toEqual(['x.tar.gz', 'x.whl']);
    const entry = parseBaseline('assay.lock', text).content.packages.get('npm:x')?.versions.get('1.0.0');
    const recorded = entry === undefined ? '' : recordedHashes(entry);
    const locked = (artifacts: Dependency['artifacts']): string => lockedHashes({ ecosystem: 'npm', ...X, artifacts });
    const standing = (artifacts: Dependency['artifacts']): string =>
      entry === undefined ? '' : lockedAgainst({ ecosystem: 'npm', ...X, artifacts }, entry);
    for (const same of [
      [wheel, sdist],
      [sdist, wheel],
    ] as const) {
      expect(standing(same)).toBe('same');
      expect(locked(same)).toBe(recorded);
    }
    // What is not named any more is not installed; what was not seen is asked about.
    expect(standing([wheel])).toBe('part');
    expect(standing([wheel, sdist, { ...sdist, file: 'z.whl' }])).toBe('more');
    expect(standing([wheel, { ...sdist, file: 'y.tar.gz' }])).toBe('more');
    expect(standing([wheel, { ...sdist, file: null }])).toBe('more');
    const others: readonly Dependency['artifacts'][] = [
      [wheel, { ...sdist, digests: [BYTES] }],
      [wheel, { ...sdist, digests: [OTHER, BYTES] }],
      [wheel, { ...sdist, digests: [OTHER, OTHER] }],
      [wheel, { ...sdist, digests: [] }],
      [wheel, wheel],
      [{ ...wheel, digests: [] }],
      [{ ...wheel, file: 'y.whl' }],
      // A name that reads like the line of another file.
      [{ ...wheel, file: `${recorded.split(' ').slice(0, 2).join(' ')} x.whl` }],
    ];
    for (const other of others) {
      expect(standing(other)).toBe('other');
      expect(locked(other)).not.toBe(recorded);
    }
  });

  it('is left out where not each is proven', () => {
    expect(updateBaseline(null, [proven(BYTES)])).toMatchObject({ added: [], leftOut: [{ kept: false }] });
  });
});

it('the heads of logs stay as they are in an update', () => {
  const heads = [{ origin: 'go.sum database tree', size: 7, root: 'ef'.repeat(32) }];
  expect(updateBaseline({ ...BOTH, heads }, []).baseline.heads).toEqual(heads);
  expect(updateBaseline(null, []).baseline.heads).toEqual([]);
});

it('a package of an ecosystem that nothing checks is refused, as it would be held to nothing', () => {
  const text = formatBaseline(BOTH);
  const line = text.split('\n').findIndex((one) => one.startsWith('go:')) + 1;
  expect(() => parseBaseline('assay.lock', text, (ecosystem) => ecosystem === 'npm')).toThrow(
    `assay.lock:${line}: this version of assay checks no go packages; update assay`,
  );
});
