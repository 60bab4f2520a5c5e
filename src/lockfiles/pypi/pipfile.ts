import type { Artifacts, Digest, Lockfile, PlacedFinding, SkippedEntry } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { parseJson, type JsonNode, type JsonObject } from '../../readers/json.ts';
import { hasControlCharacters, decodeText } from '../../readers/text.ts';
import { resolvedAnew } from '../common/anew.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { failing, packageName, packageVersion, readHash, type Fail } from './fields.ts';
import { FLAGS, isArchive, WITHOUT_HASHES } from './files.ts';
import { artifactAt, artifactsOf, sourceOf } from './requirement.ts';

const REMEDY = 'write it again with pipenv lock';
const MAX_TEXT = 4096;

/** Pipfile.lock, of specification 6 (https://pipenv.pypa.io/en/latest/pipfile.html). */
export const pipfile: LockfileFormat = {
  name: 'pipenv',
  ecosystem: 'pypi',
  fileNames: ['Pipfile.lock'],
  otherFileNames: [],
  parse,
};

/** Every entry of every category counts, whatever its markers. Throws `LockfileError`. */
function parse(file: string, bytes: Uint8Array): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'pipenv lock');
  const root = objectOf(parseJson(file, text, { remedy: REMEDY }), 'the file', failing(file, 1, REMEDY));
  const fail = failing(file, 1, REMEDY);
  const meta = objectOf(root.get('_meta') ?? fail('has no _meta'), '_meta', fail);
  const spec = meta.get('pipfile-spec')?.value;
  if (spec !== 6) return fail(`has pipfile-spec ${typeof spec === 'number' ? spec : 'none'}, and assay reads 6`);
  const indexes = indexesOf(meta, fail);
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = [];
  const findings: PlacedFinding[] = [];
  for (const [category, node] of root) {
    if (category === '_meta') continue;
    const known = new Map<string, string>();
    for (const [key, entry] of objectOf(node, category, fail)) {
      const at = failing(file, entry.line, REMEDY);
      const name = packageName(key, at);
      const other = known.get(name);
      if (other !== undefined) at(`${quoted(key)} is the same package as ${quoted(other)}`);
      known.set(name, key);
      const said = entryOf(objectOf(entry, key, at), at);
      const { markers, version, vcs } = said;
      const label = `${category} > ${name}${version ?? ''}`;
      const place = { file, line: entry.line, path: markers === null ? label : `${label}; ${markers}` };
      const location = vcs ?? said.file ?? said.path;
      if (vcs === null && location !== null && isFolder(location, at)) {
        skipped.push({ place, reason: location === '.' ? 'root' : 'link' });
        continue;
      }
      const exact = /^==([^*]+)$/.exec(version ?? '')?.[1];
      if (location === null && exact === undefined) {
        findings.push(resolvedAnew(place, `${place.path}, which names no single version`));
        continue;
      }
      const index = location === null ? indexes(said.index) : null;
      found.push({
        ecosystem: 'pypi',
        name,
        version: exact === undefined ? (location ?? '') : packageVersion(exact, name, at),
        artifacts: lockedOf(said, at),
        // The file does not tell what the project itself asks for from the rest.
        ...{ direct: true, dev: category !== 'default', optional: false, ...FLAGS, place },
        ...(index === null ? {} : { index }),
        ...(location === null && said.hashes.length === 0 ? WITHOUT_HASHES : {}),
      });
    }
  }
  const dependencies = mergePlaces(found);
  return {
    ...{ file, format: 'Pipfile.lock 6', manager: 'pipenv', entries: found.length + skipped.length },
    ...{ dependencies, skipped, ...(findings.length === 0 ? {} : { findings }) },
  };
}

interface Said {
  readonly hashes: readonly Digest[];
  readonly version: string | null;
  readonly index: string | null;
  readonly markers: string | null;
  /** The address of a repository, with what is checked out of it. */
  readonly vcs: string | null;
  readonly file: string | null;
  readonly path: string | null;
}

/** Repositories, in the order in which pipenv looks for them. */
const VCS = ['git', 'svn', 'hg', 'bzr'] as const;
/** What ends a requirement in a line for pip: an option, a comment, a line that goes on; and variables. */
const ENDS_REQUIREMENT = /(?:^|\s)[-#]|\\$|\$\{/;

/**
 * Reads an entry, of which pipenv joins the texts into one line for pip: none of them may bring along an option, such
 * as one more hash, or another requirement.
 */
function entryOf(entry: JsonObject, fail: Fail): Said {
  const text = (field: string): string | null => {
    const value = entry.get(field)?.value;
    const found = value === undefined || value === null ? null : textOf(value, field, fail);
    return found !== null && ENDS_REQUIREMENT.test(found) ? fail(`${field} has more than one thing in it`) : found;
  };
  const list = (field: string): readonly unknown[] => {
    const values = entry.get(field)?.value ?? [];
    return Array.isArray(values)
      ? (values as readonly JsonNode[]).map(({ value }) => value)
      : fail(`${field} is no list`);
  };
  if (!list('extras').every((one) => typeof one === 'string' && /^[\w.-]+$/.test(one))) fail('an extra is no name');
  const markers = [text('markers'), text('os_markers')].filter((one) => one !== null);
  text('subdirectory');
  const ref = text('ref');
  const [vcs] = VCS.flatMap((kind) => {
    const url = text(kind);
    return url === null ? [] : [`${kind === 'git' ? '' : `${kind}+`}${url}${ref === null ? '' : `@${ref}`}`];
  });
  return {
    hashes: list('hashes').map((value) => readHash(textOf(value, 'a hash', fail), fail)),
    ...{ version: text('version'), index: text('index'), markers: markers.length === 0 ? null : markers.join('; ') },
    ...{ vcs: vcs ?? null, file: text('file'), path: text('path') },
  };
}

/** Whether a path is that of a folder. pip takes one without a separator for the name of a package. */
function isFolder(location: string, fail: Fail): boolean {
  if (sourceOf(location).kind !== 'file' || isArchive(location)) return false;
  return (
    /[\\/]|^\.{1,2}$/.test(location) || fail(`${quoted(location)} is a name to pip, and no path: put ./ before it`)
  );
}

function textOf(value: unknown, what: string, fail: Fail): string {
  if (typeof value !== 'string') return fail(`${what} is not a string`);
  const isOdd = value.length > MAX_TEXT || hasControlCharacters(value);
  return isOdd ? fail(`${what} is too long, or has control characters`) : value;
}

function lockedOf({ vcs, file, path, hashes }: Said, fail: Fail): Artifacts {
  if (vcs !== null) return [{ file: null, digests: [], source: { kind: 'git', url: vcs } }];
  const location = file ?? path;
  return location === null ? artifactsOf(hashes) : artifactAt(location, hashes, fail);
}

/** What an entry names as its index; pipenv has the rest from the first source. */
function indexesOf(meta: JsonObject, fail: Fail): (name: string | null) => string | null {
  const sources = meta.get('sources')?.value ?? [];
  if (!Array.isArray(sources)) return fail('sources is not a list');
  const all = (sources as readonly JsonNode[]).map((node) => {
    const source = objectOf(node, 'a source', fail);
    const name = textOf(source.get('name')?.value, 'the name of a source', fail);
    return { name, url: textOf(source.get('url')?.value, 'the url of a source', fail) };
  });
  return (name) => {
    if (name === null) return all[0]?.url ?? null;
    return (all.find((one) => one.name === name) ?? fail(`${quoted(name)} is none of the sources`)).url;
  };
}

function objectOf({ value }: JsonNode, what: string, fail: Fail): JsonObject {
  return value instanceof Map ? (value as JsonObject) : fail(`${quoted(what)} is not an object`);
}
