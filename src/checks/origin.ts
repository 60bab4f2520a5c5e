import type { History } from '../model/history.ts';
import type { Finding } from '../model/finding.ts';
import type { IdentityDemand } from '../model/policy.ts';
import type { Identity } from '../model/proof.ts';
import { earlierVersions, type EarlierVersion } from './history.ts';
import { checkAgainstDeclared, checkAgainstIdentity, isOfOneProject, repositoryAddress } from './identity.ts';
import { declaredBefore, type Shown } from './measures.ts';

/** Earlier releases that are asked about where attestations of others are not to be had. */
const TRIES = 3;
/** A person has to look at a project that moved more often than this. */
const PLACES = 6;

export interface OriginCheck {
  readonly findings: readonly Finding[];
  /** Versions whose attestations would say more, to be asked for before this counts. */
  readonly ask: readonly string[];
  /** Versions whose attestations could not be obtained. */
  readonly missing: readonly string[];
}

const NOTHING: OriginCheck = { findings: [], ask: [], missing: [] };

/**
 * Whether a release comes from where its package came from first. Time alone establishes no builder: a fork whose
 * releases stayed would otherwise be the measure for its next one. So the project itself must have made each move to
 * another repository: the owner has the same id or, if the certificates have none, the same name. Where the manifest of
 * the oldest release with provenance names the repository that built this one, only that release is looked at: npm
 * accepts provenance of no other repository than the manifest's.
 */
export function checkOrigin(
  {
    identity,
    version,
    stated,
  }: { readonly identity: Identity; readonly version: string; readonly stated: IdentityDemand },
  history: History,
  shown: Shown,
): OriginCheck {
  const proven = oldestFirst(earlierVersions(history, version).filter(({ provenance }) => provenance));
  const [oldest] = proven;
  if (oldest === undefined || declaredBy(history, oldest.version) === addressOf(identity.repository)) return NOTHING;

  const places = placesOf(history, proven);
  const missing: string[] = [];
  const project: { readonly version: string; readonly identity: Identity }[] = [];
  for (const releases of places.slice(0, PLACES)) {
    for (const { version: one } of releases.slice(0, TRIES)) {
      const by = shown.get(one);
      if (by === undefined) return { ...NOTHING, ask: [one] };
      if (by === null) {
        missing.push(one);
        continue;
      }
      if (project.length === 0 || project.some((known) => isOfOneProject(known.identity, by))) {
        project.push({ version: one, identity: by });
      }
      break;
    }
    if (project.some((known) => isOfOneProject(known.identity, identity))) return { ...NOTHING, missing };
    if (project.length === 0) break;
  }
  const first = project.at(-1);
  if (first !== undefined) {
    const newest = newestBeforeOthers(places, project) ?? first.version;
    const by = shown.get(newest);
    if (by === undefined) return { ...NOTHING, ask: [newest] };
    const known = by !== null && isOfOneProject(first.identity, by) ? { version: newest, identity: by } : first;
    const expected = { ...known, source: 'history', otherChannel: true } as const;
    return { findings: checkAgainstIdentity(identity, expected, stated), ask: [], missing };
  }
  const repository = history.versions.get(oldest.version)?.repository ?? null;
  if (repository === null || stated.repository !== undefined) return { ...NOTHING, missing };
  return { findings: checkAgainstDeclared(identity, { version: oldest.version, repository }), ask: [], missing };
}

/**
 * Whether the package's first provenance names another owner than the manifests of releases before it. That first
 * release is held to them. Later ones are not in error: a manifest proves nothing, and owners change their names.
 */
export function checkBeforeOrigin(identity: Identity, version: string, history: History): readonly Finding[] {
  const [oldest] = oldestFirst(earlierVersions(history, version).filter(({ provenance }) => provenance));
  if (oldest === undefined) return [];
  const declared = declaredBefore(history, oldest.version, oldest.version);
  const then = history.versions.get(oldest.version)?.repository ?? null;
  if (declared === null || then === null) return [];
  const moved = checkAgainstDeclared({ repository: then }, declared).some(({ kind }) => kind !== 'note');
  if (!moved) return [];
  return checkAgainstDeclared(identity, declared).map((found) =>
    found.kind === 'note' ? found : { ...found, kind: 'anomaly' },
  );
}

/** The releases by the repository that their manifests name, in the order in which that was named first. */
function placesOf(history: History, releases: readonly EarlierVersion[]): readonly (readonly EarlierVersion[])[] {
  const places = new Map<string | null, EarlierVersion[]>();
  for (const one of releases) {
    const address = declaredBy(history, one.version);
    const place = places.get(address);
    if (place === undefined) places.set(address, [one]);
    else place.push(one);
  }
  return [...places.values()];
}

/** Where the project is known to be last: its newest release there before the first one of somebody else. */
function newestBeforeOthers(
  places: readonly (readonly EarlierVersion[])[],
  project: readonly { readonly version: string }[],
): string | undefined {
  const isProjects = (releases: readonly EarlierVersion[]): boolean =>
    project.some(({ version }) => releases.some((one) => one.version === version));
  const others = places.filter((releases) => !isProjects(releases)).map(([first]) => first?.published ?? 0);
  const until = Math.min(...others);
  const last = places.findLast(isProjects) ?? [];
  return last.findLast(({ published }) => (published ?? 0) <= until)?.version;
}

function oldestFirst(releases: readonly EarlierVersion[]): readonly EarlierVersion[] {
  return releases.toSorted((a, b) => (a.published ?? 0) - (b.published ?? 0));
}

function declaredBy({ versions }: History, version: string): string | null {
  return addressOf(versions.get(version)?.repository ?? null);
}

/** Forges ignore case in addresses. */
function addressOf(repository: string | null): string | null {
  return repository === null ? null : (repositoryAddress(repository)?.toLowerCase() ?? null);
}
