import type { NodeLockfile } from '../../model/dependency.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from '../common/format.ts';
import { parseJson, type JsonObject } from '../../readers/json.ts';
import { readDependencies } from './dependencies.ts';
import { objectOf, type NpmEntry } from '../node-modules/entry.ts';
import { lockfileOf } from '../node-modules/lockfile-of.ts';
import { readManifests } from '../node-modules/project.ts';
import { isSwitchedOff } from '../settings/names.ts';
import { readPackages } from './packages.ts';
import { readingOf, type NpmEntries } from './reading.ts';
import { decodeText } from '../../readers/text.ts';

/** package-lock.json, npm-shrinkwrap.json (which npm prefers) and the hidden lockfile, versions 1 to 3. */
export const npm: LockfileFormat<NodeLockfile> = {
  name: 'npm',
  ecosystem: 'npm',
  fileNames: ['npm-shrinkwrap.json', 'package-lock.json'],
  otherFileNames: ['.package-lock.json'],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests, settings: ProjectSettings): NodeLockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'npm install');
  const document = objectOf(file, 'the document', parseJson(file, text));
  const kind = kindOf(file);
  const version = versionOf(file, kind, document);
  const read = { ...entriesOf(file, version, document), isHidden: kind === HIDDEN };
  for (const entries of [read.entries, read.legacy ?? []]) refuseTwins(file, entries);
  const { entries, roles, anew } = readingOf(file, read, readManifests(manifests), leavesPeers(settings));
  const format = version === 0 ? `${kind} of npm 4 or older` : `${kind} v${version}`;
  const lockfile = lockfileOf(file, { format, manager: 'npm' }, entries, roles);
  return anew.length === 0 ? lockfile : { ...lockfile, findings: anew };
}

/** Whether the project's .npmrc tells npm to install no peers by itself. */
function leavesPeers(settings: ProjectSettings): boolean {
  const values = settings.map(({ content }) =>
    typeof content === 'object' && content !== null && 'legacy-peer-deps' in content
      ? content['legacy-peer-deps']
      : undefined,
  );
  const value = values.find((one) => one !== undefined);
  return value !== undefined && (value === '' || !isSwitchedOff(value));
}

const HIDDEN = 'hidden lockfile';

function kindOf(file: string): string {
  if (file.endsWith('npm-shrinkwrap.json')) return 'npm-shrinkwrap';
  return /(?:^|[/\\])\.package-lock\.json$/.test(file) ? HIDDEN : 'package-lock';
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

/**
 * npm has one place for names that differ only in case, so one of such entries replaces the other, and the file does
 * not tell which.
 */
function refuseTwins(file: string, entries: readonly NpmEntry[]): void {
  const seen = new Map<string, NpmEntry>();
  for (const entry of entries) {
    const folded = entry.location.toLowerCase();
    const first = seen.get(folded);
    if (first !== undefined && first.location !== entry.location) {
      const problem = `${quoted(entry.location)} is the same place as ${quoted(first.location)} in line ${first.line}`;
      throw new LockfileError(file, entry.line, `${problem}; run npm install to write the lockfile again`);
    }
    seen.set(folded, entry);
  }
}

/** Current npm reads `packages` where it is there, whatever the version says, and older npm never does. */
function entriesOf(file: string, version: 0 | 1 | 2 | 3, document: JsonObject): Omit<NpmEntries, 'isHidden'> {
  const packages = document.get('packages');
  const contradiction = `lockfileVersion ${version} does not go with ${packages === undefined ? 'no' : 'a'} "packages"`;
  if (packages === undefined ? version >= 2 : version < 2) {
    const line = (packages ?? document.get('lockfileVersion'))?.line ?? null;
    throw new LockfileError(file, line, `${contradiction}; run npm install to write the lockfile again`);
  }
  const dependencies = document.get('dependencies');
  const legacy = dependencies === undefined ? [] : readDependencies(file, dependencies);
  if (packages === undefined) return { entries: legacy, legacy: null, isLegacy: true };
  // Version 3 has no second part; one that is there is read by npm 6 all the same.
  const isTwofold = version === 2 || legacy.length > 0;
  return { entries: readPackages(file, packages), legacy: isTwofold ? legacy : null, isLegacy: false };
}
