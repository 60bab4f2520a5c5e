import { specOf, type Substitution } from '../../model/dependency.ts';
import { answerFrom, isAnswer, type Answer } from '../node-modules/answers.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { isPeer, type Requirement } from '../node-modules/package-json.ts';
import { flagsOf, type Edge, type ReachFlags } from '../common/reach.ts';
import type { Folder } from './folders.ts';
import type { Entry, PackageEntry } from './packages.ts';
import { peersIn } from './peers.ts';
import type { Project } from './project.ts';

/** Who asks for something: the project, a workspace, or an entry. */
type Asker = Folder | Entry;

/** What the entries are to each other and to the project. */
export interface Tree {
  readonly flags: ReachFlags<Asker>;
  readonly isDirect: (entry: Entry) => boolean;
  readonly requirementsOf: (entry: Entry) => readonly Entry[];
  /** The asker that gets this entry without having asked for it, the project first; null for none. */
  readonly substitutionOf: (entry: Entry) => Substitution | null;
  /** Whether the project, a workspace or a folder that they link asks for it, as it is, or overrides put it there. */
  readonly isAskedFor: (entry: Entry) => boolean;
  /** The entry that a name resolves to for an asker. */
  readonly find: (asker: Asker, name: string) => Entry | null;
  /** Packages that are installed under a further name, which has no entry. */
  readonly unkeyed: readonly Unkeyed[];
}

/** What an asker finds as its peer by the version, and the name that it is installed under. */
interface Unkeyed {
  readonly entry: PackageEntry;
  readonly name: string;
  readonly line: number;
}

interface Incoming {
  readonly asker: Asker;
  readonly requirement: Requirement;
}

/**
 * Resolves every requirement by the keys, as Bun does: for "a/b", NAME is "a/b/NAME", "a/NAME" or "NAME". Throws
 * LockfileError where a requirement has no entry, because Bun refuses to install from such a file.
 */
export function treeOf(file: string, locked: readonly Folder[], entries: readonly Entry[], project: Project): Tree {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const find = (asker: Asker, name: string): Entry | null => {
    for (let key = asker.key; key !== ''; key = byKey.get(key)?.above ?? aboveOf(key)) {
      const entry = byKey.get(`${key}/${name}`);
      if (entry !== undefined) return entry;
    }
    return byKey.get(name) ?? null;
  };
  for (const asker of [...locked, ...entries]) {
    const missing = asker.requirements.find(({ name, kind }) => isNeeded(kind) && find(asker, name) === null);
    if (missing === undefined) continue;
    const who = quoted(asker.location === '' ? 'the project' : asker.location);
    const problem = `${who} asks for ${quoted(missing.name)}, which has no entry; run bun install`;
    throw new LockfileError(file, asker.line, problem);
  }
  const outgoing = new Map<Asker, Edge<Entry>[]>();
  const unkeyed = new Map<string, Unkeyed>();
  const peerOf = peersIn(entries, project);
  const incoming = new Map<Entry, Incoming[]>();
  for (const asker of [...locked, ...entries]) {
    const edges: Edge<Entry>[] = [];
    for (const requirement of requirementsOf(asker, project)) {
      const to = find(asker, requirement.name);
      // Bun looks for a peer among all packages first, and by its key only if there is none.
      const peer = requirement.kind === 'peer' ? peerOf(requirement) : null;
      if (peer !== null && peer !== to) {
        edges.push({ kind: requirement.kind, to: peer });
        if (to === null)
          unkeyed.set(`${requirement.name} ${peer.key}`, { entry: peer, name: requirement.name, line: asker.line });
      }
      if (to === null) continue;
      edges.push({ kind: requirement.kind, to });
      const asking = incoming.get(to);
      const one = { asker, requirement };
      if (asking === undefined) incoming.set(to, [one]);
      else asking.push(one);
    }
    outgoing.set(asker, edges);
  }
  const { answered, overridden } = answersOf(project);
  const asking = (entry: Entry): readonly Incoming[] => incoming.get(entry) ?? [];
  return {
    find,
    unkeyed: [...unkeyed.values()],
    flags: flagsOf<Asker>(locked, (asker) => outgoing.get(asker) ?? []),
    isDirect: (entry) => asking(entry).some(({ asker }) => asker.kind !== 'package'),
    requirementsOf: (entry) => outgoing.get(entry)?.map(({ to }) => to) ?? [],
    isAskedFor: (entry) =>
      asking(entry).some((one) => overridden(entry, one) || (isOfProject(one.asker, project) && answered(entry, one))),
    substitutionOf: (entry) => {
      const wrong = wronglyAsked(asking(entry), (one) => answered(entry, one));
      return wrong === null
        ? null
        : { asked: `${wrong.requirement.name}@${wrong.requirement.spec}`, by: nameOf(wrong.asker) };
    },
  };
}

/**
 * A folder's package.json decides where there is one. What a linked folder needs for its development is not installed.
 */
function requirementsOf(asker: Asker, { declared, resolved }: Project): readonly Requirement[] {
  const folder = folderOf(asker);
  if (folder === null) return asker.requirements;
  const requirements = (declared.get(folder) ?? asker.requirements).map(resolved);
  return asker.kind === 'workspace' ? requirements : requirements.filter(({ kind }) => kind !== 'dev');
}

/** Whether the asker belongs to the project. A workspace that only the lockfile knows does not. */
function isOfProject(asker: Asker, { names }: Project): boolean {
  return asker.kind === 'workspace' ? names.has(asker.location) : asker.kind === 'local';
}

function isNeeded(kind: Requirement['kind']): boolean {
  return kind === 'prod' || kind === 'dev';
}

/** "a" of "a/b" and of "a/@s/b". */
function aboveOf(key: string): string {
  return key.replace(/(?:^|\/)(?:@[^/]*\/)?[^/]*$/, '');
}

/**
 * One of several requirements of a folder for the same name has to be answered, as Bun reads one list after another.
 * What the project itself asks for is there for everyone who looks up the name; what a package asks for is there for
 * peers.
 */
function wronglyAsked(asking: readonly Incoming[], isAnswered: (one: Incoming) => boolean): Incoming | null {
  const wrong = asking.filter((one) => !isAnswered(one));
  if (wrong.length === 0) return null;
  const right = asking.filter(isAnswered);
  const content = new Set(right.map(({ asker }) => asker));
  const byFolder = wrong.find(({ asker }) => asker.kind !== 'package' && !content.has(asker));
  if (byFolder !== undefined || right.some(({ asker }) => asker.kind !== 'package')) return byFolder ?? null;
  return wrong.find(({ requirement }) => right.length === 0 || !isPeer(requirement)) ?? null;
}

type IsAnswered = (entry: Entry, incoming: Incoming) => boolean;

/** Says whether an entry is what was asked for, or what an override replaces it with. */
function answersOf({ names, overrides }: Project): { readonly answered: IsAnswered; readonly overridden: IsAnswered } {
  const answerOf = (entry: Entry): Answer => {
    if (entry.kind === 'local') {
      const isWorkspace = entry.scheme === 'workspace' || entry.scheme === 'root';
      return { kind: 'folder', path: entry.path, workspace: (isWorkspace ? names.get(entry.path) : null) ?? null };
    }
    return answerFrom(entry);
  };
  const overridden: IsAnswered = (entry, { requirement: { name } }) =>
    (overrides.get(name) ?? []).some((other) => isAnswer({ name, spec: other, folder: '' }, answerOf(entry)));
  const answered: IsAnswered = (entry, incoming) => {
    const { name, spec } = incoming.requirement;
    return isAnswer({ name, spec, folder: folderOf(incoming.asker) }, answerOf(entry)) || overridden(entry, incoming);
  };
  return { answered, overridden };
}

/** Paths that a package has are within itself. */
function folderOf(asker: Asker): string | null {
  if (asker.kind === 'workspace') return asker.location;
  return asker.kind === 'local' ? asker.path : null;
}

function nameOf(asker: Asker): string {
  if (asker.kind === 'package') return specOf(asker);
  const folder = asker.kind === 'local' ? asker.path : asker.location;
  return folder === '' ? '.' : folder;
}
