import { lastWithProvenance } from '../history.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { IndexFile, IndexProject } from '../../model/pypi-index.ts';
import { DAY, type Instant } from '../../model/time.ts';
import type { LockedFile } from './files.ts';

/** PyPI takes no file for a release that is older than this (pypi/warehouse#19727). */
const OPEN = 14 * DAY;

/** What the index says of the release and its files that a person should know. */
export function checkIndexRelease(files: readonly IndexFile[], locked: readonly LockedFile[]): readonly Finding[] {
  const yanked = locked.map(({ file }) => file.yanked).find((reason) => reason !== null);
  const times = files.flatMap(({ uploaded }) => uploaded ?? []);
  const first = times.length === 0 ? null : Math.min(...times);
  const late = locked.find(({ file: { uploaded } }) => first !== null && uploaded !== null && uploaded - first > OPEN);
  return [
    yanked === undefined ? null : finding('version-yanked', { reason: yanked === '' ? null : yanked }),
    late === undefined ? null : addedLate(late.file, first),
  ].filter((found) => found !== null);
}

function addedLate({ name, uploaded }: IndexFile, first: Instant | null): Finding | null {
  if (uploaded === null || first === null) return null;
  return finding('history-file-added-late', { file: name, published: uploaded, firstPublished: first });
}

/**
 * Do some locked files have attestations, and others none? A project whose last release with attestations was partial
 * itself releases so; else somebody added a file in another way.
 */
export function checkPartial(project: IndexProject, version: string, locked: readonly LockedFile[]): Finding | null {
  const without = locked.filter(({ file }) => file.provenance === null).map(({ file }) => file.name);
  if (without.length === 0 || without.length === locked.length) return null;
  const before = lastWithProvenance(project, version)?.version ?? null;
  const files = before === null ? [] : (project.versions.get(before)?.files ?? []);
  const isUsual = files.some(({ provenance }) => provenance === null);
  const args = { files: without, attested: locked.length - without.length, predecessor: before };
  return finding('provenance-partial', args, isUsual ? 'gap' : undefined);
}
