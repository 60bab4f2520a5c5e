import { isPublicRegistry } from '../ecosystems/conventions/index.ts';
import { CAPABILITIES, hasCapability, NOT_READ } from '../model/capability.ts';
import { FINDING_KINDS } from '../model/finding.ts';
import { nameOf, type PackageRef } from '../model/package.ts';
import type { Policy } from '../model/policy.ts';
import type { Proposal, ProposedPackage, ProposedRegistries } from '../model/proposal.ts';
import type { JudgedDependency, Phase } from '../model/verdict.ts';
import { failsFrom } from './enforce.ts';
import { readSelector, selects } from './selectors.ts';

/** A list that people read before they commit it. */
const MAX_PROPOSED = 40;
/** The gravest first: what decides which are proposed where there are too many. */
const BY_WEIGHT = ['install-script', 'network', 'process', 'native', 'filesystem', 'environment'] as const;

/** The direct dependencies whose files show a capability or could not be read, and what else a first policy can say. */
export function propose(
  judged: readonly JudgedDependency[],
  registries: ProposedRegistries,
  policy: Policy | null,
): Proposal {
  const direct = firstOfEach(judged.filter(({ dependency }) => dependency.direct));
  const able = direct.flatMap((one) => proposedOf(one) ?? []).sort(compareProposed);
  const named = able.slice(0, MAX_PROPOSED);
  const isRead = judged.some(wasRead);
  // Nobody is asked to expect a builder who was not expected here.
  const isExpected = ({ findings }: JudgedDependency): boolean =>
    findings.every(({ code, kind }) => kind === 'note' || FINDING_KINDS[code] !== 'identity');
  const example = direct
    .filter(isExpected)
    .find(
      ({ dependency, proofs }) =>
        (proofs.provenance?.identity.repository ?? null) !== null &&
        (!isRead || named.some(({ name }) => name === dependency.name)),
    );
  const identity = example?.proofs.provenance?.identity;
  const failsIn = (phases: readonly Phase[], one: JudgedDependency): boolean =>
    one.findings.some(
      (finding) => finding.accepted === undefined && phases.some((phase) => failsFrom(finding, policy) === phase),
    );
  const inGuard = judged.filter((one) => failsIn(['observe', 'guard'], one));
  return {
    able: named.sort((a, b) => Number(a.dev) - Number(b.dev) || (a.name < b.name ? -1 : 1)),
    isRead,
    more: able.length - named.length,
    direct: direct.length,
    failing: {
      guard: namesOf(inGuard),
      critical: namesOf(
        judged.filter((one) => one.dependency.direct && !inGuard.includes(one) && failsIn(['critical'], one)),
      ),
    },
    registries,
    example: example === undefined || identity === undefined ? null : { name: nameOf(example.dependency), identity },
  };
}

function namesOf(judged: readonly JudgedDependency[]): readonly string[] {
  return [...new Set(judged.map(({ dependency }) => nameOf(dependency)))];
}

/** The registries of an npm configuration as a policy names them. `locked` is what the lockfile names. */
export function proposeRegistries(
  registry: string,
  scopes: ReadonlyMap<string, string>,
  locked: readonly PackageRef[],
): ProposedRegistries {
  const own = [...scopes].filter(([, url]) => !isPublicRegistry(url) && url !== registry);
  const isLocked = (text: string): boolean => {
    const selection = readSelector(text);
    return selection !== null && locked.some((one) => selects(selection, one));
  };
  return {
    mirror: isPublicRegistry(registry) ? null : registry,
    private: [...new Set(own.map(([, url]) => url))].sort(),
    exempt: own
      .map(([scope]) => `${scope}/*`)
      .filter(isLocked)
      .sort(),
  };
}

/** One for each name; the first in the lockfile's order. */
function firstOfEach(judged: readonly JudgedDependency[]): readonly JudgedDependency[] {
  const seen = new Set<string>();
  return judged.filter(({ dependency: { name } }) => !seen.has(name) && seen.add(name));
}

/** Whether files were looked at, or should have been. */
function wasRead({ capabilities }: JudgedDependency): boolean {
  return capabilities !== null && !(capabilities.source === 'unknown' && capabilities.reason === NOT_READ);
}

function proposedOf(one: JudgedDependency): ProposedPackage | null {
  const { dependency, capabilities } = one;
  const { name, version, dev } = dependency;
  if (capabilities === null || !wasRead(one) || readSelector(name) === null || name.includes('*') || name === 'direct')
    return null;
  if (!CAPABILITIES.some((capability) => hasCapability(capabilities, capability))) return null;
  return { name, version, dev, reading: capabilities };
}

/** What ships before what only builds; then by the gravest capability that the other one lacks. */
function compareProposed(a: ProposedPackage, b: ProposedPackage): number {
  if (a.dev !== b.dev) return Number(a.dev) - Number(b.dev);
  const decides = BY_WEIGHT.find((word) => hasCapability(a.reading, word) !== hasCapability(b.reading, word));
  if (decides !== undefined) return hasCapability(a.reading, decides) ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
