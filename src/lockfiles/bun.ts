import type { Lockfile } from '../model/dependency.ts';
import { readFolders, type Folder } from './bun/folders.ts';
import { readPackages } from './bun/packages.ts';
import { flagged } from './bun/tree.ts';
import { fromCatalog, readCatalogs, type Catalogs } from './bun/wishes.ts';
import { refuseConflicts } from './conflicts.ts';
import { LockfileError } from './error.ts';
import type { LockfileFormat, ProjectManifests } from './format.ts';
import { parseJson, type JsonObject } from './json.ts';
import { fieldsOf, objectOf, type Declaration } from './npm/entry.ts';
import { lockfileOf } from './npm/lockfile.ts';
import { collectOverrides, readManifests, type ProjectWishes } from './npm/manifest.ts';
import { rolesOf } from './npm/roles.ts';
import { decodeText } from './text.ts';

/** bun.lock, versions 0 to 2. bun.lockb, which Bun prefers less, is binary: it is only named. */
export const bun: LockfileFormat = {
  name: 'Bun',
  fileNames: ['bun.lock', 'bun.lockb'],
  otherFileNames: [],
  parse,
};

const BINARY = 'bun-lockfile-format-v';

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('latin1');
  if (file.endsWith('.lockb') || start.includes(BINARY)) {
    const problem =
      'this is a binary Bun lockfile, which only Bun can read; ' +
      'bun install --save-text-lockfile --frozen-lockfile --lockfile-only writes bun.lock from it';
    throw new LockfileError(file, null, problem);
  }
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'bun install');
  const document = objectOf(file, 'the document', parseJson(file, text, { trailingCommas: true }), 'Bun');
  const version = versionOf(file, document);
  const catalogs = readCatalogs(file, document);
  const folders = readFolders(file, document, catalogs);
  const packages = document.get('packages');
  const around = {
    folders: new Set(folders.map(({ entry }) => entry.location)),
    named: new Map(
      folders.flatMap(({ name, entry }) => (entry.location === '' ? [] : [[name, entry.location] as const])),
    ),
    catalogs,
    patches: readPatches(file, document),
  };
  const read = packages === undefined ? [] : readPackages(file, packages, around);
  const entries = flagged(file, folders, read);
  const wishes = wishesOf(document, folders, catalogs, manifests);
  const roles = rolesOf([...folders.map(({ entry }) => entry), ...entries], wishes);
  return lockfileOf(file, { format: `bun.lock v${version}`, manager: 'bun' }, entries, roles);
}

function versionOf(file: string, document: JsonObject): 0 | 1 | 2 {
  const node = document.get('lockfileVersion');
  const remedy = 'let a current Bun write the lockfile again';
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${remedy}`);
  if (node.value === 0 || node.value === 1 || node.value === 2) return node.value;
  const shown = typeof node.value === 'number' ? String(node.value) : 'of another type';
  throw new LockfileError(file, node.line, `lockfileVersion is ${shown}; supported are 0, 1 and 2; ${remedy}`);
}

/** Patch files by `name@version`. */
function readPatches(file: string, document: JsonObject): ReadonlyMap<string, string> {
  const fields = fieldsOf(file, 'the document', 1, document, 'Bun');
  return new Map(fields.declarations('patchedDependencies').map(({ name, spec }) => [name, spec]));
}

/**
 * What the project asks for: its package.json where there is one, else what the lockfile repeats of it. Workspaces are only in
 * the lockfile; `bun install --frozen-lockfile` compares it with them.
 */
function wishesOf(
  document: JsonObject,
  folders: readonly Folder[],
  catalogs: Catalogs,
  manifests: ProjectManifests,
): ProjectWishes {
  const own = readManifests(manifests);
  const declared = new Map<string, readonly Declaration[]>(
    folders.map(({ entry, wishes }) => [entry.location, wishes]),
  );
  const overrides = new Set(own.overrides);
  for (const [folder, wishes] of own.declared) {
    declared.set(
      folder,
      wishes.map(({ name, spec }) => ({ name, spec: fromCatalog(name, spec, catalogs) })),
    );
  }
  collectOverrides(document.get('overrides')?.value ?? null, overrides);
  return { declared, overrides };
}
