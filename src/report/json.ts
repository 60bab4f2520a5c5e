import { withoutCredentials } from '../model/address.ts';
import { placeOf, type CapabilityReading } from '../model/capability.ts';
import type { Digest, Dependency, Place, Source } from '../model/dependency.ts';
import type { AttestationProof, BundleProof, Identity, Proofs, Signer, VerifiedTime } from '../model/proof.ts';
import type { BaselineBaseUsed, BaselineUsed, Report, ReviewUsed } from '../model/report.ts';
import type { Review } from '../model/review.ts';
import { formatInstant } from '../model/time.ts';
import type { Critical, JudgedDependency, LeveledFinding } from '../model/verdict.ts';
import { comparisonJson } from './comparison.ts';
import { compareDependencies, compareText } from './grouping.ts';
import { describe } from './messages.ts';
import { instantJson, stringify, type Json, type JsonObject } from './stringify.ts';

/** The `schema` member of the report; the number changes when a reader of the old shape would break. */
const REPORT_SCHEMA = 'assay.report/1';

/**
 * The whole report as JSON (docs/schemas/report-1.schema.json). Times are RFC 3339, hashes are Subresource Integrity
 * strings. Names, addresses and arguments are exact; `message` and `help` are escaped for people.
 */
export function renderJson(report: Report): string {
  return stringify(reportJson(report));
}

/** The same as a value, to be part of a larger document. */
export function reportJson(report: Report): JsonObject {
  const dependencies = [...report.dependencies].sort((a, b) => compareDependencies(a.dependency, b.dependency));
  const { trust, policy } = report;
  return {
    schema: REPORT_SCHEMA,
    tool: { name: report.tool.name, version: report.tool.version },
    lockfiles: report.lockfiles.map(({ file, format }) => ({ file, format })),
    verdict: report.verdict,
    enforce: report.enforce,
    policy:
      policy === null
        ? null
        : {
            file: policy.file,
            digest: policy.digest,
            unused: policy.unused.map(({ text, line }) => ({ text, line })),
          },
    counts: countsJson(report),
    trust: {
      root: trust.root,
      rootDigest: trust.rootDigest,
      registries: trust.registries
        .map(({ url, keys }) => ({
          url,
          keys: keys
            .map(({ keyId, origin }) => ({ keyId, origin }))
            .sort((a, b) => compareText(a.keyId, b.keyId) || compareText(a.origin, b.origin)),
        }))
        .sort((a, b) => compareText(a.url, b.url)),
    },
    baseline: report.baseline === null ? null : baselineJson(report.baseline),
    review: report.review === null ? null : reviewUsedJson(report.review),
    dependencies: dependencies.map(dependencyJson),
    explanations: report.explanations.map(comparisonJson),
    skipped: report.skipped.map(({ place, reason, by }) => ({
      place: placeJson(place),
      reason,
      ...(by === undefined ? {} : { by }),
    })),
    findings: dependencies.flatMap(({ dependency, findings }) =>
      findingsJson(dependency, findings).map((finding) => ({
        name: dependency.name,
        version: dependency.version,
        location: locationJson(dependency),
        ...finding,
      })),
    ),
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
  accepted,
}: BaselineBaseUsed): JsonObject {
  const decided = accepted.map((one) => ({
    ...one,
    integrity: integrityText(one.integrity),
    until: formatInstant(one.until),
  }));
  return { ref, commit, found, policyChanged, problem, edited, unfounded, removed, accepted: decided };
}

/** The clock and what is in its queue. */
export function reviewUsedJson({ deadlineHours, queue, pending, overdue, shallow }: ReviewUsed): JsonObject {
  return { deadlineHours, queue, pending, overdue, shallow };
}

/** What verifying a bundle established, without its predicate. */
export function bundleProofJson(proof: BundleProof): JsonObject {
  return {
    mediaType: proof.mediaType,
    signer: signerJson(proof.signer),
    times: proof.times.map(timeJson),
    log: proof.log.map(({ logId, origin, logIndex, kind, version, integratedTime, promise, inclusion }) => ({
      logId,
      origin,
      logIndex,
      kind,
      version,
      integratedTime: instantJson(integratedTime),
      promise,
      inclusion,
    })),
    scts: proof.scts,
  };
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
      return { ...source };
  }
}

/** Subresource Integrity (https://www.w3.org/TR/SRI/): algorithm and base64 of the hash. */
export function integrityText({ algorithm, hex }: Digest): string {
  return `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

function countsJson({ counts }: Report): Json {
  const { entries, skipped, omitted, dependencies, pass, warn, fail, unverified } = counts;
  const { integrity, signature, publish, provenance } = counts;
  const proven = { integrity, signature, publish, provenance };
  return { entries, skipped, omitted, dependencies, pass, warn, fail, unverified, ...proven };
}

function dependencyJson(judged: JudgedDependency): Json {
  const { dependency, proofs, findings, verdict, baseline, critical, capabilities } = judged;
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
    source: sourceJson(dependency.source),
    integrity: dependency.integrity.map(integrityText),
    verdict,
    baseline,
    critical: critical === null ? null : criticalJson(critical),
    capabilities: capabilities === null ? null : capabilitiesJson(capabilities),
    proofs: proofsJson(proofs),
    findings: findingsJson(dependency, findings),
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

function proofsJson({ integrity, signature, publish, provenance }: Proofs): Json {
  return {
    integrity: integrity === null ? null : integrityText(integrity),
    signature:
      signature === null
        ? null
        : {
            keyId: signature.keyId,
            keyOrigin: signature.keyOrigin,
            time: signature.time === null ? null : timeJson(signature.time),
          },
    publish: publish === null ? null : attestationJson(publish),
    provenance:
      provenance === null ? null : { identity: identityJson(provenance.identity), ...attestationJson(provenance) },
  };
}

function attestationJson({ predicateType, bundle }: AttestationProof): JsonObject {
  return { predicateType, ...bundleProofJson(bundle) };
}

function signerJson(signer: Signer): Json {
  return signer.kind === 'key'
    ? { kind: 'key', keyId: signer.keyId }
    : { kind: 'certificate', fingerprint: signer.fingerprint, identity: identityJson(signer.identity) };
}

function identityJson(identity: Identity): Json {
  return {
    issuer: identity.issuer,
    subject: identity.subject,
    repository: identity.repository,
    repositoryId: identity.repositoryId,
    owner: identity.owner,
    ownerId: identity.ownerId,
    workflow: identity.workflow,
    ref: identity.ref,
    commit: identity.commit,
    trigger: identity.trigger,
    runner: identity.runner,
    visibility: identity.visibility,
    run: identity.run,
    signer: identity.signer,
  };
}

/** Findings by code, and within one code by their arguments. */
function findingsJson(dependency: Dependency, findings: readonly LeveledFinding[]): JsonObject[] {
  return findings
    .map((finding) => {
      const args = argsJson(finding);
      const { message, help } = describe(finding, dependency);
      return {
        finding: { code: finding.code, level: finding.level, args, message, help, ...decisionJson(finding) },
        order: JSON.stringify(args),
      };
    })
    .sort((a, b) => compareText(a.finding.code, b.finding.code) || compareText(a.order, b.order))
    .map(({ finding }) => finding);
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
const INSTANT_ARGS: ReadonlySet<string> = new Set(['expired', 'published', 'time']);

function argsJson({ args }: LeveledFinding): Json {
  const entries = Object.entries<Json>({ ...args });
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      INSTANT_ARGS.has(name) && typeof value === 'number' ? formatInstant(value) : value,
    ]),
  );
}

function locationJson({ places: [place] }: Dependency): Json {
  return place === undefined ? null : { file: place.file, line: place.line };
}

function placeJson({ file, line, path }: Place): Json {
  return { file, line, path };
}

function timeJson({ source, time }: VerifiedTime): Json {
  return { source, time: formatInstant(time) };
}
