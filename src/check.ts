import maxSatisfying from 'semver/ranges/max-satisfying.js';
import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';
import { auditDependencies, reportOf, type AuditOptions } from './audit.ts';
import { predecessorOf } from './checks/history.ts';
import { parseIntegrity } from './lockfiles/index.ts';
import type { Comparison, VersionFacts } from './model/comparison.ts';
import type { Dependency, Digest } from './model/dependency.ts';
import type { Manifest, Packument } from './model/evidence.ts';
import type { Report } from './model/report.ts';
import type { JudgedDependency } from './model/verdict.ts';

export type CheckOptions = Omit<AuditOptions, 'file' | 'bytes' | 'omit' | 'only' | 'baseline' | 'reverify'>;

/** A spec that names no version the registry could be asked about. */
export interface Unresolved {
  readonly spec: string;
  readonly reason: string;
  /** Whether the registry gave no answer, rather than the answer that there is none. */
  readonly unavailable: boolean;
}

export interface CheckResult {
  readonly report: Report;
  readonly comparisons: readonly Comparison[];
  readonly unresolved: readonly Unresolved[];
}

interface Resolved {
  readonly packument: Packument;
  readonly version: string;
  readonly spec: string;
}

/**
 * Checks versions without a project: each spec is `name`, `name@version`, `name@range` or `name@dist-tag`. The hash that
 * stands in for a lockfile's is the one the registry serves.
 */
export async function check(specs: readonly string[], options: CheckOptions): Promise<CheckResult> {
  const answers = await Promise.all(specs.map((spec) => resolveSpec(spec, options)));
  const resolved = answers.filter((answer) => 'packument' in answer);
  const current = resolved.map(({ packument, version, spec }) => dependencyOf(packument, version, spec));
  const earlier = resolved.map(({ packument, version, spec }) => {
    const predecessor = predecessorOf(packument, version);
    return predecessor === null ? null : dependencyOf(packument, predecessor.version, spec);
  });
  const judged = await auditDependencies(current, options);
  const judgedEarlier = await auditDependencies(
    earlier.filter((dependency) => dependency !== null),
    options,
  );
  const lockfile = { entries: current.length, dependencies: current, skipped: [] };
  return {
    report: reportOf([], lockfile, judged, options),
    comparisons: resolved.map(({ packument, version }, index) => {
      const before = judgedEarlier.find(({ dependency }) => dependency === earlier[index]) ?? null;
      return compareVersions(packument, version, judged[index] ?? null, before);
    }),
    unresolved: answers.filter((answer) => 'reason' in answer),
  };
}

/** Splits `name@wanted`; a scoped name starts with the other @. Null for what is no package name. */
export function parseSpec(spec: string): { readonly name: string; readonly wanted: string } | null {
  const match = /^((?:@[a-z0-9~-][\w.~-]*\/)?[a-zA-Z0-9~-][\w.~-]*)(?:@(.*))?$/.exec(spec);
  if (match?.[1] === undefined || match[1].length > 214) return null;
  return { name: match[1], wanted: match[2] === undefined || match[2] === '' ? 'latest' : match[2] };
}

async function resolveSpec(spec: string, { registry }: CheckOptions): Promise<Resolved | Unresolved> {
  const parsed = parseSpec(spec);
  if (parsed === null)
    return { spec, reason: 'not a package name with a version, range or dist-tag', unavailable: false };
  const { name, wanted } = parsed;
  const answer = await registry.packument(name);
  if (answer.state === 'absent')
    return { spec, reason: `${registry.urlFor(name)} has no package ${name}`, unavailable: false };
  if (answer.state !== 'present') return { spec, reason: `${answer.url}: ${answer.reason}`, unavailable: true };
  const version = pickVersion(answer.value, wanted);
  if (version === null)
    return { spec, reason: `${name} has no version, range or dist-tag ${wanted}`, unavailable: false };
  return { packument: answer.value, version, spec };
}

/** As npm picks: the exact version, the dist-tag, else the highest in range, `latest` before others that fit. */
export function pickVersion({ versions, distTags }: Packument, wanted: string): string | null {
  if (versions.has(wanted)) return wanted;
  const tagged = Object.hasOwn(distTags, wanted) ? distTags[wanted] : undefined;
  if (tagged !== undefined) return versions.has(tagged) ? tagged : null;
  if (validRange(wanted) === null) return null;
  const latest = distTags['latest'];
  if (latest !== undefined && versions.has(latest) && satisfies(latest, wanted)) return latest;
  return maxSatisfying([...versions.keys()], wanted);
}

function dependencyOf(packument: Packument, version: string, spec: string): Dependency {
  const manifest = packument.versions.get(version);
  return {
    ecosystem: 'npm',
    name: packument.name,
    version,
    integrity: servedIntegrity(manifest),
    source: { kind: 'registry', resolved: null },
    places: [{ file: spec, line: 1, path: spec }],
    direct: true,
    dev: false,
    optional: false,
    peer: false,
    exotic: [],
    bundles: [],
  };
}

function servedIntegrity(manifest: Manifest | undefined): readonly Digest[] {
  try {
    return parseIntegrity(manifest?.integrity ?? '');
  } catch {
    // What cannot be read locks nothing, and the audit says so.
    return [];
  }
}

function compareVersions(
  packument: Packument,
  version: string,
  current: JudgedDependency | null,
  before: JudgedDependency | null,
): Comparison {
  const manifest = packument.versions.get(version);
  const earlier = before === null ? undefined : packument.versions.get(before.dependency.version);
  const added = (now: Readonly<Record<string, string>>, then: Readonly<Record<string, string>>): [string, string][] =>
    earlier === undefined ? [] : Object.entries(now).filter(([key]) => !Object.hasOwn(then, key));
  return {
    name: packument.name,
    current: factsOf(packument, version, current),
    predecessor: before === null ? null : factsOf(packument, before.dependency.version, before),
    addedDependencies: added(manifest?.dependencies ?? {}, earlier?.dependencies ?? {}).map(([name, spec]) => ({
      name,
      spec,
    })),
    addedScripts: added(manifest?.installScripts ?? {}, earlier?.installScripts ?? {}).map(([name, command]) => ({
      name,
      command,
    })),
  };
}

function factsOf(packument: Packument, version: string, judged: JudgedDependency | null): VersionFacts {
  const manifest = packument.versions.get(version);
  const identity = judged?.proofs.provenance?.identity ?? null;
  return {
    version,
    published: packument.time.get(version) ?? null,
    publisher: manifest?.publisher?.name ?? null,
    trustedPublisher: manifest?.publisher?.trustedPublisher ?? null,
    provenance: provenanceState(manifest, judged),
    // Without provenance there is only the manifest's own word, which is not shown beside a proven one.
    repository: identity?.repository ?? null,
    commit: identity?.commit ?? null,
    workflow: identity?.workflow ?? null,
    integrity: manifest?.integrity ?? null,
  };
}

function provenanceState(manifest: Manifest | undefined, judged: JudgedDependency | null): VersionFacts['provenance'] {
  if ((judged?.proofs.provenance ?? null) !== null) return 'proven';
  const codes = judged?.findings.map((finding) => finding.code) ?? [];
  if (codes.includes('provenance-invalid') || codes.includes('provenance-subject-mismatch')) return 'invalid';
  if (codes.includes('evidence-unavailable') || codes.includes('evidence-malformed')) return 'unknown';
  return manifest?.attestations?.provenance === true ? 'claimed' : 'none';
}
