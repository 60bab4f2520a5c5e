import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FindingCode } from '../../model/finding.ts';

/** The page of a code: in the docs folder of the package, which is the nearest folder above with a package.json. */
export function pageOf(code: FindingCode): string | null {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  const page = join(folder, 'docs', 'findings', `${code}.md`);
  return existsSync(page) ? readFileSync(page, 'utf8') : null;
}
