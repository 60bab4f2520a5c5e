import type { Source } from '../../model/dependency.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import {
  entryFields,
  identify,
  isFolderSpec,
  objectOf,
  sourceOf,
  type Declaration,
  type EntryFields,
  type NpmEntry,
} from '../node-modules/entry.ts';
import { isLocation, locationOf } from '../node-modules/location.ts';
import { cleanVersion } from '../node-modules/names.ts';
import {
  aliasTarget,
  isRegistryShaped,
  parseAlias,
  parseTarballUrl,
  pathOfFileSpec,
  specKind,
} from '../node-modules/specs.ts';

/**
 * Reads `dependencies` of lockfile version 1 and of older shrinkwraps: entries by the name they are installed under,
 * nested as node_modules nests (https://docs.npmjs.com/cli/v6/configuring-npm/package-lock-json). `version` is a
 * version, or what stands for it: an alias, a git or web address, a path.
 */
export function readDependencies(file: string, dependencies: JsonNode): readonly NpmEntry[] {
  const entries: NpmEntry[] = [];
  const read = (object: JsonObject, folder: string): void => {
    for (const [name, node] of object) {
      const location = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
      const fields = objectOf(file, location, node);
      const nested = fields.get('dependencies');
      const below = nested === undefined ? NOTHING : objectOf(file, location, nested);
      const entry = readEntry(file, location, name, node.line, fields, below);
      entries.push(entry);
      // What is nested in a link is installed in the folder it points to.
      read(below, entry.kind === 'link' ? entry.target : location);
    }
  };
  read(objectOf(file, 'dependencies', dependencies), '');
  return entries;
}

const NOTHING: JsonObject = new Map();

function readEntry(
  file: string,
  location: string,
  alias: string,
  line: number,
  object: JsonObject,
  below: JsonObject,
): NpmEntry {
  const fields = entryFields(file, location, line, object);
  if (!isLocation(location)) return fields.fail('not a name that npm installs under');
  const requires = fields.declarations('requires');
  const declared = fields.text('version');
  const place = { location, line, requires, peers: [] };
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
    bundled: fields.flag('bundled'),
    // As npm 7 and later take it from there: what it asks for itself, unless it is inside a tarball, too.
    bundles: fields.flag('bundled')
      ? []
      : requires.flatMap(({ name: asked }) => (isBundled(below.get(asked)) ? [asked] : [])),
    claims: requires.length === 0 ? {} : { answers: answersOf(requires) },
  };
}

function isBundled(node: JsonNode | undefined): boolean {
  return node?.value instanceof Map && (node.value as JsonObject).get('bundled')?.value === true;
}

/** npm 6 wrote what it found, a tag as a range, and an address as it resolved it. */
function answersOf(requires: readonly Declaration[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    requires.map(({ name, spec }) => [name, specKind(spec) === 'registry' ? (aliasTarget(spec) ?? name) : spec]),
  );
}

interface Interpreted {
  readonly name: string;
  readonly version: string | null;
  readonly source: Source;
}

/** What `version`, and beside it `resolved`, say: whose bytes, at which version, from where. */
function interpret(installedName: string, declared: string | null, fields: EntryFields): Interpreted {
  if (declared === null || specKind(declared) === 'registry') {
    const alias = declared === null ? null : parseAlias(declared);
    const source = sourceOf(fields.text('resolved') ?? originOf(installedName, fields), fields, 'resolved');
    const version = alias?.version ?? declared;
    return { name: alias?.name ?? installedName, version: version === null ? null : cleanVersion(version), source };
  }
  const source = sourceOf(declared, fields, 'version');
  if (source.kind !== 'registry') return { name: installedName, version: null, source };
  const named = isRegistryShaped(declared) ? parseTarballUrl(declared) : null;
  if (named === null) return { name: installedName, version: null, source: { kind: 'http', url: declared } };
  return { ...named, source };
}

/**
 * Shrinkwraps of npm 4 and older keep a git or web origin in `from` only, as "SPEC" or "NAME@SPEC". npm follows it
 * where there is neither an address nor a hash.
 */
function originOf(installedName: string, fields: EntryFields): string | null {
  const from = fields.text('from');
  if (from === null || fields.text('integrity') !== null) return null;
  const spec = from.startsWith(`${installedName}@`) ? from.slice(installedName.length + 1) : from;
  return specKind(spec) === 'registry' ? null : spec;
}
