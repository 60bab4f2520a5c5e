import { isWorkspace } from '../../model/workspaces.ts';
import { isFolderSpec, type Declaration, type NpmEntry } from '../node-modules/entry.ts';
import { joinedTo } from '../node-modules/location.ts';
import type { NpmProject } from '../node-modules/project.ts';
import { nameOf } from './packages.ts';
import { pathOfFileSpec } from '../node-modules/specs.ts';
import { resolver } from '../node-modules/tree.ts';

/** A requirement with the entry that its name resolves to. */
export interface Edge extends Declaration {
  readonly to: NpmEntry;
}

/** A folder of the project, or a package, with what it asks for and finds. */
export interface Asker {
  readonly location: string;
  /** For people: `.` is the project's own folder. */
  readonly label: string;
  readonly edges: readonly Edge[];
  /** What it asks for and does not find. */
  readonly missing: readonly Declaration[];
}

/** Who asks for what. */
export interface Graph {
  readonly askers: ReadonlyMap<string, Asker>;
  /** Folders of the project. Only their requirements were chosen by people. */
  readonly ofProject: ReadonlySet<string>;
  /** Declared workspaces, by folder: the name under which they may be linked. */
  readonly workspaces: ReadonlyMap<string, string>;
  /** Whether it is known what the project itself asks for. */
  readonly hasRoot: boolean;
  /**
   * Folders, whether of the project or only said to be some, with all that the lockfile or package.json says they ask
   * for.
   */
  readonly folders: ReadonlyMap<string, readonly Edge[]>;
}

/**
 * Who asks for what, by package.json where it is known: the lockfile's copy can be edited like everything else in it. A
 * folder belongs to the project if it is the root, a declared workspace, or asked for as `file:` by such a folder.
 */
export function graphOf(entries: readonly NpmEntry[], project: NpmProject): Graph {
  const resolve = resolver(entries);
  const answersTo = (location: string, asked: readonly Declaration[]): Pick<Asker, 'edges' | 'missing'> => {
    const edges: Edge[] = [];
    const missing: Declaration[] = [];
    for (const one of asked) {
      const { name, spec, kind } = one;
      const to = resolve(location, name);
      if (to === null) missing.push(one);
      else edges.push(kind === undefined ? { name, spec, to } : { name, spec, kind, to });
    }
    return { edges, missing };
  };
  const said = saidByFolder(entries);
  const asks = new Map([...said].map(([folder, { asked }]) => [folder, asked]));
  for (const [folder, declared] of project.declared) asks.set(folder, declared);
  const hasRoot = asks.has('');
  const patterns = project.workspaces ?? said.get('')?.workspaces ?? [];
  // A folder without a package.json is none for npm, and the lockfile's own word decides nothing where that is known.
  const isKnown = project.declared.has('');
  const namedAs = (folder: string): string =>
    (isKnown ? project.names.get(folder) : said.get(folder)?.name) ?? nameOf(folder);
  const workspaces = new Map(
    [...(isKnown ? project.declared : asks).keys()]
      .filter((folder) => folder !== '' && isWorkspace(patterns, folder))
      .map((folder) => [folder, namedAs(folder)]),
  );
  const ofProject = hasRoot ? reachable(['', ...workspaces.keys()], asks) : new Set(asks.keys());

  const askers = new Map<string, Asker>();
  const folders = new Map<string, readonly Edge[]>();
  for (const [folder, asked] of asks) {
    const answers = answersTo(folder, asked);
    const alsoSaid = project.declared.has(folder) ? answersTo(folder, said.get(folder)?.asked ?? []).edges : [];
    folders.set(folder, [...answers.edges, ...alsoSaid]);
    askers.set(folder, { location: folder, label: folder === '' ? '.' : folder, ...answers });
  }
  for (const entry of entries) {
    if (entry.kind !== 'package') continue;
    const { location, name, version, requires, peers } = entry;
    askers.set(location, { location, label: `${name}@${version}`, ...answersTo(location, [...peers, ...requires]) });
  }
  return { askers, ofProject, workspaces, hasRoot, folders };
}

interface Said {
  readonly asked: readonly Declaration[];
  readonly name?: string | undefined;
  readonly workspaces?: readonly string[] | undefined;
}

/** What the lockfile says of folders: of the target of a link with the link, in version 1. */
function saidByFolder(entries: readonly NpmEntry[]): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>();
  const packages = new Set(entries.flatMap(({ kind, location }) => (kind === 'package' ? [location] : [])));
  for (const entry of entries) {
    if (entry.kind === 'package') continue;
    const asked = [...entry.peers, ...entry.requires];
    if (entry.kind === 'folder') {
      said.set(entry.location, { asked, name: entry.name, workspaces: entry.workspaces });
    } else if (!said.has(entry.target) && !packages.has(entry.target)) {
      said.set(entry.target, { asked });
    }
  }
  return said;
}

/** With the folders that those ask for as folders. */
function reachable(from: readonly string[], asks: ReadonlyMap<string, readonly Declaration[]>): ReadonlySet<string> {
  const seen = new Set(from);
  for (const folder of seen) {
    for (const { spec } of asks.get(folder) ?? []) {
      const target = isFolderSpec(spec) ? joinedTo(folder, pathOfFileSpec(spec)) : null;
      if (target !== null && asks.has(target)) seen.add(target);
    }
  }
  return seen;
}
