import { NPM_REGISTRY } from '../model/address.ts';
import { CAPABILITIES, hasCapability } from '../model/capability.ts';
import type { Proposal, ProposedPackage, ProposedRegistries } from '../model/proposal.ts';
import type { JudgedDependency } from '../model/verdict.ts';
import { isSelector, selects } from './selectors.ts';

/** A list that people read before they commit it. */
const MAX_PROPOSED = 40;
/** The gravest first: what decides which are proposed where there are too many. */
const BY_WEIGHT = ['install-script', 'network', 'process', 'native', 'filesystem', 'environment'] as const;

/** The direct dependencies whose files show a capability or could not be read, and what else a first policy can say. */
export function propose(judged: readonly JudgedDependency[], registries: ProposedRegistries): Proposal {
  const direct = firstOfEach(judged.filter(({ dependency }) => dependency.direct));
  const able = direct.flatMap((one) => proposedOf(one) ?? []).sort(compareProposed);
  const critical = able.slice(0, MAX_PROPOSED);
  const example = direct.find(
    ({ dependency, proofs }) =>
      (proofs.provenance?.identity.repository ?? null) !== null &&
      critical.some(({ name }) => name === dependency.name),
  );
  const isCritical = ({ dependency }: JudgedDependency): boolean =>
    critical.length === 0 ? dependency.direct : critical.some(({ name }) => name === dependency.name);
  const identity = example?.proofs.provenance?.identity;
  return {
    critical: critical.sort((a, b) => Number(a.dev) - Number(b.dev) || (a.name < b.name ? -1 : 1)),
    more: able.length - critical.length,
    direct: direct.length,
    failing: [...new Set(judged.filter((one) => isCritical(one) && wouldFail(one)).map((one) => one.dependency.name))],
    registries,
    example: example === undefined || identity === undefined ? null : { name: example.dependency.name, identity },
  };
}

/** The registries of an npm configuration as a policy names them. `names` are those of the lockfile. */
export function proposeRegistries(
  registry: string,
  scopes: ReadonlyMap<string, string>,
  names: readonly string[],
): ProposedRegistries {
  const own = [...scopes].filter(([, url]) => url !== NPM_REGISTRY && url !== registry);
  const isLocked = (text: string): boolean => names.some((name) => selects({ text, line: 1 }, name));
  return {
    mirror: registry === NPM_REGISTRY ? null : registry,
    private: [...new Set(own.map(([, url]) => url))].sort(),
    exempt: own
      .map(([scope]) => `${scope}/*`)
      .filter((glob) => isSelector(glob) && isLocked(glob))
      .sort(),
  };
}

/** One for each name; the first in the lockfile's order. */
function firstOfEach(judged: readonly JudgedDependency[]): readonly JudgedDependency[] {
  const seen = new Set<string>();
  return judged.filter(({ dependency: { name } }) => !seen.has(name) && seen.add(name));
}

function proposedOf({ dependency, capabilities }: JudgedDependency): ProposedPackage | null {
  const { name, version, dev } = dependency;
  if (capabilities === null || !isSelector(name) || name.includes('*') || name === 'direct') return null;
  if (!CAPABILITIES.some((capability) => hasCapability(capabilities, capability))) return null;
  return { name, version, dev, reading: capabilities };
}

function wouldFail({ findings }: JudgedDependency): boolean {
  return findings.some(({ kind }) => kind === 'loss' || kind === 'identity' || kind === 'gap');
}

/** What ships before what only builds; then by the gravest capability that the other one lacks. */
function compareProposed(a: ProposedPackage, b: ProposedPackage): number {
  if (a.dev !== b.dev) return Number(a.dev) - Number(b.dev);
  const decides = BY_WEIGHT.find((word) => hasCapability(a.reading, word) !== hasCapability(b.reading, word));
  if (decides !== undefined) return hasCapability(a.reading, decides) ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
