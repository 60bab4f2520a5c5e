import type { Artifact, Artifacts, Dependency, Lockfile, SkippedEntry, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { readDocument, type Document } from './document.ts';
import { packageName, packageVersion, type Fields } from './fields.ts';
import { artifactOf, FLAGS, hashedFilesOf, orNothing, REGISTRY, sameVersion, versionIn } from './files.ts';
import { askedForBy, severalIndexes } from './pyproject.ts';

const REMEDY = 'write it again with poetry lock';
/** The versions of the format; the oldest has no number. */
const VERSIONS: readonly (string | null)[] = [null, '1.0', '1.1', '2.0', '2.1'];

/** poetry.lock, versions 1.0 to 2.1 (https://python-poetry.org/docs/basic-usage/#installing-with-poetrylock). */
export const poetry: LockfileFormat = {
  name: 'Poetry',
  ecosystem: 'pypi',
  fileNames: ['poetry.lock'],
  otherFileNames: [],
  parse,
};

/** Every entry counts, whatever its markers; folders are skipped. Throws `LockfileError`. */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'poetry lock');
  const document = readDocument(file, text, 'package', REMEDY);
  const { top } = document;
  const metadata = top.table('metadata') ?? top.fail('has no metadata');
  const version = metadata.text('lock-version');
  if (!VERSIONS.includes(version)) {
    return top.fail(`has lock-version ${quoted(version ?? '')}, and assay reads ${VERSIONS.slice(1).join(', ')}`);
  }
  const byName = filesByName(metadata, document);
  const isDirect = askedForBy(manifests);
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = [];
  const versions = versionsByName(document);
  for (const { fields, line } of document.entries) {
    const name = packageName(fields.text('name'), fields.fail);
    const locked = packageVersion(fields.text('version'), name, fields.fail);
    // With a marker for each group it is a table.
    const markers = fields.isText('markers') ? fields.text('markers') : null;
    const place = { file, line, path: `${name}==${locked}${markers === null ? '' : `; ${markers}`}` };
    const source = fields.table('source');
    if (source?.text('type') === 'directory') {
      skipped.push({ place, reason: 'link' });
      continue;
    }
    const own = fields.has('files') ? fields.tables('files') : ofVersion(byName, name, locked, versions);
    found.push({
      ...{ ecosystem: 'pypi', name, version: locked, artifacts: artifactsOf(own, source) },
      ...{ direct: isDirect(name), ...groupsOf(fields), ...FLAGS, place },
      ...(source?.text('type') === 'legacy' ? { index: source.text('url') ?? '' } : {}),
    });
  }
  document.refuseOthers([...(byName?.values() ?? [])].flat().length + hashedFilesOf(document.entries));
  const dependencies = mergePlaces(found);
  const format = `poetry.lock ${version ?? '1.0'}`;
  const findings = severalIndexes(file, manifests, 'poetry');
  return {
    ...{ file, format, manager: 'poetry', entries: document.entries.length, dependencies, skipped },
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/** Of the formats 1: files by the name of their package, whatever its versions; null where entries have their own. */
function filesByName(metadata: Fields, { entries, top }: Document): ReadonlyMap<string, readonly Fields[]> | null {
  const files = metadata.table('files');
  if (files === null) {
    if (metadata.has('hashes')) top.fail('is of Poetry before 1.0');
    return null;
  }
  const known = new Set(entries.map(({ fields }) => packageName(fields.text('name'), fields.fail)));
  const found = new Map<string, readonly Fields[]>();
  for (const name of files.names()) {
    const normal = packageName(name, top.fail);
    if (!known.has(normal)) top.fail(`has files of ${normal}, which has no entry`);
    if (found.has(normal)) top.fail(`has files of ${normal} twice`);
    found.set(normal, files.tables(name));
  }
  return found;
}

function versionsByName({ entries }: Document): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { fields } of entries) {
    const name = packageName(fields.text('name'), fields.fail);
    const version = packageVersion(fields.text('version'), name, fields.fail);
    const versions = found.get(name);
    if (versions === undefined) found.set(name, [version]);
    else versions.push(version);
  }
  return found;
}

/** Files whose names have another version of the package that is locked are not of this one. */
function ofVersion(
  byName: ReadonlyMap<string, readonly Fields[]> | null,
  name: string,
  version: string,
  versions: ReadonlyMap<string, readonly string[]>,
): readonly Fields[] {
  const files = byName?.get(name) ?? [];
  const others = (versions.get(name) ?? []).filter((other) => !sameVersion(other, version));
  if (others.length === 0) return files;
  return files.filter((one) => {
    const named = versionIn(one.text('file') ?? '');
    return named === null || !others.some((other) => sameVersion(other, named));
  });
}

function artifactsOf(files: readonly Fields[], source: Fields | null): Artifacts {
  const from = source === null ? null : sourceOf(source);
  const artifacts: readonly Artifact[] = files.map((one) => artifactOf(one, from));
  return orNothing(artifacts, from ?? REGISTRY);
}

/** https://python-poetry.org/docs/repositories: an index beside PyPI is of the type `legacy`. */
function sourceOf(source: Fields): Source {
  const { fail } = source;
  const type = source.text('type') ?? fail('a source has no type');
  const url = source.text('url') ?? fail('a source has no url');
  if (type === 'legacy') return REGISTRY;
  if (type === 'url') return { kind: 'http', url };
  if (type === 'file') return { kind: 'file', path: url };
  if (type === 'git') return { kind: 'git', url: `${url}@${source.text('resolved_reference') ?? ''}` };
  return { kind: 'other', locator: `${type} ${url}` };
}

/** Poetry installs by the groups of an entry, from 2.1 on; before, they say nothing. */
function groupsOf(fields: Fields): Pick<Dependency, 'dev' | 'optional'> {
  const groups = fields.texts('groups');
  return { dev: groups.length > 0 && !groups.includes('main'), optional: fields.flag('optional') };
}
