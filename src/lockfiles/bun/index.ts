import type { NodeLockfile, SkippedEntry } from '../../model/dependency.ts';
import { nameAtVersion } from '../node-modules/names.ts';
import { resolvedAnewIn } from './anew.ts';
import { readFolders } from './folders.ts';
import { readPackages, type Entry, type LocalEntry, type PackageEntry } from './packages.ts';
import { readProject, type Project } from './project.ts';
import { treeOf, type Tree } from './tree.ts';
import { REPEATED_IN } from './asked-for.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import { LockfileError } from '../../readers/error.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { parseJson, type JsonObject } from '../../readers/json.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { entryFields, objectOf } from '../node-modules/entry.ts';
import { specKind } from '../node-modules/specs.ts';
import { decodeText } from '../../readers/text.ts';

/** bun.lock, versions 0 to 3. bun.lockb, which Bun prefers less, is binary: it is only named. */
export const bun: LockfileFormat<NodeLockfile> = {
  name: 'Bun',
  ecosystem: 'npm',
  fileNames: ['bun.lock', 'bun.lockb'],
  otherFileNames: [],
  parse,
};

const BINARY = 'bun-lockfile-format-v';

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): NodeLockfile {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('latin1');
  if (file.endsWith('.lockb') || start.includes(BINARY)) {
    const problem =
      'this is a binary Bun lockfile, which only Bun can read; ' +
      'bun install --save-text-lockfile --frozen-lockfile --lockfile-only writes bun.lock from it';
    throw new LockfileError(file, null, problem);
  }
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'bun install');
  const json = parseJson(file, text, { trailingCommas: true, repeatedKeys: 'first', repeatedIn: REPEATED_IN });
  const document = objectOf(file, 'the document', json, 'Bun');
  const version = versionOf(file, document);
  const locked = readFolders(file, document);
  const packages = document.get('packages');
  const around = {
    version,
    folders: new Set(locked.map(({ location }) => location)),
    named: new Map(locked.flatMap(({ name, location }) => (location === '' ? [] : [[name, location] as const]))),
    patches: readPatches(file, document),
  };
  const entries = packages === undefined ? [] : readPackages(file, packages, around);
  const project = readProject(file, document, locked, manifests);
  const tree = treeOf(file, locked, entries, project);
  const findings = resolvedAnewIn(file, document, locked, entries, project, tree.find);
  const lockfile = lockfileOf(file, version, entries, project, tree);
  return findings.length === 0 ? lockfile : { ...lockfile, findings };
}

function versionOf(file: string, document: JsonObject): number {
  const node = document.get('lockfileVersion');
  const remedy = 'let a current Bun write the lockfile again';
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${remedy}`);
  const version = typeof node.value === 'number' ? node.value : NaN;
  if ([0, 1, 2, 3].includes(version)) return version;
  const shown = Number.isNaN(version) ? 'of another type' : String(version);
  throw new LockfileError(file, node.line, `lockfileVersion is ${shown}; supported are 0 to 3; ${remedy}`);
}

/** Patch files by `name@version`. */
function readPatches(file: string, document: JsonObject): ReadonlyMap<string, string> {
  const fields = entryFields(file, 'the document', 1, document, 'Bun');
  return new Map(fields.declarations('patchedDependencies').map(({ name, spec }) => [name, spec]));
}

function lockfileOf(
  file: string,
  version: number,
  entries: readonly Entry[],
  project: Project,
  tree: Tree,
): NodeLockfile {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const skipped: SkippedEntry[] = [];
  const found: Entry[] = [];
  const bundles = new Map<Entry, string[]>();
  for (const entry of entries) {
    const place = { file, line: entry.line, path: entry.location };
    const carrier = entry.kind === 'package' ? carrierOf(entry, byKey) : null;
    if (carrier !== null) {
      skipped.push({ place, reason: 'bundled', by: carrier.location });
      const names = bundles.get(carrier);
      if (names === undefined) bundles.set(carrier, [entry.installed]);
      else names.push(entry.installed);
    } else if (entry.kind === 'local' && isOfProject(entry, project, tree)) skipped.push({ place, reason: 'link' });
    else found.push(entry);
  }
  return {
    file,
    format: `bun.lock v${version}`,
    manager: 'bun',
    entries: entries.length,
    dependencies: mergePlaces([
      ...found.map((entry) => placed(file, entry, tree, bundles.get(entry) ?? [])),
      // Where Bun puts it depends on what else is there.
      ...tree.unkeyed.map(({ entry, name, line }) =>
        placed(file, entry, tree, [], { line, location: `node_modules/${name}`, installed: name }),
      ),
    ]),
    skipped,
  };
}

/** The outermost package whose tarball brings it. What is said to be bundled at the top, or by a folder, is fetched. */
function carrierOf(entry: PackageEntry, byKey: ReadonlyMap<string, Entry>): PackageEntry | null {
  let carrier: PackageEntry | null = null;
  for (let inner = entry; inner.bundled;) {
    const above = byKey.get(inner.above);
    if (above?.kind !== 'package') break;
    carrier = above;
    inner = above;
  }
  return carrier;
}

/** Whether a folder is the project's own: a workspace under its name, or what a package.json asks for as a folder. */
function isOfProject(entry: LocalEntry, { names }: Project, tree: Tree): boolean {
  if (tree.substitutionOf(entry) !== null) return false;
  const isWorkspace = entry.scheme === 'workspace' || entry.scheme === 'root';
  return (isWorkspace && names.get(entry.path) === entry.installed) || tree.isAskedFor(entry);
}

/** `at` is the name that it is installed under, where that is not the entry's own. */
function placed(
  file: string,
  entry: Entry,
  tree: Tree,
  bundles: readonly string[],
  at: Pick<Entry, 'line' | 'location' | 'installed'> = entry,
): PlacedDependency {
  const { line, location, installed } = at;
  const { requirements } = entry;
  const wrong = tree.substitutionOf(entry);
  // A folder that no requirement names as a folder takes the place of the package whose name it is installed under.
  const substitutes =
    wrong === null && entry.kind === 'local' ? [{ asked: installed, by: '.' }] : wrong === null ? [] : [wrong];
  const own = requirements.filter(({ kind }) => kind === 'prod' || kind === 'optional');
  const { name, version, integrity, source, patch, claims } = entry.kind === 'package' ? entry : asDependency(entry);
  return {
    ecosystem: 'npm',
    name,
    version,
    ...(installed === name ? {} : { alias: installed }),
    artifacts: [{ file: null, digests: integrity, source }],
    place: { file, line, path: location },
    direct: tree.isDirect(entry),
    dev: tree.flags.dev(entry),
    optional: tree.flags.optional(entry),
    peer: tree.flags.peer(entry),
    exotic: own.filter(({ spec }) => specKind(spec) !== 'registry').map(({ name: to, spec }) => ({ name: to, spec })),
    bundles,
    requires: tree.requirementsOf(entry).flatMap((to) => (to.kind === 'package' ? nameAtVersion(to) : [])),
    ...(patch === null ? {} : { patches: [patch] }),
    ...(source.kind === 'registry' ? { claims: [claims] } : {}),
    ...(substitutes.length === 0 ? {} : { substitutes }),
  };
}

function asDependency({
  installed,
  resolution,
  path,
}: LocalEntry): Pick<PackageEntry, 'name' | 'version' | 'source' | 'integrity' | 'patch' | 'claims'> {
  return {
    name: installed,
    version: resolution,
    source: { kind: 'file', path },
    integrity: [],
    patch: null,
    claims: {},
  };
}
