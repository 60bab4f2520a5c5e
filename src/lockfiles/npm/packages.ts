import { LockfileError, quoted } from '../error.ts';
import type { JsonNode } from '../json.ts';
import { fieldsOf, identify, objectOf, sourceOf, type Declaration, type Fields, type NpmEntry } from './entry.ts';
import { isLocation, lastNodeModules, locationOf } from './location.ts';
import { specKind } from './specs.ts';

/**
 * Reads `packages` of lockfile versions 2 and 3: a flat object from location to entry
 * (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#packages).
 */
export function readPackages(file: string, packages: JsonNode): readonly NpmEntry[] {
  const entries = [...objectOf(file, 'packages', packages)].map(([location, node]) => readEntry(file, location, node));
  const locations = new Set(entries.map(({ location }) => location));
  for (const entry of entries) {
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
  const fields = fieldsOf(file, location, line, entry);
  if (!isLocation(location)) return fields.fail('not a location that npm writes');
  const place = { location, line };
  if (fields.flag('link') && location !== '') {
    const resolved = fields.text('resolved') ?? (entry.has('resolved') ? '' : fields.fail('the link has no target'));
    return { kind: 'link', ...place, requires: [], peers: [], target: locationOf(resolved) };
  }
  const requires = fields.declarations('dependencies', 'optionalDependencies');
  const peers = fields.declarations('peerDependencies');
  const resolved = fields.text('resolved');
  const integrity = fields.integrity();
  const isInstalled = lastNodeModules(location) !== -1;
  const namesBytes = integrity.length > 0 || (resolved !== null && specKind(resolved) !== 'file');
  if (location === '' || (!isInstalled && !namesBytes)) {
    return { kind: 'folder', ...place, requires: [...requires, ...fields.declarations('devDependencies')], peers };
  }
  const source = sourceOf(resolved, fields, 'resolved');
  return {
    kind: 'package',
    ...place,
    requires,
    peers,
    ...identify(fields.text('name') ?? nameOf(location), fields.text('version'), source, fields),
    source,
    integrity,
    ...statusOf(fields),
    bundled: fields.flag('inBundle') && resolved === null && integrity.length === 0,
    bundles: bundledNames(entry.get('bundleDependencies'), requires),
  };
}

/** A package outside node_modules is named like its folder, as npm does. */
function nameOf(location: string): string {
  const at = lastNodeModules(location);
  if (at !== -1) return location.slice(at + 'node_modules/'.length);
  const [base = '', scope = ''] = location.split('/').reverse();
  return scope.startsWith('@') ? `${scope}/${base}` : base;
}

/** `devOptional` (both, by different ways) is neither: leaving out only one of them still installs it. */
function statusOf(fields: Fields): { readonly dev: boolean; readonly optional: boolean; readonly peer: boolean } {
  return { dev: fields.flag('dev'), optional: fields.flag('optional'), peer: fields.flag('peer') };
}

/** `bundleDependencies` of a manifest: names, or `true` for every dependency. */
function bundledNames(node: JsonNode | undefined, requires: readonly Declaration[]): readonly string[] {
  if (node?.value === true) return requires.map(({ name }) => name);
  if (!Array.isArray(node?.value)) return [];
  return (node.value as readonly JsonNode[]).flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}
