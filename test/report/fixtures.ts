import type { Comparison } from '../../src/model/comparison.ts';
import type { Artifact, Artifacts, Dependency } from '../../src/model/dependency.ts';
import { finding, FINDING_CODES, type Finding, type FindingArgs, type FindingCode } from '../../src/model/finding.ts';
import type { BundleProof, Identity, Proofs, Proven } from '../../src/model/proof.ts';
import type { LockfileUsed, Report } from '../../src/model/report.ts';
import type { JudgedDependency, Level, Verdict } from '../../src/model/verdict.ts';

/** 2026-03-31T00:00:00Z. */
export const NOON = 1_774_915_200_000;

/** Marks test data as a proof: reports are tested without running a verification. */
export function asProof<T extends object>(facts: T): T & Proven {
  return facts as T & Proven;
}

/** Arguments of every code, with `text` wherever a package, a registry or a certificate could put its own words. */
export function argsWith(text: string): { readonly [C in FindingCode]: FindingArgs[C] } {
  const identity = { expected: text, actual: text, source: 'history', version: text } as const;
  return {
    'advisory-malicious': { ids: [text, text, text, text], from: [text, text], whole: true },
    'integrity-mismatch': { locked: text, actual: text, source: 'registry' },
    'integrity-missing': { resolved: text },
    'integrity-unknown-file': { locked: text, file: text },
    'integrity-weak': { algorithm: text },
    'integrity-rewritten': { baseline: text, locked: text },
    'signature-invalid': { keyId: text },
    'signature-missing': { registry: text },
    'signature-key-unknown': { keyIds: [text, text, text, text, text], registry: text },
    'signature-key-expired': { keyId: text, expired: NOON, time: NOON + 1, basis: 'log' },
    'provenance-invalid': { attestation: 'provenance', reason: 'log-inclusion', detail: text },
    'provenance-subject-mismatch': { attestation: 'publish', expected: text, actual: text },
    'provenance-missing': { earlier: 12, first: text },
    'provenance-lost': { predecessor: text, published: NOON },
    'provenance-lost-elsewhere': { version: text, sameLine: true, published: NOON, publisher: text },
    'provenance-partial': { files: [text, text, text, text], attested: 2, predecessor: text },
    'provenance-inconsistent': { files: [text, text], builders: [text, text] },
    'provenance-advertised-absent': { url: text },
    'publish-attestation-missing': { url: text },
    'identity-unexpected-repository': identity,
    'identity-unexpected-workflow': identity,
    'identity-unexpected-issuer': identity,
    'identity-unexpected-ref': identity,
    'identity-unexpected-trigger': identity,
    'identity-unexpected-runner': identity,
    'identity-owner-changed': { ...identity, name: text },
    'identity-self-hosted-runner': { run: text },
    'identity-predicate-disagrees': { field: text, certificate: text, predicate: text },
    'identity-publisher-disagrees': { field: text, certificate: text, publisher: text },
    'history-publisher-changed': { from: text, to: text, version: text },
    'history-too-new': { published: NOON, minimumHours: 48 },
    'history-publisher-new': { from: text, to: text, version: text, first: text },
    'history-install-script-added': {
      scripts: [text],
      commands: [text],
      was: [text],
      version: text,
      permission: 'unlisted',
    },
    'history-dependency-added': {
      dependencies: [text, text, text, text],
      version: text,
      added: [0, 1, 2, 3].map((i) => ({
        name: text,
        spec: text,
        firstPublished: NOON - 3_600_000 * i,
        version: text,
        published: NOON,
      })),
      published: NOON + 7_200_000,
      provenance: 'lost',
    },
    'history-approval-lost': { version: '1.0.0', approver: 'ann' },
    'history-new-package-script': { scripts: ['postinstall'], commands: ['node setup.js'], permission: 'unknown' },
    'history-attestation-missing': { versions: ['1.0.1'], instead: '1.0.0' },
    'history-mass-yank': { versions: 12 },
    'history-exotic-dependency': { name: text, spec: text },
    'history-file-added-late': { file: text, published: NOON + 1, firstPublished: NOON },
    'history-dist-tag-moved-back': { latest: text, published: NOON },
    'history-manifest-differs': { field: text, registry: text, tarball: text },
    'lockfile-not-registry': { kind: 'git', url: text },
    'lockfile-resolved-mismatch': { resolved: text, expected: text },
    'lockfile-version-unknown': { registry: text, isPackage: true, published: NOON },
    'version-yanked': { reason: text, retractedIn: text },
    'version-removed': { registry: text, quarantined: true, reason: text },
    'lockfile-unexpected-host': { resolved: text, registry: text, since: text, packages: [text, text] },
    'lockfile-patched': { patch: text },
    'lockfile-bundle-mismatch': { names: [text] },
    'lockfile-substituted': { asked: text, by: text, got: text },
    'lockfile-entry-differs': { field: text, lockfile: text, registry: text },
    'lockfile-dependency-added': { name: text },
    'lockfile-hook-changed': { field: text, lockfile: text, registry: text, hook: text },
    'lockfile-parts-differ': { path: text, packages: text, dependencies: text },
    'lockfile-unbound': { names: [text] },
    'lockfile-index-ambiguous': { indexes: [text, text] },
    'lockfile-not-used': { by: text, instead: text },
    'lockfile-other-code': { by: text, code: 'fetched' },
    'installed-modified': { path: text, files: [text, text, text, text], total: 9, what: 'files', found: text },
    'installed-missing': { path: text, files: [text], total: 1, patches: [text] },
    'installed-added': { path: text, files: [text], total: 1, patches: [text], scripts: [text] },
    'source-mismatch': { checkout: text, tag: text, commit: text, what: 'files', files: [text], total: 1 },
    'clock-behind': { attestation: 'provenance', detail: text },
    'evidence-unavailable': { evidence: 'attestations', url: text, reason: text, absent: true },
    'evidence-malformed': { evidence: 'keys', url: text, reason: text },
    'evidence-stripped': { registry: text },
    'baseline-forged': { ref: text, entries: [text, text] },
    'evidence-not-served': { registry: text, packages: [text, text] },
    'log-record-missing': { log: text, known: 'package' },
    'log-proof-invalid': { log: text, reason: text },
    'log-inconsistent': {
      log: text,
      larger: { from: text, size: 9, root: text, note: text },
      smaller: { from: text, size: 7, root: text, note: null },
    },
    'checks-disabled': { setting: text, log: text },
  };
}

/** One finding of every code. */
export function everyFinding(text: string): Finding[] {
  const args = argsWith(text);
  return FINDING_CODES.map((code) => finding(code, args[code]));
}

/** The only artifact of a registry's package, changed by `change`. */
export function lockedBy(change: Partial<Artifact>): Artifacts {
  const digest = { algorithm: 'sha512', hex: 'ab'.repeat(64) } as const;
  return [{ file: null, digests: [digest], source: { kind: 'registry', resolved: null }, ...change }];
}

/** A direct registry dependency, changed by `change`. */
export function dependency(name: string, version: string, change: Partial<Dependency> = {}): Dependency {
  return {
    ecosystem: 'npm',
    name,
    version,
    artifacts: lockedBy({}),
    places: [{ file: 'package-lock.json', line: 12, path: `node_modules/${name}` }],
    direct: true,
    dev: false,
    optional: false,
    peer: false,
    exotic: [],
    bundles: [],
    ...change,
  };
}

export const NO_PROOFS: Proofs = {
  integrity: null,
  signature: null,
  publish: null,
  provenance: null,
  bytes: null,
  installed: null,
};

const LEVELS: Readonly<Record<Verdict, Level>> = { pass: 'note', warn: 'warning', fail: 'error', unverified: 'error' };

/** A judged dependency whose findings have the level that fits the verdict. */
export function judged(
  about: Dependency,
  verdict: Verdict,
  findings: readonly Finding[] = [],
  proofs = NO_PROOFS,
): JudgedDependency {
  return {
    dependency: about,
    proofs,
    verdict,
    findings: findings.map((each) => ({ ...each, level: LEVELS[verdict] })),
    baseline: null,
    release: null,
    registry: null,
    published: null,
    capabilities: null,
    critical: null,
  };
}

/** The account of a lockfile that names `judged` dependencies at one place each, beside the project itself. */
export function lockfileUsed(file: string, judged: number, change: Partial<LockfileUsed> = {}): LockfileUsed {
  const account = { entries: judged + 1, places: judged, skipped: { root: 1 }, named: judged, judged };
  const where = { path: file, digest: 'ef'.repeat(32) };
  return {
    file,
    format: 'package-lock v3',
    ...where,
    ...account,
    omitted: 0,
    unchanged: 0,
    since: null,
    findings: [],
    ...change,
  };
}

/** A report over `dependencies` with counts that fit. */
export function reportOf(dependencies: readonly JudgedDependency[], change: Partial<Report> = {}): Report {
  const having = (test: (each: JudgedDependency) => boolean): number => dependencies.filter(test).length;
  const verdicts = (['fail', 'unverified', 'warn', 'pass'] as const).map((verdict) => ({
    verdict,
    number: having((each) => each.verdict === verdict),
  }));
  const [fail, unverified, warn, pass] = verdicts.map(({ number }) => number);
  return {
    tool: { name: 'assay', version: '0.1.0' },
    time: NOON,
    repository: null,
    lockfiles: [lockfileUsed('package-lock.json', dependencies.length)],
    unread: [],
    verdict: verdicts.find(({ number }) => number > 0)?.verdict ?? 'pass',
    enforce: 'observe',
    policy: null,
    review: null,
    counts: {
      entries: dependencies.length + 1,
      skipped: 1,
      omitted: 0,
      unchanged: 0,
      dependencies: dependencies.length,
      pass: pass ?? 0,
      warn: warn ?? 0,
      fail: fail ?? 0,
      unverified: unverified ?? 0,
      integrity: having(({ proofs }) => proofs.integrity !== null),
      signature: having(({ proofs }) => proofs.signature !== null),
      publish: having(({ proofs }) => proofs.publish !== null),
      provenance: having(({ proofs }) => proofs.provenance !== null),
      bytes: having(({ proofs }) => proofs.bytes !== null),
      installed: having(({ proofs }) => proofs.installed !== null),
    },
    trust: {
      root: 'public-good',
      rootDigest: 'cd'.repeat(32),
      ages: [{ name: 'public-good', from: 'public-good', confirmed: Date.UTC(2026, 2, 30) }],
      repository: null,
      logs: [],
      registries: [{ url: 'https://registry.npmjs.org/', keys: [{ keyId: 'SHA256:abc', origin: 'pinned' }] }],
    },
    baselines: change.baseline ? [change.baseline] : [],
    baseline: null,
    bytes: null,
    installed: null,
    advisories: [],
    dependencies,
    explanations: [],
    skipped: [{ place: { file: 'package-lock.json', line: 6, path: '' }, reason: 'root' }],
    ...change,
  };
}

/** An identity with `text` in every field that is text. */
function identityWith(text: string): Identity {
  return {
    issuer: text,
    subject: text,
    repository: text,
    repositoryId: text,
    owner: text,
    ownerId: text,
    workflow: text,
    ref: text,
    commit: text,
    trigger: text,
    runner: 'hosted',
    visibility: text,
    run: text,
    signer: text,
  };
}

/** A bundle proof with `text` in every field that is text. */
export function bundleProofWith(text: string): BundleProof {
  return asProof({
    mediaType: text,
    signer: { kind: 'certificate', identity: identityWith(text), fingerprint: 'ef'.repeat(32) } as const,
    times: [{ source: 'log', time: NOON } as const],
    log: [
      {
        logId: 'ab'.repeat(32),
        origin: text,
        logIndex: '42',
        kind: text,
        version: text,
        integratedTime: NOON,
        promise: true,
        inclusion: true,
      },
    ],
    scts: 1,
    statement: {
      type: text,
      predicateType: text,
      subjects: [{ name: text, digests: [{ algorithm: 'sha512', hex: 'ab'.repeat(64) } as const] }],
      predicate: { buildType: text },
    },
  });
}

/** Every link of the chain established, with `text` in every field that is text. */
export function proofsWith(text: string): Proofs {
  const bundle = bundleProofWith(text);
  const key = asProof({ ...bundle, signer: { kind: 'key', keyId: text } as const });
  return {
    integrity: asProof({ by: 'registry-key', digests: [{ algorithm: 'sha512', hex: 'ab'.repeat(64) }] } as const),
    signature: asProof({
      by: 'registry-key',
      keyId: text,
      keyOrigin: 'pinned',
      integrity: { algorithm: 'sha512', hex: 'ab'.repeat(64) },
      signature: text,
      time: { source: 'log', time: NOON },
    } as const),
    publish: asProof({ by: 'registry-key', predicateType: text, digest: 'ab'.repeat(32), bundle: key } as const),
    provenance: asProof({
      by: 'builder',
      predicateType: text,
      digest: 'ab'.repeat(32),
      bundle,
      identity: identityWith(text),
    } as const),
    bytes: asProof({
      digests: [{ algorithm: 'sha512', hex: 'ab'.repeat(64) }],
      size: 1234,
      from: 'npm-cache',
      basis: 'lockfile',
      corruptCache: false,
    } as const),
    installed: asProof({ paths: [text], files: 12 }),
  };
}

const HOUR = 3_600_000;

/** A proven version before it. */
export const BEFORE = {
  version: '1.14.0',
  published: NOON - 4 * 86_400_000,
  publisher: 'GitHub Actions',
  trustedPublisher: 'github',
  approver: null,
  repositoryId: '23088740',
  ownerId: '32372333',
  provenance: 'proven',
  repository: 'https://github.com/axios/axios',
  commit: 'a'.repeat(40),
  workflow: '.github/workflows/publish.yml',
  signer: null,
  ref: 'refs/heads/v1.x',
  trigger: 'push',
  runner: 'hosted',
  issuer: 'https://token.actions.githubusercontent.com',
  integrity: 'sha512-before',
} as const;

/** A release with a stolen token, and a later one with provenance again. */
export const STOLEN: Comparison = {
  ecosystem: 'npm',
  name: 'axios',
  predecessor: BEFORE,
  current: {
    version: '1.14.1',
    published: NOON,
    publisher: 'somebody',
    trustedPublisher: null,
    approver: null,
    repositoryId: null,
    ownerId: null,
    provenance: 'none',
    repository: null,
    commit: null,
    workflow: null,
    signer: null,
    ref: null,
    trigger: null,
    runner: null,
    issuer: null,
    integrity: 'sha512-after',
  },
  registry: 'https://registry.npmjs.org/',
  manifestsKnown: true,
  addedDependencies: [
    {
      name: 'new-dependency',
      spec: '^4.2.1',
      firstPublished: NOON - 18 * HOUR,
      newest: { version: '4.2.2', published: NOON - HOUR / 2 },
      unknown: null,
    },
  ],
  addedScripts: [{ name: 'postinstall', command: 'node setup.js' }],
  changedScripts: [{ name: 'install', before: 'node a.js', command: 'node b.js' }],
  codes: ['provenance-lost'],
  measured: [],
  expectedBy: null,
  acceptable: true,
  stay: '1.14.0',
  later: { state: 'proven', version: '1.14.2', published: NOON + 3 * HOUR },
  use: { direct: true, alias: null, manager: 'npm' },
};

/** A release of the same repository by another workflow. */
export const OTHER_WORKFLOW: Comparison = {
  ...STOLEN,
  current: {
    ...BEFORE,
    version: '1.14.1',
    published: NOON,
    commit: 'b'.repeat(40),
    workflow: '.github/workflows/other.yml',
    integrity: 'sha512-after',
  },
  addedDependencies: [],
  addedScripts: [],
  changedScripts: [],
  codes: ['identity-unexpected-workflow'],
  measured: [{ code: 'identity-unexpected-workflow', version: '1.13.6' }],
  expectedBy: 'history',
  later: null,
};
