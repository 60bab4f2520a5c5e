import { conventionsOf, isPublicRegistry } from '../ecosystems/conventions/index.ts';
import { hasCapability, type Capability, type CapabilityReading } from '../model/capability.ts';
import type { FindingCode } from '../model/finding.ts';
import type { Dependency } from '../model/dependency.ts';
import type { TextMatch } from '../model/match.ts';
import {
  IDENTITY_FIELDS,
  type PolicyExpectation,
  type IdentityField,
  type PackageSelector,
  type Policy,
  type ProvenanceDemand,
  type Since,
} from '../model/policy.ts';
import { packageId, type PackageRef, type VersionRef } from '../model/package.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import type { Critical, Level } from '../model/verdict.ts';
import { mostSpecific, selects } from './selectors.ts';

/** What can be found of who published a version. */
const PUBLISHERS: readonly FindingCode[] = ['history-publisher-changed', 'history-publisher-new'];

/** What a policy demands of a package that is asked at `registry`, for the checks. */
export function expectationOf(policy: Policy, one: PackageRef, registry: string): PolicyExpectation {
  const identity: Partial<Record<IdentityField, TextMatch>> = {};
  for (const field of IDENTITY_FIELDS) {
    const rule = mostSpecific(
      policy.expect.filter((candidate) => candidate.identity[field] !== undefined),
      one,
    );
    const wanted = rule?.identity[field];
    if (wanted !== undefined) identity[field] = wanted;
  }
  const ofInstance = policy.expect.filter(({ instance }) => instance !== null);
  const instance = mostSpecific(ofInstance, one)?.instance ?? null;
  return {
    identity,
    instance,
    releaseAge: policy.releaseAge,
    publisher: PUBLISHERS.some((code) => levelRule(policy, code, one) === 'error'),
    addresses: otherAddresses(policy, registry),
  };
}

/** The registry that an address stands for: itself, unless the policy names it as a mirror. */
export function standsFor(policy: Policy, registry: string): string {
  return policy.mirrors.find(({ url }) => url === registry)?.of ?? registry;
}

/** The registry that `registry` stands for, and every other mirror of that. */
function otherAddresses(policy: Policy, registry: string): readonly string[] {
  const origin = standsFor(policy, registry);
  const mirrors = policy.mirrors.filter(({ of }) => of === origin).map(({ url }) => url);
  return [origin, ...mirrors].filter((address) => address !== registry);
}

/** What is known of a dependency besides its name when its findings are given levels. */
export interface Release extends VersionRef {
  /** Null for what no registry serves. */
  readonly registry: string | null;
  readonly published: Instant | null;
}

/** Whether provenance is demanded of this release: the most specific rule decides, and `since` where it begins. */
export function provenanceDemand(policy: Policy, release: Release): ProvenanceDemand {
  const stated = policy.expect.flatMap(({ packages, provenance }) =>
    provenance === null ? [] : [{ packages, provenance }],
  );
  const exempt = policy.exempt.map((packages) => ({
    packages,
    provenance: { demand: 'optional', since: null } as const,
  }));
  const rules = isInternal(release) ? [...stated, ...exempt] : stated;
  const rule = mostSpecific(rules, release);
  if (rule === null) return 'expected';
  const { demand, since } = rule.provenance;
  if (since === null || hasBegun(since, release)) return demand;
  return demand === 'required' ? 'expected' : 'optional';
}

/** Anybody can publish to a public registry: what is asked there is no internal package, whatever its name. */
function isInternal({ registry }: Release): boolean {
  return registry !== null && !isPublicRegistry(registry);
}

/** A release whose version or time is not known is held to the demand. */
function hasBegun(since: Since, { ecosystem, version, published }: Release): boolean {
  if (since.kind === 'time') return published === null || published >= since.time;
  const { parse, compare } = conventionsOf(ecosystem).versions;
  return parse(version) === null || compare(version, since.version) >= 0;
}

/** Whether a release needs no registry signature: an exempt package of a private registry without keys. */
export function needsNoSignature(policy: Policy, release: Release): boolean {
  const unsigned = policy.privateRegistries.some(({ url, keys }) => url === release.registry && keys === null);
  return unsigned && policy.exempt.some((entry) => selects(entry, release));
}

/** The level a policy gives a code for a package, or for what is none (null); null where it says nothing. */
export function levelRule(policy: Policy, code: FindingCode, one: PackageRef | null): Level | null {
  const rules = policy.findings
    .filter((rule) => rule.code === code)
    .flatMap(({ packages, level }) => packages.map((each) => ({ packages: each, level })));
  return mostSpecific(rules, one)?.level ?? null;
}

/** Why a dependency is critical; null where it is not. Without a written set what is direct is. */
export function criticality(
  policy: Policy | null,
  dependency: Dependency,
  reading: CapabilityReading | null,
): Critical | null {
  const named = criticalByName(policy, dependency);
  if (named !== null || reading === null) return named;
  const wanted = policy?.critical?.capabilities.find(({ capability }) => hasCapability(reading, capability));
  return wanted === undefined ? null : { by: 'capability', capability: wanted.capability, reading };
}

function criticalByName(policy: Policy | null, dependency: Dependency): Critical | null {
  const critical = policy?.critical ?? null;
  if (dependency.direct && (critical === null || critical.direct)) return { by: 'direct' };
  const entry = critical?.packages.find((candidate) => selects(candidate, dependency));
  return entry === undefined ? null : { by: 'name', name: entry.text, line: entry.line };
}

/** Whether a dependency is critical if it has certain capabilities, so that they must be known. */
export function needsCapabilities(policy: Policy, dependency: Dependency): boolean {
  const selected = policy.critical?.capabilities ?? [];
  return selected.length > 0 && dependency.direct && criticalByName(policy, dependency) === null;
}

/** The capabilities the policy states for a package; null where it says nothing. */
export function statedCapabilities({ capabilities }: Policy, one: PackageRef): readonly Capability[] | null {
  return mostSpecific(capabilities, one)?.capabilities ?? null;
}

/** What a run is about: packages, the registries that are asked for them, and the time. */
export interface Asked {
  readonly packages: Iterable<PackageRef>;
  readonly registries: ReadonlySet<string>;
  readonly now: Instant;
}

/** What selects nothing, as the policy writes it, and where. */
type RuleInVain = Pick<PackageSelector, 'text' | 'line'>;

/** Rules that matched nothing, in the order of the file: unknown names, registries never asked, times in the future. */
export function unusedRules(policy: Policy, { packages: named, registries, now }: Asked): readonly RuleInVain[] {
  const all = [
    ...(policy.critical?.packages ?? []),
    ...policy.expect.map(({ packages }) => packages),
    ...policy.findings.flatMap(({ packages }) => packages),
    ...policy.exempt,
    ...(policy.review?.owners.map(({ packages }) => packages) ?? []),
    ...policy.capabilities.map(({ packages }) => packages),
  ];
  const distinct = [...new Map([...named].map((one) => [packageId(one), one])).values()];
  const later = policy.expect.flatMap(({ packages: { text, line }, provenance }) => {
    const since = provenance?.since ?? null;
    const isLater = since?.kind === 'time' && since.time > now;
    return isLater ? [{ text: `${text} since ${formatInstant(since.time)}`, line }] : [];
  });
  return [
    ...all.filter((entry) => !distinct.some((one) => selects(entry, one))),
    ...unaskedRegistries(policy, registries).map(({ url, line }) => ({ text: url, line })),
    ...later,
  ].sort((a, b) => a.line - b.line);
}

/** Mirrors and private registries that are none of these, nor stand for one. */
function unaskedRegistries(
  policy: Policy,
  registries: ReadonlySet<string>,
): readonly { readonly url: string; readonly line: number }[] {
  const asked = new Set([...registries].flatMap((url) => [url, standsFor(policy, url)]));
  return [...policy.mirrors, ...policy.privateRegistries].filter(({ url }) => !asked.has(url));
}

/**
 * Whether the policy has keys for a registry that is never asked. Its address may be misspelt, and a registry that is
 * asked may be the one that was meant: then none may vouch for its own keys.
 */
export function hasUnusedKeys(policy: Policy, registries: ReadonlySet<string>): boolean {
  const unasked = new Set(unaskedRegistries(policy, registries).map(({ url }) => url));
  return policy.privateRegistries.some(({ url, keys }) => keys !== null && unasked.has(url));
}
