import type { Source } from '../../model/dependency.ts';
import type { JsonNode } from '../json.ts';
import { fieldsOf, identify, isFolderSpec, objectOf, sourceOf, type Fields, type NpmEntry } from './entry.ts';
import { isLocation, locationOf } from './location.ts';
import { isRegistryShaped, parseAlias, parseTarballUrl, pathOfFileSpec, specKind } from './specs.ts';

/**
 * Reads `dependencies` of lockfile version 1 and of older shrinkwraps: entries by the name they are installed under,
 * nested as node_modules nests (https://docs.npmjs.com/cli/v6/configuring-npm/package-lock-json). `version` is a
 * version, or what stands for it: an alias, a git or web address, a path.
 */
export function readDependencies(file: string, dependencies: JsonNode, folder = ''): readonly NpmEntry[] {
  return [...objectOf(file, 'dependencies', dependencies)].flatMap(([name, node]) => {
    const location = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
    const entry = readEntry(file, location, name, node);
    const nested = objectOf(file, location, node).get('dependencies');
    if (nested === undefined) return [entry];
    // What is nested in a link is installed in the folder it points to.
    return [entry, ...readDependencies(file, nested, entry.kind === 'link' ? entry.target : location)];
  });
}

function readEntry(file: string, location: string, alias: string, node: JsonNode): NpmEntry {
  const fields = fieldsOf(file, location, node.line, objectOf(file, location, node));
  if (!isLocation(location)) return fields.fail('not a name that npm installs under');
  const requires = fields.declarations('requires');
  const declared = fields.text('version');
  const place = { location, line: node.line, requires, peers: [] };
  if (declared !== null && isFolderSpec(declared)) {
    return { kind: 'link', ...place, target: locationOf(pathOfFileSpec(declared)) };
  }
  const integrity = fields.integrity();
  const { name, version, source } = interpret(alias, declared, fields);
  return {
    kind: 'package',
    ...place,
    ...identify(name, version, source, fields),
    source,
    integrity,
    dev: fields.flag('dev'),
    optional: fields.flag('optional'),
    peer: fields.flag('peer'),
    bundled: fields.flag('bundled') && integrity.length === 0 && isUnaddressed(source),
    // Which of them are inside the tarball is said by their own `bundled`.
    bundles: requires.map((declaration) => declaration.name),
  };
}

interface Interpreted {
  readonly name: string;
  readonly version: string | null;
  readonly source: Source;
}

/** What `version`, and beside it `resolved`, say: whose bytes, at which version, from where. */
function interpret(installedName: string, declared: string | null, fields: Fields): Interpreted {
  if (declared === null || specKind(declared) === 'registry') {
    const alias = declared === null ? null : parseAlias(declared);
    const source = sourceOf(fields.text('resolved') ?? originOf(installedName, fields), fields, 'resolved');
    return { name: alias?.name ?? installedName, version: alias?.version ?? declared, source };
  }
  const source = sourceOf(declared, fields, 'version');
  if (source.kind !== 'registry') return { name: installedName, version: null, source };
  const named = isRegistryShaped(declared) ? parseTarballUrl(declared) : null;
  if (named === null) return { name: installedName, version: null, source: { kind: 'http', url: declared } };
  return { ...named, source };
}

/**
 * Shrinkwraps of npm 4 and older keep a git or web origin in `from` only, as "SPEC" or "NAME@SPEC". npm follows it where
 * there is neither an address nor a hash.
 */
function originOf(installedName: string, fields: Fields): string | null {
  const from = fields.text('from');
  if (from === null || fields.text('integrity') !== null) return null;
  const spec = from.startsWith(`${installedName}@`) ? from.slice(installedName.length + 1) : from;
  return specKind(spec) === 'registry' ? null : spec;
}

function isUnaddressed(source: Source): boolean {
  return source.kind === 'registry' && source.resolved === null;
}
