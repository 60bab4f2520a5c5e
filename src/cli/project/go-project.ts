import { join } from 'node:path';
import type { Lockfile, PlacedFinding } from '../../model/dependency.ts';
import { finding } from '../../model/finding.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { namesIn } from './find.ts';
import { projectFolder } from './files.ts';
import { projectFolders } from './upwards.ts';

/** What of a Go project makes the go command build something else than what go.sum locks. */
export function goNotUsed(path: string, { file }: Lockfile, io: Io): readonly PlacedFinding[] {
  const folder = projectFolder(path);
  const place = { file, line: 1, path: '' };
  const found: PlacedFinding[] = [];
  const vendored = join(folder, 'vendor', 'modules.txt');
  if (namesIn(join(folder, 'vendor')).includes('modules.txt')) {
    const by = `${shownPath(vendored, io)}: go build takes what is in that folder`;
    found.push({ place, finding: finding('lockfile-other-code', { by, code: 'repository' }) });
  }
  const above = projectFolders(folder, io).find((each) => namesIn(each).includes('go.work'));
  if (above !== undefined) {
    const by = `${shownPath(join(above, 'go.work'), io)}, whose replace lines and go.work.sum are not read`;
    found.push({ place, finding: finding('lockfile-other-code', { by, code: 'repository' }) });
  }
  return found;
}
