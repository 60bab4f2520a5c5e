import { join } from 'node:path';
import type { Lockfile, PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { MODULES_TXT } from '../../lockfiles/go/vendor-project.ts';
import { readGoWork } from '../../lockfiles/go/work.ts';
import { UsageError } from '../exit.ts';
import { namesIn } from './find.ts';
import { projectFolder } from './files.ts';
import { manifestFile } from './manifests.ts';
import { projectFolders } from './upwards.ts';

/** Of a workspace; more than any has. */
const MAX_MODULES = 1000;

/**
 * What a go.sum is read with: the go.mod beside it and, in the folder of a go.work, that with its sums and those of all
 * modules of the workspace. Throws UsageError and LockfileError.
 */
export function goManifests(lockfile: string, io: Io): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (key: string, path: string): void => {
    const text = manifestFile(lockfile, path, io);
    if (text !== null) found.set(key, text);
  };
  add('', 'go.mod');
  add(MODULES_TXT, MODULES_TXT);
  add('go.work', 'go.work');
  const work = found.get('go.work');
  if (work === undefined) return found;
  add('go.work.sum', 'go.work.sum');
  const { uses } = readGoWork('go.work', work);
  if (uses.length > MAX_MODULES) throw new UsageError(`go.work has more than ${MAX_MODULES} modules`);
  for (const { folder } of uses.filter((use) => use.folder !== '')) {
    add(folder, `${folder}/go.mod`);
    add(`${folder}/go.sum`, `${folder}/go.sum`);
  }
  const own = uses.some(({ folder }) => folder === '');
  if (own) add('go.sum', 'go.sum');
  return found;
}

/** Where a manifest of `goManifests` is, below the folder of the project: a file by its own path, or a go.mod. */
export function goManifestPath(key: string): string {
  return key === MODULES_TXT || /(?:^|\/)go\.(?:sum|work|work\.sum)$/.test(key) ? key : join(key, 'go.mod');
}

/** What of a Go project makes the go command build something else than what go.sum locks. */
export function goNotUsed(path: string, { file }: Lockfile, io: Io): readonly PlacedFinding[] {
  const folder = projectFolder(path);
  const place = { file, line: 1, path: '' };
  const found: PlacedFinding[] = [];
  const above = projectFolders(folder, io).find((each) => namesIn(each).includes('go.work'));
  if (above !== undefined && above !== folder) {
    const by = `${shownPath(join(above, 'go.work'), io)}, whose replace lines and go.work.sum are read in its own folder`;
    found.push({ place, finding: finding('lockfile-other-code', { by, code: 'repository' }) });
  }
  return found;
}
