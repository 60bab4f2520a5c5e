import { withDependencyAges } from '../../src/checks/added-dependencies.ts';
import { firstPublished } from '../../src/checks/history.ts';
import { checkExpectation } from '../../src/checks/expectation.ts';
import { repositoryAddress } from '../../src/checks/identity.ts';
import { checkLoss } from '../../src/checks/loss.ts';
import { checkDistTag } from '../../src/checks/npm/dist-tag.ts';
import { checkRelease } from '../../src/checks/release.ts';
import { dependencyOf } from '../../src/audit/compare.ts';
import type { Manifest, Packument } from '../../src/model/evidence.ts';
import type { Finding, FindingCode } from '../../src/model/finding.ts';
import { formatInstant, type Instant } from '../../src/model/time.ts';
import type { Identity } from '../../src/model/proof.ts';
import type { Assessment, Level, LeveledFinding, Phase } from '../../src/model/verdict.ts';
import { judge } from '../../src/policy/enforce.ts';
import { strongerBefore } from './pnpm.ts';

/** What the rules said of one version on the day it was published. */
export interface Judged {
  readonly name: string;
  readonly version: string;
  readonly published: Instant;
  /** Null where the manifest claims provenance. `level` is the one of the phase `guard`; `why` is for a person. */
  readonly assay: {
    readonly code: FindingCode;
    readonly level: Level;
    readonly why: string;
    readonly finding: Finding;
  } | null;
  /** What the release did that earlier ones did not, with the level of the phase `guard`. */
  readonly history: readonly LeveledFinding[];
  /** Everything that was found. */
  readonly findings: readonly Finding[];
  /** The earlier version with stronger evidence, for which pnpm's rule refuses this one. */
  readonly pnpm: string | null;
}

/** `undated`: versions without a time of publication, which have no place in the order and are left out. */
export interface Replay {
  readonly judged: readonly Judged[];
  readonly undated: number;
}

/**
 * Publishes every version of the documents again, in order of publication, and asks the rules about each as it appears.
 * The document they see has only what was published until then, so that no rule can know what came later.
 */
export function replay(packuments: readonly Packument[]): Replay {
  const releases = packuments.flatMap((packument) =>
    [...packument.versions.keys()].flatMap((version) => {
      const manifest = packument.versions.get(version);
      return manifest === undefined ? [] : [{ manifest, published: packument.time.get(version) ?? null }];
    }),
  );
  const dated = releases
    .filter((release): release is { manifest: Manifest; published: Instant } => release.published !== null)
    .sort((a, b) => a.published - b.published);

  const firsts = new Map(packuments.map((packument) => [packument.name, firstPublished(packument)]));
  const registry = new Map<
    string,
    { versions: Map<string, Manifest>; withProvenance: Set<string>; time: Map<string, Instant> }
  >();
  const judged = dated.map(({ manifest, published }): Judged => {
    const { name, version } = manifest;
    const known = registry.get(name) ?? { versions: new Map(), withProvenance: new Set(), time: new Map() };
    registry.set(name, known);
    known.versions.set(version, manifest);
    known.time.set(version, published);
    if (manifest.attestations?.provenance === true) known.withProvenance.add(version);
    const soFar: Packument = { ecosystem: 'npm', name, distTags: {}, ...known };
    const assay = askAssay(soFar, manifest);
    const history = askHistory(soFar, manifest, assay, { firsts, now: published });
    const findings = [...(assay === null ? [] : [assay.finding]), ...history];
    return { name, version, published, assay, history, findings, pnpm: strongerBefore(soFar, version) };
  });
  return { judged, undated: releases.length - dated.length };
}

/** What an audit of any of these versions would say on the day the last of them was recorded. */
export function findingsNow(packuments: readonly Packument[]): readonly (LeveledFinding & { readonly spec: string })[] {
  const now = Math.max(...packuments.flatMap(({ time }) => [...time.values()]));
  const firsts = new Map(packuments.map((packument) => [packument.name, firstPublished(packument)]));
  return packuments.flatMap((packument) =>
    [...packument.versions.keys()].flatMap((version) => {
      const manifest = packument.versions.get(version);
      if (manifest === undefined) return [];
      const findings = askHistory(packument, manifest, askAssay(packument, manifest), { firsts, now });
      return findings.map((found) => ({ ...found, spec: `${packument.name}@${version}` }));
    }),
  );
}

/** What an audit asks about the history of a version whose manifest claims no provenance. */
function askAssay(soFar: Packument, manifest: Manifest): Judged['assay'] {
  if (manifest.attestations?.provenance === true) return null;
  const finding = checkLoss(soFar, manifest.version);
  const [leveled] = levelsOf(assessmentOf(manifest, soFar.time.get(manifest.version) ?? null, [finding]));
  return { code: finding.code, level: leveled?.level ?? 'note', why: explain(finding, soFar, manifest), finding };
}

/**
 * What an audit says of the release itself, in a project whose lockfile has the dependencies it added. Provenance that
 * is claimed counts as proven, as there are no bundles for these versions; how old a dependency is can be said of
 * recorded ones.
 */
function askHistory(
  soFar: Packument,
  manifest: Manifest,
  loss: Judged['assay'],
  { firsts, now }: { readonly firsts: ReadonlyMap<string, Instant | null>; readonly now: Instant },
): readonly LeveledFinding[] {
  const claims = manifest.attestations?.provenance === true;
  const lost = loss !== null && loss.code !== 'provenance-missing';
  const provenance = claims ? 'proven' : lost ? 'lost' : 'none';
  const findings = [
    ...checkRelease(soFar, manifest, { known: null, provenance, scripts: { permission: 'unknown' } }),
    ...[checkDistTag(soFar, manifest.version, null)].filter((found) => found !== null),
    ...(claims ? askIdentity(soFar, manifest) : []),
  ];
  const published = soFar.time.get(manifest.version) ?? null;
  const lockfile = [assessmentOf(manifest, published, findings)];
  for (const name of Object.keys(manifest.dependencies)) {
    const first = firsts.get(name) ?? null;
    if (first === null) continue;
    const locked = { ...manifest, name, version: '0.0.0' };
    lockfile.push({ ...assessmentOf(locked, first, []), release: { ...NO_RECORD, firstPublished: first } });
  }
  const [judged] = withDependencyAges(lockfile, { assessed: [], unanswered: new Map() }, now);
  return judged === undefined ? [] : levelsOf(judged);
}

/**
 * Who is expected to have built it. npm takes in only provenance of the repository that the manifest names, so that
 * this stands in for the certificate's; there are no ids, workflows and refs.
 */
function askIdentity(soFar: Packument, manifest: Manifest): readonly Finding[] {
  const identity = identityOf(manifest);
  if (identity === null) return [];
  const shown = new Map<string, Identity | null>();
  for (const version of soFar.withProvenance) {
    const other = soFar.versions.get(version);
    shown.set(version, other === undefined ? null : identityOf(other));
  }
  return checkExpectation({ ecosystem: 'npm', release: manifest, identity, stated: {} }, null, soFar, shown).findings;
}

function identityOf({ repository: declared }: Manifest): Identity | null {
  const repository = declared === null ? null : repositoryAddress(declared);
  if (repository === null) return null;
  return { ...UNKNOWN, repository, owner: repository.replace(/\/[^/]*$/, '') };
}

/** Levels by the phase that contains more than `observe` and less than `critical`: it fails on these, for everybody. */
export function levelInGuard({ kind }: Finding): Level {
  if (kind === 'note') return 'note';
  return kind === 'contradiction' || kind === 'loss' || kind === 'identity' ? 'error' : 'warning';
}

/** What is found of each recorded version as the documents are now, with what was lost. */
export function everythingNow(packuments: readonly Packument[]): readonly (Finding & { readonly spec: string })[] {
  const lost = packuments.flatMap((packument) =>
    [...packument.versions.keys()].flatMap((version) => {
      const manifest = packument.versions.get(version);
      const assay = manifest === undefined ? null : askAssay(packument, manifest);
      return assay === null ? [] : [{ ...assay.finding, spec: `${packument.name}@${version}` }];
    }),
  );
  return [...lost, ...findingsNow(packuments)];
}

/** The level of a finding about a direct dependency in another phase. */
export function levelIn(phase: Phase, finding: Finding): Level {
  const manifest = { name: 'p', version: '1.0.0' };
  const [leveled] = judge(assessmentOf(manifest, null, [finding]), {
    phase,
    policy: null,
    accepted: [],
    now: 0,
  }).findings;
  return leveled?.level ?? 'note';
}

const UNKNOWN: Identity = {
  issuer: 'https://token.actions.githubusercontent.com',
  subject: '',
  repository: null,
  repositoryId: null,
  owner: null,
  ownerId: null,
  workflow: null,
  ref: null,
  commit: null,
  trigger: null,
  runner: null,
  visibility: null,
  run: null,
  signer: null,
};

const NO_RECORD = {
  evidence: null,
  entry: { algorithm: 'sha256' as const, hex: '' },
  publisher: null,
  published: null,
  provenanceSince: null,
  expected: null,
};

function assessmentOf(
  { name, version }: Pick<Manifest, 'name' | 'version'>,
  published: Instant | null,
  findings: readonly Finding[],
): Assessment {
  return {
    // The rules replayed here look at nothing but its name and version.
    dependency: dependencyOf({ ecosystem: 'npm', name, version }, []),
    proofs: { integrity: null, signature: null, publish: null, provenance: null, bytes: null, installed: null },
    findings,
    baseline: null,
    release: null,
    registry: null,
    published,
    capabilities: null,
  };
}

function levelsOf(assessment: Assessment): readonly LeveledFinding[] {
  return judge(assessment, { phase: 'guard', policy: null, accepted: [], now: 0 }).findings;
}

function explain(finding: ReturnType<typeof checkLoss>, soFar: Packument, manifest: Manifest): string {
  if (finding.code === 'provenance-lost') {
    const { predecessor } = finding.args;
    return `predecessor ${describe(soFar, predecessor)} had it; published by ${publisherOf(manifest)}`;
  }
  if (finding.code === 'provenance-lost-elsewhere') {
    const where = finding.args.sameLine ? 'in the same line' : 'in another line';
    return `${describe(soFar, finding.args.version)} had it, ${where}; published by ${publisherOf(manifest)}`;
  }
  return 'no earlier version had it';
}

function describe(packument: Packument, version: string): string {
  const time = packument.time.get(version);
  const day = time === undefined ? 'no date' : formatInstant(time).slice(0, 10);
  return `${version} (${day}, by ${publisherOf(packument.versions.get(version))})`;
}

function publisherOf(manifest: Manifest | undefined): string {
  const publisher = manifest?.publisher ?? null;
  if (publisher === null) return 'nobody named';
  return publisher.trustedPublisher === null ? publisher.name : `trusted publisher ${publisher.trustedPublisher}`;
}
