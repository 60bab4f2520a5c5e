import type { Artifact, Artifacts, Lockfile, SkippedEntry, Source } from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { readDocument } from './document.ts';
import { packageName, packageVersion, type Fields } from './fields.ts';
import { artifactOf, FLAGS, hashedFilesOf, isArchive, orNothing, REGISTRY, WITHOUT_HASHES } from './files.ts';
import { askedForBy, severalIndexes } from './pyproject.ts';

const REMEDY = 'write it again with pdm lock';

/** pdm.lock, versions 4.2 to 4.5 (https://pdm-project.org/en/latest/usage/lockfile). */
export const pdm: LockfileFormat = {
  name: 'PDM',
  ecosystem: 'pypi',
  fileNames: ['pdm.lock'],
  otherFileNames: [],
  parse,
};

/** Every entry counts, whatever its marker; folders are skipped. Throws `LockfileError`. */
function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'pdm lock');
  const document = readDocument(file, text, 'package', REMEDY);
  const { top } = document;
  const metadata = top.table('metadata') ?? top.fail('has no metadata');
  const version = metadata.text('lock_version') ?? '';
  if (!/^4\.[2-5](?:\.\d+)?$/.test(version)) {
    return top.fail(`has lock_version ${quoted(version === '' ? 'none' : version)}, and assay reads 4.2 to 4.5`);
  }
  const shared = metadata.table('files');
  const isDirect = askedForBy(manifests);
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = [];
  const used = new Set<string>();
  for (const { fields, line } of document.entries) {
    const name = packageName(fields.text('name'), fields.fail);
    const locked = packageVersion(fields.text('version'), name, fields.fail);
    const extras = fields.texts('extras');
    const marker = fields.text('marker');
    const label = `${name}${extras.length === 0 ? '' : `[${extras.join(',')}]`}==${locked}`;
    const place = { file, line, path: marker === null ? label : `${label}; ${marker}` };
    const source = sourceOf(fields);
    const path = fields.text('path');
    if (path !== null && !isArchive(path)) {
      skipped.push({ place, reason: path === '.' ? 'root' : 'link' });
      continue;
    }
    const key = `${fields.text('name') ?? ''} ${locked}`;
    if (shared?.has(key) === true) used.add(key);
    const own = fields.has('files') ? fields.tables('files') : (shared?.tables(key) ?? []);
    const groups = fields.texts('groups');
    // Groups of extras and for development are not told apart.
    const isExtra = groups.length > 0 && !groups.includes('default');
    found.push({
      ...{ ecosystem: 'pypi', name, version: locked, artifacts: artifactsOf(own, source) },
      ...{ direct: isDirect(name), dev: false, optional: isExtra },
      ...{ ...FLAGS, place, ...(source === null && own.length === 0 ? WITHOUT_HASHES : {}) },
    });
  }
  const unused = shared?.names().find((key) => !used.has(key));
  if (unused !== undefined) top.fail(`has files of ${quoted(unused)}, which has no entry`);
  const inShared = [...used].flatMap((key) => shared?.tables(key) ?? []).filter((one) => one.has('hash')).length;
  document.refuseOthers(inShared + hashedFilesOf(document.entries));
  const dependencies = mergePlaces(found);
  const findings = severalIndexes(file, manifests, 'pdm');
  return {
    ...{ file, format: `pdm.lock ${version}`, manager: 'pdm', entries: document.entries.length, dependencies, skipped },
    ...(findings.length === 0 ? {} : { findings }),
  };
}

function artifactsOf(files: readonly Fields[], from: Source | null): Artifacts {
  const artifacts: readonly Artifact[] = files.map((one) => artifactOf(one, from));
  return orNothing(artifacts, from ?? REGISTRY);
}

/** Each excludes the others. */
const PLACES = ['git', 'hg', 'svn', 'bzr', 'url', 'path'] as const;

/** Null where an index has it. */
function sourceOf(fields: Fields): Source | null {
  const [kind, ...others] = PLACES.filter((one) => fields.has(one));
  if (kind === undefined) return null;
  if (others.length > 0)
    return fields.fail(`an entry has ${kind} and ${others.join(' and ')}, and may have one of them`);
  const at = fields.text(kind) ?? '';
  if (kind === 'path') return { kind: 'file', path: at };
  if (kind === 'url') return { kind: 'http', url: at };
  return { kind: 'git', url: `${kind === 'git' ? '' : `${kind}+`}${at}@${fields.text('revision') ?? ''}` };
}
