import { withoutCredentials } from '../../model/address.ts';
import type { AdvisoriesUsed } from '../../model/advisory.ts';
import { placeOf, type CapabilityReading } from '../../model/capability.ts';
import type { Artifact, Dependency, Place, Source } from '../../model/dependency.ts';
import { hashText } from '../../model/hash.ts';
import type {
  BaselineBaseUsed,
  BaselineUsed,
  LockfileUsed,
  Report,
  ReviewUsed,
  TrustAge,
  TrustRepository,
} from '../../model/report.ts';
import type { Review } from '../../model/review.ts';
import { formatInstant } from '../../model/time.ts';
import type { Critical, JudgedDependency, LeveledFinding } from '../../model/verdict.ts';
import { compareText } from '../../model/value.ts';
import { comparisonJson } from './comparison.ts';
import { compareDependencies } from '../words/grouping.ts';
import { describe, type FileSubject, type Subject } from '../words/messages.ts';
import { proofsJson } from './proofs.ts';
import { instantJson, objectOf, stringifyMembers, type Json, type JsonObject, type Members } from './stringify.ts';

/** The `schema` member of the report; the number changes when a reader of the old shape would break. */
const REPORT_SCHEMA = 'assay.report/1';

/** A write for each dependency would cost more than the text. */
const PIECE_LENGTH = 65_536;

/**
 * The whole report as JSON (docs/schemas/report-1.schema.json). Times are RFC 3339, hashes are Subresource Integrity
 * strings. Names, addresses and arguments are exact; `message` and `help` are escaped for people.
 */
export function renderJson(report: Report): string {
  return [...renderJsonPieces(report)].join('');
}

/**
 * The JSON report in pieces, each made when the one before is written: as one text it would be in memory several times.
 */
export function* renderJsonPieces(report: Report): Iterable<string> {
  let current = '';
  for (const part of stringifyMembers(membersOf(report))) {
    current += part;
    if (current.length < PIECE_LENGTH) continue;
    yield current;
    current = '';
  }
  yield current;
}

/** The report as a JSON value, to be part of a larger document. */
export function reportJson(report: Report): JsonObject {
  return objectOf(membersOf(report));
}

function membersOf(report: Report): Members {
  const dependencies = [...report.dependencies].sort((a, b) => compareDependencies(a.dependency, b.dependency));
  const findings = new Map(dependencies.map((judged) => [judged, findingsJson(judged)]));
  const { trust, policy } = report;
  return {
    schema: REPORT_SCHEMA,
    tool: { name: report.tool.name, version: report.tool.version },
    lockfiles: report.lockfiles.map(lockfileJson),
    unread: report.unread.map(({ file, problem }) => ({ file, problem })),
    verdict: report.verdict,
    enforce: report.enforce,
    policy:
      policy === null
        ? null
        : {
            file: policy.file,
            digest: policy.digest,
            unused: policy.unused.map(({ text, line }) => ({ text, line })),
            outside: policy.outside,
          },
    counts: countsJson(report),
    trust: {
      root: trust.root,
      rootDigest: trust.rootDigest,
      ages: trust.ages.map(ageJson),
      registries: trust.registries
        .map(({ url, keys, namedBy }) => ({
          url,
          keys: keys
            .map(({ keyId, origin }) => ({ keyId, origin }))
            .sort((a, b) => compareText(a.keyId, b.keyId) || compareText(a.origin, b.origin)),
          ...(namedBy === undefined ? {} : { namedBy }),
        }))
        .sort((a, b) => compareText(a.url, b.url)),
      repository: trust.repository === null ? null : repositoryJson(trust.repository),
      ...(trust.logs.length === 0
        ? {}
        : { logs: trust.logs.map(({ origin, size, root }) => ({ origin, size, root })) }),
    },
    baselines: report.baselines.map(baselineJson),
    baseline: report.baseline === null ? null : baselineJson(report.baseline),
    review: report.review === null ? null : reviewUsedJson(report.review),
    bytes: report.bytes === null ? null : { ...report.bytes },
    installed: report.installed === null ? null : { ...report.installed },
    ...(report.advisories.length === 0 ? {} : { advisories: report.advisories.map(advisoriesJson) }),
    dependencies: function* () {
      for (const judged of dependencies) yield dependencyJson(judged, findings.get(judged) ?? []);
    },
    explanations: report.explanations.map(comparisonJson),
    skipped: report.skipped.map(({ place, reason, by }) => ({
      place: placeJson(place),
      reason,
      ...(by === undefined ? {} : { by }),
    })),
    findings: function* () {
      for (const [{ dependency }, ofDependency] of findings) {
        const { ecosystem, name, version } = dependency;
        const location = locationJson(dependency);
        for (const finding of ofDependency) yield { ecosystem, name, version, location, ...finding };
      }
    },
  };
}

function advisoriesJson({ newest, ...one }: AdvisoriesUsed): JsonObject {
  return { ...one, newest: formatInstant(newest) };
}

/** How old the root of an instance is, of a report or of `assay trust`. */
export function ageJson({ name, from, confirmed, repository }: TrustAge): JsonObject {
  const age = { name, from, confirmed: instantJson(confirmed) };
  return repository === undefined ? age : { ...age, repository: repositoryJson(repository) };
}

/** What the repository of the trust said, of a report or of `assay trust`. */
export function repositoryJson({ confirmed, expires, versions, ...repository }: TrustRepository): JsonObject {
  return {
    ...repository,
    confirmed: confirmed === null ? null : formatInstant(confirmed),
    versions: { ...versions },
    expires: expires === null ? null : formatInstant(expires),
  };
}

function lockfileJson({ since, skipped, hooks, findings, ...account }: LockfileUsed): JsonObject {
  return {
    ...account,
    skipped: { ...skipped },
    since: since === null ? null : { ...since },
    ...(hooks === undefined ? {} : { hooks: placeJson(hooks) }),
    findings: findings.map(({ place, finding }) => ({ location: placeJson(place), ...findingJson(finding, place) })),
  };
}

function baselineJson({ file, found, held, uncovered, unused, base }: BaselineUsed): JsonObject {
  return { file, found, held, uncovered, unused, base: base === null ? null : baseJson(base) };
}

function baseJson({
  ref,
  commit,
  found,
  policyChanged,
  problem,
  edited,
  unfounded,
  removed,
  despiteOmit,
  accepted,
}: BaselineBaseUsed): JsonObject {
  const decided = accepted.map(({ ecosystem, name, version, bytes, code, by, why, until }) => ({
    ...{ ecosystem, name, version, integrity: hashText(bytes), code, by, why },
    until: formatInstant(until),
  }));
  return { ref, commit, found, policyChanged, problem, edited, unfounded, removed, despiteOmit, accepted: decided };
}

/** The clock and what is in its queue. */
export function reviewUsedJson({ deadlineHours, queue, pending, overdue, shallow }: ReviewUsed): JsonObject {
  return { deadlineHours, queue, pending, overdue, shallow };
}

/** A lockfile may carry credentials in its addresses; a report does not. */
function sourceJson(source: Source): JsonObject {
  switch (source.kind) {
    case 'registry':
      return { ...source, resolved: source.resolved === null ? null : withoutCredentials(source.resolved) };
    case 'git':
    case 'http':
      return { ...source, url: withoutCredentials(source.url) };
    case 'file':
    case 'other':
      return { ...source };
  }
}

function artifactJson({ file, digests, source }: Artifact): Json {
  return { file, integrity: digests.map(hashText), source: sourceJson(source) };
}

function countsJson({ counts }: Report): Json {
  const { entries, skipped, omitted, unchanged, dependencies, pass, warn, fail, unverified } = counts;
  const { integrity, signature, publish, provenance, bytes, installed } = counts;
  const proven = { integrity, signature, publish, provenance, bytes, installed };
  return { entries, skipped, omitted, unchanged, dependencies, pass, warn, fail, unverified, ...proven };
}

function dependencyJson(judged: JudgedDependency, findings: readonly JsonObject[]): Json {
  const { dependency, proofs, verdict, baseline, critical, capabilities } = judged;
  const [artifact] = dependency.artifacts;
  return {
    ecosystem: dependency.ecosystem,
    name: dependency.name,
    version: dependency.version,
    location: locationJson(dependency),
    places: dependency.places.map(placeJson),
    direct: dependency.direct,
    dev: dependency.dev,
    optional: dependency.optional,
    peer: dependency.peer,
    source: sourceJson(artifact.source),
    integrity: artifact.digests.map(hashText),
    ...(artifact.archive === undefined ? {} : { archive: { ...artifact.archive } }),
    ...(artifact.file === null ? {} : { artifacts: dependency.artifacts.map(artifactJson) }),
    ...(dependency.patches === undefined ? {} : { patches: dependency.patches }),
    verdict,
    baseline,
    critical: critical === null ? null : criticalJson(critical),
    capabilities: capabilities === null ? null : capabilitiesJson(capabilities),
    proofs: proofsJson(proofs),
    findings,
  };
}

function criticalJson(critical: Critical): JsonObject {
  if (critical.by !== 'capability') return { ...critical };
  const { by, capability, reading } = critical;
  const place = placeOf(reading, capability);
  return {
    by,
    capability,
    source: reading.source,
    ...(place === null ? {} : { place: { file: place.file, line: place.line, text: place.text } }),
    ...(reading.source === 'unknown' ? { reason: reading.reason } : {}),
  };
}

function capabilitiesJson(reading: CapabilityReading): JsonObject {
  switch (reading.source) {
    case 'tarball':
      return {
        source: 'tarball',
        words: reading.places.map(({ capability }) => capability),
        before: reading.before,
        places: reading.places.map(({ capability, file, line, text }) => ({ capability, file, line, text })),
      };
    case 'baseline':
    case 'policy':
      return { source: reading.source, words: reading.capabilities };
    case 'unknown':
      return { source: 'unknown', reason: reading.reason };
  }
}

/** Findings by code, and within one code by their arguments. */
function findingsJson({ dependency, findings }: JudgedDependency): JsonObject[] {
  return findings
    .map((finding) => ({ finding: findingJson(finding, dependency), order: JSON.stringify(argsJson(finding)) }))
    .sort((a, b) => compareText(a.finding.code, b.finding.code) || compareText(a.order, b.order))
    .map(({ finding }) => finding);
}

function findingJson(
  finding: LeveledFinding,
  subject: Subject | FileSubject,
): JsonObject & { readonly code: LeveledFinding['code'] } {
  const { message, help } = describe(finding, subject);
  const { code, level } = finding;
  return { code, level, args: argsJson(finding), message, help, ...decisionJson(finding) };
}

/** The decision about a finding, or who owes one. */
function decisionJson({ accepted, review }: LeveledFinding): JsonObject {
  if (review !== undefined) return { review: reviewJson(review) };
  if (accepted === undefined) return {};
  const { by, why, until } = accepted;
  return { accepted: { by, why, until: formatInstant(until) } };
}

export function reviewJson({ owner, firstSeen, due, overdue }: Review): JsonObject {
  const { time, source, commit, orEarlier } = firstSeen;
  return { owner, firstSeen: formatInstant(time), orEarlier, source, commit, due: formatInstant(due), overdue };
}

/** Arguments that are instants; everything else is JSON already. */
const INSTANT_ARGS: ReadonlySet<string> = new Set(['expired', 'firstPublished', 'published', 'time']);

function argsJson({ args }: LeveledFinding): Json {
  return withTimes({ ...args }) as Json;
}

/** A value with its times as text, at any depth. */
function withTimes(value: unknown, name = ''): unknown {
  if (typeof value === 'number' && INSTANT_ARGS.has(name)) return formatInstant(value);
  if (Array.isArray(value)) return value.map((item: unknown) => withTimes(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTimes(item, key)]));
}

function locationJson({ places: [place] }: Dependency): Json {
  return place === undefined ? null : { file: place.file, line: place.line };
}

function placeJson({ file, line, path }: Place): Json {
  return { file, line, path };
}
