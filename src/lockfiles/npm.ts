import type { Lockfile } from '../model/dependency.ts';
import { refuseConflicts } from './conflicts.ts';
import { LockfileError } from './error.ts';
import type { LockfileFormat, ProjectManifests } from './format.ts';
import { parseJson, type JsonObject } from './json.ts';
import { readDependencies } from './npm/dependencies.ts';
import { objectOf, type NpmEntry } from './npm/entry.ts';
import { lockfileOf } from './npm/lockfile.ts';
import { readManifests } from './npm/manifest.ts';
import { readPackages } from './npm/packages.ts';
import { rolesOf } from './npm/roles.ts';
import { decodeText } from './text.ts';

/** package-lock.json, npm-shrinkwrap.json (which npm prefers) and the hidden lockfile, versions 1 to 3. */
export const npm: LockfileFormat = {
  name: 'npm',
  fileNames: ['npm-shrinkwrap.json', 'package-lock.json'],
  otherFileNames: ['.package-lock.json'],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'npm install');
  const document = objectOf(file, 'the document', parseJson(file, text));
  const kind = kindOf(file);
  const version = versionOf(file, kind, document);
  const entries = entriesOf(file, version, document);
  const format = version === 0 ? `${kind} of npm 4 or older` : `${kind} v${version}`;
  return lockfileOf(file, { format, manager: 'npm' }, entries, rolesOf(entries, readManifests(manifests)));
}

function kindOf(file: string): string {
  if (file.endsWith('npm-shrinkwrap.json')) return 'npm-shrinkwrap';
  return /(?:^|[/\\])\.package-lock\.json$/.test(file) ? 'hidden lockfile' : 'package-lock';
}

/** The version of the format; 0 stands for the shrinkwraps of npm 4 and older, which have none. */
function versionOf(file: string, kind: string, document: JsonObject): 0 | 1 | 2 | 3 {
  const node = document.get('lockfileVersion');
  const isAncient = kind === 'npm-shrinkwrap' && document.has('dependencies') && !document.has('packages');
  if (node === undefined && isAncient) return 0;
  const remedy = 'run npm install with a current npm to write the lockfile again';
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${remedy}`);
  if (node.value === 1 || node.value === 2 || node.value === 3) return node.value;
  const shown = typeof node.value === 'number' ? String(node.value) : 'of another type';
  throw new LockfileError(file, node.line, `lockfileVersion is ${shown}; supported are 1, 2 and 3; ${remedy}`);
}

/** Current npm reads `packages` where it is there, whatever the version says, and older npm never does. */
function entriesOf(file: string, version: 0 | 1 | 2 | 3, document: JsonObject): readonly NpmEntry[] {
  const packages = document.get('packages');
  const contradiction = `lockfileVersion ${version} does not go with ${packages === undefined ? 'no' : 'a'} "packages"`;
  if (packages === undefined ? version >= 2 : version < 2) {
    const line = (packages ?? document.get('lockfileVersion'))?.line ?? null;
    throw new LockfileError(file, line, `${contradiction}; run npm install to write the lockfile again`);
  }
  if (packages !== undefined) return readPackages(file, packages);
  const dependencies = document.get('dependencies');
  return dependencies === undefined ? [] : readDependencies(file, dependencies);
}
