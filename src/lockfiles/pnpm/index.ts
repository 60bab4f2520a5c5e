import type { Artifacts, NodeLockfile, PlacedFinding, SkippedEntry } from '../../model/dependency.ts';
import { isPackageName, nameAtVersion } from '../node-modules/names.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from '../common/format.ts';
import { parseJson, type JsonNode } from '../../readers/json.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { resolvedAnewIn } from './anew.ts';
import { mappingOf, readDocument, type PnpmDocument } from './document.ts';
import { readPackages, type PackageEntry, type PnpmEntry, type PnpmSnapshot } from './entry.ts';
import { readImporters } from './importers.ts';
import { judgeOf, type Judge, type Stranger } from './judge.ts';
import { linkedFolder } from './key.ts';
import { environmentOf } from './environment.ts';
import { readProject, type PnpmProject } from './project.ts';
import { rolesOf, type Roles } from './roles.ts';
import { decodeText } from '../../readers/text.ts';
import { parseFormattedYaml } from '../../readers/yaml-library.ts';
import { parseYaml } from '../../readers/yaml-subset.ts';

/**
 * pnpm-lock.yaml, versions 5.1 to 9.0 and 13.0 (https://pnpm.io/lockfile-format, github.com/pnpm/spec); shrinkwrap.yaml
 * is named as too old.
 */
export const pnpm: LockfileFormat<NodeLockfile> = {
  name: 'pnpm',
  ecosystem: 'npm',
  fileNames: ['pnpm-lock.yaml', 'shrinkwrap.yaml'],
  otherFileNames: [],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests, settings: ProjectSettings): NodeLockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'pnpm install --lockfile-only');
  const project = readProject(manifests, settings);
  const documents = documentsOf(file, text).map((node) => readDocument(file, node));
  const read = documents.map((document) => readProjects(document, project, document === documents.at(-1)));
  const named = read.flatMap((each) => each.found);
  const found = [...named, ...environmentOf(file, project, new Set(named.map(nameAtVersion)))];
  const skipped = read.flatMap((each) => each.skipped);
  const findings = read.flatMap((each) => each.findings);
  const hooks =
    documents.flatMap(({ content }) => content.get('pnpmfileChecksum') ?? [])[0] ??
    (project.hook === null ? undefined : { line: 1 });
  return {
    file,
    format: `pnpm-lock v${documents.at(-1)?.version ?? ''}`,
    manager: 'pnpm',
    entries: found.length + skipped.length,
    dependencies: mergePlaces(found),
    skipped,
    ...(hooks === undefined ? {} : { hooks: { file, line: hooks.line, path: 'pnpmfileChecksum' } }),
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/**
 * pnpm 11 and later write what pnpm itself and its configuration need into a document before the project's, which then
 * begins with "---" (https://pnpm.io/lockfile). Anything else is read otherwise by one pnpm than by another.
 */
function documentsOf(file: string, text: string): readonly JsonNode[] {
  const isPreceded = text.startsWith('---');
  // Version 13 is JSON with commas at the ends, alone or as the second document.
  const braces = text.startsWith('{') ? 0 : isPreceded ? text.indexOf('\n---\n{') + '\n---\n'.length : -1;
  if (braces === 0 || text.startsWith('{', braces)) {
    const before = braces === 0 ? [] : parseYaml(file, text.slice(0, braces - '---\n'.length));
    const blank = '\n'.repeat(text.slice(0, braces).split('\n').length - 1);
    const json = blank + text.slice(braces);
    return [...demandDocuments(file, before, braces === 0 ? 0 : 1), parseJson(file, json, { trailingCommas: true })];
  }
  return demandDocuments(file, readYaml(file, text), isPreceded ? 2 : 1);
}

function demandDocuments(file: string, documents: readonly JsonNode[], count: number): readonly JsonNode[] {
  if (documents.length === count) return documents;
  const [first, second] = documents;
  const problem = `has ${documents.length} YAML documents ${count === 1 ? 'without' : 'after'} "---" in its first line`;
  const line = (documents.length > 1 ? second : first)?.line ?? null;
  throw new LockfileError(file, line, `${problem}, and pnpm reads one of two; let pnpm write the file again`);
}

/** What a package manager wrote, else what a formatter made of it. */
function readYaml(file: string, text: string): readonly JsonNode[] {
  try {
    return parseYaml(file, text);
  } catch (error) {
    try {
      return parseFormattedYaml(file, text);
    } catch {
      throw error;
    }
  }
}

/** The places of dependencies in one document, and what is skipped there. */
function readProjects(
  document: PnpmDocument,
  project: PnpmProject,
  declares: boolean,
): {
  readonly found: readonly PlacedDependency[];
  readonly skipped: readonly SkippedEntry[];
  readonly findings: readonly PlacedFinding[];
} {
  const { file, spelling } = document;
  const importers = readImporters(document, declares ? project.asksOf : () => null);
  const { entries, snapshots } = readPackages(document);
  const roles = rolesOf(file, spelling, importers, snapshots);
  const judge = judgeOf(project, importers, snapshots, roles, declares);
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
  const context: PlacedIn = { document, roles, judge, patches };
  const add = (stranger: Stranger | null, line: number, path: string, flags: Flags): void => {
    if (stranger !== null) found.push({ ...strange(document, stranger, line, flags), place: { file, line, path } });
  };
  for (const entry of entries) {
    if (entry.kind === 'folder') skipped.push(skip(entry.line, entry.key, entry.folder));
    else found.push(placed(context, entry, byKey.get(entry.key) ?? null, used.has(entry)));
  }
  for (const snapshot of snapshots) {
    const { entry, key, line } = snapshot;
    if (!inPackages.has(key)) {
      if (entry.kind === 'folder') skipped.push(skip(line, key, entry.folder));
      else found.push(placed(context, { ...entry, key, line }, snapshot, true));
    }
    const flags = { direct: false, dev: roles.flags.dev(snapshot), optional: roles.flags.optional(snapshot) };
    for (const reference of [...snapshot.requires, ...snapshot.optionalRequires]) {
      add(judge.reference(snapshot, reference), reference.line, `${key} > ${reference.alias}`, flags);
    }
  }
  for (const importer of importers) {
    for (const requirement of importer.requirements) {
      const path = `${importer.folder} > ${requirement.alias}`;
      const stranger = judge.requirement(importer, requirement);
      add(stranger, requirement.line, path, {
        direct: true,
        dev: requirement.kind === 'dev',
        optional: requirement.kind === 'optional',
      });
      if (stranger !== null || roles.find(importer.folder, requirement) !== null) continue;
      const folder = linkedFolder(importer.folder, requirement.reference);
      if (!folders.has(folder)) skipped.push(skip(requirement.line, path, folder));
    }
  }
  return { found, skipped, findings: declares ? resolvedAnewIn(document, importers, project, roles) : [] };
}

/** What the places of one document have in common. */
interface PlacedIn {
  readonly document: PnpmDocument;
  readonly roles: Roles;
  readonly judge: Judge;
  readonly patches: ReadonlyMap<string, string>;
}

type Flags = Pick<PlacedDependency, 'direct' | 'dev' | 'optional'>;

/**
 * A place of `entry`. What a snapshot is to the project is that place's; an entry that is only installed with peers
 * says nothing of its own, and one that nothing installs is no development dependency either.
 */
function placed(
  { document, roles, judge, patches }: PlacedIn,
  entry: PackageEntry,
  snapshot: PnpmSnapshot | null,
  isUsed: boolean,
): PlacedDependency {
  const { key, line, name, version, bundles } = entry;
  const { file } = document;
  const isSilent = snapshot === null && isUsed;
  const references = snapshot === null ? [] : [...snapshot.requires, ...snapshot.optionalRequires];
  const requires = snapshot === null ? [] : roles.requirementsOf(snapshot).flatMap(({ entry: one }) => specsOf(one));
  const alias = (snapshot === null ? null : roles.askedAs(snapshot)) ?? name;
  const patch = patchOf(entry, snapshot, patches);
  const claims = isSilent ? null : judge.claims(entry, snapshot);
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(alias === name ? {} : { alias }),
    artifacts: artifactsOf(document, entry),
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
    ...(claims === null ? {} : { claims: [claims] }),
  };
}

/** With `integrityTarget: tar`, a registry's package is locked by the hash of its unpacked tarball (pnpm 12). */
function artifactsOf({ ofTar }: PnpmDocument, { integrity, source }: PackageEntry): Artifacts {
  if (!ofTar || source.kind !== 'registry') return [{ file: null, digests: integrity, source }];
  const [digest] = integrity.filter(({ algorithm }) => algorithm === 'sha512');
  const checksum = digest === undefined ? null : `sha512-${Buffer.from(digest.hex, 'hex').toString('base64')}`;
  return [{ file: null, digests: [], source, archive: { checksum, due: true, unpacked: true } }];
}

/** `name@version`; nothing for a folder. */
function specsOf(entry: PnpmEntry): readonly string[] {
  return entry.kind === 'package' ? [nameAtVersion(entry)] : [];
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
 * What stands where something else was asked for: pnpm installs what the lockfile says, under the name that was asked
 * for. A folder is skipped everywhere else; here it is a dependency, so that it is judged.
 */
function strange(
  document: PnpmDocument,
  { name, answer, substitution }: Stranger,
  line: number,
  flags: Flags,
): Omit<PlacedDependency, 'place'> {
  const common = {
    ecosystem: 'npm',
    ...flags,
    peer: false,
    exotic: [],
    ...(substitution === null ? {} : { substitutes: [substitution] }),
  } as const;
  if (answer.kind === 'package') {
    const { version, bundles } = answer;
    return { ...common, name: answer.name, version, artifacts: artifactsOf(document, answer), bundles };
  }
  if (!isPackageName(name)) {
    const problem = `${quoted(name)} is no name of a package, and is to be a folder`;
    throw new LockfileError(
      document.file,
      line,
      `${problem}; find out where it comes from, then let pnpm write the file again`,
    );
  }
  const { folder } = answer;
  return {
    ...common,
    name,
    version: `link:${folder}`,
    artifacts: [{ file: null, digests: [], source: { kind: 'file', path: folder } }],
    bundles: [],
  };
}
