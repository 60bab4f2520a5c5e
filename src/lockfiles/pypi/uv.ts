import type { Artifact, Artifacts, Lockfile, SkippedEntry, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { decodeText } from '../../readers/text.ts';
import { readDocument } from './document.ts';
import { fileNameOf, hashedFiles, readHash, type Fields } from './fields.ts';
import { entryOf, isFolder, labelOf, reasonOf, refuseDuplicates, type UvEntry } from './uv-entry.ts';
import { uvRoles } from './uv-roles.ts';

const REMEDY = 'write it again with uv lock';
const REGISTRY: Source = { kind: 'registry', resolved: null };

/** uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile). Scripts have theirs, too. */
export const uv: LockfileFormat = {
  name: 'uv',
  ecosystem: 'pypi',
  fileNames: ['uv.lock'],
  otherFileNames: ['.py.lock'],
  parse,
};

/** Reads uv.lock of any revision. Every entry counts, whatever its markers; folders are skipped. */
function parse(file: string, bytes: Uint8Array): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'uv lock');
  const document = readDocument(file, text, 'package', REMEDY);
  const version = document.root.get('version');
  if (version !== 1) {
    const said =
      typeof version === 'number' || typeof version === 'string' ? `version ${quoted(String(version))}` : 'no version';
    return document.top.fail(`has ${said}, and assay reads version 1`);
  }
  const entries = document.entries.map(entryOf);
  refuseDuplicates(entries);
  const roles = uvRoles(document.top, entries);
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = [];
  for (const entry of entries) {
    const place = { file, line: entry.line, path: labelOf(entry) };
    if (!isFolder(entry)) found.push({ ...dependencyOf(entry), ...roles.of(entry), place });
    else skipped.push({ place, reason: reasonOf(entry, roles.isMember(entry)) });
  }
  document.refuseOthers(hashedFiles(found));
  const dependencies = mergePlaces(found);
  return { file, format: 'uv.lock v1', manager: 'uv', entries: entries.length, dependencies, skipped };
}

function dependencyOf(entry: UvEntry): Omit<PlacedDependency, 'place' | 'direct' | 'dev' | 'optional'> {
  const { name, version, source } = entry;
  return {
    ecosystem: 'pypi',
    name,
    // What is built from elsewhere may say its version only then: the address stands for it.
    version: version ?? source.at,
    artifacts: artifactsOf(entry),
    peer: false,
    ...{ exotic: [], bundles: [] },
    ...(source.kind === 'registry' ? { index: source.at } : {}),
  };
}

/** Each file that is locked, of which uv installs the one that fits best. */
function artifactsOf(entry: UvEntry): Artifacts {
  const { fields, source } = entry;
  if (source.kind === 'git') return [{ file: null, digests: [], source: { kind: 'git', url: source.at } }];
  const sdist = fields.table('sdist');
  const files = [...(sdist === null ? [] : [sdist]), ...fields.tables('wheels')];
  const [first, ...others] = files.map((one) => artifactOf(entry, one));
  // An entry without files locks nothing.
  return [first ?? { file: null, digests: [], source: defaultSource(entry) }, ...others];
}

function artifactOf(entry: UvEntry, one: Fields): Artifact {
  const { source, fields } = entry;
  const hash = one.text('hash');
  const digests = hash === null ? [] : [readHash(hash, fields.fail)];
  const [url, path, filename] = [one.text('url'), one.text('path'), one.text('filename')];
  const address = url ?? path ?? filename ?? source.at;
  return { file: fileNameOf(address, fields.fail), digests, source: sourceOf(entry, url, path) };
}

/** The address in the entry is what uv fetches, whatever the index says. */
function sourceOf(entry: UvEntry, url: string | null, path: string | null): Source {
  const { source, fields } = entry;
  if (path !== null) return { kind: 'file', path };
  if (source.kind !== 'registry') return defaultSource(entry);
  if (url === null) return REGISTRY;
  if (!URL.canParse(url)) return fields.fail(`${labelOf(entry)}: ${quoted(url)} is not an address`);
  return { kind: 'registry', resolved: url };
}

function defaultSource({ source }: UvEntry): Source {
  if (source.kind === 'registry') return REGISTRY;
  if (source.kind === 'url') return { kind: 'http', url: source.at };
  return source.kind === 'git' ? { kind: 'git', url: source.at } : { kind: 'file', path: source.at };
}
