import type { Dependency, PlacedFinding, SkippedEntry } from '../../model/dependency.ts';
import { isPackageName, nameAtVersion } from '../node-modules/names.ts';
import { missingEntry, otherOverride, resolvedAnew } from '../common/anew.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import { specKind } from '../node-modules/specs.ts';
import {
  type Brought,
  type Descriptor,
  type EntryDescriptor,
  type LocalFolder,
  parseDescriptor,
  type YarnEntry,
} from './entry.ts';
import { parsePatch } from './locator.ts';
import { isWorkspace, type YarnProject } from './project.ts';
import { addedBy, lookedUpInClassic, plainRange, replacedInBerry, type Asker } from './resolutions.ts';
import type { ProjectRequirement } from './roles.ts';

/**
 * What an entry brings, as it is judged: a package, with what it stands in for without being asked, or nothing to
 * fetch.
 */
type Answer = (Brought & Pick<Dependency, 'substitutes'>) | { readonly skipped: SkippedEntry['reason'] };

export interface Answers {
  readonly of: (entry: YarnEntry) => readonly Answer[];
  /** What Yarn resolves anew, because no entry has it or because it passes over the entry that has. */
  readonly findings: readonly PlacedFinding[];
}

/**
 * Compares what entries bring with what is asked for: a registry's range must get a registry's package of that name, a
 * folder must be asked for by the project, and every requirement must have an entry.
 */
export function answersOf(
  file: string,
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  project: YarnProject,
  isClassic: boolean,
): Answers {
  const askedFor = foldersAskedFor(entries, asked, project);
  let known: ReadonlyMap<string, string> | null = null;
  const askerOf = (one: Descriptor): string | undefined =>
    (known ??= askersOf(entries, asked, project)).get(keyOf(one));

  const judged = (entry: YarnEntry, one: Brought | LocalFolder): Answer => {
    const strangers = entry.descriptors.filter(
      (descriptor) =>
        descriptor.asked !== null &&
        !entry.brings.some((other) => isAnswer(descriptor, other, project)) &&
        !isNamedAs(descriptor, entry.brings, one),
    );
    const substitutes = strangers.map((descriptor) => ({
      asked: `${descriptor.name}@${descriptor.range}`,
      by: askerOf(descriptor) ?? '.',
    }));
    const stands = substitutes.length === 0 ? {} : { substitutes };
    if (!('local' in one)) return { ...one, ...stands };
    const isOurs = one.local !== 'link' || isAskedFor(entry, one, askedFor) || !entry.descriptors.some(askerOf);
    if (isOurs && substitutes.length === 0) return { skipped: one.local };
    const name = strangers[0]?.asked ?? one.name;
    if (!isPackageName(name)) throw new LockfileError(file, entry.line, `${quoted(name)} is not a package name`);
    const locator = one.local === 'link' ? one.locator : `workspace:${one.locator === '' ? '.' : one.locator}`;
    return { name, version: locator, source: { kind: 'file', path: locator }, integrity: [], ...stands };
  };

  const unused = entries.flatMap(({ line, path, unused: why }) =>
    why === undefined ? [] : [resolvedAnew({ file, line, path }, `an entry that Yarn 1 passes over: ${why}`)],
  );
  const missing = project.asked.has('') ? missingOf(entries, asked, project, isClassic) : [];
  const unlocked = isClassic ? unlockedResolutions(entries, project) : [];
  return {
    of: (entry) => entry.brings.map((one) => judged(entry, one)),
    findings: [
      ...unused,
      ...unlocked.map((pattern) => otherOverride({ file, line: 1 }, pattern)),
      ...missing.map(({ name, range, by, line }) =>
        missingEntry({ file, line, path: `${name}@${range}` }, { name, spec: range, by }),
      ),
    ],
  };
}

/** Whether a registry's descriptor may get this. */
function isAnswer(descriptor: EntryDescriptor, one: Brought | LocalFolder, project: YarnProject): boolean {
  const overrides = project.overrides.get(descriptor.name) ?? [];
  if ('local' in one) {
    if (one.local === 'link') return overrides.includes(one.locator);
    if (!project.asked.has('')) return one.name === descriptor.name;
    return isWorkspace(project, descriptor, one.locator);
  }
  if (one.source.kind !== 'registry') return overrides.some((spec) => specKind(spec) === one.source.kind);
  const isPatched = one.patches !== undefined && one.patches.length > 0;
  const isNamed = one.name === descriptor.asked || descriptor.replaced?.includes(one.name) === true;
  return isNamed && isPatched === descriptor.patched;
}

/** Of several packages that an entry is held to be, each answers for the descriptors of its own name. */
function isNamedAs(descriptor: EntryDescriptor, brings: YarnEntry['brings'], one: Brought | LocalFolder): boolean {
  return brings.length > 1 && one.name !== descriptor.asked && brings.some(({ name }) => name === descriptor.asked);
}

function isAskedFor(entry: YarnEntry, { name, locator }: LocalFolder, askedFor: ReadonlySet<string>): boolean {
  return askedFor.has(keyOf({ name, range: locator })) || entry.descriptors.some((one) => askedFor.has(keyOf(one)));
}

/** What the project, its workspaces and the folders that they link ask for, and what its overrides put in place. */
function foldersAskedFor(
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  { overrides }: YarnProject,
): ReadonlySet<string> {
  const linked = new Map<string, YarnEntry>();
  for (const entry of entries) {
    if (!entry.brings.some((one) => 'local' in one)) continue;
    for (const descriptor of entry.descriptors) linked.set(keyOf(descriptor), entry);
  }
  const replaced = [...overrides].flatMap(([name, specs]) => specs.map((range) => ({ name, range })));
  const queue = [...asked, ...replaced].map(keyOf);
  const askedFor = new Set(queue);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const requirement of linked.get(key)?.requires ?? []) {
      const next = keyOf(requirement);
      if (askedFor.has(next)) continue;
      askedFor.add(next);
      queue.push(next);
    }
  }
  return askedFor;
}

/** The first asker of each descriptor. */
function askersOf(
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  project: YarnProject,
): ReadonlyMap<string, string> {
  const askers = new Map<string, string>();
  for (const { by, ...requirement } of requirementsOf(entries, asked, project)) {
    const key = keyOf(requirement);
    if (!askers.has(key)) askers.set(key, by);
  }
  return askers;
}

interface RequirementAt extends Descriptor {
  readonly by: string;
  readonly line: number;
  readonly asker: Asker;
}

/**
 * All requirements, the project's first, each asker's with what extensions add to it. A workspace's entry is left out:
 * it only repeats its package.json.
 */
function requirementsOf(
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  { workspaces, settings: { extensions } }: YarnProject,
): readonly RequirementAt[] {
  const ofProject = asked.map(({ name, range, by }): RequirementAt => {
    const asker = workspaces.get(by === '.' ? '' : by) ?? UNKNOWN;
    return { name, range, by, line: 1, asker };
  });
  const toWorkspaces = [...workspaces].flatMap(([folder, asker]) => {
    const by = folder === '' ? '.' : folder;
    const own = asked.filter((one) => one.by === by);
    return addedBy(extensions, asker, own).map(({ name, range }) => ({ name, range, by, line: 1, asker }));
  });
  const others = entries.flatMap(({ brings: [one], requires, line }) => {
    if (one === undefined || ('local' in one && one.local !== 'link')) return [];
    const asker = 'local' in one ? { name: one.name, version: null } : one;
    const by = 'local' in one ? one.locator : nameAtVersion(one);
    return [...requires, ...addedBy(extensions, asker, requires)].map(({ name, range }) => {
      return { name, range, by, line, asker };
    });
  });
  return [...ofProject, ...toWorkspaces, ...others];
}

const UNKNOWN: Asker = { name: null, version: null };

/** What is asked for and has no entry, each once. Folders of the project need none. */
function missingOf(
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  project: YarnProject,
  isClassic: boolean,
): readonly RequirementAt[] {
  const { overrides, resolutions, settings } = project;
  const locked = new Set<string>();
  const names = new Set<string>();
  for (const { descriptors, brings } of entries) {
    for (const descriptor of descriptors) {
      locked.add(keyOf(descriptor));
      names.add(descriptor.name);
    }
    for (const one of brings) if (!('local' in one)) locked.add(nameAtVersion(one));
  }
  const missing = new Map<string, RequirementAt>();
  for (const requirement of requirementsOf(entries, asked, project)) {
    const replaced = isClassic ? null : replacedInBerry(resolutions, requirement.asker, requirement);
    const wanted = replaced ?? { name: requirement.name, range: requirement.range };
    const key = keyOf(wanted);
    if (locked.has(key) || missing.has(key)) continue;
    // What puts something else in its place is the project's: then the entry has another descriptor.
    const isReplaced = isClassic && overrides.has(wanted.name);
    const isOther = settings.hasPlugins || wanted.range.startsWith('catalog:');
    if ((isReplaced || isOther) && names.has(wanted.name)) continue;
    const isFolder = !['registry', 'git', 'http'].includes(specKind(wanted.range));
    if (isFolder && (isClassic || !LOCKED_FOLDER.test(wanted.range))) continue;
    if (isWorkspace(project, wanted)) continue;
    missing.set(key, { ...requirement, ...wanted });
  }
  return [...missing.values()];
}

/** What Yarn 2 and later locks although it fetches nothing, or a patch. */
const LOCKED_FOLDER = /^(?:portal|link|file|exec|patch):/;

/** Patterns of resolutions that yarn.lock of Yarn 1 has no entry for, though it locks each. */
function unlockedResolutions(entries: readonly YarnEntry[], project: YarnProject): readonly string[] {
  const locked = new Set(
    entries.flatMap(({ descriptors }) => descriptors.map(({ name, range }) => `${name}@${range}`)),
  );
  return project.resolutions.flatMap((resolution) => {
    const wanted = lookedUpInClassic(resolution);
    if (wanted === null || locked.has(`${wanted.name}@${wanted.range}`) || isWorkspace(project, wanted)) return [];
    return resolution.pattern;
  });
}

/**
 * Key of a descriptor, without `npm:`, which Yarn before 4 leaves out in places, and without the parameters that Yarn
 * appends to ranges; of a patch, with what it is for alike.
 */
function keyOf({ name, range }: Descriptor): string {
  const patch = parsePatch(range);
  if (patch === null) return `${name}@${plainRange(range)}`;
  return `${name}@patch:${keyOf(parseDescriptor(patch.inner))}#${patch.patch}`;
}
