import { specOf, type Lockfile, type SkippedEntry, type Source } from '../model/dependency.ts';
import { refuseConflicts } from './conflicts.ts';
import { LockfileError, quoted } from './error.ts';
import type { LockfileFormat } from './format.ts';
import type { JsonNode } from './json.ts';
import { addressOf, mergePlaces, type PlacedDependency } from './merge.ts';
import { isPackageName, isRegistryVersion } from './npm/names.ts';
import { aliasTarget, specKind } from './npm/specs.ts';
import { mappingOf, readDocument, type PnpmDocument } from './pnpm/document.ts';
import { readPackages, type PackageEntry, type PnpmEntry, type PnpmSnapshot } from './pnpm/entry.ts';
import { linkedFolder, readImporters, type Importer, type Wish } from './pnpm/importers.ts';
import { rolesOf, type Roles } from './pnpm/roles.ts';
import { decodeText } from './text.ts';
import { parseYaml } from './yaml-subset.ts';

/** pnpm-lock.yaml, versions 5.1 to 9.0 (https://pnpm.io/lockfile-format, github.com/pnpm/spec); shrinkwrap.yaml is named as too old. */
export const pnpm: LockfileFormat = {
  name: 'pnpm',
  fileNames: ['pnpm-lock.yaml', 'shrinkwrap.yaml'],
  otherFileNames: [],
  parse,
};

function parse(file: string, bytes: Uint8Array): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'pnpm install --lockfile-only');
  const documents = documentsOf(file, text).map((node) => readDocument(file, node));
  const read = documents.map(readProjects);
  const found = read.flatMap((each) => each.found);
  const skipped = read.flatMap((each) => each.skipped);
  const hooks = documents.flatMap(({ content }) => content.get('pnpmfileChecksum') ?? [])[0];
  return {
    file,
    format: `pnpm-lock v${documents.at(-1)?.version ?? ''}`,
    manager: 'pnpm',
    entries: found.length + skipped.length,
    dependencies: mergePlaces(found),
    skipped,
    ...(hooks === undefined ? {} : { hooks: { file, line: hooks.line, path: 'pnpmfileChecksum' } }),
  };
}

/**
 * pnpm 11 and later write what pnpm itself and its configuration need into a document before the project's, which then
 * begins with "---" (https://pnpm.io/lockfile). Anything else is read otherwise by one pnpm than by another.
 */
function documentsOf(file: string, text: string): readonly JsonNode[] {
  const documents = parseYaml(file, text);
  const isPreceded = text.startsWith('---');
  if (documents.length === (isPreceded ? 2 : 1)) return documents;
  const [first, second] = documents;
  const problem = `has ${documents.length} YAML documents ${isPreceded ? 'after' : 'without'} "---" in its first line`;
  const line = (documents.length > 1 ? second : first)?.line ?? null;
  throw new LockfileError(file, line, `${problem}, and pnpm reads one of two; let pnpm write the file again`);
}

/** The places of dependencies in one document, and what is skipped there. */
function readProjects(document: PnpmDocument): {
  readonly found: readonly PlacedDependency[];
  readonly skipped: readonly SkippedEntry[];
} {
  const { file, spelling } = document;
  const importers = readImporters(document);
  const { entries, snapshots } = readPackages(document);
  const roles = rolesOf(file, spelling, importers, snapshots);
  const folders = new Set(importers.map(({ folder }) => folder));
  const skip = (line: number, path: string, folder: string): SkippedEntry => ({
    place: { file, line, path },
    reason: folders.has(folder) ? 'workspace' : 'link',
  });

  const used = new Set(snapshots.map(({ entry }) => entry));
  const inPackages = new Set<string>(entries.map(({ key }) => key));
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = importers.map(({ folder, line }) => ({
    place: { file, line, path: folder },
    reason: folder === '.' ? 'root' : 'workspace',
  }));
  const patches = patchesOf(document);
  const byKey = new Map(snapshots.map((snapshot) => [snapshot.key, snapshot]));
  for (const entry of entries) {
    if (entry.kind === 'folder') skipped.push(skip(entry.line, entry.key, entry.folder));
    else found.push(placed(document, entry, byKey.get(entry.key) ?? null, roles, patches, used.has(entry)));
  }
  for (const snapshot of snapshots) {
    const { entry, key, line } = snapshot;
    if (inPackages.has(key)) continue;
    if (entry.kind === 'folder') skipped.push(skip(line, key, entry.folder));
    else found.push(placed(document, { ...entry, key, line }, snapshot, roles, patches, true));
  }
  for (const importer of importers) {
    for (const wish of [...importer.wishes, ...importer.devWishes, ...importer.optionalWishes]) {
      const path = `${importer.folder} > ${wish.alias}`;
      const snapshot = roles.find(importer.folder, wish);
      if (snapshot === null) {
        const folder = linkedFolder(importer.folder, wish.reference);
        if (!folders.has(folder)) skipped.push(skip(wish.line, path, folder));
      } else {
        const other = askedFor(document, importer, wish, snapshot);
        if (other !== null) found.push({ ...other, place: { file, line: wish.line, path } });
      }
    }
  }
  return { found, skipped };
}

/**
 * A place of `entry`. What a snapshot is to the project is that place's; an entry that is only installed with peers says
 * nothing of its own, and one that nothing installs is no development dependency either.
 */
function placed(
  { file }: PnpmDocument,
  entry: PackageEntry,
  snapshot: PnpmSnapshot | null,
  roles: Roles,
  patches: ReadonlyMap<string, string>,
  isUsed: boolean,
): PlacedDependency {
  const { key, line, name, version, integrity, source, bundles } = entry;
  const isSilent = snapshot === null && isUsed;
  const references = snapshot === null ? [] : [...snapshot.requires, ...snapshot.optionalRequires];
  const requires = snapshot === null ? [] : roles.requirementsOf(snapshot).flatMap(({ entry: one }) => specsOf(one));
  const alias = (snapshot === null ? null : roles.askedAs(snapshot)) ?? name;
  const patch = patchOf(entry, snapshot, patches);
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    integrity,
    source,
    place: { file, line, path: key },
    direct: snapshot !== null && roles.isDirect(snapshot),
    dev: snapshot === null ? isSilent : roles.flags.dev(snapshot),
    optional: snapshot === null ? isSilent : roles.flags.optional(snapshot),
    peer: false,
    exotic: references.flatMap((reference) => {
      const target = roles.find(key, reference)?.entry;
      const isExotic = target?.kind === 'package' && target.source.kind !== 'registry';
      return isExotic ? [{ name: reference.alias, spec: reference.reference }] : [];
    }),
    bundles,
    requires,
    ...(patch === null ? {} : { patches: [patch] }),
  };
}

/** `name@version`; nothing for a folder. */
function specsOf(entry: PnpmEntry): readonly string[] {
  return entry.kind === 'package' ? [specOf(entry)] : [];
}

/** Files of patches by hash, and by what they are for; pnpm 11 and later write no files. */
function patchesOf({ file, content }: PnpmDocument): ReadonlyMap<string, string> {
  const patches = new Map<string, string>();
  for (const [selector, { value }] of mappingOf(file, content, 'patchedDependencies')) {
    const fields = value instanceof Map ? (value as ReadonlyMap<string, JsonNode>) : null;
    const hash = fields?.get('hash')?.value ?? value;
    const path = fields?.get('path')?.value ?? hash;
    if (typeof path !== 'string') continue;
    patches.set(selector, path);
    if (typeof hash === 'string') patches.set(hash, path);
  }
  return patches;
}

function patchOf(
  { name, version }: PackageEntry,
  snapshot: PnpmSnapshot | null,
  patches: ReadonlyMap<string, string>,
): string | null {
  const byName = patches.get(`${name}@${version}`) ?? null;
  const hash = snapshot?.patch ?? null;
  return hash === null ? byName : (patches.get(hash) ?? byName ?? hash);
}

/**
 * What a project asks a registry for and the lockfile takes from elsewhere, or from another package: it is to be held to
 * what was asked for. pnpm installs what the lockfile says; otherwise changing one line of it would be enough to escape
 * the registry's signature.
 */
function askedFor(
  document: PnpmDocument,
  importer: Importer,
  { alias, specifier, line }: Wish,
  { entry }: PnpmSnapshot,
): Omit<PlacedDependency, 'place'> | null {
  if (entry.kind === 'folder' || specifier === null || specKind(specifier) !== 'registry') return null;
  const name = aliasTarget(specifier) ?? alias;
  const { source, version, integrity } = entry;
  if (source.kind === 'other' || (source.kind === 'registry' && entry.name === name)) return null;
  if (!isPackageName(name) || !isRegistryVersion(version)) {
    const asks = `${quoted(importer.folder)} asks a registry for ${quoted(name)}`;
    const problem = `${asks} and gets ${quoted(version)}; find out where it comes from, then let pnpm write the file again`;
    throw new LockfileError(document.file, line, problem);
  }
  const claimed: Source = { kind: 'registry', resolved: addressOf(source) };
  const flags = { direct: true, dev: false, optional: false, peer: false };
  return { ecosystem: 'npm', name, version, integrity, source: claimed, ...flags, exotic: [], bundles: [] };
}
