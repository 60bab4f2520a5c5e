import type { EntryClaims } from '../../model/dependency.ts';
import { LockfileError, quoted } from '../../readers/error.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import {
  entryFields,
  identify,
  objectOf,
  sourceOf,
  type Declaration,
  type EntryFields,
  type NpmEntry,
} from '../node-modules/entry.ts';
import { readLists, readWorkspaces, recordOf } from '../node-modules/lists.ts';
import { installedAs, isLocation, lastNodeModules, locationOf } from '../node-modules/location.ts';
import { cleanVersion } from '../node-modules/names.ts';
import { specKind } from '../node-modules/specs.ts';

/**
 * Reads `packages` of lockfile versions 2 and 3: a flat object from location to entry
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages).
 */
export function readPackages(file: string, packages: JsonNode): readonly NpmEntry[] {
  const entries = [...objectOf(file, 'packages', packages)].map(([location, node]) => readEntry(file, location, node));
  const locations = new Set(entries.map(({ location }) => location));
  const links = new Set(entries.flatMap(({ kind, location }) => (kind === 'link' ? [location] : [])));
  for (const entry of entries) {
    const above = installedAs(entry.location)?.folder;
    if (above !== undefined && links.has(above)) {
      const problem = `${quoted(entry.location)} stands below a link, where npm never writes anything and sees nothing`;
      throw new LockfileError(file, entry.line, `${problem}; let npm write the file again`);
    }
    if (entry.kind === 'link' && !locations.has(entry.target)) {
      throw new LockfileError(
        file,
        entry.line,
        `${quoted(entry.location)} links to ${quoted(entry.target)}, which has no entry; let npm write the file again`,
      );
    }
  }
  return entries;
}

function readEntry(file: string, location: string, node: JsonNode): NpmEntry {
  const { line } = node;
  const entry = objectOf(file, location, node);
  const fields = entryFields(file, location, line, entry);
  if (!isLocation(location)) return fields.fail('not a location that npm writes');
  const place = { location, line };
  if (fields.flag('link') && location !== '') {
    refuseUnwritten(entry, fields, LINK);
    const resolved = fields.text('resolved') ?? (entry.has('resolved') ? '' : fields.fail('the link has no target'));
    return { kind: 'link', ...place, requires: [], peers: [], target: locationOf(resolved) };
  }
  const resolved = fields.text('resolved');
  const integrity = fields.integrity();
  const isInstalled = lastNodeModules(location) !== -1;
  const namesBytes = integrity.length > 0 || (resolved !== null && specKind(resolved) !== 'file');
  refuseUnwritten(entry, fields, isInstalled ? INSTALLED : FOLDER);
  const peers = readLists(entry, fields, ['peer']);
  if (location === '' || (!isInstalled && !namesBytes)) {
    const name = fields.text('name');
    return {
      kind: 'folder',
      ...place,
      requires: readLists(entry, fields, ['prod', 'optional', 'dev']),
      peers,
      ...(name === null ? {} : { name }),
      workspaces: readWorkspaces(entry.get('workspaces')),
    };
  }
  const requires = readLists(entry, fields, ['prod', 'optional']);
  const source = sourceOf(resolved, fields, 'resolved');
  const version = fields.text('version');
  return {
    kind: 'package',
    ...place,
    requires,
    peers,
    ...identify(
      fields.text('name') ?? nameOf(location),
      version === null ? null : cleanVersion(version),
      source,
      fields,
    ),
    source,
    integrity,
    ...statusOf(fields),
    bundled: fields.flag('inBundle'),
    bundles: bundledNames(entry.get('bundleDependencies'), requires, fields),
    claims: claimsOf(requires, peers, fields),
    hasShrinkwrap: fields.flag('hasShrinkwrap'),
  };
}

const LINK: ReadonlySet<string> = new Set(['resolved', 'link']);

/**
 * What npm 7 to 12 write of a package (Arborist, shrinkwrap.js). npm takes an entry for the package.json of what it
 * installs: of one that had `scripts`, `_resolved` or `directories` it would run, fetch and link these.
 */
const INSTALLED: ReadonlySet<string> = new Set([
  ...['name', 'version', 'resolved', 'integrity', 'link'],
  ...['dev', 'optional', 'devOptional', 'peer', 'extraneous', 'ideallyInert', 'inBundle', 'hasShrinkwrap'],
  ...['dependencies', 'optionalDependencies', 'peerDependencies', 'peerDependenciesMeta'],
  ...['acceptDependencies', 'bundleDependencies', 'bin', 'hasInstallScript', 'workspaces'],
  ...['engines', 'os', 'cpu', 'libc', 'license', 'funding', 'deprecated'],
]);
const FOLDER: ReadonlySet<string> = new Set([...INSTALLED, 'devDependencies']);

function refuseUnwritten(entry: JsonObject, fields: EntryFields, written: ReadonlySet<string>): void {
  for (const field of entry.keys()) {
    if (!written.has(field)) fields.fail(`has ${quoted(field)}, which npm never writes there`, field);
  }
}

function claimsOf(requires: readonly Declaration[], peers: readonly Declaration[], fields: EntryFields): EntryClaims {
  const bin = fields.declarations('bin');
  return {
    dependencies: recordOf(requires),
    peerDependencies: recordOf(peers),
    ...(bin.length === 0 ? {} : { bin: recordOf(bin) }),
    ...(fields.flag('hasInstallScript') ? { installScripts: true } : {}),
  };
}

/** A package outside node_modules is named like its folder, as npm does. */
export function nameOf(location: string): string {
  const at = lastNodeModules(location);
  if (at !== -1) return location.slice(at + 'node_modules/'.length);
  const [base = '', scope = ''] = location.split('/').reverse();
  return scope.startsWith('@') ? `${scope}/${base}` : base;
}

/** `devOptional` (both, by different ways) is neither: leaving out only one of them still installs it. */
function statusOf(fields: EntryFields): { readonly dev: boolean; readonly optional: boolean; readonly peer: boolean } {
  return { dev: fields.flag('dev'), optional: fields.flag('optional'), peer: fields.flag('peer') };
}

/** `bundleDependencies` of a manifest: names, or `true` for every dependency. */
function bundledNames(
  node: JsonNode | undefined,
  requires: readonly Declaration[],
  { fail }: EntryFields,
): readonly string[] {
  if (node === undefined || node.value === null || node.value === false) return [];
  if (node.value === true) return requires.map(({ name }) => name);
  const problem = 'bundleDependencies is not a list of names';
  if (!Array.isArray(node.value)) return fail(problem, 'bundleDependencies');
  return (node.value as readonly JsonNode[]).map(({ value }) =>
    typeof value === 'string' ? value : fail(problem, 'bundleDependencies'),
  );
}
