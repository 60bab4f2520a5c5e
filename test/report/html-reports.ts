import type { Comparison } from '../../src/model/comparison.ts';
import { finding, type Finding } from '../../src/model/finding.ts';
import type { Identity, Proofs } from '../../src/model/proof.ts';
import type { Report } from '../../src/model/report.ts';
import type { JudgedDependency, Verdict } from '../../src/model/verdict.ts';
import {
  asProof,
  bundleProofWith,
  dependency,
  judged,
  NO_PROOFS,
  NOON,
  OTHER_WORKFLOW,
  reportOf,
  STOLEN,
  lockedBy,
} from './fixtures.ts';

const DAY = 86_400_000;

/** A report of `size` dependencies with everything that a page shows, the same each time: a tree of several layers. */
export function pageReport(size: number, change: Partial<Report> = {}): Report {
  const specs = Array.from({ length: size }, (_, i) => `${nameOf(i)}@${versionOf(i)}`);
  const all = specs.map((_, i) => one(i, specs));
  const isStory = size > 0;
  return reportOf(all, {
    baseline: isStory
      ? { file: 'assay.lock', found: true, held: 2, uncovered: specs.slice(0, 1), unused: [], base: null }
      : null,
    review: isStory ? { deadlineHours: 48, queue: 'direct', pending: 1, overdue: 1, shallow: false } : null,
    explanations: isStory ? [{ ...STOLEN, name: nameOf(0) }, otherWorkflow()] : [],
    ...change,
  });
}

function otherWorkflow(): Comparison {
  return { ...OTHER_WORKFLOW, name: nameOf(2) };
}

function nameOf(i: number): string {
  const words = ['axios', 'parse', 'stream', 'color', 'glob', 'path', 'event', 'buffer', 'yaml', 'semver', 'cache'];
  const word = words[i % words.length] ?? '';
  if (i < words.length) return word;
  return i % 7 === 0 ? `@scope-${String(i % 5)}/${word}-${String(i)}` : `${word}-${String(i)}`;
}

function versionOf(i: number): string {
  return `${String(1 + (i % 4))}.${String(i % 15)}.1`;
}

/** The first tenth is direct; each asks for some of those after it. */
function one(i: number, specs: readonly string[]): JudgedDependency {
  const direct = i < Math.max(3, specs.length / 10);
  const after = (step: number): number => Math.max(3, Math.floor(specs.length / 10)) + i * 3 + step;
  const about = dependency(nameOf(i), versionOf(i), {
    direct,
    dev: i % 4 === 3,
    optional: i % 31 === 30,
    places: [{ file: 'package-lock.json', line: 12 + 9 * i, path: `node_modules/${nameOf(i)}` }],
    artifacts: lockedBy({
      source: { kind: 'registry', resolved: `https://registry.npmjs.org/${nameOf(i)}/-/x-${versionOf(i)}.tgz` },
    }),
    requires: [after(0), after(1), after(2), specs.length - 1 - (i % 5)].flatMap((at) =>
      at === i ? [] : (specs[at] ?? []),
    ),
  });
  const [verdict, findings] = judgementOf(i);
  const base = judged(about, verdict, findings, proofsOf(i));
  const published = NOON - (1 + ((i * 37) % 900)) * DAY;
  const held = i % 29 === 11;
  return {
    ...base,
    findings: base.findings.map((each) => (i === 0 ? { ...each, review: OVERDUE } : each)),
    published: i % 13 === 5 ? null : published,
    baseline: held ? 'held' : 'known',
    proofs: held ? NO_PROOFS : base.proofs,
    release: {
      evidence: null,
      entry: { algorithm: 'sha256', hex: '' },
      publisher: 'somebody',
      published,
      firstPublished: null,
      provenanceSince: i % 3 === 0 ? { version: '1.0.0', published: published - 400 * DAY } : null,
      expected: null,
    },
  };
}

const OVERDUE = {
  owner: '@ada',
  firstSeen: { time: NOON - 5 * DAY, source: 'commit', commit: 'c'.repeat(40), orEarlier: false },
  due: NOON - 3 * DAY,
  overdue: true,
} as const;

function judgementOf(i: number): [Verdict, Finding[]] {
  if (i === 0) {
    const predecessor = { predecessor: '1.14.0', published: NOON - 4 * DAY };
    return [
      'fail',
      [finding('provenance-lost', predecessor), finding('history-too-new', { published: NOON, minimumHours: 48 })],
    ];
  }
  if (i === 5) {
    return [
      'fail',
      [finding('integrity-mismatch', { locked: 'sha512-AAAA', actual: 'sha512-BBBB', source: 'registry' })],
    ];
  }
  if (i % 400 === 17) {
    const url = 'https://registry.npmjs.org/-/npm/v1/attestations/x@1.0.0';
    return [
      'unverified',
      [finding('evidence-unavailable', { evidence: 'attestations', url, reason: 'no answer within 10 s' })],
    ];
  }
  if (i % 3 === 1) return ['warn', [finding('provenance-missing', { earlier: 12 })]];
  if (i % 50 === 2) {
    const unexpected = {
      expected: '.github/workflows/publish.yml',
      actual: '.github/workflows/other.yml',
      source: 'history',
      version: '1.14.0',
    } as const;
    return ['warn', [finding('identity-unexpected-workflow', unexpected)]];
  }
  return ['pass', []];
}

const HASH = { algorithm: 'sha512', hex: 'ab'.repeat(64) } as const;

function proofsOf(i: number): Proofs {
  const integrity = i === 5 ? null : asProof({ by: 'registry-key', digests: [HASH] } as const);
  const signature =
    integrity === null || i % 41 === 8
      ? null
      : asProof({
          by: 'registry-key',
          keyId: 'SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U',
          keyOrigin: 'pinned',
          integrity: HASH,
          signature: 'x',
          time: null,
        } as const);
  if (signature === null || i % 3 !== 2) return { ...NO_PROOFS, integrity, signature };
  const bundle = bundleProofWith('https://rekor.sigstore.dev');
  const attestation = { predicateType: 'https://slsa.dev/provenance/v1', digest: 'ab'.repeat(32), bundle };
  return {
    ...NO_PROOFS,
    integrity,
    signature,
    publish: asProof({ by: 'registry-key', ...attestation } as const),
    provenance: asProof({ by: 'builder', ...attestation, identity: identityOf(i) } as const),
  };
}

function identityOf(i: number): Identity {
  const repository = `https://github.com/example/${nameOf(i).replace(/^@/, '')}`;
  return {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: `${repository}/.github/workflows/release.yml@refs/tags/v${versionOf(i)}`,
    repository,
    repositoryId: String(1000 + i),
    owner: 'https://github.com/example',
    ownerId: '7',
    workflow: '.github/workflows/release.yml',
    ref: `refs/tags/v${versionOf(i)}`,
    commit: (i + 1).toString(16).padStart(40, 'a'),
    trigger: 'push',
    runner: 'hosted',
    visibility: 'public',
    run: `${repository}/actions/runs/${String(900_000 + i)}/attempts/1`,
    signer: null,
  };
}
