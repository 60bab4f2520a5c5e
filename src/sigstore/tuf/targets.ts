import { fetchFile, refused, type Ask } from './answer.ts';
import { covers, isFile, type Delegation, type Role, type Root, type TargetFacts, type Targets } from './metadata.ts';

/** A target that the repository lists. `bytes` is null where its SHA-256 is the one that was expected. */
export interface Target {
  readonly facts: TargetFacts;
  readonly bytes: Buffer | null;
}

/** Sigstore's trusted root has 7 KiB. */
const MAX_TARGET_BYTES = 4096 * 1024;
/** Roles that may be asked about one target. */
const MAX_ROLES = 16;

/** What the first role that lists the target says of it, in the order of delegation (5.6.7); null where none does. */
export async function findTarget(
  path: string,
  top: Targets,
  readRole: (name: string, role: Role) => Promise<Targets>,
): Promise<{ readonly facts: TargetFacts; readonly role: string } | null> {
  const visited = new Set<string>();
  let waiting: readonly Delegation[] = [];
  let role = 'targets';
  for (let current = top; ;) {
    const facts = current.targets.get(path);
    if (facts !== undefined) return { facts, role };
    const covering = current.delegations.filter((delegation) => covers(delegation, path));
    const last = covering.findIndex(({ terminating }) => terminating);
    waiting = last === -1 ? [...covering, ...waiting] : covering.slice(0, last + 1);
    const next = waiting.find(({ name }) => !visited.has(name));
    if (next === undefined) return null;
    if (visited.size >= MAX_ROLES) throw refused(`more than ${MAX_ROLES} roles may say what ${path} is`);
    visited.add(next.name);
    waiting = waiting.slice(waiting.indexOf(next) + 1);
    role = next.name;
    current = await readRole(next.name, next.role);
  }
}

/** Its bytes, from what was `kept` where that still is what is asked for; added to `files`. Throws `Unusable`. */
export async function obtainTarget(
  path: string,
  facts: TargetFacts,
  expected: string | null,
  {
    root,
    kept,
    files,
    ask,
  }: {
    readonly root: Root;
    readonly kept: ReadonlyMap<string, Buffer>;
    readonly files: Map<string, Buffer>;
    readonly ask: Ask;
  },
): Promise<Target> {
  if (expected !== null && facts.hashes.sha256 === expected) return { facts, bytes: null };
  if (facts.length > MAX_TARGET_BYTES) throw refused(`the target ${path} is larger than ${MAX_TARGET_BYTES} bytes`);
  const place = placeOf(path, facts, root);
  const known = kept.get(place);
  const bytes =
    known !== undefined && isFile(known, facts) ? known : await fetchFile(ask, place, facts, MAX_TARGET_BYTES);
  files.set(place, bytes);
  return { facts, bytes };
}

/** Where a target is. */
export function placeOf(path: string, { hashes: { sha256, sha512 } }: TargetFacts, root: Root): string {
  const cut = path.lastIndexOf('/') + 1;
  const prefix = root.consistentSnapshot ? `${sha256 ?? sha512 ?? ''}.` : '';
  return `targets/${path.slice(0, cut)}${prefix}${path.slice(cut)}`;
}
